//! Messages that arrive.

use serde_json::json;
use twotick_protocol::wire::ErrorCode;

use crate::world::{World, account};

#[test]
fn everybody_reads_what_is_said() {
    let mut world = World::new();
    world.connect("a1", 'b');
    let sent = world.send("a1", 'b', "hello");
    assert_eq!(sent["envelopes"].as_array().unwrap().len(), 3);
    assert_eq!((&sent["lamport"], &sent["sequence"]), (&json!("1"), &json!(1)));
    for (at, kind) in [("b1", 1), ("b2", 1), ("a2", 2)] {
        let envelope = world.envelope(&sent, at);
        let got = world.receive(at, &envelope);
        assert_eq!(got["kind"], json!(kind));
        assert_eq!(got["content"], json!(hex::encode("hello")));
        assert_eq!(got["began"], json!("one_time"));
        assert_eq!(
            (&got["from"], &got["account"]),
            (&world.id("a1"), &json!(account("a")))
        );
        for field in ["message_id", "link", "lamport", "sequence", "receipt_key"] {
            assert_eq!(got[field], sent[field], "{field}");
        }
        let recipient = if kind == 2 {
            json!(account("b"))
        } else {
            json!(null)
        };
        assert_eq!(got["recipient_account"], recipient);
        assert_eq!(got["heads"], json!({ "sender": "same", "own": "same" }));
        assert_eq!(got["missing"], json!({ "gaps": [], "unknown_parents": 0 }));
    }
    world.initiate("b1", "b2");
    world.initiate("b1", "a2");
    let got = world.pass_on("b1", "a1", "hi");
    assert_eq!((&got["lamport"], &got["began"]), (&json!("2"), &json!(null)));
    assert!(
        world.inspect("a1", "b1")["sessions"][0]["confirmed"]
            .as_bool()
            .unwrap()
    );
}

#[test]
fn notes_go_to_the_other_own_device() {
    let mut world = World::new();
    world.initiate("a1", "a2");
    let sent = world.send("a1", 'a', "milk");
    assert_eq!(sent["envelopes"].as_array().unwrap().len(), 1);
    let envelope = world.envelope(&sent, "a2");
    let got = world.receive("a2", &envelope);
    assert_eq!(
        (&got["kind"], &got["recipient_account"]),
        (&json!(2), &json!(account("a")))
    );
}

#[test]
fn out_of_order_opens_once() {
    let mut world = World::new();
    world.connect("a1", 'b');
    let sent: Vec<_> = ["one", "two", "three"]
        .map(|text| world.send("a1", 'b', text))
        .into();
    let envelopes: Vec<_> = sent.iter().map(|sent| world.envelope(sent, "b1")).collect();
    let got = world.receive("b1", &envelopes[2]);
    assert_eq!(got["missing"], json!({ "gaps": [], "unknown_parents": 0 }));
    let peer = world.inspect("b1", "a1");
    assert_eq!(peer["sessions"][0]["skipped"][0]["numbers"], json!([0, 1]));
    assert_eq!(
        peer["sessions"][0]["skipped"][0]["header_key"],
        peer["sessions"][0]["receiving"]["header_key"]
    );
    let got = world.receive("b1", &envelopes[0]);
    assert_eq!(got["duplicate"], json!(false));
    for envelope in [&envelopes[0], &envelopes[2]] {
        world.refuses("b1", envelope, ErrorCode::KeyConsumed);
    }
    world.receive("b1", &envelopes[1]);
    world.refuses("b1", &envelopes[1], ErrorCode::KeyConsumed);
}

#[test]
fn gaps_are_reported_and_filled() {
    let mut world = World::new();
    world.connect("a1", 'b');
    world.pass_on("a1", "b1", "one");
    let lost = world.send("a1", 'b', "two");
    let got = world.pass_on("a1", "b1", "three");
    let gap = json!([world.id("a1"), 2, 2]);
    assert_eq!(got["missing"], json!({ "gaps": [gap], "unknown_parents": 1 }));
    let envelope = world.envelope(&lost, "b1");
    let got = world.receive("b1", &envelope);
    assert_eq!(got["missing"], json!({ "gaps": [], "unknown_parents": 0 }));
}

#[test]
fn long_content_travels_in_a_shared_body() {
    let mut world = World::new();
    world.connect("a1", 'b');
    let text = "long ".repeat(2_000);
    let sent = world.send("a1", 'b', &text);
    for at in ["b1", "b2", "a2"] {
        let envelope = world.envelope(&sent, at);
        assert_eq!(world.receive(at, &envelope)["content"], json!(hex::encode(&text)));
    }
}

#[test]
fn simultaneous_initiation_converges() {
    let mut world = World::new();
    for (from, to) in [("a1", 'b'), ("b1", 'a')] {
        world.connect(from, to);
    }
    let sent = [world.send("a1", 'b', "from a"), world.send("b1", 'a', "from b")];
    let (to_b, to_a) = (world.envelope(&sent[0], "b1"), world.envelope(&sent[1], "a1"));
    world.receive("b1", &to_b);
    world.receive("a1", &to_a);
    let (at_a, at_b) = (world.inspect("a1", "b1"), world.inspect("b1", "a1"));
    assert_eq!(
        at_a["sessions"][0]["session_id"],
        at_b["sessions"][0]["session_id"]
    );
    assert_eq!(at_a["sessions"].as_array().unwrap().len(), 2);
    assert_eq!((&at_a["generation"], &at_a["confirmed"]), (&json!(1), &json!(1)));
    world.pass_on("a1", "b1", "again");
    world.pass_on("b1", "a1", "and back");
}

#[test]
fn inspection_shows_both_ends_of_one_session() {
    let mut world = World::new();
    world.connect("a1", 'b');
    world.initiate("b1", "b2");
    world.initiate("b1", "a2");
    let unanswered = world.inspect("a1", "b1");
    assert_eq!(unanswered["sessions"][0]["sending"], json!(null));
    assert_eq!(unanswered["sessions"][0]["confirmed"], json!(false));
    world.pass_on("a1", "b1", "ping");
    world.pass_on("b1", "a1", "pong");
    let (at_a, at_b) = (world.inspect("a1", "b1"), world.inspect("b1", "a1"));
    let (a, b) = (&at_a["sessions"][0], &at_b["sessions"][0]);
    assert_eq!(a["root_key"], b["root_key"]);
    assert_eq!(a["receiving"], b["sending"]);
    assert_eq!(a["sending"], json!(null));
    assert_eq!(a["next_receiving_header_key"], b["next_sending_header_key"]);
    assert_eq!(a["sending_ratchet_private"], json!(null));
    assert_eq!(
        (&a["previous_length"], &b["previous_length"]),
        (&json!(1), &json!(0))
    );
}
