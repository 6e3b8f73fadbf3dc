//! Receipts (SPEC 14).

use serde_json::json;
use twotick_protocol::{
    ReceiptContext, ReceiptKey, ReceiptPolicy, SentReceipts, make_receipt, receipt_delay,
};
use twotick_wire::{Receipt, UnixTime};

use super::super::values::{hex, install, state_number};
use crate::answer::Outcome;
use crate::arguments::Arguments;
use crate::random::Source;

pub(super) fn make(arguments: &Arguments<'_>) -> Outcome {
    let key = ReceiptKey::from(arguments.secret("receipt_key")?);
    let state = arguments.named_state("state")?;
    let message_id = arguments.message_id("message_id")?;
    let recipient = arguments.account_id("recipient_account")?;
    let receipt = make_receipt(&key, state, &message_id, &recipient);
    Ok(json!({ "receipt": hex(receipt.encode()) }))
}

pub(super) fn verify(arguments: &Arguments<'_>) -> Outcome {
    let receipt = Receipt::decode(&arguments.bytes("receipt")?)?;
    let key = || arguments.secret("receipt_key").map(ReceiptKey::from);
    let own = key()?;
    let message_id = arguments.message_id("message_id")?;
    let recipient = arguments.account_id("recipient_account")?;
    let reached = arguments.receipt_state("reached")?;
    let mut sent = SentReceipts::new(key()?, message_id, recipient, UnixTime::default());
    if let Some(reached) = reached {
        let earlier = make_receipt(&own, reached, &message_id, &recipient);
        install(sent.verify(&earlier)?);
    }
    let change = install(sent.verify(&receipt)?);
    Ok(json!({
        "reached": state_number(change.after),
        "changed": change.before != change.after,
    }))
}

pub(super) fn due(arguments: &Arguments<'_>) -> Outcome {
    let state = arguments.named_state("state")?;
    let policy = ReceiptPolicy {
        accepted_contact: arguments.flag("accepted_contact")?,
        read_receipts: arguments.flag("read_receipts")?,
    };
    let context = ReceiptContext {
        kind_is_message: arguments.flag("kind_is_message")?,
        has_key: arguments.flag("has_key")?,
        duplicate: arguments.flag("duplicate")?,
        durable: arguments.flag("durable")?,
        target_present: arguments.flag("target_present")?,
        visible: arguments.flag("visible")?,
        already: arguments.receipt_state("already")?,
    };
    policy.due(&context, state)?;
    Ok(json!({}))
}

pub(super) fn delay(random: &mut Source) -> Outcome {
    Ok(json!({ "milliseconds": receipt_delay(random) }))
}
