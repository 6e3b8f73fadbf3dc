//! First messages that begin a session.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::pair::{Pair, chapter};
use crate::generate::Draft;
use crate::generate::hostile::{is_initial, turned};
use crate::generate::scene::{Chapter, Sent, expect, expect_equal};

/// With a one-time prekey.
pub(super) fn one_time(draft: &mut Draft, (pair, first): &(Pair, Sent)) -> Result<()> {
    let mut cases = chapter(draft, "first");
    let Pair { alice, bob, .. } = pair;
    cases.accept(
        "A first message with a one-time prekey opens and begins a session of generation 1",
        &["R-HS-4", "R-HS-5", "R-SES-4"],
        |scene| {
            let got = scene.deliver(first, bob)?;
            expect(
                &got,
                &json!({ "began": "one_time", "generation": 1, "kind": 1, "lamport": "1", "sequence": 1 }),
            )?;
            let seen = scene.inspect(bob, alice)?;
            expect(&seen, &json!({ "generation": 1, "confirmed": 1 }))?;
            expect_equal(
                "the responder's session",
                &seen["sessions"][0]["confirmed"],
                &json!(true),
            )
        },
    )?;
    cases.accept(
        "The initial header is repeated until the responder's answer has been opened, and then no more",
        &["R-SES-8", "R-HS-4"],
        |scene| {
            let second = scene.send(alice, bob, "second")?;
            ensure!(is_initial(&first.to(bob)?)? && is_initial(&second.to(bob)?)?);
            scene.deliver(first, bob)?;
            let got = scene.deliver(&second, bob)?;
            expect_equal("began", &got["began"], &Value::Null)?;
            scene.talk(bob, alice, "answer")?;
            let third = scene.send(alice, bob, "third")?;
            ensure!(!is_initial(&third.to(bob)?)?);
            scene.deliver(&third, bob)?;
            Ok(())
        },
    )?;
    cases.accept(
        "The first message is lost: the second carries the same header and begins the session",
        &["R-SES-8", "R-CON-3"],
        |scene| {
            let second = scene.send(alice, bob, "second")?;
            let got = scene.deliver(&second, bob)?;
            let none = json!({ "gaps": [], "unknown_parents": 0 });
            expect(
                &got,
                &json!({ "began": "one_time", "sequence": 2, "missing": none }),
            )?;
            let late = scene.deliver(first, bob)?;
            expect(&late, &json!({ "began": null, "missing": none }))
        },
    )?;
    afterwards(&mut cases, (pair, first))
}

/// Once the session is there.
fn afterwards(cases: &mut Chapter<'_>, (pair, first): (&Pair, &Sent)) -> Result<()> {
    let Pair { alice, bob, .. } = pair;
    cases.accept(
        "A relay alters the rest of a repeated initial header: only the ephemeral key and the sealed part matter",
        &["R-HS-4"],
        |scene| {
            let second = scene.send(alice, bob, "second")?;
            scene.deliver(first, bob)?;
            let altered = turned(&second.to(bob)?, 335)?;
            let got = scene.receive(bob, &altered)?;
            expect(
                &got,
                &json!({ "content": hex::encode("second"), "began": null }),
            )
        },
    )?;
    cases.accept(
        "The responder stops and starts again after the first message: the session is stored, the prekey is gone",
        &["R-HS-5", "R-STO-2"],
        |scene| {
            scene.deliver(first, bob)?;
            scene.restart(bob)?;
            scene.talk(bob, alice, "answer")?;
            scene.talk(alice, bob, "on")?;
            Ok(())
        },
    )
}

/// Without one.
pub(super) fn last_resort(draft: &mut Draft, (pair, first): &(Pair, Sent)) -> Result<()> {
    let mut cases = chapter(draft, "last resort");
    let Pair { alice, bob, .. } = pair;
    cases.accept(
        "A first message without a one-time prekey opens, and its strength is visible",
        &["R-PRE-5", "R-HS-6"],
        |scene| {
            let got = scene.deliver(first, bob)?;
            expect(&got, &json!({ "began": "signed_only", "generation": 1 }))?;
            scene.talk(bob, alice, "answer")?;
            Ok(())
        },
    )
}
