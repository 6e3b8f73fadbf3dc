//! The clauses of R-PRE-4 about signatures and validity.

use anyhow::Result;
use twotick_wire::ErrorCode::{BadPrekeySignature, PrekeyExpired, PrekeyNotYetValid, ValidityTooLong};

use super::super::Draft;
use super::super::workshop::{DAY, Device, NOW, certificate_hash};
use super::{Bundle, Scene, clause};

pub(super) fn write(draft: &mut Draft, scene: &Scene) -> Result<()> {
    signed(draft, scene)?;
    one_time(draft, scene)?;
    validity(draft, scene)
}

/// The hash of a certificate that the peer had before.
fn earlier(scene: &Scene) -> [u8; 32] {
    let device = Device {
        created: NOW - DAY,
        ..scene.peer.clone()
    };
    certificate_hash(&device.certificate())
}

fn signed(draft: &mut Draft, scene: &Scene) -> Result<()> {
    let good = &scene.good;
    let hash = certificate_hash(&good.certificate);
    let mut changed = good.short();
    changed[266 + 1_604] ^= 1;
    let of_other = Bundle {
        signing_seed: scene.spare[0],
        ..good.clone()
    };
    for (title, defect, bundle) in [
        (
            "A signed prekey that was changed is refused",
            "a bit of not_before is flipped",
            changed,
        ),
        (
            "A signed prekey that another device signed is refused",
            "the signature is of another seed",
            of_other.short(),
        ),
        (
            "A signed prekey that was signed as a one-time prekey is refused",
            "the signature is under sign/one-time-prekey",
            good.short_as("sign/one-time-prekey", &hash),
        ),
        (
            "A signed prekey of an earlier certificate is refused",
            "the signature covers the hash of an earlier certificate",
            good.short_as("sign/signed-prekey", &earlier(scene)),
        ),
    ] {
        let mutant = ("bundle-signed-signature", BadPrekeySignature);
        clause(draft, (title, defect), mutant, scene.verify(&bundle))?;
    }
    Ok(())
}

fn one_time(draft: &mut Draft, scene: &Scene) -> Result<()> {
    let good = &scene.good;
    let hash = certificate_hash(&good.certificate);
    let mut changed = good.long();
    if let Some(last) = changed.last_mut() {
        *last ^= 1;
    }
    for (title, defect, bundle) in [
        (
            "A one-time prekey with a changed signature is refused",
            "a bit of the signature is flipped",
            changed,
        ),
        (
            "A one-time prekey that was signed as a signed prekey is refused",
            "the signature is under sign/signed-prekey",
            good.long_as("sign/signed-prekey", &hash),
        ),
        (
            "A one-time prekey of an earlier certificate is refused",
            "the signature covers the hash of an earlier certificate",
            good.long_as("sign/one-time-prekey", &earlier(scene)),
        ),
    ] {
        let mutant = ("bundle-one-time-signature", BadPrekeySignature);
        clause(draft, (title, defect), mutant, scene.verify(&bundle))?;
    }
    Ok(())
}

fn validity(draft: &mut Draft, scene: &Scene) -> Result<()> {
    for (title, defect, (mutant, code), (not_before, not_after)) in [
        (
            "A signed prekey that ends before it starts is refused",
            "not_after is a second before not_before",
            ("bundle-prekey-order", ValidityTooLong),
            (NOW, NOW - 1),
        ),
        (
            "A signed prekey over 30 days is refused",
            "it is valid for 30 days and a second",
            ("bundle-prekey-longest", ValidityTooLong),
            (NOW, NOW + 30 * DAY + 1),
        ),
        (
            "A signed prekey that starts after tomorrow is refused",
            "not_before is a day and a second from now",
            ("bundle-prekey-start", PrekeyNotYetValid),
            (NOW + DAY + 1, NOW + 10 * DAY),
        ),
        (
            "A signed prekey past its end is refused",
            "not_after was a second ago",
            ("bundle-prekey-expired", PrekeyExpired),
            (NOW - 14 * DAY, NOW - 1),
        ),
    ] {
        let bundle = scene.good.valid(not_before, not_after).short();
        clause(draft, (title, defect), (mutant, code), scene.verify(&bundle))?;
    }
    Ok(())
}
