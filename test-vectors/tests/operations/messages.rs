//! Padding, bodies, receipts, records, linking keys.

use serde_json::json;
use twotick_wire::ErrorCode;

use super::{altered, filled, ok, refused, text, with};

#[test]
fn padding_is_minimal_and_zero() {
    let pad = json!({ "op": "padding.pad", "payload": filled(1, 252), "maximum": 4096 });
    let padded = text(&ok(pad.clone())["padded"]);
    assert_eq!(padded.len(), 2 * 256);
    refused(
        with(pad, "payload", json!(filled(1, 4093))),
        ErrorCode::ContentTooLong,
    );
    let unpad = json!({ "op": "padding.unpad", "padded": padded, "maximum": 4096 });
    assert_eq!(ok(unpad.clone())["payload"], json!(filled(1, 252)));
    for wrong in [
        format!("{padded}{}", filled(0, 256)),
        padded[..510].into(),
        filled(0, 3),
    ] {
        refused(
            with(unpad.clone(), "padded", json!(wrong)),
            ErrorCode::Undecryptable,
        );
    }
}

#[test]
fn a_shared_body_opens_with_its_key_and_id() {
    let sealed = ok(
        json!({ "op": "body.seal", "content": filled(1, 300), "message_id": filled(2, 16),
        "random": [filled(3, 32)] }),
    );
    let open = json!({ "op": "body.open", "shared_body": sealed["shared_body"], "body_key": filled(3, 32),
        "body_hash": sealed["body_hash"], "message_id": filled(2, 16) });
    assert_eq!(ok(open.clone()), json!({ "content": filled(1, 300) }));
    for (name, wrong) in [
        ("message_id", json!(filled(3, 16))),
        ("body_key", json!(filled(4, 32))),
        ("shared_body", json!("12")),
    ] {
        refused(with(open.clone(), name, wrong), ErrorCode::Undecryptable);
    }
    let decoded = ok(json!({ "op": "decode", "object": "SharedBody", "bytes": sealed["shared_body"] }));
    assert_eq!(decoded["fields"]["commitment"], sealed["commitment"]);
}

#[test]
fn receipts_only_grow() {
    let receipt = |state: u8| {
        ok(
            json!({ "op": "receipt.make", "receipt_key": filled(1, 16), "state": state,
            "message_id": filled(2, 16), "recipient_account": filled(3, 32) }),
        )["receipt"]
            .clone()
    };
    let verify = json!({ "op": "receipt.verify", "receipt": receipt(1), "receipt_key": filled(1, 16),
        "message_id": filled(2, 16), "recipient_account": filled(3, 32), "reached": 0 });
    assert_eq!(ok(verify.clone()), json!({ "reached": 1, "changed": true }));
    let late = with(verify.clone(), "reached", json!(2));
    assert_eq!(ok(late), json!({ "reached": 2, "changed": false }));
    refused(
        with(verify.clone(), "receipt", altered(&receipt(1))),
        ErrorCode::BadReceipt,
    );
    refused(
        with(verify, "message_id", json!(filled(4, 16))),
        ErrorCode::BadReceipt,
    );
}

#[test]
fn records_open_as_what_they_are() {
    let seal = json!({ "op": "record.seal", "storage_key": filled(1, 32), "kind": 0x85,
        "account_id": filled(2, 32), "device_id": filled(3, 16), "id": "0102",
        "revision": "18446744073709551615", "value": "aabb", "random": [filled(4, 24)] });
    let mut open = with(seal.clone(), "op", json!("record.open"));
    open.as_object_mut().unwrap().remove("random");
    open["sealed"] = ok(seal)["sealed"].clone();
    assert_eq!(ok(open.clone()), json!({ "value": "aabb" }));
    refused(with(open, "revision", json!("1")), ErrorCode::RecordRefused);
}

#[test]
fn linking_keys_are_computed_and_not_verified() {
    let (ephemeral, nonce) = (format!("09{}", filled(0, 31)), filled(5, 32));
    let keys = json!({ "op": "link.keys", "offer": format!("3001{}{}0000000000000001", filled(1, 32), filled(2, 32)),
        "hello": format!("3101{ephemeral}{}", filled(3, 32)), "commitment": format!("3201{}", filled(4, 32)),
        "nonce": format!("3301{}", filled(6, 32)), "reveal": format!("3401{ephemeral}{nonce}"),
        "shared": filled(7, 32) });
    let computed = ok(keys.clone());
    let commitment = json!({ "op": "hash", "label": "Twotick/1/hash/link-commitment",
        "data": format!("{ephemeral}{nonce}") });
    assert_eq!(computed["computed_commitment"], ok(commitment)["hash"]);
    assert_eq!(text(&computed["digits"]).len(), 6);
    refused(with(keys, "nonce", json!("3301")), ErrorCode::Truncated);
}
