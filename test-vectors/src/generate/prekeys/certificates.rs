//! The clauses of R-PRE-4 about the device and its certificate.

use anyhow::Result;
use serde_json::json;
use twotick_wire::ErrorCode::{
    BadDeviceSignature, BadKey, DuplicateKey, Expired, NotInDeviceList, NotYetValid, OwnDevice, WrongAccount,
    WrongDevice,
};

use super::super::Draft;
use super::super::points::with_torsion;
use super::super::workshop::{DAY, Device, NOW, reject};
use super::{Bundle, Scene, clause};

pub(super) fn write(draft: &mut Draft, scene: &Scene) -> Result<()> {
    devices(draft, scene)?;
    listed(draft, scene)?;
    verified(draft, scene)
}

fn devices(draft: &mut Draft, scene: &Scene) -> Result<()> {
    let good = scene.good.short();
    let mut elsewhere = scene.verify(&good);
    elsewhere["wanted"] = json!(hex::encode(scene.us.device_id));
    clause(
        draft,
        (
            "A bundle of another device than the one asked for is refused",
            "the device asked for is another",
        ),
        ("bundle-wanted", WrongDevice),
        elsewhere,
    )?;
    let mut own = scene.verify(&good);
    own["us"] = scene.peer.json();
    clause(
        draft,
        (
            "A bundle of our own is refused",
            "the bundle is of the device that verifies it",
        ),
        ("bundle-own-device", OwnDevice),
        own,
    )?;
    let namesake = Device {
        device_id: scene.peer.device_id,
        ..scene.us.clone()
    };
    let mut same_id = scene.verify(&good);
    same_id["us"] = namesake.json();
    clause(
        draft,
        (
            "A bundle with our own device id is refused in any account",
            "our device has the id of the bundle's",
        ),
        ("bundle-own-device", OwnDevice),
        same_id,
    )
}

fn listed(draft: &mut Draft, scene: &Scene) -> Result<()> {
    let earlier = Device {
        created: NOW - DAY,
        ..scene.peer.clone()
    };
    let stranger = Device {
        device_id: [9; 16],
        ..scene.peer.clone()
    };
    for (title, defect, listed) in [
        (
            "A bundle of a device that is not listed is refused",
            "the list has another device",
            stranger,
        ),
        (
            "A bundle with another certificate than the listed one is refused",
            "the list holds the hash of an earlier certificate",
            earlier,
        ),
    ] {
        let list = scene.listing(&listed.certificate());
        clause(
            draft,
            (title, defect),
            ("list-admit-entry", NotInDeviceList),
            scene.verify_in(&list, &scene.good.short()),
        )?;
    }
    Ok(())
}

fn verified(draft: &mut Draft, scene: &Scene) -> Result<()> {
    let at = |created: u64| {
        let device = Device {
            created,
            ..scene.peer.clone()
        };
        device.certificate()
    };
    let mut unaccepted = scene.peer.certificate();
    unaccepted[200] ^= 1;
    let mut torsion = scene.peer.draft();
    torsion.identity_key = with_torsion(&torsion.identity_key, 8)?;
    for (title, defect, (mutant, code), certificate) in [
        (
            "A bundle whose certificate the device did not accept is refused",
            "a bit of the device signature is flipped, and the list has that hash",
            ("certificate-device-signature", BadDeviceSignature),
            unaccepted,
        ),
        (
            "A bundle whose identity key is not of prime order is refused",
            "a point of order 8 was added to the identity key",
            ("certificate-key-curve", BadKey),
            torsion.signed(),
        ),
        (
            "A bundle whose certificate is past its end is refused",
            "the certificate ended 35 days ago",
            ("validity-end", Expired),
            at(NOW - 400 * DAY),
        ),
        (
            "A bundle whose certificate starts after tomorrow is refused",
            "the certificate starts in two days",
            ("validity-start", NotYetValid),
            at(NOW + 2 * DAY),
        ),
        (
            "A bundle whose certificate is of another account than the list is refused",
            "the certificate is of our own account",
            ("list-admit-account", WrongAccount),
            scene.peer.under(scene.us.account_seed).certificate(),
        ),
    ] {
        let changed = Bundle {
            certificate,
            ..scene.good.clone()
        };
        clause(
            draft,
            (title, defect),
            (mutant, code),
            scene.verify(&changed.short()),
        )?;
    }
    own_key(draft, scene)
}

fn own_key(draft: &mut Draft, scene: &Scene) -> Result<()> {
    let signing_seed = scene.us.signing_seed;
    let device = Device {
        signing_seed,
        ..scene.peer.clone()
    };
    let changed = Bundle {
        certificate: device.certificate(),
        signing_seed,
        ..scene.good.clone()
    };
    reject(
        draft,
        (
            "A bundle whose certificate has our own signing key is refused",
            "the signing key is ours",
        ),
        ("R-LST-3", "list-admit-duplicate-own"),
        scene.verify(&changed.short()),
        DuplicateKey,
    )
}
