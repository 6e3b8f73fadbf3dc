//! Shared bodies beside the payload that opens them.

use anyhow::{Context, Result};
use serde_json::json;
use twotick_wire::{ErrorCode, Label};

use super::pair::{Pair, chapter};
use crate::generate::Draft;
use crate::generate::hostile::{Letter, altered, hash};
use crate::generate::payload::Note;
use crate::generate::scene::{Chapter, Scene, route};

/// Longer than the smallest bucket holds.
pub(super) fn long(letter: char) -> String {
    letter.to_string().repeat(300)
}

/// Title, defect and mutant, and the change.
type Row = (&'static str, (&'static str, &'static str), fn(&mut Letter));

/// R-MSG-6 and R-MSG-7.
pub(super) fn cases(draft: &mut Draft, pair: &Pair) -> Result<()> {
    let mut cases = chapter(draft, "talking");
    let Pair { alice, bob, .. } = pair;
    cases.accept(
        "Content over the smallest bucket goes in a shared body",
        &["R-MSG-1", "R-MSG-6"],
        |scene| {
            scene.talk(bob, alice, &long('a'))?;
            Ok(())
        },
    )?;
    let rows: [Row; 3] = [
        (
            "A message whose shared body is missing does not open",
            ("the body is taken away", "body-present"),
            |letter| letter.body.clear(),
        ),
        (
            "A message with another shared body does not open",
            ("one bit of the body is turned", "body-hash-and-tag"),
            |letter| letter.body[200] ^= 1,
        ),
        (
            "A message with another commitment in its shared body does not open",
            ("one bit of the commitment is turned", "body-checks"),
            |letter| letter.body[4] ^= 1,
        ),
    ];
    for (title, defect, change) in rows {
        cases.reject(title, &["R-MSG-6", "R-MSG-7", "R-ERR-2"], defect, |scene| {
            let sent = scene.send(bob, alice, &long('a'))?;
            let forged = altered(&sent.to(alice)?, change)?;
            scene.refuse(alice, &forged, ErrorCode::Undecryptable)?;
            scene.deliver(&sent, alice)?;
            Ok(())
        })?;
    }
    exchanged(&mut cases, pair)
}

/// Bodies that belong to something else.
fn exchanged(cases: &mut Chapter<'_>, pair: &Pair) -> Result<()> {
    let Pair { alice, bob, .. } = pair;
    cases.reject(
        "The shared bodies of two messages are exchanged: neither opens, until they are put back",
        &["R-MSG-6"],
        ("the body is that of another message", "body-checks"),
        |scene| {
            let (one, other) = (
                scene.send(bob, alice, &long('a'))?,
                scene.send(bob, alice, &long('b'))?,
            );
            let body = Letter::read(&other.to(alice)?)?.body;
            let swapped = altered(&one.to(alice)?, |letter| letter.body = body)?;
            scene.refuse(alice, &swapped, ErrorCode::Undecryptable)?;
            scene.deliver(&one, alice)?;
            Ok(())
        },
    )?;
    cases.reject(
        "A message with its content inline comes with a shared body, and does not open",
        &["R-MSG-7"],
        ("a body is added", "body-absent"),
        |scene| {
            let (short, other) = (
                scene.send(bob, alice, "short")?,
                scene.send(bob, alice, &long('b'))?,
            );
            let body = Letter::read(&other.to(alice)?)?.body;
            let added = altered(&short.to(alice)?, |letter| letter.body = body)?;
            scene.refuse(alice, &added, ErrorCode::Undecryptable)?;
            scene.deliver(&short, alice)?;
            Ok(())
        },
    )?;
    cases.reject(
        "A shared body sealed for another message id does not open",
        &["R-MSG-6"],
        ("the body was sealed under another message id", "aead-tag"),
        |scene| refuse_body(scene, pair, 8, |_| ()),
    )?;
    cases.reject(
        "A shared body whose commitment is to another key does not open, though its hash is right",
        &["R-MSG-6"],
        (
            "one bit of the commitment is turned, before hashing",
            "body-commitment-and-tag",
        ),
        |scene| refuse_body(scene, pair, 7, |body| body[4] ^= 1),
    )
}

/// Bob seals a body under this message id, changes it, and names it in a message of id 7.
fn refuse_body(scene: &mut Scene<'_>, pair: &Pair, id: u8, change: fn(&mut Vec<u8>)) -> Result<()> {
    let Pair { alice, bob, .. } = pair;
    let made = scene.script.aside(&json!({
        "op": "body.seal", "content": hex::encode(long('c')), "message_id": hex::encode([id; 16]),
    }))?;
    let text = |field: &str| made[field].as_str().context("no text");
    let mut body = hex::decode(text("shared_body")?)?;
    change(&mut body);
    let named = hash(Label::BodyHash, &[&body]);
    let content = [&[2][..], &hex::decode(text("body_key")?)?, &named].concat();
    let note = Note {
        content,
        ..Note::message(bob, alice, (3, 2), "")
    };
    let mut like = route(bob, alice, 7);
    like.body = body;
    let forged = scene.hand(bob, alice)?.write(&like, &note.padded())?;
    scene.refuse(alice, &forged, ErrorCode::Undecryptable)?;
    scene.talk(bob, alice, "genuine")?;
    Ok(())
}
