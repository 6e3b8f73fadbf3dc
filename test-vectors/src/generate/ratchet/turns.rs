//! Every variable of SPEC 10.1 after each of several turns.

use anyhow::Result;
use serde_json::{Value, json};

use super::pair::{Pair, chapter};
use crate::generate::Draft;
use crate::generate::scene::{Sent, expect, expect_equal};

/// The first turns.
pub(super) fn start(draft: &mut Draft, (pair, first): &(Pair, Sent)) -> Result<()> {
    let mut cases = chapter(draft, "first");
    let Pair { alice, bob, .. } = pair;
    cases.accept(
        "The initiator has sent: its first chain is live, and it has received nothing",
        &["R-DR-7"],
        |scene| {
            let seen = scene.inspect(alice, bob)?;
            let session = &seen["sessions"][0];
            expect(
                session,
                &json!({ "receiving": null, "previous_length": 0, "confirmed": false }),
            )?;
            expect_equal("number", &session["sending"]["number"], &json!(1))
        },
    )?;
    cases.accept(
        "The responder has received: its sending chain is due, and its signed prekey is erased from the session",
        &["R-DR-11", "R-DR-8"],
        |scene| {
            scene.deliver(first, bob)?;
            let seen = scene.inspect(bob, alice)?;
            let session = &seen["sessions"][0];
            expect(
                session,
                &json!({ "sending": null, "sending_ratchet_private": null, "skipped": [] }),
            )?;
            expect_equal("number", &session["receiving"]["number"], &json!(1))
        },
    )?;
    cases.accept(
        "The responder answers: its sending half takes the next header key",
        &["R-DR-7"],
        |scene| {
            scene.deliver(first, bob)?;
            let before = scene.peek(bob, alice)?;
            scene.talk(bob, alice, "answer")?;
            let after = scene.inspect(bob, alice)?;
            expect_equal(
                "header key",
                &after["sessions"][0]["sending"]["header_key"],
                &before["sessions"][0]["next_sending_header_key"],
            )?;
            scene.inspect(alice, bob)?;
            Ok(())
        },
    )
}

/// Later turns.
pub(super) fn cases(draft: &mut Draft, pair: &Pair) -> Result<()> {
    let mut cases = chapter(draft, "talking");
    let Pair { alice, bob, .. } = pair;
    cases.accept(
        "Four turns, with every variable after each",
        &["R-DR-7", "R-DR-11"],
        |scene| {
            for text in ["three", "five"] {
                scene.talk(alice, bob, text)?;
                scene.inspect(alice, bob)?;
                scene.inspect(bob, alice)?;
                scene.talk(bob, alice, "answer")?;
                scene.inspect(bob, alice)?;
                scene.inspect(alice, bob)?;
            }
            Ok(())
        },
    )?;
    cases.accept(
        "Both send without waiting: each chain goes on until the other's first message of a new one arrives",
        &["R-DR-8"],
        |scene| {
            let (a1, b1) = (scene.send(alice, bob, "a1")?, scene.send(bob, alice, "b1")?);
            let (a2, b2) = (scene.send(alice, bob, "a2")?, scene.send(bob, alice, "b2")?);
            for (sent, to) in [(&a1, bob), (&b1, alice), (&b2, alice), (&a2, bob)] {
                scene.deliver(sent, to)?;
            }
            scene.talk(alice, bob, "a3")?;
            scene.talk(bob, alice, "b3")?;
            let seen = scene.inspect(alice, bob)?;
            expect(
                &seen["sessions"][0],
                &json!({ "skipped": [], "sending": Value::Null }),
            )
        },
    )?;
    cases.accept(
        "The length of the former chain tells the receiver which of its messages are still to come",
        &["R-DR-8"],
        |scene| {
            scene.talk(alice, bob, "0 of the chain")?;
            let late = scene.send(alice, bob, "1 of the chain")?;
            scene.talk(bob, alice, "answer")?;
            let next = scene.send(alice, bob, "0 of the next chain")?;
            let seen = scene.inspect(alice, bob)?;
            expect(&seen["sessions"][0], &json!({ "previous_length": 2 }))?;
            scene.deliver(&next, bob)?;
            let seen = scene.inspect(bob, alice)?;
            expect_equal(
                "numbers",
                &seen["sessions"][0]["skipped"][0]["numbers"],
                &json!([1]),
            )?;
            scene.deliver(&late, bob)?;
            let seen = scene.inspect(bob, alice)?;
            expect(&seen["sessions"][0], &json!({ "skipped": [] }))
        },
    )
}
