//! Simultaneous initiation, and the table of SPEC 12.2 row by row.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use twotick_wire::ErrorCode;

use super::pair::{Pair, chapter};
use crate::generate::Draft;
use crate::generate::people::Party;
use crate::generate::scene::{Scene, Sent, expect, expect_equal};

type Crossed = (Pair, Sent, Sent);

/// The session id of a party's current session.
fn current(scene: &mut Scene<'_>, (party, peer): (&Party, &Party)) -> Result<String> {
    let seen = scene.peek(party, peer)?;
    let id = seen["sessions"][0]["session_id"].as_str();
    id.map(str::to_owned).context("no current session")
}

/// Both ends show the session with the lower id as the current one, and one archived.
fn agree(scene: &mut Scene<'_>, pair: &Pair, winner: &str) -> Result<()> {
    for (party, peer) in [(&pair.alice, &pair.bob), (&pair.bob, &pair.alice)] {
        let seen = scene.inspect(party, peer)?;
        let sessions = seen["sessions"].as_array().context("no sessions")?;
        expect_equal("sessions", &json!(sessions.len()), &json!(2))?;
        expect(&sessions[0], &json!({ "session_id": winner, "generation": 1 }))?;
        expect(&seen, &json!({ "generation": 1, "confirmed": 1 }))?;
    }
    Ok(())
}

/// Of equal generation, in both orders of arrival.
pub(super) fn simultaneous(draft: &mut Draft, (pair, from_alice, from_bob): &Crossed) -> Result<()> {
    let mut cases = chapter(draft, "crossed");
    let Pair { alice, bob, .. } = pair;
    let lower = |scene: &mut Scene<'_>| -> Result<String> {
        let ids = [current(scene, (alice, bob))?, current(scene, (bob, alice))?];
        ids.into_iter().min().context("no ids")
    };
    for (title, alice_first) in [
        (
            "Both initiate at once, bob's message arrives first: both ends end up in the session of lower id",
            true,
        ),
        (
            "Both initiate at once, alice's message arrives first: both ends end up in the session of lower id",
            false,
        ),
    ] {
        cases.accept(title, &["R-SES-4", "R-SES-2"], |scene| {
            let winner = lower(scene)?;
            if alice_first {
                scene.deliver(from_bob, alice)?;
                scene.deliver(from_alice, bob)?;
            } else {
                scene.deliver(from_alice, bob)?;
                scene.deliver(from_bob, alice)?;
            }
            agree(scene, pair, &winner)
        })?;
    }
    cases.accept(
        "After simultaneous initiation both go on in one session, and what was sealed in the other still opens",
        &["R-SES-4", "R-SES-6"],
        |scene| {
            let early = scene.send(alice, bob, "a2")?;
            scene.deliver(from_alice, bob)?;
            scene.deliver(from_bob, alice)?;
            scene.talk(alice, bob, "a3")?;
            scene.talk(bob, alice, "b3")?;
            scene.deliver(&early, bob)?;
            scene.talk(alice, bob, "a4")?;
            scene.talk(bob, alice, "b4")?;
            Ok(())
        },
    )
}

/// Of different generations.
pub(super) fn generations(draft: &mut Draft, (pair, _, from_bob): &Crossed) -> Result<()> {
    let mut cases = chapter(draft, "crossed");
    let Pair { alice, bob, .. } = pair;
    cases.accept(
        "Both initiate, one of them twice: the higher generation is current, the lower is archived at once",
        &["R-SES-4", "R-SES-1"],
        |scene| {
            scene.initiate(alice, bob, &bob.last_resort(), 2)?;
            let higher = scene.send(alice, bob, "higher")?;
            scene.deliver(from_bob, alice)?;
            scene.deliver(&higher, bob)?;
            let answer = scene.talk(bob, alice, "answer")?;
            expect_equal("generation", &answer["generation"], &json!(2))?;
            let late = scene.talk(alice, bob, "on")?;
            expect(&late, &json!({ "generation": 2, "began": null }))
        },
    )?;
    cases.reject(
        "A handshake of an older generation than a confirmed one is refused, and its content is not released",
        &["R-SES-4", "R-SES-11"],
        (
            "the generation is lower than that of a confirmed session",
            "stale-generation",
        ),
        |scene| {
            scene.initiate(alice, bob, &bob.last_resort(), 2)?;
            scene.talk(alice, bob, "higher")?;
            scene.talk(bob, alice, "answer")?;
            scene.refuse(alice, &from_bob.to(alice)?, ErrorCode::StaleGeneration)?;
            let next = scene.talk(bob, alice, "on")?;
            expect(&next, &json!({ "generation": 2, "began": Value::Null }))
        },
    )
}
