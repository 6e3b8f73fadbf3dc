//! Restarts, rollbacks, messages sent again, sessions started over, receipts.

use serde_json::{Value, json};
use twotick_protocol::wire::{ErrorCode, MessageId, Receipt, ReceiptState};
use twotick_protocol::{AccountKeyPair, ReceiptKey, Secret, make_receipt};

use crate::world::{World, account, bytes, key};

/// `a1` and `b1` have spoken both ways.
fn acquainted() -> World {
    let mut world = World::new();
    world.connect("a1", 'b');
    world.initiate("b1", "b2");
    world.initiate("b1", "a2");
    world.pass_on("a1", "b1", "ping");
    world.pass_on("b1", "a1", "pong");
    world
}

fn control(world: &World, from: &str, to: &str, kind: u8) -> Value {
    json!({
        "op": "message.control", "party": from, "account": account(to), "device": world.id(to), "kind": kind,
        "content": null, "message_ids": null, "now": world.now,
    })
}

#[test]
fn a_restart_changes_nothing() {
    let mut world = acquainted();
    let lost = world.send("a1", 'b', "later");
    let (digest, peer) = (world.digest("a1"), world.inspect("a1", "b1"));
    world.save("a1", "copy");
    world.restore("a1", "copy");
    assert_eq!(world.digest("a1"), digest);
    assert_eq!(world.inspect("a1", "b1"), peer);
    world.pass_on("b1", "a1", "still here");
    let envelope = world.envelope(&lost, "b1");
    world.receive("b1", &envelope);
    assert_ne!(world.digest("a1"), digest);
}

/// R-DR-4, R-SES-11: numbers are used twice, keys are not, and the peer notices.
#[test]
fn a_rollback_of_the_sender_is_key_consumed() {
    let mut world = acquainted();
    world.pass_on("a1", "b1", "turn");
    world.save("a1", "earlier");
    world.pass_on("a1", "b1", "one");
    world.restore("a1", "earlier");
    let sent = world.send("a1", 'b', "another one");
    let envelope = world.envelope(&sent, "b1");
    world.refuses("b1", &envelope, ErrorCode::KeyConsumed);
}

/// SPEC 12.2: a copy from before the sessions starts them with generations that were confirmed.
#[test]
fn a_rollback_of_generations_is_stale() {
    let mut world = World::new();
    world.save("a1", "earlier");
    for text in ["one", "two"] {
        world.connect("a1", 'b');
        world.pass_on("a1", "b1", text);
    }
    world.restore("a1", "earlier");
    world.connect("a1", 'b');
    let sent = world.send("a1", 'b', "three");
    let envelope = world.envelope(&sent, "b1");
    world.refuses("b1", &envelope, ErrorCode::StaleGeneration);
    let recover = json!({
        "op": "session.recover", "party": "b1", "account": account("a1"), "device": world.id("a1"),
        "message_id": sent["message_id"], "cause": "stale", "now": world.now,
    });
    assert_eq!(world.ok(recover.clone()), json!({ "recovery": "reset" }));
    assert_eq!(world.ok(recover), json!({ "recovery": "retry" }));
}

#[test]
fn a_lost_message_is_sent_again_once() {
    let mut world = acquainted();
    let lost = world.send("a1", 'b', "lost");
    let recover = json!({
        "op": "session.recover", "party": "b1", "account": account("a1"), "device": world.id("a1"),
        "message_id": lost["message_id"], "cause": "undecryptable", "now": world.now,
    });
    assert_eq!(world.ok(recover), json!({ "recovery": "retry" }));
    let mut request = control(&world, "b1", "a1", 4);
    request["message_ids"] = json!([lost["message_id"]]);
    let request = world.ok(request);
    let got = world.receive("a1", &request["envelope"]);
    assert_eq!(
        (&got["kind"], &got["message_ids"]),
        (&json!(4), &json!([lost["message_id"]]))
    );
    assert_eq!(
        (&got["content"], &got["lamport"], &got["missing"]),
        (&json!(null), &json!(null), &json!(null))
    );

    let mut resend = json!({
        "op": "message.resend", "party": "a1", "message_id": lost["message_id"], "account": account("b1"),
        "device": world.id("b1"), "now": world.now,
    });
    let again = world.ok(resend.clone());
    let got = world.receive("b1", &again["envelope"]);
    assert_eq!(
        (&got["content"], &got["link"]),
        (&json!(hex::encode("lost")), &lost["link"])
    );
    world.fails(resend.clone(), ErrorCode::LimitReached);
    resend["message_id"] = json!(hex::encode([7; 16]));
    world.fails(resend, ErrorCode::LimitReached);
    let envelope = world.envelope(&lost, "b1");
    assert_eq!(world.receive("b1", &envelope)["duplicate"], json!(true));
}

#[test]
fn a_reset_starts_over() {
    let mut world = acquainted();
    assert_eq!(world.initiate("b1", "a1")["generation"], json!(2));
    let reset = control(&world, "b1", "a1", 5);
    let reset = world.ok(reset);
    let got = world.receive("a1", &reset["envelope"]);
    assert_eq!((&got["kind"], &got["generation"]), (&json!(5), &json!(2)));
    let peer = world.inspect("a1", "b1");
    assert_eq!(peer["sessions"][0]["generation"], json!(2));
    assert_eq!(peer["sessions"][1]["generation"], json!(1));
    world.pass_on("a1", "b1", "over");
    world.now += 73 * 3600;
    world.ok(json!({ "op": "party.expire", "party": "a1", "now": world.now }));
    assert_eq!(world.inspect("a1", "b1")["sessions"].as_array().unwrap().len(), 1);
}

#[test]
fn receipts_move_the_ticks_of_every_own_device() {
    let mut world = World::new();
    world.connect("a1", 'b');
    let sent = world.send("a1", 'b', "seen?");
    let copy = world.envelope(&sent, "a2");
    world.receive("a2", &copy);
    let receipt = |state, recipient: &AccountKeyPair| {
        let receipt_key = ReceiptKey::from(Secret::from_bytes(
            bytes(&sent["receipt_key"]).try_into().unwrap(),
        ));
        let id = MessageId::new(bytes(&sent["message_id"]).try_into().unwrap());
        make_receipt(&receipt_key, state, &id, &recipient.account_id())
    };
    let apply = |party: &str, receipt: &Receipt, now: u64| {
        json!({
            "op": "receipt.apply", "party": party, "account": account("b"),
            "receipt": hex::encode(receipt.encode()), "now": now,
        })
    };
    let (delivered, read) = (
        receipt(ReceiptState::Delivered, &key('b')),
        receipt(ReceiptState::Read, &key('b')),
    );
    let now = world.now;
    for party in ["a1", "a2"] {
        world.fails(
            apply(party, &receipt(ReceiptState::Read, &key('a')), now),
            ErrorCode::BadReceipt,
        );
        for changed in [true, false] {
            let answer = world.ok(apply(party, &delivered, now));
            assert_eq!(answer, json!({ "reached": 1, "changed": changed }));
        }
        world.fails(apply(party, &read, now + 30 * 86_400), ErrorCode::BadReceipt);
        let answer = world.ok(apply(party, &read, now));
        assert_eq!(answer, json!({ "reached": 2, "changed": true }));
        world.fails(apply(party, &delivered, now), ErrorCode::BadReceipt);
    }
    world.fails(apply("b1", &read, now), ErrorCode::BadReceipt);
}
