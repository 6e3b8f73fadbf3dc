//! `list.verify` and `head.compare`.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use twotick_wire::ErrorCode::{BadAccountSignature, Expired, InvalidValue, NotYetValid, ValidityTooLong};

use super::super::Draft;
use super::super::sign::{List, public_key};
use super::super::workshop::{DAY, NOW, about, bytes, reject};
use super::Family;

pub(super) fn write(draft: &mut Draft, family: &Family) -> Result<()> {
    let known = family.known();
    let title = "A list verifies from a day before its start to its end";
    draft.accept(about(title, &["R-LST-1", "R-IDN-3"]), |script| {
        for now in [NOW - DAY, NOW, NOW + 35 * DAY] {
            script.ok(verify(&known.signed(), now))?;
        }
        Ok(())
    })?;
    signatures(draft, family)?;
    validity(draft, &known)?;
    heads(draft, family)
}

fn signatures(draft: &mut Draft, family: &Family) -> Result<()> {
    let known = family.known();
    let signed = known.signed();
    let mut changed = signed.clone();
    changed[88 + 16] ^= 1;
    let mut of_stranger = List {
        account_seed: family.stranger.account_seed,
        ..known.clone()
    }
    .signed();
    of_stranger[2..34].copy_from_slice(&public_key(&family.account));
    for (title, defect, list) in [
        (
            "A list whose first certificate hash was changed is refused",
            "a bit of the certificate hash is flipped",
            changed,
        ),
        (
            "A list that another account signed is refused",
            "the signature is of another seed",
            of_stranger,
        ),
        (
            "A list that was signed under another label is refused",
            "the account signed under sign/device-certificate",
            known.signed_as("sign/device-certificate"),
        ),
    ] {
        let rule = ("R-LST-1", "list-signature");
        reject(
            draft,
            (title, defect),
            rule,
            verify(&list, NOW),
            BadAccountSignature,
        )?;
    }
    let mut zero = known;
    zero.devices[0].0 = [0; 16];
    reject(
        draft,
        (
            "A signed list that names the device id zero is refused",
            "the first device id is zero",
        ),
        ("R-LST-1", "list-zero-device"),
        verify(&zero.signed(), NOW),
        InvalidValue,
    )
}

fn validity(draft: &mut Draft, known: &List) -> Result<()> {
    let with = |expires: u64| {
        let changed = List {
            expires,
            ..known.clone()
        };
        changed.signed()
    };
    for (title, defect, (mutant, code), list, now) in [
        (
            "A list that ends before it starts is refused",
            "expires is a second before issued",
            ("validity-order", ValidityTooLong),
            with(NOW - 1),
            NOW,
        ),
        (
            "A list over 35 days is refused",
            "it is valid for 35 days and a second",
            ("validity-longest", ValidityTooLong),
            with(NOW + 35 * DAY + 1),
            NOW,
        ),
        (
            "A list that starts after tomorrow is refused",
            "now is a day and a second before issued",
            ("validity-start", NotYetValid),
            known.signed(),
            NOW - DAY - 1,
        ),
        (
            "A list past its end is refused",
            "now is a second after expires",
            ("validity-end", Expired),
            known.signed(),
            NOW + 35 * DAY + 1,
        ),
    ] {
        reject(
            draft,
            (title, defect),
            ("R-LST-1", mutant),
            verify(&list, now),
            code,
        )?;
    }
    Ok(())
}

fn heads(draft: &mut Draft, family: &Family) -> Result<()> {
    let known = family.known().signed();
    let title = "A list head is unknown, older, the same, newer or a fork";
    draft.accept(about(title, &["R-LST-6"]), |script| {
        let found = script.ok(verify(&known, NOW))?;
        let head = bytes(&found, "head")?;
        let hash = head.get(4..).context("a head of 20 bytes")?;
        let of_epoch = |epoch: u8| [&[0, 0, 0, epoch], hash].concat();
        for (expected, head) in [
            ("unknown", vec![0; 20]),
            ("older", of_epoch(4)),
            ("same", head.clone()),
            ("newer", of_epoch(6)),
            ("fork", [&[0, 0, 0, 5][..], &[7; 16]].concat()),
        ] {
            let found = script.ok(compare(&known, &head))?;
            anyhow::ensure!(found["comparison"] == expected, "{found} for {expected}");
        }
        Ok(())
    })?;
    let title = "The head of an expired list is compared all the same";
    draft.accept(about(title, &["R-LST-5", "R-LST-6"]), |script| {
        let mut expired = family.known();
        (expired.issued, expired.expires) = (NOW - 90 * DAY, NOW - 60 * DAY);
        let head = [&[0, 0, 0, 6][..], &[7; 16]].concat();
        script.ok(compare(&expired.signed(), &head)).map(drop)
    })?;
    let none = [&[0; 4][..], &[7; 16]].concat();
    reject(
        draft,
        (
            "A list head of epoch 0 with a hash is refused when it is compared",
            "the epoch is 0, the hash is not zero",
        ),
        ("R-ENC-8", "list-head-none"),
        compare(&known, &none),
        InvalidValue,
    )
}

fn verify(list: &[u8], now: u64) -> Value {
    json!({ "op": "list.verify", "list": hex::encode(list), "now": now })
}

fn compare(list: &[u8], head: &[u8]) -> Value {
    json!({ "op": "head.compare", "list": hex::encode(list), "head": hex::encode(head) })
}
