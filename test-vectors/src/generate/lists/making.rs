//! `list.first` and `list.next` (SPEC 5.4).

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use twotick_wire::ErrorCode::{
    BadDeviceSignature, DeviceRevoked, DuplicateKey, Expired, NotInDeviceList, TooManyDevices, WrongAccount,
};

use super::super::Draft;
use super::super::sign::agreement_key;
use super::super::workshop::{DAY, Device, NOW, about, bytes, reject};
use super::Family;

pub(super) fn write(draft: &mut Draft, family: &Family) -> Result<()> {
    in_order(draft, family)?;
    renewed(draft, family)?;
    full(draft, family)?;
    refused_certificates(draft, family)?;
    refused_changes(draft, family)
}

fn in_order(draft: &mut Draft, family: &Family) -> Result<()> {
    let [one, two, ..] = &family.devices;
    let title = "Lists are made one after another: a first, one more device, one less";
    draft.accept(about(title, &["R-LST-1", "R-LST-7"]), |script| {
        let first = script.ok(json!({
            "op": "list.first",
            "account_seed": hex::encode(family.account),
            "certificate": hex::encode(one.certificate()),
            "now": NOW,
        }))?;
        let first = bytes(&first, "list")?;
        ensure!(first == family.first().signed(), "another first list");
        let second = script.ok(next(family, &first, &[two.certificate()], &[], NOW + DAY))?;
        let second = bytes(&second, "list")?;
        let third = script.ok(next(family, &second, &[], &[one.device_id], NOW + 2 * DAY))?;
        let third = third["list"].clone();
        let verify = json!({ "op": "list.verify", "list": third, "now": NOW + 2 * DAY });
        script.ok(verify)?;
        for (known, received) in [
            (first, second.clone()),
            (second, hex::decode(third.as_str().context("hex")?)?),
        ] {
            script.ok(json!({
                "op": "list.adopt",
                "known": hex::encode(known),
                "received": hex::encode(received),
                "now": NOW + 2 * DAY,
            }))?;
        }
        Ok(())
    })
}

fn renewed(draft: &mut Draft, family: &Family) -> Result<()> {
    let title = "A new certificate of a listed device replaces its entry";
    draft.accept(about(title, &["R-LST-2"]), |script| {
        let renewed = Device {
            created: NOW + 300 * DAY,
            ..family.devices[0].clone()
        };
        let list = family.first().signed();
        let now = NOW + 300 * DAY;
        script
            .ok(next(family, &list, &[renewed.certificate()], &[], now))
            .map(drop)
    })?;
    let title = "A list is renewed with nothing changed";
    draft.accept(about(title, &["R-LST-1"]), |script| {
        script
            .ok(next(family, &family.known().signed(), &[], &[], NOW + 20 * DAY))
            .map(drop)
    })
}

fn full(draft: &mut Draft, family: &Family) -> Result<()> {
    let title = "The oldest revocation of the lowest id gives way to a 65th";
    draft.accept(about(title, &["R-LST-4"]), |script| {
        let mut list = family.known();
        list.epoch = 40;
        list.revoked = (1..=64)
            .map(|number| ([number; 16], 39 - u32::from(number) / 2))
            .collect();
        list.revoked[50].1 = 2;
        list.revoked[20].1 = 2;
        let mut remove = Vec::new();
        list.devices
            .retain(|(id, _)| list.revoked.iter().all(|(revoked, _)| revoked != id));
        remove.extend(list.devices.first().map(|(id, _)| *id));
        script
            .ok(next(family, &list.signed(), &[], &remove, NOW))
            .map(drop)
    })?;
    let mut list = family.known();
    list.devices = (0..16)
        .map(|number| ([0x80 + number; 16], [number; 32]))
        .collect();
    let added = &family.devices[0];
    reject(
        draft,
        (
            "A 17th device is refused",
            "the list has 16 devices, and one is added",
        ),
        ("R-ENC-6", "list-next-full"),
        next(family, &list.signed(), &[added.certificate()], &[], NOW),
        TooManyDevices,
    )
}

fn refused_certificates(draft: &mut Draft, family: &Family) -> Result<()> {
    let list = family.first().signed();
    let [_, two, three, _] = &family.devices;
    let mut unaccepted = two.certificate();
    unaccepted[200] ^= 1;
    let mut same_identity = three.draft();
    same_identity.identity_key = agreement_key(&two.identity_private_key);
    for (title, defect, (requirement, mutant, code), add) in [
        (
            "A certificate of another account is not added",
            "the certificate is the stranger's",
            ("R-LST-2", "list-next-certificate-account", WrongAccount),
            vec![family.stranger.certificate()],
        ),
        (
            "A certificate that its device did not accept is not added",
            "a bit of the device signature is flipped",
            ("R-IDN-2", "list-next-certificate", BadDeviceSignature),
            vec![unaccepted],
        ),
        (
            "Two certificates with one identity key are not added",
            "the second has the identity key of the first",
            ("R-LST-3", "list-next-duplicate", DuplicateKey),
            vec![two.certificate(), same_identity.signed()],
        ),
    ] {
        reject(
            draft,
            (title, defect),
            (requirement, mutant),
            next(family, &list, &add, &[], NOW),
            code,
        )?;
    }
    let old = Device {
        created: NOW - 400 * DAY,
        ..two.clone()
    };
    reject(
        draft,
        ("A certificate past its end is not added", "it ended 35 days ago"),
        ("R-IDN-3", "list-next-certificate"),
        next(family, &list, &[old.certificate()], &[], NOW),
        Expired,
    )
}

fn refused_changes(draft: &mut Draft, family: &Family) -> Result<()> {
    let known = family.known().signed();
    let [one, two, _, revoked] = &family.devices;
    let mut foreign = family.first();
    foreign.account_seed = family.stranger.account_seed;
    reject(
        draft,
        (
            "A list of another account has no successor here",
            "the last list is the stranger's",
        ),
        ("R-LST-4", "list-next-account"),
        next(family, &foreign.signed(), &[two.certificate()], &[], NOW),
        WrongAccount,
    )?;
    reject(
        draft,
        (
            "A device that is not listed is not removed",
            "the device was revoked before",
        ),
        ("R-LST-7", "list-next-remove-listed"),
        next(family, &known, &[], &[revoked.device_id], NOW),
        NotInDeviceList,
    )?;
    reject(
        draft,
        (
            "A device is not removed and added at once",
            "the device removed is also added",
        ),
        ("R-LST-7", "list-next-remove-and-add"),
        next(family, &known, &[one.certificate()], &[one.device_id], NOW),
        DeviceRevoked,
    )?;
    reject(
        draft,
        (
            "A revoked device is not added",
            "the device added was revoked at epoch 5",
        ),
        ("R-LST-4", "list-revoked-returns"),
        next(family, &known, &[revoked.certificate()], &[], NOW),
        DeviceRevoked,
    )
}

pub(super) fn next(family: &Family, list: &[u8], add: &[Vec<u8>], remove: &[[u8; 16]], now: u64) -> Value {
    json!({
        "op": "list.next",
        "account_seed": hex::encode(family.account),
        "list": hex::encode(list),
        "add": add.iter().map(hex::encode).collect::<Vec<_>>(),
        "remove": remove.iter().map(hex::encode).collect::<Vec<_>>(),
        "now": now,
    })
}
