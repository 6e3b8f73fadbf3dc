//! Retry, reset, resend (SPEC 12.4), and parties that were rolled back.

use anyhow::Result;
use serde_json::{Value, json};
use twotick_wire::ErrorCode;

use super::pair::{Pair, chapter};
use crate::generate::Draft;
use crate::generate::people::HOUR;
use crate::generate::scene::{expect, expect_equal};

/// Which way to go, and how often.
pub(super) fn recovery(draft: &mut Draft, pair: &Pair) -> Result<()> {
    let mut cases = chapter(draft, "talking");
    let Pair { alice, bob, .. } = pair;
    let id = |n: u8| hex::encode([n; 16]);
    let us = (bob, alice);
    cases.accept(
        "What does not open leads to a retry, then to a reset, then to nothing for the rest of the hour",
        &["R-SES-9"],
        |scene| {
            scene.recover(us, &id(1), "undecryptable", "retry")?;
            scene.recover(us, &id(2), "undecryptable", "reset")?;
            scene.recover(us, &id(1), "undecryptable", "nothing")?;
            scene.pass(HOUR - 1);
            scene.recover(us, &id(1), "undecryptable", "nothing")?;
            scene.pass(1);
            scene.recover(us, &id(1), "undecryptable", "reset")
        },
    )?;
    cases.accept(
        "A message that opens between two that do not keeps the session: both are asked for again",
        &["R-SES-9"],
        |scene| {
            scene.recover(us, &id(1), "undecryptable", "retry")?;
            scene.talk(alice, bob, "this one opens")?;
            scene.recover(us, &id(2), "undecryptable", "retry")
        },
    )?;
    cases.accept(
        "At most 16 retry requests are made at once, and one more each four minutes",
        &["R-SES-9"],
        |scene| {
            scene.recover(us, &id(0), "undecryptable", "retry")?;
            scene.recover(us, &id(0), "undecryptable", "reset")?;
            for n in 1..16 {
                scene.recover(us, &id(n), "undecryptable", "retry")?;
            }
            scene.recover(us, &id(16), "undecryptable", "nothing")?;
            scene.pass(240);
            scene.recover(us, &id(16), "undecryptable", "retry")?;
            scene.recover(us, &id(17), "undecryptable", "nothing")
        },
    )?;
    cases.accept(
        "A stale generation leads to a reset at once, as a retry could not help",
        &["R-SES-9", "R-SES-11"],
        |scene| {
            scene.recover(us, &id(1), "stale", "reset")?;
            scene.initiate(bob, alice, &alice.last_resort(), 2)?;
            let (_, envelope) = scene.control(bob, alice, 5, (Value::Null, Value::Null))?;
            let got = scene.receive(alice, &envelope)?;
            expect(
                &got,
                &json!({ "kind": 5, "generation": 2, "began": "signed_only" }),
            )?;
            let got = scene.talk(alice, bob, "on")?;
            expect_equal("generation", &got["generation"], &json!(2))
        },
    )
}

/// Sending again what did not open.
pub(super) fn resends(draft: &mut Draft, pair: &Pair) -> Result<()> {
    let mut cases = chapter(draft, "talking");
    let Pair {
        alice, bob, spare, ..
    } = pair;
    let resend =
        |id: &str, device: &str| json!({ "message_id": id, "account": bob.account, "device": device });
    cases.reject(
        "A message that was asked for is sealed again once, under the same id with the same text",
        &["R-SES-10"],
        ("the message was sent to the device again before", "resend-once"),
        |scene| {
            let lost = scene.send(alice, bob, "lost")?;
            scene.recover((bob, alice), &lost.id, "undecryptable", "retry")?;
            let (_, request) = scene.control(bob, alice, 4, (Value::Null, json!([lost.id])))?;
            let got = scene.receive(alice, &request)?;
            expect(&got, &json!({ "kind": 4, "message_ids": [lost.id] }))?;
            let again = scene.run("message.resend", alice, resend(&lost.id, &bob.id))?;
            let code = ErrorCode::LimitReached;
            scene.run_refused("message.resend", alice, resend(&lost.id, &bob.id), code)?;
            let envelope = again["envelope"].as_str().unwrap_or_default().to_owned();
            let got = scene.receive(bob, &envelope)?;
            expect(
                &got,
                &json!({ "message_id": lost.id, "content": hex::encode("lost"), "duplicate": false }),
            )
        },
    )?;
    cases.reject(
        "A message is not sent again to a device that it was never sent to",
        &["R-SES-10"],
        ("the device that asks was not sent the message", "resend-target"),
        |scene| {
            let sent = scene.send(alice, bob, "for bob")?;
            let arguments = json!({ "message_id": sent.id, "account": alice.account, "device": spare.id });
            scene.run_refused("message.resend", alice, arguments, ErrorCode::LimitReached)?;
            scene.deliver(&sent, bob)?;
            Ok(())
        },
    )?;
    cases.reject(
        "A message that nobody sent cannot be sent again",
        &["R-SES-10"],
        ("no message has the id", "resend-target"),
        |scene| {
            let arguments = resend(&hex::encode([1; 16]), &bob.id);
            scene.run_refused("message.resend", alice, arguments, ErrorCode::LimitReached)
        },
    )
}

/// A party whose state is an old copy.
pub(super) fn rolled_back(draft: &mut Draft, pair: &Pair) -> Result<()> {
    let mut cases = chapter(draft, "strangers");
    let Pair { alice, bob, .. } = pair;
    cases.reject(
        "A party that was restored from an old copy starts a generation that is past, which is noticed and healed",
        &["R-SES-4", "R-SES-11", "R-SES-9"],
        (
            "the initiator's state is a copy from before two sessions",
            "stale-generation",
        ),
        |scene| {
            scene.save(alice, "before")?;
            scene.initiate(alice, bob, &bob.last_resort(), 1)?;
            scene.initiate(alice, bob, &bob.last_resort(), 2)?;
            scene.talk(alice, bob, "of generation 2")?;
            scene.restore(alice, "before")?;
            scene.initiate(alice, bob, &bob.last_resort(), 1)?;
            let stale = scene.send(alice, bob, "of generation 1 again")?;
            scene.refuse(bob, &stale.to(bob)?, ErrorCode::StaleGeneration)?;
            scene.recover((bob, alice), &stale.id, "stale", "reset")?;
            scene.initiate(bob, alice, &alice.last_resort(), 3)?;
            let (_, reset) = scene.control(bob, alice, 5, (Value::Null, Value::Null))?;
            scene.receive(alice, &reset)?;
            let got = scene.talk(alice, bob, "healed")?;
            expect_equal("generation", &got["generation"], &json!(3))
        },
    )
}
