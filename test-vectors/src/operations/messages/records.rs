//! Sealed records (SPEC 15.4).

use serde_json::json;
use twotick_protocol::{RecordContext, RecordKind, StorageKey, open_record, seal_record};

use super::super::values::hex;
use crate::answer::{Failure, Outcome};
use crate::arguments::Arguments;
use crate::random::Source;

pub(super) fn seal(arguments: &Arguments<'_>, random: &mut Source) -> Outcome {
    let key = StorageKey::from(arguments.secret("storage_key")?);
    let id = arguments.bytes("id")?;
    let context = context(arguments, &id)?;
    let value = arguments.bytes("value")?;
    let sealed = seal_record(&key, &context, &value, random);
    Ok(json!({ "sealed": hex(sealed) }))
}

pub(super) fn open(arguments: &Arguments<'_>) -> Outcome {
    let key = StorageKey::from(arguments.secret("storage_key")?);
    let id = arguments.bytes("id")?;
    let context = context(arguments, &id)?;
    let value = open_record(&key, &context, &arguments.bytes("sealed")?)?;
    Ok(json!({ "value": hex(value.as_slice()) }))
}

fn context<'a>(arguments: &Arguments<'_>, id: &'a [u8]) -> Result<RecordContext<'a>, Failure> {
    Ok(RecordContext {
        kind: kind(arguments.number("kind")?)?,
        account: arguments.account_id("account_id")?,
        device: arguments.device_id("device_id")?,
        id,
        revision: arguments.long("revision")?,
    })
}

fn kind(number: u8) -> Result<RecordKind, Failure> {
    let kinds = [
        RecordKind::Device,
        RecordKind::AccountKey,
        RecordKind::SignedPrekey,
        RecordKind::OneTimePrekey,
        RecordKind::ReplayEntry,
        RecordKind::PeerDevice,
        RecordKind::Account,
        RecordKind::Conversation,
        RecordKind::ReceiptKey,
    ];
    let kind = kinds.into_iter().find(|kind| *kind as u8 == number);
    kind.ok_or_else(|| Failure::fault(format!("no kind of record has the number {number}")))
}
