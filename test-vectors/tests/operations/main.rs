//! Operations that keep no state, as a program that speaks OPERATIONS.md sees them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod encoding;
mod identity;
mod messages;
mod steps;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use twotick_vectors::answer::{Failure, to_json};
use twotick_vectors::check::Peer;
use twotick_vectors::operations::Program;
use twotick_wire::ErrorCode;

const NOW: u64 = 1_800_000_000;
const DAY: u64 = 24 * 60 * 60;

fn answer(operation: Value) -> Value {
    Program::default().answer(&operation)
}

/// The values of an operation that succeeds.
fn ok(operation: Value) -> Value {
    let answer = answer(operation.clone());
    let values = answer.get("ok").cloned();
    values.unwrap_or_else(|| panic!("{operation} gave {answer}"))
}

/// The operation is refused with this code.
fn refused(operation: Value, code: ErrorCode) {
    assert_eq!(answer(operation), to_json(Err(Failure::Error(code))));
}

fn with(mut operation: Value, name: &str, value: Value) -> Value {
    operation[name] = value;
    operation
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// A hex string with its last byte changed.
fn altered(value: &Value) -> Value {
    let mut bytes = hex::decode(text(value)).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    json!(hex::encode(bytes))
}

fn filled(byte: u8, length: usize) -> String {
    hex::encode(vec![byte; length])
}

/// A device of the account of `seed`, its certificate and its account's first list.
fn device(seed: u8) -> (Value, String, String) {
    let made = ok(
        json!({ "op": "device.generate", "account_seed": filled(seed, 32), "now": NOW,
        "seed": filled(seed + 1, 32) }),
    );
    let certificate = text(&made["certificate"]);
    let first = json!({ "op": "list.first", "account_seed": filled(seed, 32), "certificate": certificate,
        "now": NOW });
    (made["device"].clone(), certificate, text(&ok(first)["list"]))
}

/// A bundle of a device: certificate, signed prekey, one-time prekey.
fn bundle(us: &Value, certificate: &str, seed: u8) -> String {
    let made = ok(
        json!({ "op": "prekeys.generate", "us": us, "signed": true, "count": 1, "now": NOW,
        "seed": filled(seed, 32) }),
    );
    let (signed, one_time) = (text(&made["signed_prekey"]), text(&made["one_time_prekeys"][0]));
    format!("0601{certificate}{signed}01{one_time}")
}

/// Draws of a seed: `SHA-256(seed || u32(0)) || …`.
fn stream(seed: u8, length: usize) -> Vec<u8> {
    let blocks = (0..8u32).map(|block| {
        Sha256::new()
            .chain_update([seed; 32])
            .chain_update(block.to_be_bytes())
            .finalize()
    });
    blocks.flatten().take(length).collect()
}
