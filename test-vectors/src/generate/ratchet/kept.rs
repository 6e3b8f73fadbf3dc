//! How many skipped keys are kept, and for how long.

use anyhow::Result;
use twotick_wire::ErrorCode;

use super::pair::{Pair, chapter};
use crate::generate::Draft;
use crate::generate::hostile::Hand;
use crate::generate::payload::Note;
use crate::generate::people::DAY;
use crate::generate::scene::{Chapter, Scene, route};

/// The envelope of bob's message of this number, sealed by hand; alice's sequence follows the number.
fn numbered(pair: &Pair, hand: &Hand, number: u32) -> Result<String> {
    let note = Note::message(&pair.bob, &pair.alice, (3, number + 1), "by number");
    let mut hand = hand.clone();
    hand.step_to(number)?;
    hand.write(&route(&pair.bob, &pair.alice, number as u8), &note.padded())
}

/// Limits of number and age.
pub(super) fn cases(draft: &mut Draft, pair: &Pair) -> Result<()> {
    let mut cases = chapter(draft, "talking");
    let Pair { alice, bob, .. } = pair;
    let code = ErrorCode::KeyConsumed;
    cases.reject(
        "One jump over 2,001 messages stores the last 2,000 keys: the message before them cannot be opened any more",
        &["R-DR-10", "R-LIM-1"],
        ("2,001 messages are skipped at once", "skipped-limit"),
        |scene| {
            let hand = scene.hand(bob, alice)?;
            scene.receive(alice, &numbered(pair, &hand, 1 + 2_001)?)?;
            scene.refuse(alice, &numbered(pair, &hand, 1)?, code)?;
            scene.receive(alice, &numbered(pair, &hand, 2)?)?;
            Ok(())
        },
    )?;
    cases.reject(
        "Two jumps over 1,500 messages: the oldest 1,000 keys give way",
        &["R-DR-9", "R-LIM-1"],
        ("3,000 messages are skipped in two jumps", "skipped-limit"),
        |scene| {
            let hand = scene.hand(bob, alice)?;
            scene.receive(alice, &numbered(pair, &hand, 1_501)?)?;
            scene.receive(alice, &numbered(pair, &hand, 3_002)?)?;
            scene.refuse(alice, &numbered(pair, &hand, 1_000)?, code)?;
            scene.receive(alice, &numbered(pair, &hand, 1_001)?)?;
            Ok(())
        },
    )?;
    cases.reject(
        "Over 4,000 skipped keys of a peer device, the oldest of its oldest session give way",
        &["R-SES-7", "R-LIM-1"],
        (
            "4,001 messages are skipped in three sessions",
            "skipped-limit-of-peer",
        ),
        |scene| {
            let hand = scene.hand(bob, alice)?;
            scene.receive(alice, &numbered(pair, &hand, 2_001)?)?;
            for (generation, skipped) in [(2, 2_000), (3, 1)] {
                scene.initiate(alice, bob, &bob.last_resort(), generation)?;
                scene.talk(alice, bob, "next")?;
                scene.talk(bob, alice, "answer")?;
                let hand = scene.hand(bob, alice)?;
                scene.receive(alice, &numbered(pair, &hand, 1 + skipped)?)?;
            }
            scene.refuse(alice, &numbered(pair, &hand, 1)?, code)?;
            scene.receive(alice, &numbered(pair, &hand, 2)?)?;
            Ok(())
        },
    )?;
    by_age(&mut cases, pair)
}

/// How long.
fn by_age(cases: &mut Chapter<'_>, pair: &Pair) -> Result<()> {
    let Pair { alice, bob, .. } = pair;
    let code = ErrorCode::KeyConsumed;
    cases.reject(
        "A skipped key is kept for 14 days",
        &["R-DR-9", "R-LIM-1"],
        ("the message is 14 days and a second late", "skipped-age"),
        |scene| {
            let (in_time, late) = (
                scene.send(bob, alice, "in time")?,
                scene.send(bob, alice, "late")?,
            );
            scene.talk(bob, alice, "over them")?;
            scene.pass(14 * DAY);
            scene.deliver(&in_time, alice)?;
            scene.pass(1);
            scene.refuse(alice, &late.to(alice)?, code)?;
            scene.talk(bob, alice, "on")?;
            Ok(())
        },
    )?;
    cases.reject(
        "A skipped key is erased by age even if nothing is received",
        &["R-DR-9"],
        ("the message is 14 days and a second late", "skipped-age"),
        |scene| {
            let late = scene.send(bob, alice, "late")?;
            scene.talk(bob, alice, "over it")?;
            scene.pass(14 * DAY + 1);
            scene.run("party.expire", alice, serde_json::json!({}))?;
            scene.inspect(alice, bob)?;
            scene.refuse(alice, &late.to(alice)?, code)
        },
    )
}

/// Finished chains.
pub(super) fn chains(draft: &mut Draft, pair: &Pair) -> Result<()> {
    let mut cases = chapter(draft, "talking");
    let Pair { alice, bob, .. } = pair;
    let round = |scene: &mut Scene<'_>| {
        let lost = scene.send(bob, alice, "late")?;
        scene.talk(bob, alice, "over it")?;
        scene.talk(alice, bob, "turn")?;
        anyhow::Ok(lost)
    };
    cases.reject(
        "Four finished chains keep keys: a fifth pushes out the oldest, with its header key",
        &["R-DR-9", "R-LIM-1"],
        ("five chains await a message", "finished-chains"),
        |scene| {
            let mut lost = Vec::new();
            for _ in 0..5 {
                lost.push(round(scene)?);
            }
            scene.talk(bob, alice, "in the sixth chain")?;
            scene.inspect(alice, bob)?;
            scene.refuse(alice, &lost[0].to(alice)?, ErrorCode::Undecryptable)?;
            scene.deliver(&lost[1], alice)?;
            Ok(())
        },
    )
}
