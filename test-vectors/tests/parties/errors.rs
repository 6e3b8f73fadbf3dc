//! What is refused changes nothing; what is malformed is a fault.

use serde_json::{Value, json};
use twotick_protocol::wire::{Envelope, ErrorCode};

use crate::world::{World, account, bytes};

/// The envelope with something changed in it.
fn altered(envelope: &Value, change: impl FnOnce(&mut Vec<u8>, &mut Envelope<'_>)) -> Value {
    let encoded = bytes(envelope);
    let mut decoded = Envelope::decode(&encoded).unwrap();
    let mut message = decoded.message.to_vec();
    change(&mut message, &mut decoded);
    let (from, to, message_id, body) = (decoded.from, decoded.to, decoded.message_id, decoded.body);
    let altered = Envelope {
        from,
        to,
        message_id,
        message: &message,
        body,
    };
    json!(hex::encode(altered.encode()))
}

fn flip_last(envelope: &Value) -> Value {
    altered(envelope, |message, _| *message.last_mut().unwrap() ^= 1)
}

#[test]
fn a_device_never_met_is_added_by_a_message_that_opens() {
    let mut world = World::new();
    world.connect("a1", 'b');
    let sent = world.send("a1", 'b', "hello");
    let envelope = world.envelope(&sent, "b1");
    let forged = flip_last(&envelope);
    let inspect = json!({
        "op": "session.inspect", "party": "b1", "account": account("a"), "device": world.id("a1"),
    });
    for _ in 0..8 {
        world.refuses("b1", &forged, ErrorCode::Undecryptable);
        world.faults(inspect.clone());
    }
    world.refuses("b1", &envelope, ErrorCode::TooManyHandshakes);
    world.now += 5 * 60;
    world.receive("b1", &envelope);
    world.ok(inspect);
}

/// R-HS-7: the budget is in memory only.
#[test]
fn a_restart_gives_the_budget_back() {
    let mut world = World::new();
    world.connect("a1", 'b');
    let sent = world.send("a1", 'b', "hello");
    let envelope = world.envelope(&sent, "b1");
    let forged = flip_last(&envelope);
    for _ in 0..8 {
        world.refuses("b1", &forged, ErrorCode::Undecryptable);
    }
    world.save("b1", "now");
    world.restore("b1", "now");
    world.receive("b1", &envelope);
}

#[test]
fn routing_is_checked_in_order() {
    let mut world = World::new();
    world.connect("a1", 'b');
    world.connect("b1", 'a');
    let sent = world.send("a1", 'b', "hello");
    let envelope = world.envelope(&sent, "b1");
    let certificates = world.certificates.clone();
    let id = |name: &str| certificates[name].device_id;
    world.refuses("b2", &envelope, ErrorCode::WrongDevice);
    world.refuses("a1", &envelope, ErrorCode::OwnDevice);
    let renamed = altered(&envelope, |_, envelope| envelope.from = id("a2"));
    world.refuses("b1", &renamed, ErrorCode::WrongDevice);
    world.receive("b1", &envelope);
    world.pass_on("b1", "a1", "answer");
    let sent = world.send("a1", 'b', "ratchet");
    let envelope = world.envelope(&sent, "b1");
    let renamed = altered(&envelope, |_, envelope| envelope.from = id("a2"));
    world.refuses("b1", &renamed, ErrorCode::Undecryptable);
    let stranger = altered(&envelope, |_, envelope| envelope.from = [9; 16].into_id());
    world.refuses("b1", &stranger, ErrorCode::NotInDeviceList);
    let cut = json!(envelope.as_str().unwrap()[2..].to_owned());
    world.refuses("b1", &cut, ErrorCode::WrongObject);
    world.receive("b1", &envelope);
}

trait IntoId {
    fn into_id(self) -> twotick_protocol::wire::DeviceId;
}

impl IntoId for [u8; 16] {
    fn into_id(self) -> twotick_protocol::wire::DeviceId {
        twotick_protocol::wire::DeviceId::new(self)
    }
}

#[test]
fn nothing_is_sealed_without_sessions() {
    let mut world = World::new();
    world.initiate("a1", "b1");
    let send = world.send_operation("a1", 'b', "hello");
    world.fails(send, ErrorCode::NoSession);
    let control = |world: &World, to: &str, kind: u8| {
        json!({
            "op": "message.control", "party": "a1", "account": account(to), "device": world.id(to),
            "kind": kind, "content": (kind == 6).then_some("00"), "message_ids": (kind == 4).then(|| json!([])),
            "now": world.now,
        })
    };
    let reset = control(&world, "b2", 5);
    world.fails(reset, ErrorCode::NoSession);
    for kind in [4, 6] {
        let refused = control(&world, "b1", kind);
        world.fails(refused, ErrorCode::InvalidValue);
    }
    let malformed = control(&world, "b1", 1);
    world.faults(malformed);
    let bundle = world.bundle("a1");
    let own = json!({
        "op": "session.initiate", "party": "a1", "account": account("a"), "bundle": bundle, "now": world.now,
    });
    world.fails(own, ErrorCode::OwnDevice);
}

#[test]
fn control_messages_say_what_they_are() {
    let mut world = World::new();
    world.connect("a1", 'b');
    let operation = |world: &World, to: &str, kind: u8| {
        json!({
            "op": "message.control", "party": "a1", "account": account(to), "device": world.id(to),
            "kind": kind, "content": hex::encode("typing"), "message_ids": null, "now": world.now,
        })
    };
    for (to, kind) in [("b1", 3), ("a2", 3), ("a2", 6)] {
        let sent = operation(&world, to, kind);
        let sent = world.ok(sent);
        let got = world.receive(to, &sent["envelope"]);
        assert_eq!(
            (&got["kind"], &got["content"]),
            (&json!(kind), &json!(hex::encode("typing")))
        );
        assert_eq!(got["conversation"].is_null(), kind == 6);
        assert_eq!(got["duplicate"], json!(null));
    }
}

#[test]
fn malformed_operations_are_faults() {
    let mut world = World::new();
    world.faults(json!({ "op": "party.digest", "party": "nobody" }));
    world.faults(json!({ "op": "party.restore", "party": "a1", "from": "nothing" }));
    world.faults(json!({ "op": "message.receive", "party": "a1", "now": 0 }));
    let mut unknown = world.send_operation("a1", 'b', "hello");
    unknown["account"] = json!(hex::encode([1; 32]));
    world.faults(unknown);
    world.ok(json!({ "op": "reset" }));
    world.faults(json!({ "op": "party.digest", "party": "a1" }));
}
