//! Device lists (SPEC 5.3, 5.4).

use serde_json::json;
use twotick_protocol::{Account, HeadComparison, VerifiedCertificate, account_id, list_hash};
use twotick_wire::{DecodeError, DeviceCertificate, DeviceId, DeviceList, ListHead, Reader, Writer};

use super::super::device::{account, device};
use super::super::values::{hex, install};
use super::{certificates, list, trusted};
use crate::answer::{Failure, Outcome};
use crate::arguments::Arguments;

pub(super) fn first(arguments: &Arguments<'_>) -> Outcome {
    let account = account(arguments, "account_seed")?;
    let certificate = DeviceCertificate::decode(&arguments.bytes("certificate")?)?;
    let list = account.sign_first_list(&certificate, arguments.time("now")?)?;
    Ok(made(&list))
}

pub(super) fn next(arguments: &Arguments<'_>) -> Outcome {
    let account = account(arguments, "account_seed")?;
    let last = list(arguments, "list")?;
    let add = certificates(arguments, "add")?;
    let remove = device_ids(arguments, "remove")?;
    let add: Vec<_> = add.iter().collect();
    let list = account.sign_next_list(&last, &add, &remove, arguments.time("now")?)?;
    Ok(made(&list))
}

pub(super) fn verify(arguments: &Arguments<'_>) -> Outcome {
    let list = list(arguments, "list")?;
    let expected = account_id(&list.account_key);
    let account = Account::trust(expected, list, arguments.time("now")?)?;
    let mut head = Writer::default();
    account.head().encode_to(&mut head);
    Ok(json!({
        "account_id": hex(account.account_id().as_bytes()),
        "epoch": account.list().epoch,
        "list_hash": hex(list_hash(account.list()).as_bytes()),
        "head": hex(head.as_slice()),
    }))
}

pub(super) fn adopt(arguments: &Arguments<'_>) -> Outcome {
    let (known, received) = (list(arguments, "known")?, list(arguments, "received")?);
    let now = arguments.time("now")?;
    let mut account = trusted(known)?;
    let update = install(account.adopt(received, now)?);
    Ok(json!({
        "result": if update.changed { "adopted" } else { "unchanged" },
        "missed": update.missed_epochs,
    }))
}

pub(super) fn admit(arguments: &Arguments<'_>) -> Outcome {
    let list = list(arguments, "list")?;
    let certificate = DeviceCertificate::decode(&arguments.bytes("certificate")?)?;
    let others = certificates(arguments, "others")?;
    let us = match arguments.optional("us")? {
        Some(_) => Some(device(&arguments.object("us")?)?.1),
        None => None,
    };
    let now = arguments.time("now")?;
    let account = trusted(list)?;
    let others = others.into_iter().map(verified_before);
    let others = others.collect::<Result<Vec<_>, _>>()?;
    let verified = account.admit(certificate, us.as_ref(), &others, now)?;
    Ok(json!({ "certificate_hash": hex(verified.hash().as_bytes()) }))
}

pub(super) fn compare(arguments: &Arguments<'_>) -> Outcome {
    let list = list(arguments, "list")?;
    let head = head(&arguments.bytes("head")?)?;
    let comparison = match trusted(list)?.compare_head(head) {
        HeadComparison::Unknown => "unknown",
        HeadComparison::Older => "older",
        HeadComparison::Same => "same",
        HeadComparison::Newer => "newer",
        HeadComparison::Fork => "fork",
    };
    Ok(json!({ "comparison": comparison }))
}

/// A list that was made here.
pub(super) fn made(list: &DeviceList) -> serde_json::Value {
    json!({
        "list": hex(list.encode()),
        "list_hash": hex(list_hash(list).as_bytes()),
    })
}

/// A certificate that was verified while it was valid.
fn verified_before(certificate: DeviceCertificate) -> Result<VerifiedCertificate, Failure> {
    let created = certificate.created;
    VerifiedCertificate::verify(certificate, created)
        .map_err(|error| Failure::fault(format!("another certificate does not verify: {error}")))
}

fn head(bytes: &[u8]) -> Result<ListHead, DecodeError> {
    let mut reader = Reader::new(bytes);
    let head = ListHead::decode_from(&mut reader)?;
    reader.finish()?;
    Ok(head)
}

fn device_ids(arguments: &Arguments<'_>, name: &str) -> Result<Vec<DeviceId>, Failure> {
    let ids = arguments.byte_list(name)?.into_iter();
    ids.map(|id| id.try_into().map(DeviceId::new))
        .collect::<Result<_, _>>()
        .map_err(|_| Failure::fault(format!("argument '{name}' is not a list of device ids")))
}
