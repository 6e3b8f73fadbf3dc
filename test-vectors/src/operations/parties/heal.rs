//! Receipts that arrive, and what to do about messages that do not open.

use serde_json::json;
use twotick_protocol::wire::Receipt;
use twotick_protocol::{ReceiptError, Recovery, RecoveryCause};

use super::party::{Party, met};
use crate::answer::{Failure, Outcome};
use crate::arguments::Arguments;
use crate::random::Source;

/// `receipt.apply`.
pub(super) fn apply(party: &mut Party, arguments: &Arguments<'_>, _: &mut Source) -> Outcome {
    let account = arguments.account_id("account")?;
    let receipt = Receipt::decode(&arguments.bytes("receipt")?)?;
    let now = arguments.time("now")?;
    let key = (receipt.message_id, account);
    let kept = party.receipts.get_mut(&key);
    let kept = kept.filter(|receipts| !receipts.expired(now));
    let receipts = kept.ok_or(ReceiptError::BadReceipt)?;
    let change = party.stored.commit(receipts.verify(&receipt)?);
    if change.finished() {
        party.stored.remove(Some(&receipts.record_key()));
        party.receipts.remove(&key);
    }
    let reached = change.after.map_or(0, |state| state.byte());
    Ok(json!({ "reached": reached, "changed": change.before != change.after }))
}

/// `session.recover`.
pub(super) fn recover(party: &mut Party, arguments: &Arguments<'_>, _: &mut Source) -> Outcome {
    let message_id = arguments.message_id("message_id")?;
    let cause = match arguments.text("cause")? {
        "undecryptable" => RecoveryCause::Undecryptable,
        "stale" => RecoveryCause::StaleGeneration,
        other => return Err(Failure::fault(format!("unknown cause '{other}'"))),
    };
    let now = arguments.time("now")?;
    let peer = met(&party.accounts, &mut party.peers, arguments)?;
    let recovery = match party.stored.commit(peer.recover(message_id, cause, now)) {
        Recovery::Reset => "reset",
        Recovery::Retry => "retry",
        Recovery::Nothing => "nothing",
    };
    Ok(json!({ "recovery": recovery }))
}
