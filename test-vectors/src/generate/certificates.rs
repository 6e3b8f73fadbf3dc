//! `certificates`: what a device certificate must be before it is used (SPEC 5.1, 5.2).

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use twotick_wire::ErrorCode::{
    BadAccountSignature, BadDeviceSignature, BadKey, Expired, NotYetValid, UnsupportedSuite, ValidityTooLong,
};

use super::Draft;
use super::points::{on_twist, with_torsion};
use super::sign::{Certificate, agreement_key};
use super::workshop::{DAY, NOW, Workshop, about, reject};
use crate::case::VectorFile;

pub(super) fn make() -> Result<VectorFile> {
    let mut draft = Draft::new(
        "certificates",
        "Accounts, devices and their certificates: signatures, keys and validity (SPEC 5.1, 5.2).",
    );
    let mut workshop = Workshop::new("certificates");
    let account = workshop.bytes();
    let good = workshop.device(account, NOW).draft();
    generated(&mut draft)?;
    accepted(&mut draft, &good)?;
    signatures(&mut draft, &good, &mut workshop)?;
    keys(&mut draft, &good, &mut workshop)?;
    validity(&mut draft, &good)?;
    Ok(draft.finish())
}

fn generated(draft: &mut Draft) -> Result<()> {
    let title = "An account and a device are made of their draws";
    draft.accept(about(title, &["R-PRM-8", "R-IDN-4"]), |script| {
        let account = script.ok(json!({ "op": "account.generate" }))?;
        let made = script.ok(json!({
            "op": "device.generate", "account_seed": account["account_seed"], "now": NOW,
        }))?;
        let found = script.ok(json!({
            "op": "certificate.verify", "certificate": made["certificate"], "now": NOW,
        }))?;
        ensure!(found["account_id"] == account["account_id"], "another account");
        Ok(())
    })
}

fn accepted(draft: &mut Draft, good: &Certificate) -> Result<()> {
    let title = "A certificate verifies from a day before its start to its end";
    draft.accept(about(title, &["R-IDN-2", "R-IDN-3"]), |script| {
        for now in [NOW - DAY, NOW, NOW + 365 * DAY] {
            script.ok(verify(&good.signed(), now))?;
        }
        Ok(())
    })?;
    let title = "A certificate may be valid for 366 days";
    draft.accept(about(title, &["R-IDN-3"]), |script| {
        let mut longest = good.clone();
        longest.expires = NOW + 366 * DAY;
        script.ok(verify(&longest.signed(), NOW + 366 * DAY)).map(drop)
    })?;
    let title = "A certificate may end when it starts";
    draft.accept(about(title, &["R-IDN-3"]), |script| {
        let mut shortest = good.clone();
        shortest.expires = NOW;
        script.ok(verify(&shortest.signed(), NOW)).map(drop)
    })?;
    let title = "Suites and capabilities that nobody knows are ignored";
    draft.accept(about(title, &["R-IDN-1"]), |script| {
        let mut later = good.clone();
        (later.suites, later.capabilities) = (3, 5);
        script.ok(verify(&later.signed(), NOW)).map(drop)
    })?;
    let title = "A certificate of the device id zero verifies";
    draft.accept(about(title, &["R-IDN-2", "R-LST-1"]), |script| {
        let mut zero = good.clone();
        zero.device_id = [0; 16];
        script.ok(verify(&zero.signed(), NOW)).map(drop)
    })
}

/// The account's signature stands at 136, the device's at 200.
fn signatures(draft: &mut Draft, good: &Certificate, workshop: &mut Workshop) -> Result<()> {
    let signed = good.signed();
    let mut stranger = good.clone();
    stranger.account_seed = workshop.bytes();
    let of_other_account = [&signed[..136], &stranger.signed()[136..200]].concat();
    let of_other_label = good.signed_as("sign/device-acceptance", "sign/device-acceptance");
    for (title, defect, bytes) in [
        (
            "A certificate that another account signed is refused",
            "the account signature is of another seed",
            good.accepted(of_other_account),
        ),
        (
            "A certificate that the account signed under another label is refused",
            "the account signed under sign/device-acceptance",
            of_other_label,
        ),
        (
            "A certificate whose capabilities were changed is refused",
            "the last bit of the capabilities is flipped",
            flipped(&signed, 135),
        ),
        (
            "A certificate whose device id was changed is refused",
            "a bit of the device id is flipped",
            flipped(&signed, 36),
        ),
    ] {
        let rule = ("R-IDN-2", "certificate-account-signature");
        reject(
            draft,
            (title, defect),
            rule,
            verify(&bytes, NOW),
            BadAccountSignature,
        )?;
    }
    acceptances(draft, good, workshop.bytes())
}

fn acceptances(draft: &mut Draft, good: &Certificate, other_seed: [u8; 32]) -> Result<()> {
    let signed = good.signed();
    let mut other = good.clone();
    other.signing_seed = other_seed;
    for (title, defect, bytes) in [
        (
            "A certificate that another device accepted is refused",
            "the device signature is of another seed",
            other.accepted(signed[..200].to_vec()),
        ),
        (
            "A certificate that the device signed under another label is refused",
            "the device signed under sign/device-certificate",
            good.signed_as("sign/device-certificate", "sign/device-certificate"),
        ),
        (
            "A certificate whose device signature was changed is refused",
            "a bit of the device signature is flipped",
            flipped(&signed, 200),
        ),
    ] {
        let rule = ("R-IDN-2", "certificate-device-signature");
        reject(
            draft,
            (title, defect),
            rule,
            verify(&bytes, NOW),
            BadDeviceSignature,
        )?;
    }
    Ok(())
}

fn flipped(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at] ^= 1;
    bytes
}

fn keys(draft: &mut Draft, good: &Certificate, workshop: &mut Workshop) -> Result<()> {
    let with = |identity_key: [u8; 32]| {
        let changed = Certificate {
            identity_key,
            ..good.clone()
        };
        changed.signed()
    };
    let honest = agreement_key(&workshop.bytes());
    let curve = ("R-PRM-4", "certificate-key-curve");
    for (title, defect, kills, key) in [
        (
            "A certificate with an identity key of the twist is refused",
            "no point of the curve has this identity key",
            curve,
            on_twist(&workshop.bytes())?,
        ),
        (
            "A certificate with an identity key with a part of order 8 is refused",
            "a point of order 8 was added to the identity key",
            curve,
            with_torsion(&honest, 8)?,
        ),
        (
            "A certificate with an identity key with a part of order 2 is refused",
            "the point of order 2 was added to the identity key",
            curve,
            with_torsion(&honest, 2)?,
        ),
    ] {
        reject(draft, (title, defect), kills, verify(&with(key), NOW), BadKey)?;
    }
    let mut without = good.clone();
    without.suites = 2;
    reject(
        draft,
        (
            "A certificate signed without suite 1 is refused",
            "bit 0 of suites is clear",
        ),
        ("R-IDN-1", "certificate-suite-bit"),
        verify(&without.signed(), NOW),
        UnsupportedSuite,
    )
}

fn validity(draft: &mut Draft, good: &Certificate) -> Result<()> {
    let with = |expires: u64| {
        let changed = Certificate {
            expires,
            ..good.clone()
        };
        changed.signed()
    };
    for (title, defect, (mutant, code), bytes, now) in [
        (
            "A certificate that ends before it starts is refused",
            "expires is a second before created",
            ("validity-order", ValidityTooLong),
            with(NOW - 1),
            NOW,
        ),
        (
            "A certificate over 366 days is refused",
            "it is valid for 366 days and a second",
            ("validity-longest", ValidityTooLong),
            with(NOW + 366 * DAY + 1),
            NOW,
        ),
        (
            "A certificate until the end of time is refused",
            "expires is the largest number",
            ("validity-longest", ValidityTooLong),
            with(u64::MAX),
            NOW,
        ),
        (
            "A certificate that starts after tomorrow is refused",
            "now is a day and a second before created",
            ("validity-start", NotYetValid),
            good.signed(),
            NOW - DAY - 1,
        ),
        (
            "A certificate past its end is refused",
            "now is a second after expires",
            ("validity-end", Expired),
            good.signed(),
            NOW + 365 * DAY + 1,
        ),
        (
            "The tolerated skew does not lengthen a certificate",
            "now is a day after expires",
            ("validity-end", Expired),
            good.signed(),
            NOW + 366 * DAY,
        ),
    ] {
        reject(
            draft,
            (title, defect),
            ("R-IDN-3", mutant),
            verify(&bytes, now),
            code,
        )?;
    }
    Ok(())
}

fn verify(certificate: &[u8], now: u64) -> Value {
    json!({ "op": "certificate.verify", "certificate": hex::encode(certificate), "now": now })
}
