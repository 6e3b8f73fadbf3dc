//! X25519 alone (SPEC 3.3).

use anyhow::Result;
use serde_json::{Value, json};
use twotick_wire::ErrorCode::BadKey;

use super::super::Draft;
use super::super::points::with_torsion;
use super::super::sign::agreement_key;
use super::super::workshop::about;
use super::Keys;

/// The five `u` of small order of SPEC 3.3.
const SMALL: [&str; 5] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
];

/// 9 and others over the field's prime, small ones among them, and 9 with bit 255.
const NOT_CANONICAL: [&str; 5] = [
    "f6ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0900000000000000000000000000000000000000000000000000000000000080",
];

pub(super) fn good(draft: &mut Draft, keys: &Keys) -> Result<()> {
    let (ours, theirs) = (&keys.private_key, &keys.peer_private_key);
    let title = "Both sides of an agreement obtain the same secret";
    draft.accept(about(title, &["R-PRM-3", "R-PRM-5"]), |script| {
        let one = script.ok(agree(ours, &agreement_key(theirs)))?;
        let other = script.ok(agree(theirs, &agreement_key(ours)))?;
        anyhow::ensure!(one == other, "two secrets");
        Ok(())
    })?;
    let title = "An agreement alone takes any key that is not of small order";
    draft.accept(about(title, &["R-PRM-3", "R-PRM-4"]), |script| {
        script.ok(agree(ours, &keys.twist))?;
        script
            .ok(agree(ours, &with_torsion(&agreement_key(theirs), 8)?))
            .map(drop)
    })?;
    let title = "A key of prime order is on the curve";
    draft.accept(about(title, &["R-PRM-4"]), |script| {
        script.ok(on_curve(&agreement_key(ours)))?;
        script.ok(on_curve(&agreement_key(theirs))).map(drop)
    })
}

pub(super) fn refused(draft: &mut Draft, keys: &Keys) -> Result<()> {
    for (op, titles) in [
        (
            "agree",
            [
                "An agreement with a key of small order is refused",
                "An agreement with a key that is not canonical is refused",
            ],
        ),
        (
            "on_curve",
            [
                "A key of small order is refused before its curve is looked at",
                "A key that is not canonical is refused before its curve is looked at",
            ],
        ),
    ] {
        let [of_small, not_canonical] = titles;
        let operation = |key: &str| {
            let mut operation = json!({ "op": op, "public_key": key });
            if op == "agree" {
                operation["private_key"] = json!(hex::encode(keys.private_key));
            }
            operation
        };
        let defect = "u is one of the five of small order";
        draft.reject(
            about(of_small, &["R-PRM-3"]),
            defect,
            &["key-small-order-everywhere"],
            |script| {
                SMALL
                    .iter()
                    .try_for_each(|key| script.fails(operation(key), BadKey))
            },
        )?;
        let defect = "u is not below the field's prime, or bit 255 is set";
        draft.reject(
            about(not_canonical, &["R-PRM-3"]),
            defect,
            &["key-canonical"],
            |script| {
                NOT_CANONICAL
                    .iter()
                    .try_for_each(|key| script.fails(operation(key), BadKey))
            },
        )?;
    }
    Ok(())
}

pub(super) fn elsewhere(draft: &mut Draft, keys: &Keys) -> Result<()> {
    let title = "A key of the twist is refused";
    let defect = "no point of the curve has this u";
    draft.reject(about(title, &["R-PRM-4"]), defect, &["key-curve"], |script| {
        script.fails(on_curve(&keys.twist), BadKey)
    })?;
    for (title, defect, order) in [
        (
            "A key with a part of order 8 is refused",
            "a point of order 8 was added",
            8,
        ),
        (
            "A key with a part of order 4 is refused",
            "a point of order 4 was added",
            4,
        ),
        (
            "A key with a part of order 2 is refused",
            "the point of order 2 was added",
            2,
        ),
    ] {
        let key = with_torsion(&agreement_key(&keys.private_key), order)?;
        draft.reject(
            about(title, &["R-PRM-4"]),
            defect,
            &["key-prime-order"],
            |script| script.fails(on_curve(&key), BadKey),
        )?;
    }
    Ok(())
}

fn agree(private_key: &[u8; 32], public_key: &[u8; 32]) -> Value {
    json!({
        "op": "agree",
        "private_key": hex::encode(private_key),
        "public_key": hex::encode(public_key),
    })
}

fn on_curve(public_key: &[u8; 32]) -> Value {
    json!({ "op": "on_curve", "public_key": hex::encode(public_key) })
}
