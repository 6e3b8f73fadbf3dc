//! `signatures`: what SPEC 3 has refused before anything is built on it.

mod agreements;

use anyhow::Result;
use serde_json::{Value, json};
use twotick_wire::ErrorCode::BadAccountSignature;
use twotick_wire::Label;

use super::Draft;
use super::points::{Forged, Forger, SMALL_ORDER, on_twist};
use super::sign::{public_key, sign, sign_plain};
use super::workshop::{Workshop, about, reject};
use crate::case::VectorFile;

const LABEL: &str = "sign/device-list";

/// The keys of all cases.
struct Keys {
    seed: [u8; 32],
    other_seed: [u8; 32],
    forger: Forger,
    private_key: [u8; 32],
    peer_private_key: [u8; 32],
    twist: [u8; 32],
}

pub(super) fn make() -> Result<VectorFile> {
    let mut draft = Draft::new(
        "signatures",
        "Labelled hashes, strict Ed25519 and X25519 keys alone (SPEC 3).",
    );
    let mut workshop = Workshop::new("signatures");
    let seed = workshop.bytes();
    let keys = Keys {
        seed,
        other_seed: workshop.bytes(),
        forger: Forger::new(&seed, &workshop.bytes(), LABEL),
        private_key: workshop.bytes(),
        peer_private_key: workshop.bytes(),
        twist: on_twist(&workshop.bytes())?,
    };
    hashes(&mut draft)?;
    good_signatures(&mut draft, &keys)?;
    labels(&mut draft, &keys)?;
    changed_signatures(&mut draft, &keys)?;
    weak_signatures(&mut draft, &keys)?;
    agreements::good(&mut draft, &keys)?;
    agreements::refused(&mut draft, &keys)?;
    agreements::elsewhere(&mut draft, &keys)?;
    Ok(draft.finish())
}

fn hashes(draft: &mut Draft) -> Result<()> {
    let labels = || {
        Label::ALL
            .iter()
            .filter_map(|label| str::from_utf8(label.as_bytes()).ok())
    };
    let first = about(
        "Each hash label gives another hash of the same data",
        &["R-PRM-1", "R-PRM-10"],
    );
    draft.accept(first, |script| {
        for label in labels().filter(|label| label.contains("/hash/")) {
            script.ok(json!({ "op": "hash", "label": label, "data": hex::encode("one text") }))?;
        }
        Ok(())
    })?;
    draft.accept(about("The empty data has a hash", &["R-PRM-1"]), |script| {
        let operation = json!({ "op": "hash", "label": "Twotick/1/hash/account", "data": "" });
        script.ok(operation).map(drop)
    })
}

fn good_signatures(draft: &mut Draft, keys: &Keys) -> Result<()> {
    let first = about("Signatures under every label verify", &["R-PRM-1", "R-PRM-2"]);
    draft.accept(first, |script| {
        for label in [
            "sign/device-certificate",
            "sign/device-acceptance",
            "sign/device-list",
            "sign/rotation-old",
            "sign/rotation-new",
            "sign/signed-prekey",
            "sign/one-time-prekey",
        ] {
            let signature = sign(&keys.seed, label, b"one text");
            script.ok(verify(&public_key(&keys.seed), label, b"one text", &signature))?;
        }
        Ok(())
    })?;
    draft.accept(
        about("A signature over no data verifies", &["R-PRM-2"]),
        |script| {
            let signature = sign(&keys.seed, LABEL, b"");
            let operation = verify(&public_key(&keys.seed), LABEL, b"", &signature);
            script.ok(operation).map(drop)
        },
    )?;
    let title = "A key with a part of small order verifies where the equation holds";
    draft.accept(about(title, &["R-PRM-2"]), |script| {
        script
            .ok(verify_forged(&keys.forger.for_mixed_key(true)?))
            .map(drop)
    })
}

fn changed_signatures(draft: &mut Draft, keys: &Keys) -> Result<()> {
    let (key, data) = (public_key(&keys.seed), b"one text");
    let good = sign(&keys.seed, LABEL, data);
    let flipped = |at: usize| {
        let mut signature = good;
        signature[at] ^= 1;
        signature
    };
    let other_key = sign(&keys.other_seed, LABEL, data);
    for (title, defect, operation) in [
        (
            "A signature of another key is refused",
            "it was made with another seed",
            verify(&key, LABEL, data, &other_key),
        ),
        (
            "A signature over other data is refused",
            "the data has another last byte",
            verify(&key, LABEL, b"one texu", &good),
        ),
        (
            "A signature with a changed R is refused",
            "bit 0 of R is flipped",
            verify(&key, LABEL, data, &flipped(0)),
        ),
        (
            "A signature with a changed S is refused",
            "bit 0 of S is flipped",
            verify(&key, LABEL, data, &flipped(32)),
        ),
        (
            "A signature of zeros is refused",
            "all 64 bytes are zero",
            verify(&key, LABEL, data, &[0; 64]),
        ),
    ] {
        let rule = ("R-PRM-2", "ed25519-verify");
        reject(draft, (title, defect), rule, operation, BadAccountSignature)?;
    }
    Ok(())
}

fn labels(draft: &mut Draft, keys: &Keys) -> Result<()> {
    let (key, data) = (public_key(&keys.seed), b"one text");
    let other_label = sign(&keys.seed, "sign/rotation-old", data);
    reject(
        draft,
        (
            "A signature under another label is refused",
            "it was made under sign/rotation-old",
        ),
        ("R-PRM-1", "sign-label"),
        verify(&key, LABEL, data, &other_label),
        BadAccountSignature,
    )?;
    let mut unframed = b"Twotick/1/sign/device-list".to_vec();
    unframed.extend(data);
    reject(
        draft,
        (
            "A signature whose label has no length is refused",
            "the length of the label was not signed",
        ),
        ("R-PRM-1", "sign-label-length"),
        verify(&key, LABEL, data, &sign_plain(&keys.seed, &unframed)),
        BadAccountSignature,
    )
}

fn weak_signatures(draft: &mut Draft, keys: &Keys) -> Result<()> {
    let (key, data) = (public_key(&keys.seed), b"one text");
    let malleated = plus_order(sign(&keys.seed, LABEL, data));
    let forger = &keys.forger;
    let (canonical, others) = SMALL_ORDER.split_at(8);
    let weak_keys = |keys: &[&str]| keys.iter().map(|key| forger.for_weak_key(key)).collect();
    let weak_nonces = |nonces: &[&str]| nonces.iter().map(|nonce| forger.with_weak_nonce(nonce)).collect();
    let cases: [(_, _, _, Result<Vec<Forged>>); 6] = [
        (
            "Keys of small order are refused, though the equation holds",
            "the public key is one of the eight canonical encodings of small order",
            "ed25519-strict",
            weak_keys(canonical),
        ),
        (
            "Keys of small order that are not canonical are refused",
            "the public key is one of the six other encodings of small order",
            "ed25519-strict",
            weak_keys(others),
        ),
        (
            "An R of small order is refused",
            "R is one of the eight canonical encodings of small order",
            "ed25519-strict",
            weak_nonces(canonical),
        ),
        (
            "An R that is not canonical is refused",
            "R is one of the six other encodings of small order",
            "ed25519-noncanonical-r",
            weak_nonces(others),
        ),
        (
            "An R with a part of small order is refused",
            "a point of order 8 was added to R before it was hashed",
            "ed25519-cofactor",
            forger.with_mixed_nonce().map(|one| vec![one]),
        ),
        (
            "A key with a part of small order is refused where the equation does not hold",
            "a point of order 8 was added to the public key before it was hashed",
            "ed25519-cofactor",
            forger.for_mixed_key(false).map(|one| vec![one]),
        ),
    ];
    for (title, defect, mutant, forged) in cases {
        let forged = forged?;
        draft.reject(about(title, &["R-PRM-2"]), defect, &[mutant], |script| {
            let mut all = forged.iter();
            all.try_for_each(|forged| script.fails(verify_forged(forged), BadAccountSignature))
        })?;
    }
    let about = about("An S that is not reduced is refused", &["R-PRM-2"]);
    draft.reject(about, "L was added to S", &["ed25519-scalar"], |script| {
        script.fails(verify(&key, LABEL, data, &malleated), BadAccountSignature)
    })
}

fn verify(key: &[u8; 32], label: &str, data: &[u8], signature: &[u8]) -> Value {
    json!({
        "op": "sign.verify",
        "public_key": hex::encode(key),
        "label": format!("Twotick/1/{label}"),
        "data": hex::encode(data),
        "signature": hex::encode(signature),
    })
}

fn verify_forged(forged: &Forged) -> Value {
    verify(&forged.public_key, LABEL, &forged.data, &forged.signature)
}

/// The signature with `S + L` for its `S`.
fn plus_order(mut signature: [u8; 64]) -> [u8; 64] {
    const ORDER: &str = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
    let order = hex::decode(ORDER).unwrap_or_default();
    let mut carry = 0;
    for (byte, more) in signature[32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(more) + carry;
        *byte = (sum % 256) as u8;
        carry = sum / 256;
    }
    signature
}
