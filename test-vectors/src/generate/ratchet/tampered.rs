//! What a relay changes; the genuine message opens after it.

use anyhow::Result;
use twotick_wire::ErrorCode;

use super::pair::{Pair, chapter};
use crate::generate::Draft;
use crate::generate::hostile::{altered, turned_body, turned_header, turned_salt};
use crate::generate::scene::Chapter;

type Change = fn(&str) -> Result<String>;

/// Each part of a ratchet message.
pub(super) fn envelopes(draft: &mut Draft, pair: &Pair) -> Result<()> {
    let mut cases = chapter(draft, "talking");
    let Pair { alice, bob, .. } = pair;
    let rows: [(&str, (&str, &str), Change); 5] = [
        (
            "A message with another salt does not open",
            ("one bit of the salt is turned", "message-tag-and-form"),
            turned_salt,
        ),
        (
            "A message with another sealed header does not open",
            ("one bit of the sealed header is turned", "message-tag-and-form"),
            turned_header,
        ),
        (
            "A message replayed under another message id does not open",
            ("the message id is another", "route-message-id"),
            |envelope| altered(envelope, |letter| letter.message_id[15] ^= 1),
        ),
        (
            "A message sent back to its sender does not open",
            ("sender and receiver are exchanged", "message-tag-and-form"),
            |envelope| {
                altered(envelope, |letter| {
                    std::mem::swap(&mut letter.from, &mut letter.to)
                })
            },
        ),
        (
            "A message with the first bit of the last tag turned does not open",
            ("one bit of the body's tag is turned", "aead-tag"),
            |envelope| {
                altered(envelope, |letter| {
                    let at = letter.message.len() - 16;
                    letter.message[at] ^= 0x80;
                })
            },
        ),
    ];
    for (title, defect, change) in rows {
        cases.reject(title, &["R-DR-2", "R-DR-5", "R-ERR-2"], defect, |scene| {
            let sent = scene.send(bob, alice, "genuine")?;
            let forged = change(&sent.to(alice)?)?;
            let back = defect.0.starts_with("sender");
            scene.refuse(if back { bob } else { alice }, &forged, ErrorCode::Undecryptable)?;
            scene.deliver(&sent, alice)?;
            Ok(())
        })?;
    }
    Ok(())
}

/// A corrupted copy first, on each of the ways a key is found.
pub(super) fn paths(draft: &mut Draft, pair: &Pair) -> Result<()> {
    let mut cases = chapter(draft, "talking");
    let Pair { alice, bob, .. } = pair;
    let (turned, code) = ("one bit of the sealed body is turned", ErrorCode::Undecryptable);
    let requirements = &["R-DR-2", "R-ERR-1"];
    cases.reject(
        "A corrupted copy comes first in the live chain, and the genuine message opens",
        requirements,
        (turned, "state-before-body"),
        |scene| {
            let sent = scene.send(bob, alice, "genuine")?;
            scene.refuse(alice, &turned_body(&sent.to(alice)?)?, code)?;
            scene.deliver(&sent, alice)?;
            Ok(())
        },
    )?;
    cases.reject(
        "A corrupted copy of a skipped message comes first: only the genuine copy uses up the key",
        requirements,
        (turned, "skipped-key-kept-on-failure"),
        |scene| {
            let sent = scene.send(bob, alice, "genuine")?;
            scene.talk(bob, alice, "later one")?;
            scene.refuse(alice, &turned_body(&sent.to(alice)?)?, code)?;
            scene.deliver(&sent, alice)?;
            Ok(())
        },
    )?;
    cases.reject(
        "A corrupted copy of a message of a finished chain comes first, and the genuine one opens",
        requirements,
        (turned, "skipped-key-kept-on-failure"),
        |scene| {
            let sent = scene.send(bob, alice, "genuine")?;
            scene.talk(alice, bob, "turn")?;
            scene.talk(bob, alice, "turned")?;
            scene.refuse(alice, &turned_body(&sent.to(alice)?)?, code)?;
            scene.deliver(&sent, alice)?;
            Ok(())
        },
    )?;
    ahead(&mut cases, pair)
}

/// Where the receiver would have to step.
fn ahead(cases: &mut Chapter<'_>, pair: &Pair) -> Result<()> {
    let Pair { alice, bob, .. } = pair;
    let (turned, code) = ("one bit of the sealed body is turned", ErrorCode::Undecryptable);
    let requirements = &["R-DR-2", "R-ERR-1"];
    cases.reject(
        "A corrupted copy of the first message of a new chain comes first: the step is not made",
        requirements,
        (turned, "turn-before-body"),
        |scene| {
            let sent = scene.send(alice, bob, "genuine")?;
            scene.refuse(bob, &turned_body(&sent.to(bob)?)?, code)?;
            scene.talk(bob, alice, "still in the former chain")?;
            scene.deliver(&sent, bob)?;
            scene.talk(bob, alice, "in a new chain")?;
            Ok(())
        },
    )?;
    cases.reject(
        "A corrupted copy of a message that is ahead comes first: no key is skipped",
        requirements,
        (turned, "state-before-body"),
        |scene| {
            let first = scene.send(bob, alice, "first")?;
            let ahead = scene.send(bob, alice, "ahead")?;
            scene.refuse(alice, &turned_body(&ahead.to(alice)?)?, code)?;
            scene.deliver(&first, alice)?;
            scene.deliver(&ahead, alice)?;
            Ok(())
        },
    )
}
