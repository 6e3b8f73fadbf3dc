//! Decoding, and the primitives alone.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use twotick_wire::ErrorCode;

use super::{answer, filled, ok, refused, with};

#[test]
fn x25519_gives_the_value_of_rfc_7748_and_refuses_bad_keys() {
    let agree = json!({ "op": "agree",
        "private_key": "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
        "public_key": "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a" });
    let shared = json!("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
    assert_eq!(ok(agree.clone())["shared"], shared);
    ok(with(agree.clone(), "op", json!("on_curve")));
    refused(with(agree, "public_key", json!(filled(0, 32))), ErrorCode::BadKey);
    // u = 2 is on the twist.
    let twisted = json!({ "op": "on_curve", "public_key": format!("02{}", filled(0, 31)) });
    refused(twisted, ErrorCode::BadKey);
}

#[test]
fn hashes_frame_their_label() {
    let label = "Twotick/1/hash/account";
    let expected = Sha256::new()
        .chain_update([22])
        .chain_update(label)
        .chain_update([1, 2]);
    let hash = json!({ "op": "hash", "label": label, "data": "0102" });
    assert_eq!(ok(hash.clone())["hash"], json!(hex::encode(expected.finalize())));
    let unknown = answer(with(hash, "label", json!("hash/account")));
    assert!(unknown.get("fault").is_some());
}

#[test]
fn draws_are_those_listed_and_all_of_them() {
    let delay = json!({ "op": "receipt.delay", "random": ["ffffffff"] });
    assert_eq!(ok(delay.clone())["milliseconds"], json!(2000));
    for wrong in [json!([]), json!(["ffff"]), json!(["ffffffff", "00"])] {
        let fault = answer(with(delay.clone(), "random", wrong));
        assert!(fault.get("fault").is_some(), "{fault}");
    }
}

#[test]
fn payloads_show_all_their_fields() {
    let head = format!("00000001{}", filled(1, 16));
    let message = format!(
        "{}000000000000000a0000000200000000000003e8{}01{}01000168",
        filled(3, 16),
        filled(4, 16),
        filled(5, 16)
    );
    let bytes = format!("60010101{head}{}{message}", filled(0, 20));
    let decode = json!({ "op": "decode", "object": "Payload", "bytes": bytes });
    let fields = ok(decode.clone())["fields"].clone();
    assert_eq!(fields["message"]["lamport"], json!("10"));
    assert_eq!(fields["message"]["sent_at"], json!("1000"));
    assert_eq!(fields["content"], json!({ "form": 1, "content": "68" }));
    assert_eq!(fields["recipient_account"], Value::Null);
    assert_eq!(fields["peer"]["epoch"], json!(0));
    let cut = json!(bytes[..bytes.len() - 2]);
    refused(with(decode, "bytes", cut), ErrorCode::Truncated);
}
