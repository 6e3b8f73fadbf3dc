//! Archived sessions: receive only, and not for ever.

use anyhow::Result;
use serde_json::json;
use twotick_wire::ErrorCode;

use super::pair::{Pair, chapter};
use crate::generate::Draft;
use crate::generate::people::{DAY, HOUR};
use crate::generate::scene::{expect, expect_equal};

/// What an archived session is for.
pub(super) fn cases(draft: &mut Draft, pair: &Pair) -> Result<()> {
    let mut cases = chapter(draft, "talking");
    let Pair { alice, bob, .. } = pair;
    cases.accept(
        "A newer session takes over: messages of the former one still open, and it never comes back",
        &["R-SES-1", "R-SES-2", "R-SES-6"],
        |scene| {
            let late = scene.send(alice, bob, "sealed in generation 1")?;
            let crossing = scene.send(bob, alice, "answer in generation 1")?;
            scene.initiate(alice, bob, &bob.last_resort(), 2)?;
            let first = scene.talk(alice, bob, "of generation 2")?;
            expect(&first, &json!({ "generation": 2, "began": "signed_only" }))?;
            let got = scene.deliver(&late, bob)?;
            expect_equal("generation", &got["generation"], &json!(1))?;
            let got = scene.deliver(&crossing, alice)?;
            expect_equal("generation", &got["generation"], &json!(1))?;
            let got = scene.talk(bob, alice, "goes on in generation 2")?;
            expect_equal("generation", &got["generation"], &json!(2))
        },
    )?;
    cases.reject(
        "The fifth archived session pushes out the oldest",
        &["R-SES-5", "R-LIM-1"],
        ("five newer sessions were initiated", "archived-limit"),
        |scene| {
            let (early, late) = (
                scene.send(bob, alice, "in time")?,
                scene.send(bob, alice, "late")?,
            );
            for generation in 2..=5 {
                scene.initiate(alice, bob, &bob.last_resort(), generation)?;
            }
            scene.deliver(&early, alice)?;
            scene.initiate(alice, bob, &bob.last_resort(), 6)?;
            scene.refuse(alice, &late.to(alice)?, ErrorCode::Undecryptable)
        },
    )
}

/// How long an archived session is kept.
pub(super) fn by_age(draft: &mut Draft, pair: &Pair) -> Result<()> {
    let mut cases = chapter(draft, "talking");
    let Pair { alice, bob, .. } = pair;
    cases.reject(
        "An archived session is erased 72 hours after its successor was confirmed",
        &["R-SES-5"],
        ("the message is 72 hours late", "archived-age"),
        |scene| {
            let early = scene.send(alice, bob, "in time")?;
            let late = scene.send(alice, bob, "late")?;
            scene.initiate(alice, bob, &bob.last_resort(), 2)?;
            scene.talk(alice, bob, "next")?;
            scene.pass(72 * HOUR - 1);
            scene.deliver(&early, bob)?;
            scene.pass(1);
            scene.refuse(bob, &late.to(bob)?, ErrorCode::Undecryptable)?;
            scene.talk(alice, bob, "on")?;
            Ok(())
        },
    )?;
    cases.reject(
        "An archived session whose successor is never confirmed is erased after 30 days",
        &["R-SES-5"],
        ("the message is 30 days late", "archived-age"),
        |scene| {
            let early = scene.send(bob, alice, "in time")?;
            let late = scene.send(bob, alice, "late")?;
            scene.initiate(alice, bob, &bob.last_resort(), 2)?;
            scene.pass(30 * DAY - 1);
            scene.deliver(&early, alice)?;
            scene.pass(1);
            scene.refuse(alice, &late.to(alice)?, ErrorCode::Undecryptable)
        },
    )
}
