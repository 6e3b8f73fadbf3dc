//! What is sent: messages, shared bodies, envelopes, receipts (SPEC 9.2, 10.4, 11.4, 11.5, 14.1).

use anyhow::Result;
use serde_json::json;
use twotick_wire::ErrorCode;

use super::super::workshop::{NOW, Workshop, bytes, halves};
use super::{Examples, envelopes, not_canonical, set};

const INITIAL: &str = "InitialMessage";
const RATCHET: &str = "RatchetMessage";
const BODY: &str = "SharedBody";
const RECEIPT: &str = "Receipt";

pub(super) fn examples(workshop: &mut Workshop) -> Result<Examples> {
    let mut examples = Examples::default();
    let (salt, rest) = halves(workshop.bytes());
    let header = [rest, rest, rest, rest].concat();
    let sealed = [&salt[..12], &header, &[0x5a; 272]].concat();
    initial(&mut examples, workshop, &sealed)?;
    let ratchet = [&[0x11, 0, 1], &sealed[..]].concat();
    ratchets(&mut examples, &ratchet);
    let message_id = hex::encode(salt);
    let body = workshop.ask(&json!({
        "op": "body.seal", "content": hex::encode("a text that is shared"), "message_id": message_id,
    }))?;
    let body = bytes(&body, "shared_body")?;
    bodies(&mut examples, &body);
    envelopes::examples(&mut examples, workshop, &ratchet, &body);
    let receipt = |state| {
        json!({
            "op": "receipt.make", "receipt_key": hex::encode(rest), "state": state,
            "message_id": message_id, "recipient_account": hex::encode([7; 32]),
        })
    };
    let delivered = bytes(&workshop.ask(&receipt(1))?, "receipt")?;
    let read = bytes(&workshop.ask(&receipt(2))?, "receipt")?;
    receipts(&mut examples, &delivered, &read);
    Ok(examples)
}

fn initial(examples: &mut Examples, workshop: &mut Workshop, sealed: &[u8]) -> Result<()> {
    let (ours, theirs) = (workshop.bytes(), workshop.bytes());
    let (us, peer) = (workshop.device(ours, NOW), workshop.device(theirs, NOW));
    let prekeys = workshop.ask(&json!({
        "op": "prekeys.generate", "us": peer.json(), "signed": true, "count": 0, "now": NOW,
    }))?;
    let prekey = bytes(&prekeys, "signed_prekey")?;
    let bundle = [&[0x06, 1], &peer.certificate()[..], &prekey, &[0]].concat();
    let made = workshop.ask(&json!({
        "op": "handshake.initiate", "us": us.json(), "bundle": hex::encode(bundle), "generation": 1,
    }))?;
    let good = [&bytes(&made, "initial_header")?, sealed].concat();
    examples.good(
        INITIAL,
        "An initial message without a one-time prekey decodes",
        &["R-ENC-1", "R-ENC-3"],
        &good,
    );
    examples.good(
        INITIAL,
        "An initial message with a one-time prekey decodes",
        &["R-ENC-3"],
        &set(&good, 287, &[9; 16]),
    );
    examples.flaw(
        INITIAL,
        (
            "An initial message of generation 0 is refused",
            "the generation is 0",
        ),
        ("R-HS-1", "initial-generation-zero", ErrorCode::InvalidValue),
        set(&good, 267, &[0; 4]),
    );
    examples.flaw(
        INITIAL,
        (
            "An initial message with an ephemeral key over the field's prime is refused",
            "the ephemeral key is 2^255 - 10",
        ),
        ("R-PRM-3", "key-canonical", ErrorCode::BadKey),
        set(&good, 303, &not_canonical()),
    );
    examples.flaw(
        INITIAL,
        (
            "An initial message whose certificate lacks suite 1 is refused",
            "bit 0 of the certificate's suites is clear",
        ),
        ("R-IDN-1", "certificate-suite-bit", ErrorCode::UnsupportedSuite),
        set(&good, 5, &[0, 2]),
    );
    examples.flaw(
        INITIAL,
        (
            "An initial message with a byte after its sealed body is refused",
            "the sealed body has 273 bytes",
        ),
        ("R-MSG-3", "sealed-bucket", ErrorCode::NotABucket),
        [&good[..], &[0]].concat(),
    );
    Ok(())
}

fn ratchets(examples: &mut Examples, good: &[u8]) {
    let with = |length: usize| {
        let mut bytes = good.to_vec();
        bytes.resize(79 + length, 0x5a);
        bytes
    };
    examples.good(
        RATCHET,
        "A ratchet message decodes",
        &["R-ENC-1", "R-ENC-3"],
        good,
    );
    examples.good(
        RATCHET,
        "A ratchet message of the largest bucket decodes",
        &["R-MSG-3"],
        &with(4_096 + 16),
    );
    for (title, defect, length) in [
        (
            "A ratchet message without a sealed body is refused",
            "nothing follows the sealed header",
            0,
        ),
        (
            "A ratchet message under the smallest bucket is refused",
            "the sealed body is for a bucket of 128",
            128 + 16,
        ),
        (
            "A multiple of the smallest bucket is no bucket",
            "the sealed body is for a bucket of 768",
            768 + 16,
        ),
        (
            "A bucket without room for the tag is refused",
            "the sealed body has 256 bytes, its tag included",
            256,
        ),
    ] {
        let no_bucket = ("R-MSG-3", "sealed-bucket", ErrorCode::NotABucket);
        examples.flaw(RATCHET, (title, defect), no_bucket, with(length));
    }
    examples.flaw(
        RATCHET,
        (
            "A ratchet message over the largest payload is refused",
            "the sealed body is for a bucket of 8,192",
        ),
        ("R-MSG-3", "sealed-maximum", ErrorCode::NotABucket),
        with(8_192 + 16),
    );
}

fn bodies(examples: &mut Examples, good: &[u8]) {
    let with = |length: usize| {
        let mut bytes = good.to_vec();
        bytes.resize(36 + length, 0x5a);
        bytes
    };
    examples.good(BODY, "A shared body decodes", &["R-ENC-1", "R-ENC-3"], good);
    examples.good(
        BODY,
        "A shared body of three times 4,096 bytes decodes",
        &["R-MSG-3"],
        &with(12_288 + 16),
    );
    examples.flaw(
        BODY,
        (
            "A shared body between two buckets is refused",
            "the sealed text is for a bucket of 6,144",
        ),
        ("R-MSG-3", "sealed-bucket", ErrorCode::NotABucket),
        with(6_144 + 16),
    );
}

fn receipts(examples: &mut Examples, delivered: &[u8], read: &[u8]) {
    let invalid = ("R-ENC-8", "receipt-state", ErrorCode::InvalidValue);
    examples.good(
        RECEIPT,
        "A receipt of the state delivered decodes",
        &["R-ENC-1", "R-ENC-3"],
        delivered,
    );
    examples.good(RECEIPT, "A receipt of the state read decodes", &["R-ENC-8"], read);
    examples.flaw(
        RECEIPT,
        ("A receipt of no state is refused", "the state is 0"),
        invalid,
        set(delivered, 2, &[0]),
    );
    examples.flaw(
        RECEIPT,
        ("A receipt of an unknown state is refused", "the state is 3"),
        invalid,
        set(delivered, 2, &[3]),
    );
}
