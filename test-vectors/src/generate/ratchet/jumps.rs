//! How far ahead a message may be.

use anyhow::Result;
use twotick_wire::ErrorCode;

use super::pair::{Pair, chapter};
use crate::generate::Draft;
use crate::generate::payload::Note;
use crate::generate::scene::Chapter;
use crate::generate::scene::route;

/// Over the limit.
pub(super) fn refused(draft: &mut Draft, pair: &Pair) -> Result<()> {
    let mut cases = chapter(draft, "talking");
    let Pair { alice, bob, .. } = pair;
    let code = ErrorCode::TooFarAhead;
    for (title, defect, number) in [
        (
            "A message 65,536 ahead in its chain is too far ahead",
            "the distance is one over the limit",
            1 + 65_536,
        ),
        (
            "A message of the number that does not exist is too far ahead",
            "the number is 2^32 - 1",
            u32::MAX,
        ),
    ] {
        cases.reject(
            title,
            &["R-DR-10", "R-ERR-2", "R-DR-6"],
            (defect, "forward-jump"),
            |scene| {
                let note = Note::message(bob, alice, (3, 2), "ahead");
                let mut hand = scene.hand(bob, alice)?;
                hand.number = number;
                let forged = hand.write(&route(bob, alice, 7), &note.padded())?;
                scene.refuse(alice, &forged, code)?;
                scene.talk(bob, alice, "genuine")?;
                Ok(())
            },
        )?;
    }
    cases.reject(
        "The first message of a new chain is too far ahead in it",
        &["R-DR-10", "R-ERR-2"],
        ("the number is 65,536 in a new chain", "forward-jump"),
        |scene| {
            let note = Note::message(alice, bob, (3, 2), "ahead");
            let mut hand = scene.turning_hand(alice, bob)?;
            hand.number = 65_536;
            let forged = hand.write(&route(alice, bob, 7), &note.padded())?;
            scene.refuse(bob, &forged, code)?;
            scene.talk(alice, bob, "genuine")?;
            Ok(())
        },
    )?;
    in_former_chain(&mut cases, pair)
}

/// In the chain before.
fn in_former_chain(cases: &mut Chapter<'_>, pair: &Pair) -> Result<()> {
    let Pair { alice, bob, .. } = pair;
    let code = ErrorCode::TooFarAhead;
    cases.reject(
        "A header says that the former chain was 65,536 messages longer than known",
        &["R-DR-8", "R-ERR-2"],
        (
            "the former chain's length is one over the limit",
            "previous-length-jump",
        ),
        |scene| {
            let note = Note::message(alice, bob, (3, 2), "ahead");
            let mut hand = scene.turning_hand(alice, bob)?;
            hand.previous_length += 65_536;
            let forged = hand.write(&route(alice, bob, 7), &note.padded())?;
            scene.refuse(bob, &forged, code)?;
            scene.talk(alice, bob, "genuine")?;
            Ok(())
        },
    )
}

/// Exactly at the limit, and under what is known.
pub(super) fn allowed(draft: &mut Draft, pair: &Pair) -> Result<()> {
    let mut cases = chapter(draft, "talking");
    let Pair { alice, bob, .. } = pair;
    cases.accept(
        "A message 65,535 ahead in its chain opens",
        &["R-DR-10"],
        |scene| {
            let note = Note::message(bob, alice, (3, 2), "ahead");
            let mut hand = scene.hand(bob, alice)?;
            hand.step_to(1 + 65_535)?;
            let ahead = hand.write(&route(bob, alice, 7), &note.padded())?;
            scene.receive(alice, &ahead)?;
            scene.talk(alice, bob, "on")?;
            Ok(())
        },
    )?;
    cases.accept(
        "A header says that the former chain was 65,535 messages longer than known: its message opens",
        &["R-DR-8", "R-DR-10"],
        |scene| {
            let note = Note::message(alice, bob, (3, 2), "ahead");
            let mut hand = scene.turning_hand(alice, bob)?;
            hand.previous_length += 65_535;
            let ahead = hand.write(&route(alice, bob, 7), &note.padded())?;
            scene.receive(bob, &ahead)?;
            Ok(())
        },
    )?;
    cases.accept(
        "A header says that the former chain was shorter than known: nothing more is skipped",
        &["R-DR-8"],
        |scene| {
            let note = Note::message(alice, bob, (3, 2), "shorter");
            let mut hand = scene.turning_hand(alice, bob)?;
            hand.previous_length = 0;
            let shorter = hand.write(&route(alice, bob, 7), &note.padded())?;
            scene.receive(bob, &shorter)?;
            scene.inspect(bob, alice)?;
            Ok(())
        },
    )
}
