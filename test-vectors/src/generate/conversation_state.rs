//! `conversation_state.json`: clock, sequence and history of a conversation (SPEC 13).

use anyhow::{Context, Result};
use serde_json::{Value, json};
use twotick_wire::ErrorCode;

use super::Draft;
use super::pair::{self, Pair, chapter};
use super::payload::Note;
use super::people::bytes;
use super::scene::{Scene, Sent, expect, route};
use crate::case::VectorFile;

/// The file.
pub(super) fn make() -> Result<VectorFile> {
    let mut draft = Draft::new(
        "conversation_state",
        "What a conversation keeps: clock, duplicates, gaps, missing messages, parents",
    );
    let talking = pair::talking(&mut draft)?;
    gaps(&mut draft, &talking)?;
    parents(&mut draft, &talking)?;
    clock(&mut draft, &talking)?;
    refused(&mut draft, &talking)?;
    Ok(draft.finish())
}

fn missing(gaps: &Value, unknown_parents: u32) -> Value {
    json!({ "missing": { "gaps": gaps, "unknown_parents": unknown_parents } })
}

/// A message that bob seals by hand.
fn by_hand(scene: &mut Scene<'_>, pair: &Pair, id: u8, note: &Note) -> Result<String> {
    let mut hand = scene.hand(&pair.bob, &pair.alice)?;
    hand.step_to(hand.number + u32::from(id))?;
    hand.write(&route(&pair.bob, &pair.alice, id), &note.padded())
}

fn note(pair: &Pair, lamport: u64, sequence: u32) -> Note {
    Note::message(&pair.bob, &pair.alice, (lamport, sequence), "by hand")
}

fn gaps(draft: &mut Draft, pair: &Pair) -> Result<()> {
    let mut cases = chapter(draft, "talking");
    let Pair { alice, bob, .. } = pair;
    let send = |scene: &mut Scene<'_>, count: usize| -> Result<Vec<Sent>> {
        (0..count).map(|_| scene.send(bob, alice, "next")).collect()
    };
    cases.accept(
        "A message that is withheld is reported by the next one, until it arrives",
        &["R-CON-3", "R-CON-4"],
        |scene| {
            let sent = send(scene, 2)?;
            let got = scene.deliver(&sent[1], alice)?;
            expect(&got, &missing(&json!([[bob.id, 2, 2]]), 1))?;
            let got = scene.deliver(&sent[0], alice)?;
            expect(&got, &missing(&json!([]), 0))
        },
    )?;
    cases.accept(
        "A report of four missing messages shrinks from both ends and in the middle",
        &["R-CON-3", "R-CON-4"],
        |scene| {
            let sent = send(scene, 6)?;
            let reports = [
                (5, json!([[bob.id, 2, 6]]), 1),
                (2, json!([[bob.id, 2, 3], [bob.id, 5, 6]]), 2),
                (0, json!([[bob.id, 3, 3], [bob.id, 5, 6]]), 2),
                (4, json!([[bob.id, 3, 3], [bob.id, 5, 5]]), 2),
                (3, json!([[bob.id, 3, 3]]), 1),
                (1, json!([]), 0),
            ];
            for (index, gaps, unknown) in reports {
                let got = scene.deliver(&sent[index], alice)?;
                expect(&got, &missing(&gaps, unknown))?;
            }
            Ok(())
        },
    )?;
    cases.accept(
        "A message that is sealed anew after it arrived is a duplicate",
        &["R-CON-3", "R-SES-10"],
        |scene| {
            let sent = send(scene, 1)?;
            scene.deliver(&sent[0], alice)?;
            let arguments = json!({ "message_id": sent[0].id, "account": alice.account, "device": alice.id });
            let again = scene.run("message.resend", bob, arguments)?;
            let envelope = again["envelope"].as_str().context("no envelope")?.to_owned();
            let got = scene.receive(alice, &envelope)?;
            expect(&got, &json!({ "duplicate": true, "message_id": sent[0].id }))
        },
    )?;
    cases.accept(
        "A sequence that was used before is a duplicate, whatever the message says",
        &["R-CON-3"],
        |scene| {
            let envelope = by_hand(scene, pair, 1, &note(pair, 9, 1))?;
            let got = scene.receive(alice, &envelope)?;
            expect(&got, &json!({ "duplicate": true, "sequence": 1 }))?;
            let next = scene.send(alice, bob, "the clock did not move")?;
            expect(&next.answer, &json!({ "lamport": "3" }))
        },
    )
}

/// The link of a message by the formula of SPEC 13.2, as a step.
fn link(scene: &mut Scene<'_>, (pair, sent): (&Pair, &Sent), parents: &[&str], ours: bool) -> Result<()> {
    let mut parents: Vec<_> = parents.iter().map(|link| (*link).to_owned()).collect();
    parents.sort();
    let author = if ours { &pair.alice } else { &pair.bob };
    let made = scene.script.ok(json!({
        "op": "history.link",
        "conversation": hex::encode(pair.alice.conversation_with(&pair.bob)),
        "message_id": sent.id, "author": author.id,
        "lamport": sent.answer["lamport"], "sequence": sent.answer["sequence"],
        "content": hex::encode(&sent.text), "parents": parents,
    }))?;
    expect(&sent.answer, &json!({ "link": made["link"] }))
}

fn link_of(sent: &Sent) -> &str {
    sent.answer["link"].as_str().unwrap_or_default()
}

fn parents(draft: &mut Draft, pair: &Pair) -> Result<()> {
    let mut cases = chapter(draft, "talking");
    let Pair { alice, bob, .. } = pair;
    cases.accept(
        "Two messages that cross are both parents of the next one",
        &["R-CON-6"],
        |scene| {
            let (one, other) = (scene.send(alice, bob, "a")?, scene.send(bob, alice, "b")?);
            scene.deliver(&one, bob)?;
            scene.deliver(&other, alice)?;
            let next = scene.send(alice, bob, "joins them")?;
            link(scene, (pair, &next), &[link_of(&one), link_of(&other)], true)?;
            let got = scene.deliver(&next, bob)?;
            expect(&got, &missing(&json!([]), 0))?;
            let after = scene.send(bob, alice, "after")?;
            link(scene, (pair, &after), &[link_of(&next)], false)
        },
    )?;
    cases.accept(
        "Of five loose ends of the history the newest four are named as parents",
        &["R-CON-6"],
        |scene| {
            let mut links = Vec::new();
            for n in 1..=5_u8 {
                let envelope = by_hand(scene, pair, n, &note(pair, 2 + u64::from(n), 1 + u32::from(n)))?;
                let got = scene.receive(alice, &envelope)?;
                links.push(got["link"].as_str().context("no link")?.to_owned());
            }
            let next = scene.send(alice, bob, "joins four")?;
            let newest: Vec<&str> = links[1..].iter().map(String::as_str).collect();
            link(scene, (pair, &next), &newest, true)
        },
    )?;
    cases.accept(
        "A parent that never arrived is counted as missing",
        &["R-CON-4"],
        |scene| {
            let note = Note {
                parents: vec![[1; 16], [2; 16]],
                ..note(pair, 3, 2)
            };
            let envelope = by_hand(scene, pair, 1, &note)?;
            let got = scene.receive(alice, &envelope)?;
            expect(&got, &missing(&json!([]), 2))
        },
    )
}

fn clock(draft: &mut Draft, pair: &Pair) -> Result<()> {
    let mut cases = chapter(draft, "talking");
    let Pair { alice, bob, .. } = pair;
    for (title, lamport, next) in [
        (
            "A clock that is 2^20 ahead is taken over",
            2 + (1 << 20),
            2 + (1 << 20) + 1,
        ),
        (
            "A clock that is further ahead moves the own clock by 2^20 only",
            1 << 62,
            2 + (1 << 20) + 1,
        ),
        ("A clock that is behind moves nothing", 1, 3_u64),
    ] {
        cases.accept(title, &["R-CON-2", "R-CON-5"], |scene| {
            let envelope = by_hand(scene, pair, 1, &note(pair, lamport, 2))?;
            let got = scene.receive(alice, &envelope)?;
            expect(&got, &json!({ "lamport": lamport.to_string() }))?;
            let sent = scene.send(alice, bob, "next")?;
            expect(&sent.answer, &json!({ "lamport": next.to_string() }))
        })?;
    }
    Ok(())
}

/// Title, defect and mutant, error, payload.
type Row = (&'static str, (&'static str, &'static str), ErrorCode, Note);

fn refused(draft: &mut Draft, pair: &Pair) -> Result<()> {
    let mut cases = chapter(draft, "talking");
    let Pair { alice, bob, .. } = pair;
    for (title, defect, code, note) in refused_rows(pair).into_iter().chain(refused_parents(pair)) {
        cases.reject(title, &["R-CON-1", "R-CON-2", "R-MSG-2"], defect, |scene| {
            let envelope = by_hand(scene, pair, 1, &note)?;
            scene.refuse(alice, &envelope, code)?;
            let got = scene.talk(bob, alice, "genuine")?;
            expect(&got, &missing(&json!([]), 0))
        })?;
    }
    Ok(())
}

fn refused_rows(pair: &Pair) -> Vec<Row> {
    let own: [u8; 16] = bytes(&hex::encode(pair.alice.conversation_with(&pair.alice)));
    let undecryptable = ErrorCode::Undecryptable;
    let good = || note(pair, 3, 2);
    vec![
        (
            "A message names a conversation that its sender has no part in",
            ("the conversation is the receiver's notes", "conversation-named"),
            ErrorCode::WrongConversation,
            Note {
                conversation: own.to_vec(),
                ..good()
            },
        ),
        (
            "An ephemeral message names a conversation that its sender has no part in",
            ("the conversation is the receiver's notes", "conversation-named"),
            ErrorCode::WrongConversation,
            Note {
                kind: 3,
                conversation: own.to_vec(),
                ..good()
            },
        ),
        (
            "A message with a clock of 0 does not open",
            ("lamport is 0", "lamport-zero"),
            undecryptable,
            note(pair, 0, 2),
        ),
        (
            "A message with a sequence of 0 does not open",
            ("sequence is 0", "sequence-zero"),
            undecryptable,
            note(pair, 3, 0),
        ),
    ]
}

fn refused_parents(pair: &Pair) -> Vec<Row> {
    let (undecryptable, good) = (ErrorCode::Undecryptable, || note(pair, 3, 2));
    vec![
        (
            "A message with five parents does not open",
            ("the parent count is 5", "parent-count"),
            undecryptable,
            Note {
                parents: (1..=5).map(|n| [n; 16]).collect(),
                ..good()
            },
        ),
        (
            "A message whose parents are not sorted does not open",
            ("two parents are exchanged", "parents-sorted"),
            undecryptable,
            Note {
                parents: vec![[2; 16], [1; 16]],
                ..good()
            },
        ),
        (
            "A message that names a parent twice does not open",
            ("two parents are equal", "parents-sorted"),
            undecryptable,
            Note {
                parents: vec![[1; 16], [1; 16]],
                ..good()
            },
        ),
    ]
}
