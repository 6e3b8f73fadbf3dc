//! Prekeys and bundles (SPEC 8).

use anyhow::{Context, Result};
use serde_json::json;
use twotick_wire::ErrorCode;

use super::super::workshop::{NOW, Workshop, bytes};
use super::{Examples, not_canonical, set, small_order};

const SIGNED: &str = "SignedPrekey";
const ONE_TIME: &str = "OneTimePrekey";
const BUNDLE: &str = "PrekeyBundle";

pub(super) fn examples(workshop: &mut Workshop) -> Result<Examples> {
    let mut examples = Examples::default();
    let account = workshop.bytes();
    let device = workshop.device(account, NOW);
    let made = workshop.ask(&json!({
        "op": "prekeys.generate", "us": device.json(), "signed": true, "count": 1, "now": NOW,
    }))?;
    let signed = bytes(&made, "signed_prekey")?;
    let one_time = made["one_time_prekeys"][0].as_str();
    let one_time = hex::decode(one_time.context("no one-time prekey")?)?;
    let short = [&[0x06, 1], &device.certificate()[..], &signed, &[0]].concat();
    let mut long = set(&short, 1_950, &[1]);
    long.extend(&one_time);
    examples.good(
        SIGNED,
        "A signed prekey decodes",
        &["R-ENC-1", "R-ENC-3"],
        &signed,
    );
    examples.good(
        ONE_TIME,
        "A one-time prekey decodes",
        &["R-ENC-1", "R-ENC-3"],
        &one_time,
    );
    examples.good(
        BUNDLE,
        "A bundle without a one-time prekey decodes",
        &["R-ENC-1", "R-ENC-3"],
        &short,
    );
    examples.good(
        BUNDLE,
        "A bundle with a one-time prekey decodes",
        &["R-ENC-3"],
        &long,
    );
    keys(&mut examples, &signed, &one_time);
    bundles(&mut examples, &short, &long);
    Ok(examples)
}

fn keys(examples: &mut Examples, signed: &[u8], one_time: &[u8]) {
    let canonical = ("R-PRM-3", "key-canonical", ErrorCode::BadKey);
    let order = ("R-PRM-3", "key-small-order", ErrorCode::BadKey);
    examples.flaw(
        SIGNED,
        (
            "A signed prekey over the field's prime is refused",
            "the X25519 key is 2^255 - 10",
        ),
        canonical,
        set(signed, 4, &not_canonical()),
    );
    examples.flaw(
        SIGNED,
        ("A signed prekey of small order is refused", "the X25519 key is 1"),
        order,
        set(signed, 4, &small_order()),
    );
    examples.flaw(
        ONE_TIME,
        (
            "A one-time prekey with bit 255 is refused",
            "bit 255 of the X25519 key is set",
        ),
        canonical,
        set(one_time, 35, &[one_time[35] | 0x80]),
    );
    examples.flaw(
        ONE_TIME,
        (
            "A one-time prekey of small order is refused",
            "the X25519 key is 1",
        ),
        order,
        set(one_time, 4, &small_order()),
    );
}

/// The certificate starts at 2, the signed prekey at 266, `has_one_time_prekey` is at 1,950.
fn bundles(examples: &mut Examples, short: &[u8], long: &[u8]) {
    let inner = |mutant, code| ("R-ENC-4", mutant, code);
    examples.flaw(
        BUNDLE,
        (
            "A bundle that has two one-time prekeys by its own words is refused",
            "has_one_time_prekey is 2",
        ),
        ("R-ENC-8", "bundle-has-one-time", ErrorCode::InvalidValue),
        set(short, 1_950, &[2]),
    );
    examples.flaw(
        BUNDLE,
        (
            "A one-time prekey that is not there is refused",
            "has_one_time_prekey is 1, and nothing follows",
        ),
        ("R-ENC-2", "codec-truncated", ErrorCode::Truncated),
        set(short, 1_950, &[1]),
    );
    examples.flaw(
        BUNDLE,
        (
            "A one-time prekey that nothing announces is refused",
            "has_one_time_prekey is 0, and one follows",
        ),
        ("R-ENC-2", "codec-trailing-bytes", ErrorCode::TrailingBytes),
        set(long, 1_950, &[0]),
    );
    examples.flaw(
        BUNDLE,
        (
            "A bundle with another object for its certificate is refused",
            "the certificate's first byte is 0x02",
        ),
        inner("codec-object", ErrorCode::WrongObject),
        set(short, 2, &[0x02]),
    );
    examples.flaw(
        BUNDLE,
        (
            "A bundle with a signed prekey of version 2 is refused",
            "the signed prekey's version is 2",
        ),
        inner("codec-version", ErrorCode::UnsupportedVersion),
        set(short, 267, &[2]),
    );
    examples.flaw(
        BUNDLE,
        (
            "A bundle whose certificate lacks suite 1 is refused",
            "bit 0 of the certificate's suites is clear",
        ),
        ("R-IDN-1", "certificate-suite-bit", ErrorCode::UnsupportedSuite),
        set(short, 4, &[0, 0]),
    );
}
