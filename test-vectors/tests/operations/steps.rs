//! Handshake and ratchet, one step at a time.

use serde_json::{Value, json};
use twotick_wire::ErrorCode;

use super::{bundle, device, filled, ok, refused, stream, text, with};

#[test]
fn both_sides_of_a_handshake_agree() {
    let ((us, _, _), (them, certificate, _)) = (device(60), device(70));
    let initiate = json!({ "op": "handshake.initiate", "us": us,
        "bundle": bundle(&them, &certificate, 71), "generation": 1,
        "random": [filled(1, 32), filled(2, 32)] });
    let mut ours = ok(initiate);
    let header = ours.as_object_mut().unwrap().remove("initial_header").unwrap();
    assert_eq!(text(&header).len(), 2 * 1903);
    let drawn = stream(71, 192);
    let prekey = |at: usize| {
        json!({ "private_key": hex::encode(&drawn[at..at + 32]),
            "kem_seed": hex::encode(&drawn[at + 32..at + 96]) })
    };
    let respond = json!({ "op": "handshake.respond", "us": them, "signed_prekey": prekey(0),
        "one_time_prekey": prekey(96), "initial_header": header });
    assert_eq!(ok(respond.clone()), ours);
    assert_eq!(text(&ours["ikm"]).len(), 2 * (1 + 5 * 32));
    let other = ok(with(respond.clone(), "one_time_prekey", Value::Null));
    assert_ne!(other["root_key"], ours["root_key"]);
    let longer = json!(format!("{}00", text(&header)));
    refused(with(respond, "initial_header", longer), ErrorCode::TrailingBytes);
}

#[test]
fn a_message_opens_under_its_own_route_only() {
    let padded = text(&ok(json!({ "op": "padding.pad", "payload": "0102", "maximum": 4096 }))["padded"]);
    let route = json!({ "session_id": filled(1, 32), "header_key": filled(2, 32),
        "message_key": filled(3, 32), "type": 17, "from": filled(4, 16), "to": filled(5, 16),
        "message_id": filled(6, 16), "ratchet_key": format!("09{}", filled(0, 31)), "previous_length": 7,
        "number": 8, "padded": padded, "random": [filled(9, 12)] });
    let sealed = ok(with(route.clone(), "op", json!("ratchet.seal")));
    let mut open = with(route, "op", json!("ratchet.open_header"));
    open.as_object_mut().unwrap().remove("random");
    for name in ["salt", "sealed_header", "sealed_body"] {
        open[name] = sealed[name].clone();
    }
    let header = ok(open.clone());
    assert_eq!(
        (&header["previous_length"], &header["number"]),
        (&json!(7), &json!(8))
    );
    refused(with(open.clone(), "type", json!(16)), ErrorCode::Undecryptable);
    let body = with(open, "op", json!("ratchet.open_body"));
    assert_eq!(ok(body.clone()), json!({ "padded": padded }));
    refused(
        with(body, "session_id", json!(filled(0, 32))),
        ErrorCode::Undecryptable,
    );
}

#[test]
fn chain_steps_follow_one_another() {
    let step = |chain_key: &Value, steps: u32| {
        ok(json!({ "op": "ratchet.chain_step", "chain_key": chain_key, "steps": steps }))
    };
    let one = step(&json!(filled(1, 32)), 1);
    assert_eq!(step(&one["chain_key"], 1), step(&json!(filled(1, 32)), 2));
    let root = json!({ "op": "ratchet.root_step", "root_key": filled(1, 32), "dh": filled(2, 32) });
    assert_ne!(ok(root.clone())["root_key"], ok(root)["chain_key"]);
}
