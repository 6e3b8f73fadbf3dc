//! The clauses of R-PRE-4 about the keys of prekeys. X25519 keys stand at 4, KEM keys at 36.

use anyhow::Result;
use twotick_wire::ErrorCode::{BadKey, DuplicateKey};

use super::super::Draft;
use super::super::points::{on_twist, with_torsion};
use super::super::sign::agreement_key;
use super::super::workshop::reject;
use super::{Scene, clause};

const DIFFIE_HELLMAN: usize = 4;
const KEM: usize = 36;

pub(super) fn write(draft: &mut Draft, scene: &Scene) -> Result<()> {
    curve(draft, scene)?;
    modulus(draft, scene)?;
    duplicates(draft, scene)
}

fn curve(draft: &mut Draft, scene: &Scene) -> Result<()> {
    let good = &scene.good;
    let twist = on_twist(&scene.spare[0])?;
    let torsion = with_torsion(&agreement_key(&scene.spare[1]), 8)?;
    let (signed, one_time) = ("bundle-signed-curve", "bundle-one-time-curve");
    for (title, defect, mutant, bundle) in [
        (
            "A signed prekey of the twist is refused",
            "no point of the curve has its X25519 key",
            signed,
            good.with_signed(DIFFIE_HELLMAN, &twist).short(),
        ),
        (
            "A signed prekey that is not of prime order is refused",
            "a point of order 8 was added to its X25519 key",
            signed,
            good.with_signed(DIFFIE_HELLMAN, &torsion).short(),
        ),
        (
            "A one-time prekey of the twist is refused",
            "no point of the curve has its X25519 key",
            one_time,
            good.with_one_time(DIFFIE_HELLMAN, &twist).long(),
        ),
        (
            "A one-time prekey that is not of prime order is refused",
            "a point of order 8 was added to its X25519 key",
            one_time,
            good.with_one_time(DIFFIE_HELLMAN, &torsion).long(),
        ),
    ] {
        let operation = scene.verify(&bundle);
        reject(draft, (title, defect), ("R-PRM-4", mutant), operation, BadKey)?;
    }
    Ok(())
}

/// A coefficient has 12 bits: the first is the first byte and the low half of the second.
fn modulus(draft: &mut Draft, scene: &Scene) -> Result<()> {
    let good = &scene.good;
    let coefficient = |prekey: &[u8], value: u16| {
        let [high, low] = value.to_be_bytes();
        [low, prekey[KEM + 1] & 0xf0 | high]
    };
    let (signed, one_time) = ("bundle-signed-modulus", "bundle-one-time-modulus");
    for (title, defect, mutant, bundle) in [
        (
            "A signed prekey with a coefficient that is the modulus is refused",
            "the first coefficient of the KEM key is 3,329",
            signed,
            good.with_signed(KEM, &coefficient(&good.signed, 3_329)).short(),
        ),
        (
            "A signed prekey with the largest coefficient is refused",
            "the first coefficient of the KEM key is 4,095",
            signed,
            good.with_signed(KEM, &coefficient(&good.signed, 4_095)).short(),
        ),
        (
            "A one-time prekey with a coefficient that is the modulus is refused",
            "the first coefficient of the KEM key is 3,329",
            one_time,
            good.with_one_time(KEM, &coefficient(&good.one_time, 3_329))
                .long(),
        ),
    ] {
        let operation = scene.verify(&bundle);
        reject(draft, (title, defect), ("R-PRM-6", mutant), operation, BadKey)?;
    }
    Ok(())
}

fn duplicates(draft: &mut Draft, scene: &Scene) -> Result<()> {
    let good = &scene.good;
    let ours = agreement_key(&scene.us.identity_private_key);
    let identity = agreement_key(&scene.peer.identity_private_key);
    let signed = |key: &[u8]| good.with_signed(DIFFIE_HELLMAN, key).short();
    let one_time = |at: usize, key: &[u8]| good.with_one_time(at, key).long();
    for (title, defect, mutant, bundle) in [
        (
            "A signed prekey that is the identity key is refused",
            "its X25519 key is the certificate's",
            "bundle-duplicate-key",
            signed(&identity),
        ),
        (
            "A one-time prekey that is the identity key is refused",
            "its X25519 key is the certificate's",
            "bundle-duplicate-key",
            one_time(DIFFIE_HELLMAN, &identity),
        ),
        (
            "A one-time prekey with the signed prekey's X25519 key is refused",
            "both X25519 keys are one",
            "bundle-duplicate-key",
            one_time(DIFFIE_HELLMAN, &good.signed[4..36]),
        ),
        (
            "A one-time prekey with the signed prekey's KEM key is refused",
            "both KEM keys are one",
            "bundle-duplicate-kem",
            one_time(KEM, &good.signed[36..1_604]),
        ),
        (
            "A signed prekey that is our own identity key is refused",
            "its X25519 key is ours",
            "bundle-own-key",
            signed(&ours),
        ),
        (
            "A one-time prekey that is our own identity key is refused",
            "its X25519 key is ours",
            "bundle-own-key",
            one_time(DIFFIE_HELLMAN, &ours),
        ),
    ] {
        clause(
            draft,
            (title, defect),
            (mutant, DuplicateKey),
            scene.verify(&bundle),
        )?;
    }
    Ok(())
}
