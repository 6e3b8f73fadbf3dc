//! What `list.first`, `list.next` and `rotation.make` do not sign (SPEC 5.4).

use anyhow::Result;
use serde_json::{Value, json};
use twotick_wire::ErrorCode::{
    self, BadDeviceSignature, Expired, InvalidValue, LengthOutOfRange, NotSorted, WrongAccount,
};

use super::super::Draft;
use super::super::workshop::{DAY, Device, NOW, reject};
use super::Family;
use super::making::next;
use super::rotating::rotate;

pub(super) fn write(draft: &mut Draft, family: &Family) -> Result<()> {
    first_lists(draft, family)?;
    device_zero(draft, family)?;
    next_lists(draft, family)
}

/// The certificate of a first list is checked as one that is added.
fn first_lists(draft: &mut Draft, family: &Family) -> Result<()> {
    let own = &family.devices[0];
    let mut unaccepted = own.certificate();
    unaccepted[200] ^= 1;
    let old = Device {
        created: NOW - 400 * DAY,
        ..own.clone()
    };
    let rows: [(&str, &str, &str, ErrorCode, Vec<u8>); 3] = [
        (
            "A first list takes no certificate of another account",
            "the certificate is the stranger's",
            "R-LST-2",
            WrongAccount,
            family.stranger.certificate(),
        ),
        (
            "A first list takes no certificate that its device did not accept",
            "a bit of the device signature is flipped",
            "R-IDN-2",
            BadDeviceSignature,
            unaccepted,
        ),
        (
            "A first list takes no certificate past its end",
            "it ended 35 days ago",
            "R-IDN-3",
            Expired,
            old.certificate(),
        ),
    ];
    for (title, defect, requirement, code, certificate) in rows {
        let operation = first(family, &certificate);
        reject(
            draft,
            (title, defect),
            (requirement, "list-first-certificate"),
            operation,
            code,
        )?;
    }
    Ok(())
}

/// A list that names it would not decode.
fn device_zero(draft: &mut Draft, family: &Family) -> Result<()> {
    let zero = Device {
        device_id: [0; 16],
        ..family.devices[1].clone()
    };
    let new = family.next_accounts[0];
    let rows = [
        (
            "A first list takes no device id of zero",
            first(family, &zero.certificate()),
        ),
        (
            "A device id of zero is not added",
            next(family, &family.first().signed(), &[zero.certificate()], &[], NOW),
        ),
        (
            "The first list of a new key takes no device id of zero",
            rotate(
                family,
                &family.known().signed(),
                &new,
                &zero.under(new).certificate(),
            ),
        ),
    ];
    for (title, operation) in rows {
        reject(
            draft,
            (title, "the certificate verifies, and its device id is zero"),
            ("R-LST-1", "list-sign-device-zero"),
            operation,
            InvalidValue,
        )?;
    }
    Ok(())
}

fn next_lists(draft: &mut Draft, family: &Family) -> Result<()> {
    let [one, two, ..] = &family.devices;
    let later = Device {
        created: NOW + 1,
        ..two.clone()
    };
    let first = family.first().signed();
    reject(
        draft,
        (
            "A device is not added twice",
            "the second certificate of the device starts a second later",
        ),
        ("R-ENC-7", "list-next-twice"),
        next(
            family,
            &first,
            &[two.certificate(), later.certificate()],
            &[],
            NOW,
        ),
        NotSorted,
    )?;
    reject(
        draft,
        (
            "The last device of an account is not removed",
            "no device would be left in the list",
        ),
        ("R-ENC-6", "list-next-empty"),
        next(family, &first, &[], &[one.device_id], NOW),
        LengthOutOfRange,
    )?;
    let mut last = family.known();
    last.epoch = u32::MAX;
    let last = last.signed();
    let new = family.next_accounts[0];
    for (title, operation) in [
        (
            "The list of the last epoch has no successor",
            next(family, &last, &[], &[], NOW),
        ),
        (
            "The list of the last epoch has no successor under a new key",
            rotate(family, &last, &new, &one.under(new).certificate()),
        ),
    ] {
        reject(
            draft,
            (title, "the last list has epoch 2^32 - 1"),
            ("R-LST-1", "list-next-epoch"),
            operation,
            InvalidValue,
        )?;
    }
    Ok(())
}

fn first(family: &Family, certificate: &[u8]) -> Value {
    json!({
        "op": "list.first",
        "account_seed": hex::encode(family.account),
        "certificate": hex::encode(certificate),
        "now": NOW,
    })
}
