//! Rotation of an account key (SPEC 5.5).

use serde_json::json;
use twotick_wire::{AccountRotation, DeviceCertificate, DeviceList};

use super::super::device::account;
use super::super::values::{hex, install};
use super::{list, trusted};
use crate::answer::{Failure, Outcome};
use crate::arguments::Arguments;

pub(super) fn make(arguments: &Arguments<'_>) -> Outcome {
    let old = account(arguments, "old_seed")?;
    let last = list(arguments, "list")?;
    let new = account(arguments, "new_seed")?;
    let certificate = DeviceCertificate::decode(&arguments.bytes("certificate")?)?;
    let now = arguments.time("now")?;
    let rotation = old.rotate(&new, &last, now)?;
    let list = new.sign_first_list_after_rotation(&last, &[&certificate], now)?;
    Ok(json!({
        "rotation": hex(rotation.encode()),
        "list": hex(list.encode()),
    }))
}

pub(super) fn follow(arguments: &Arguments<'_>) -> Outcome {
    let known = list(arguments, "known")?;
    let before = arguments.list("followed")?.iter();
    let before = before
        .map(|step| rotated(&Arguments(step)))
        .collect::<Result<Vec<_>, _>>()?;
    let (rotation, list) = rotated(arguments)?;
    let now = arguments.time("now")?;
    let mut account = trusted(known)?;
    for (rotation, list) in before {
        let issued = list.issued;
        let followed = account
            .follow(rotation, list, issued)
            .map_err(|error| Failure::fault(format!("a rotation was not followed before: {error}")))?;
        install(followed);
    }
    let followed = install(account.follow(rotation, list, now)?);
    Ok(json!({
        "account_id": hex(account.account_id().as_bytes()),
        "missed": followed.list.missed_epochs,
    }))
}

fn rotated(arguments: &Arguments<'_>) -> Result<(AccountRotation, DeviceList), Failure> {
    let rotation = AccountRotation::decode(&arguments.bytes("rotation")?)?;
    Ok((rotation, list(arguments, "list")?))
}
