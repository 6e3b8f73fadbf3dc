//! `rotation.make` (SPEC 5.5).

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use twotick_wire::ErrorCode::{BadDeviceSignature, DeviceRevoked, RandomnessFailure, WrongAccount};

use super::super::Draft;
use super::super::sign::{Rotation, list_hash};
use super::super::workshop::{NOW, about, bytes, reject};
use super::Family;

pub(super) fn write(draft: &mut Draft, family: &Family) -> Result<()> {
    let known = family.known().signed();
    let new = family.next_accounts[0];
    let title = "An account is rotated to a new key, and its contacts follow";
    draft.accept(about(title, &["R-IDN-5", "R-IDN-6"]), |script| {
        let certificate = family.devices[0].under(new).certificate();
        let made = script.ok(rotate(family, &known, &new, &certificate))?;
        let by_hand = Rotation {
            old_seed: family.account,
            new_seed: new,
            last_epoch: 5,
            last_list_hash: list_hash(&known),
            issued: NOW,
        };
        ensure!(bytes(&made, "rotation")? == by_hand.signed(), "another rotation");
        let follow = json!({
            "op": "rotation.follow",
            "known": hex::encode(&known),
            "followed": [],
            "rotation": made["rotation"],
            "list": made["list"],
            "now": NOW,
        });
        script.ok(follow).map(drop)
    })?;
    refused(draft, family)
}

fn refused(draft: &mut Draft, family: &Family) -> Result<()> {
    let known = family.known().signed();
    let new = family.next_accounts[0];
    let mut foreign = family.first();
    foreign.account_seed = family.stranger.account_seed;
    let certificate = family.devices[0].under(new).certificate();
    let mut unaccepted = certificate.clone();
    unaccepted[200] ^= 1;
    for (title, defect, (mutant, code), operation) in [
        (
            "An account is not rotated after another account's list",
            "the last list is the stranger's",
            ("rotation-make-account", WrongAccount),
            rotate(family, &foreign.signed(), &new, &certificate),
        ),
        (
            "An account is not rotated to its own key",
            "the new seed is the old one",
            ("rotation-make-same-key", RandomnessFailure),
            rotate(family, &known, &family.account, &family.devices[0].certificate()),
        ),
        (
            "The first list of a new key takes no certificate of the old one",
            "the certificate is of the old account",
            ("list-next-certificate-account", WrongAccount),
            rotate(family, &known, &new, &family.devices[0].certificate()),
        ),
        (
            "The first list of a new key takes no certificate that its device did not accept",
            "a bit of the device signature is flipped",
            ("list-next-certificate", BadDeviceSignature),
            rotate(family, &known, &new, &unaccepted),
        ),
        (
            "A revoked device does not return under a new key",
            "the certificate is of a device revoked at epoch 5",
            ("list-revoked-returns", DeviceRevoked),
            rotate(family, &known, &new, &family.devices[3].under(new).certificate()),
        ),
    ] {
        reject(draft, (title, defect), ("R-IDN-5", mutant), operation, code)?;
    }
    Ok(())
}

pub(super) fn rotate(family: &Family, list: &[u8], new_seed: &[u8; 32], certificate: &[u8]) -> Value {
    json!({
        "op": "rotation.make",
        "old_seed": hex::encode(family.account),
        "list": hex::encode(list),
        "new_seed": hex::encode(new_seed),
        "certificate": hex::encode(certificate),
        "now": NOW,
    })
}
