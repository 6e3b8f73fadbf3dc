//! First messages that pass the look-ups and do not open: they leave prekeys and replay set as they were.

use anyhow::Result;
use twotick_wire::ErrorCode;

use super::pair::{Pair, chapter};
use crate::generate::Draft;
use crate::generate::hostile::{
    INITIAL_HEADER, Letter, altered, public, replaced, turned, turned_body, turned_header, turned_salt,
};
use crate::generate::people::publish;
use crate::generate::scene::Chapter;
use crate::generate::scene::Sent;

/// `u = 2` is on the twist of the curve.
const OFF_THE_CURVE: [u8; 32] = {
    let mut key = [0; 32];
    key[0] = 2;
    key
};

/// 77 times the base point, plus the point of order 2: on the curve, and not in the subgroup of prime order.
const OFF_THE_SUBGROUP: [u8; 32] = [
    0xbf, 0x0c, 0x8e, 0x61, 0x86, 0xbf, 0xa5, 0xf1, 0x4e, 0x32, 0xd0, 0x98, 0xd9, 0x33, 0x03, 0x6a, 0x5c,
    0xf9, 0x78, 0x89, 0x3c, 0x3a, 0x84, 0x2d, 0x54, 0x61, 0xc3, 0xb6, 0xea, 0xbe, 0x36, 0x31,
];

/// The initial header changed.
pub(super) fn headers(draft: &mut Draft, (pair, first): &(Pair, Sent)) -> Result<()> {
    let mut cases = chapter(draft, "first");
    let bob = &pair.bob;
    let genuine = first.to(bob)?;
    let rows = [
        (
            "A first message whose ephemeral key is not on the curve",
            ("the ephemeral key is on the twist", "ephemeral-subgroup"),
            replaced(&genuine, 303, &OFF_THE_CURVE)?,
            ErrorCode::BadKey,
        ),
        (
            "A first message whose ephemeral key is outside the subgroup of prime order",
            (
                "a point of order 2 is added to the ephemeral key",
                "ephemeral-subgroup",
            ),
            replaced(&genuine, 303, &OFF_THE_SUBGROUP)?,
            ErrorCode::BadKey,
        ),
        (
            "A first message with another ephemeral key does not open",
            ("the ephemeral key is another", "message-tag-and-form"),
            replaced(&genuine, 303, &public([0x42; 32]))?,
            ErrorCode::Undecryptable,
        ),
        (
            "A first message with another KEM ciphertext does not open",
            ("one bit of the KEM ciphertext is turned", "message-tag-and-form"),
            turned(&genuine, 335)?,
            ErrorCode::Undecryptable,
        ),
        (
            "A first message of another generation does not open",
            ("the generation is 2", "transcript-generation"),
            replaced(&genuine, 267, &2_u32.to_be_bytes())?,
            ErrorCode::Undecryptable,
        ),
        (
            "A first message whose one-time prekey is taken away does not open",
            ("the one-time prekey id is zero", "message-tag-and-form"),
            replaced(&genuine, 287, &[0; 16])?,
            ErrorCode::Undecryptable,
        ),
    ];
    for (title, defect, envelope, code) in rows {
        cases.reject(title, &["R-HS-2", "R-PRM-4"], defect, |scene| {
            scene.refuse(bob, &envelope, code)
        })?;
    }
    other_prekey(&mut cases, pair, &genuine)
}

/// A signed prekey that is not the one meant.
fn other_prekey(cases: &mut Chapter<'_>, pair: &Pair, genuine: &str) -> Result<()> {
    let bob = &pair.bob;
    cases.reject(
        "A first message that names the receiver's other signed prekey does not open",
        &["R-HS-2"],
        (
            "the signed prekey is another one that the receiver holds",
            "message-tag-and-form",
        ),
        |scene| {
            let newer = publish(scene.script, bob, (true, 0), scene.now)?;
            let id = crate::generate::hostile::prekey_id(&newer.signed_prekey)?;
            scene.refuse(bob, &replaced(genuine, 271, &id)?, ErrorCode::Undecryptable)
        },
    )
}

/// The sealed part changed.
pub(super) fn sealed(draft: &mut Draft, (pair, first): &(Pair, Sent)) -> Result<()> {
    let mut cases = chapter(draft, "first");
    let bob = &pair.bob;
    let genuine = first.to(bob)?;
    let rows = [
        (
            "A first message with a forged body burns no prekey: the genuine one opens after it",
            ("one bit of the sealed body is turned", "prekey-before-body"),
            turned_body(&genuine)?,
        ),
        (
            "A first message with a forged header burns no prekey",
            ("one bit of the sealed header is turned", "message-tag-and-form"),
            turned_header(&genuine)?,
        ),
        (
            "A first message with another salt does not open",
            ("one bit of the salt is turned", "message-tag-and-form"),
            turned_salt(&genuine)?,
        ),
        (
            "A first message replayed under another message id does not open",
            ("the message id is another", "route-message-id"),
            altered(&genuine, |letter| letter.message_id[0] ^= 1)?,
        ),
        (
            "A ratchet message of a device that was never met does not open",
            ("the initial header is cut off", "first-message-initial"),
            as_ratchet_message(&genuine)?,
        ),
    ];
    for (title, defect, envelope) in rows {
        cases.reject(title, &["R-HS-5", "R-ERR-1", "R-ERR-2"], defect, |scene| {
            scene.refuse(bob, &envelope, ErrorCode::Undecryptable)?;
            if defect.1 == "prekey-before-body" {
                scene.deliver(first, bob)?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// The same `sealed`, without the initial header.
fn as_ratchet_message(envelope: &str) -> Result<String> {
    altered(envelope, |letter: &mut Letter| {
        let sealed = letter.message.split_off(INITIAL_HEADER);
        letter.message = [&[0x11, 0, 1][..], &sealed].concat();
    })
}

/// Repeated initial messages, once the session is there.
pub(super) fn in_session(draft: &mut Draft, (pair, first): &(Pair, Sent)) -> Result<()> {
    let mut cases = chapter(draft, "first");
    let Pair { alice, bob, .. } = pair;
    cases.reject(
        "An initial message passed off as a ratchet message does not open",
        &["R-DR-5", "R-ERR-2"],
        ("the type of the second message is another", "route-type"),
        |scene| {
            let second = scene.send(alice, bob, "second")?;
            scene.deliver(first, bob)?;
            let envelope = as_ratchet_message(&second.to(bob)?)?;
            scene.refuse(bob, &envelope, ErrorCode::Undecryptable)?;
            scene.deliver(&second, bob)?;
            Ok(())
        },
    )?;
    cases.reject(
        "An initial message is opened in the session of its ephemeral key only",
        &["R-SES-6"],
        (
            "the initial header is that of an archived session",
            "ephemeral-session-only",
        ),
        |scene| {
            scene.deliver(first, bob)?;
            scene.initiate(alice, bob, &bob.last_resort(), 2)?;
            scene.talk(alice, bob, "of generation 2")?;
            let next = scene.send(alice, bob, "on")?;
            let header = Letter::read(&first.to(bob)?)?.message[..INITIAL_HEADER].to_vec();
            let swapped = replaced(&next.to(bob)?, 0, &header)?;
            scene.refuse(bob, &swapped, ErrorCode::Undecryptable)?;
            scene.deliver(&next, bob)?;
            Ok(())
        },
    )
}

/// In mode 0 the replay set stays as it was.
pub(super) fn last_resort(draft: &mut Draft, (pair, first): &(Pair, Sent)) -> Result<()> {
    let mut cases = chapter(draft, "last resort");
    let bob = &pair.bob;
    cases.reject(
        "A forged first message without a one-time prekey leaves no replay entry: the genuine one opens after it",
        &["R-HS-5", "R-HS-6"],
        ("one bit of the sealed body is turned", "replay-before-body"),
        |scene| {
            let forged = turned_body(&first.to(bob)?)?;
            scene.refuse(bob, &forged, ErrorCode::Undecryptable)?;
            scene.deliver(first, bob)?;
            Ok(())
        },
    )
}
