//! `list.admit`: which certificates belong to a list (R-LST-2, R-LST-3).

use anyhow::Result;
use serde_json::{Value, json};
use twotick_wire::ErrorCode::{
    BadDeviceSignature, BadKey, DuplicateKey, Expired, NotInDeviceList, WrongAccount,
};

use super::super::Draft;
use super::super::points::with_torsion;
use super::super::sign::{List, agreement_key};
use super::super::workshop::{DAY, Device, NOW, about, certificate_hash, reject};
use super::Family;

pub(super) fn write(draft: &mut Draft, family: &Family) -> Result<()> {
    admitted(draft, family)?;
    not_listed(draft, family)?;
    not_verified(draft, family)?;
    duplicates(draft, family)
}

fn admitted(draft: &mut Draft, family: &Family) -> Result<()> {
    let known = family.known();
    let [one, two, three, _] = &family.devices;
    let title = "Certificates of a list are admitted beside one another";
    draft.accept(about(title, &["R-LST-2", "R-LST-3"]), |script| {
        script.ok(admit(&known, &one.certificate(), &[], None))?;
        let others = [one.certificate(), three.certificate()];
        script
            .ok(admit(&known, &two.certificate(), &others, Some(&family.stranger)))
            .map(drop)
    })?;
    let title = "An earlier certificate of the same device may share its keys";
    draft.accept(about(title, &["R-LST-3"]), |script| {
        let earlier = Device {
            created: NOW - 90 * DAY,
            ..one.clone()
        };
        script
            .ok(admit(&known, &one.certificate(), &[earlier.certificate()], None))
            .map(drop)
    })?;
    let title = "One's own certificate is admitted to one's own list";
    draft.accept(about(title, &["R-LST-3"]), |script| {
        script
            .ok(admit(&known, &one.certificate(), &[], Some(one)))
            .map(drop)
    })?;
    let title = "A list that has expired still admits its devices";
    draft.accept(about(title, &["R-LST-2", "R-LST-5"]), |script| {
        let mut expired = known.clone();
        (expired.issued, expired.expires) = (NOW - 90 * DAY, NOW - 60 * DAY);
        script
            .ok(admit(&expired, &one.certificate(), &[], None))
            .map(drop)
    })
}

fn not_listed(draft: &mut Draft, family: &Family) -> Result<()> {
    let known = family.known();
    let renewed = Device {
        created: NOW - DAY,
        ..family.devices[0].clone()
    };
    for (title, defect, certificate) in [
        (
            "The certificate of a device that is not listed is refused",
            "the device was revoked",
            family.devices[3].certificate(),
        ),
        (
            "Another certificate of a listed device is refused",
            "the list holds the hash of a later certificate",
            renewed.certificate(),
        ),
    ] {
        let operation = admit(&known, &certificate, &[], None);
        reject(
            draft,
            (title, defect),
            ("R-LST-2", "list-admit-entry"),
            operation,
            NotInDeviceList,
        )?;
    }
    Ok(())
}

fn not_verified(draft: &mut Draft, family: &Family) -> Result<()> {
    let one = &family.devices[0];
    let mut unaccepted = one.certificate();
    unaccepted[200] ^= 1;
    let old = Device {
        created: NOW - 400 * DAY,
        ..one.clone()
    };
    let mut torsion = one.draft();
    torsion.identity_key = with_torsion(&torsion.identity_key, 8)?;
    for (title, defect, (requirement, mutant, code), certificate) in [
        (
            "A listed certificate that its device did not accept is refused",
            "a bit of the device signature is flipped, and the list has that hash",
            ("R-IDN-2", "certificate-device-signature", BadDeviceSignature),
            unaccepted,
        ),
        (
            "A listed certificate with a key that is not of prime order is refused",
            "a point of order 8 was added to the identity key",
            ("R-PRM-4", "certificate-key-curve", BadKey),
            torsion.signed(),
        ),
        (
            "A listed certificate past its end is refused",
            "it ended 35 days ago",
            ("R-IDN-3", "validity-end", Expired),
            old.certificate(),
        ),
        (
            "A listed certificate of another account is refused",
            "the list has the hash of a stranger's certificate",
            ("R-LST-2", "list-admit-account", WrongAccount),
            family.stranger.certificate(),
        ),
    ] {
        let list = listing(family, &certificate);
        let operation = admit(&list, &certificate, &[], None);
        reject(draft, (title, defect), (requirement, mutant), operation, code)?;
    }
    Ok(())
}

fn duplicates(draft: &mut Draft, family: &Family) -> Result<()> {
    let [one, two, ..] = &family.devices;
    let us = &family.stranger;
    let with = |change: &dyn Fn(&mut super::super::sign::Certificate)| {
        let mut draft = two.draft();
        change(&mut draft);
        draft.signed()
    };
    let signing = |device: &Device| {
        let seed = device.signing_seed;
        with(&|draft| draft.signing_seed = seed)
    };
    let identity = |device: &Device| {
        let key = agreement_key(&device.identity_private_key);
        with(&|draft| draft.identity_key = key)
    };
    let others = "list-admit-duplicate-others";
    let own = "list-admit-duplicate-own";
    for (title, defect, mutant, certificate, other) in [
        (
            "A certificate with another device's signing key is refused",
            "the signing key is that of a sibling",
            others,
            signing(one),
            Some(one),
        ),
        (
            "A certificate with another device's identity key is refused",
            "the identity key is that of a sibling",
            others,
            identity(one),
            Some(one),
        ),
        (
            "A certificate with our own signing key is refused",
            "the signing key is ours",
            own,
            signing(us),
            None,
        ),
        (
            "A certificate with our own identity key is refused",
            "the identity key is ours",
            own,
            identity(us),
            None,
        ),
    ] {
        let list = listing(family, &certificate);
        let before: Vec<_> = other.iter().map(|device| device.certificate()).collect();
        let operation = admit(&list, &certificate, &before, Some(us));
        reject(
            draft,
            (title, defect),
            ("R-LST-3", mutant),
            operation,
            DuplicateKey,
        )?;
    }
    Ok(())
}

/// A list that has this certificate beside the third device's.
fn listing(family: &Family, certificate: &[u8]) -> List {
    let mut device_id = [0; 16];
    device_id.copy_from_slice(&certificate[36..52]);
    let entry = (device_id, certificate_hash(certificate));
    let mut list = family.known();
    list.devices = vec![entry, family.devices[2].entry()];
    list.sorted()
}

fn admit(list: &List, certificate: &[u8], others: &[Vec<u8>], us: Option<&Device>) -> Value {
    json!({
        "op": "list.admit",
        "list": hex::encode(list.signed()),
        "certificate": hex::encode(certificate),
        "others": others.iter().map(hex::encode).collect::<Vec<_>>(),
        "us": us.map(Device::json),
        "now": NOW,
    })
}
