//! Relays and peers that do what they like; the conversation goes on.

use anyhow::Result;
use serde_json::Value;
use twotick_wire::ErrorCode;

use super::friends::{Friends, deliver_to, resend, say};
use crate::generate::hostile::{Hand, altered, turned_body, turned_header, turned_salt};
use crate::generate::payload::Note;
use crate::generate::scene::{Chapter, expect_equal, route};

/// The relay.
pub(super) fn relay(cases: &mut Chapter<'_>, friends: &Friends) -> Result<()> {
    let Friends { a1, a2, b1, b2, .. } = friends;
    let code = ErrorCode::Undecryptable;
    cases.reject(
        "The relay corrupts every copy of a message, then delivers the genuine ones",
        &["R-DR-2", "R-ERR-1"],
        ("one bit of every body is turned", "turn-before-body"),
        |scene| {
            let sent = scene.send(a1, b1, "genuine")?;
            for party in [b1, b2, a2] {
                scene.refuse(party, &turned_body(&sent.to(party)?)?, code)?;
                scene.deliver(&sent, party)?;
            }
            scene.talk(b1, a1, "answer")?;
            Ok(())
        },
    )?;
    cases.reject(
        "The relay delivers each message twice",
        &["R-DR-3"],
        ("every message was opened before", "key-consumed"),
        |scene| {
            for (from, to) in [(a1, b1), (b1, a1)] {
                let sent = scene.send(from, to, "once")?;
                scene.deliver(&sent, to)?;
                scene.refuse(to, &sent.to(to)?, ErrorCode::KeyConsumed)?;
            }
            scene.talk(a1, b1, "on")?;
            Ok(())
        },
    )?;
    cases.reject(
        "The relay exchanges the mailboxes of two devices",
        &["R-HS-4", "R-DR-5"],
        ("the message is for another device", "wrong-device"),
        |scene| {
            let sent = scene.send(a1, b1, "for each its own")?;
            scene.refuse(b1, &sent.to(b2)?, ErrorCode::WrongDevice)?;
            let renamed = altered(&sent.to(b2)?, |letter| letter.to = b1.device_id())?;
            scene.refuse(b1, &renamed, code)?;
            deliver_to(scene, &sent, &[b1, b2])
        },
    )?;
    garbage(cases, friends)
}

/// Nothing but garbage arrives.
fn garbage(cases: &mut Chapter<'_>, friends: &Friends) -> Result<()> {
    let Friends { a1, b1, .. } = friends;
    let code = ErrorCode::Undecryptable;
    cases.reject(
        "After garbage: a retry request, then a reset, and the conversation goes on in a new session",
        &["R-SES-9", "R-ERR-2"],
        ("salts and headers are changed on the way", "aead-tag"),
        |scene| {
            let one = scene.send(a1, b1, "spoilt")?;
            scene.refuse(b1, &turned_salt(&one.to(b1)?)?, code)?;
            scene.recover((b1, a1), &one.id, "undecryptable", "retry")?;
            let other = scene.send(a1, b1, "spoilt too")?;
            scene.refuse(b1, &turned_header(&other.to(b1)?)?, code)?;
            scene.recover((b1, a1), &other.id, "undecryptable", "reset")?;
            scene.initiate(b1, a1, &a1.last_resort(), 2)?;
            let (_, reset) = scene.control(b1, a1, 5, (Value::Null, Value::Null))?;
            let got = scene.receive(a1, &reset)?;
            expect_equal("generation", &got["generation"], &2.into())?;
            let again = resend(scene, a1, &one, b1)?;
            let got = scene.receive(b1, &again)?;
            expect_equal("generation", &got["generation"], &2.into())?;
            say(scene, friends, a1, "healed").map(drop)
        },
    )
}

/// What a contact changes, and what comes of it.
type Change = (fn(&mut Hand), ErrorCode);

/// A contact.
pub(super) fn peer(cases: &mut Chapter<'_>, friends: &Friends) -> Result<()> {
    let Friends { a1, b1, .. } = friends;
    cases.reject(
        "A hostile contact changes each field of its header in turn, and then behaves",
        &["R-DR-2", "R-ERR-2"],
        (
            "fields of authenticated headers are not as they must be",
            "header-flags",
        ),
        |scene| {
            scene.talk(a1, b1, "turn")?;
            scene.talk(b1, a1, "turned")?;
            let hand = scene.hand(b1, a1)?;
            let changes: [Change; 5] = [
                (|hand| hand.flags = [0, 0, 0, 1], ErrorCode::Undecryptable),
                (|hand| hand.pq_epoch = [0, 0, 0, 1], ErrorCode::Undecryptable),
                (|hand| hand.ratchet_key[0] ^= 1, ErrorCode::Undecryptable),
                (|hand| hand.number = 0, ErrorCode::KeyConsumed),
                (|hand| hand.number += 65_536, ErrorCode::TooFarAhead),
            ];
            let note = Note::message(b1, a1, (9, 9), "hostile").padded();
            for (change, code) in changes {
                let mut forged = hand.clone();
                change(&mut forged);
                scene.refuse(a1, &forged.write(&route(b1, a1, 7), &note)?, code)?;
            }
            scene.talk(b1, a1, "genuine")?;
            Ok(())
        },
    )?;
    cases.reject(
        "A contact jumps over 2,001 messages: the oldest key is evicted, and its message is sent again",
        &["R-DR-10", "R-LIM-1", "R-SES-10"],
        ("2,001 messages are skipped at once", "skipped-limit"),
        |scene| {
            let mut hand = scene.hand(b1, a1)?;
            let number = hand.number;
            let evicted = scene.send(b1, a1, "evicted")?;
            hand.step_to(number + 2_001)?;
            let note = Note::message(b1, a1, (3, 2), "far ahead").padded();
            scene.receive(a1, &hand.write(&route(b1, a1, 7), &note)?)?;
            scene.refuse(a1, &evicted.to(a1)?, ErrorCode::KeyConsumed)?;
            scene.recover((a1, b1), &evicted.id, "undecryptable", "retry")?;
            scene.talk(a1, b1, "turn")?;
            let again = resend(scene, b1, &evicted, a1)?;
            scene.receive(a1, &again)?;
            Ok(())
        },
    )
}
