//! Headers that a hostile peer seals with the right keys.

use anyhow::Result;
use twotick_wire::ErrorCode;

use super::pair::{Pair, chapter};
use crate::generate::Draft;
use crate::generate::hostile::{Hand, public};
use crate::generate::payload::Note;
use crate::generate::scene::Chapter;
use crate::generate::scene::route;

/// Title, defect and mutant, and the change.
type Row = (&'static str, (&'static str, &'static str), fn(&mut Hand));

/// Fields that are not well formed.
pub(super) fn malformed(draft: &mut Draft, pair: &Pair) -> Result<()> {
    let mut cases = chapter(draft, "talking");
    let Pair { alice, bob, .. } = pair;
    let rows: [Row; 6] = [
        (
            "An authenticated header with a flag set does not open",
            ("flags are 1", "header-flags"),
            |hand| hand.flags[0] = 1,
        ),
        (
            "An authenticated header with its first reserved byte set does not open",
            ("the first reserved byte is 1", "header-flags"),
            |hand| hand.flags[1] = 1,
        ),
        (
            "An authenticated header with its last reserved byte set does not open",
            ("the last reserved byte is 128", "header-flags"),
            |hand| hand.flags[3] = 128,
        ),
        (
            "An authenticated header of another post-quantum epoch does not open",
            ("pq_epoch is 1", "header-pq-epoch"),
            |hand| hand.pq_epoch[3] = 1,
        ),
        (
            "An authenticated header whose ratchet key is not canonical does not open",
            ("bit 255 of the ratchet key is set", "header-key"),
            |hand| hand.ratchet_key[31] |= 0x80,
        ),
        (
            "An authenticated header whose ratchet key is of small order does not open",
            ("the ratchet key is 0", "header-key-and-chain"),
            |hand| hand.ratchet_key = [0; 32],
        ),
    ];
    for (title, defect, change) in rows {
        cases.reject(title, &["R-DR-2", "R-ERR-2", "R-PRM-3"], defect, |scene| {
            let note = Note::message(bob, alice, (3, 2), "hostile");
            let mut hand = scene.hand(bob, alice)?;
            change(&mut hand);
            let forged = hand.write(&route(bob, alice, 7), &note.padded())?;
            scene.refuse(alice, &forged, ErrorCode::Undecryptable)?;
            scene.talk(bob, alice, "genuine")?;
            Ok(())
        })?;
    }
    Ok(())
}

/// Ratchet keys that do not belong to the chain.
pub(super) fn wrong_chain(draft: &mut Draft, pair: &Pair) -> Result<()> {
    let mut cases = chapter(draft, "talking");
    let Pair { alice, bob, .. } = pair;
    let code = ErrorCode::Undecryptable;
    cases.reject(
        "A header of the live chain with another ratchet key does not open",
        &["R-DR-2", "R-ERR-2"],
        ("the ratchet key is not that of the chain", "header-key-of-chain"),
        |scene| {
            let note = Note::message(bob, alice, (3, 2), "hostile");
            let mut hand = scene.hand(bob, alice)?;
            hand.ratchet_key = public([0x44; 32]);
            let forged = hand.write(&route(bob, alice, 7), &note.padded())?;
            scene.refuse(alice, &forged, code)?;
            scene.talk(bob, alice, "genuine")?;
            Ok(())
        },
    )?;
    cases.reject(
        "A new ratchet key under the next header key, with a body of another chain, makes no step",
        &["R-DR-2", "R-DR-1"],
        (
            "the ratchet key is not the one of the agreement",
            "turn-before-body",
        ),
        |scene| {
            let note = Note::message(alice, bob, (3, 2), "hostile");
            let mut hand = scene.turning_hand(alice, bob)?;
            hand.ratchet_key = public([0x44; 32]);
            let forged = hand.write(&route(alice, bob, 7), &note.padded())?;
            scene.refuse(bob, &forged, code)?;
            scene.talk(alice, bob, "genuine")?;
            Ok(())
        },
    )?;
    cases.reject(
        "A peer cannot turn again before it has our next key",
        &["R-DR-11", "R-DR-2"],
        ("the header is of the chain after the next", "own-key-and-turn"),
        |scene| {
            let note = Note::message(alice, bob, (4, 3), "hostile");
            scene.talk(alice, bob, "turn")?;
            let hand = scene.hand(alice, bob)?.one_chain_on();
            let forged = hand.write(&route(alice, bob, 7), &note.padded())?;
            scene.refuse(bob, &forged, code)?;
            scene.talk(bob, alice, "genuine")?;
            Ok(())
        },
    )?;
    ignored(&mut cases, pair)
}

/// What a header may say without effect.
fn ignored(cases: &mut Chapter<'_>, pair: &Pair) -> Result<()> {
    let Pair { alice, bob, .. } = pair;
    cases.accept(
        "Another length of the former chain in a header of the live chain changes nothing",
        &["R-DR-8"],
        |scene| {
            let note = Note::message(bob, alice, (3, 2), "hostile");
            let mut hand = scene.hand(bob, alice)?;
            hand.previous_length = 1000;
            let forged = hand.write(&route(bob, alice, 7), &note.padded())?;
            scene.receive(alice, &forged)?;
            scene.inspect(alice, bob)?;
            scene.talk(alice, bob, "genuine")?;
            Ok(())
        },
    )
}
