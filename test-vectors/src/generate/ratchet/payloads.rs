//! Padding and payloads that a hostile peer seals as they must not be.

use anyhow::Result;
use twotick_wire::ErrorCode;

use super::pair::{Pair, chapter};
use crate::generate::Draft;
use crate::generate::payload::{Note, inline, padded};
use crate::generate::scene::route;

/// Title, defect and mutant, and the padded bytes.
type Row = (&'static str, (&'static str, &'static str), Vec<u8>);

fn refuse_each(draft: &mut Draft, pair: &Pair, requirements: &[&str], rows: Vec<Row>) -> Result<()> {
    let mut cases = chapter(draft, "talking");
    let Pair { alice, bob, .. } = pair;
    for (title, defect, padded) in rows {
        cases.reject(title, requirements, defect, |scene| {
            let hand = scene.hand(bob, alice)?;
            let forged = hand.write(&route(bob, alice, 7), &padded)?;
            scene.refuse(alice, &forged, ErrorCode::Undecryptable)
        })?;
    }
    Ok(())
}

fn note(pair: &Pair) -> Note {
    Note::message(&pair.bob, &pair.alice, (3, 2), "hostile")
}

/// R-MSG-4.
pub(super) fn padding(draft: &mut Draft, pair: &Pair) -> Result<()> {
    let mut not_zero = note(pair).padded();
    not_zero[255] = 1;
    let mut not_minimal = note(pair).padded();
    not_minimal.resize(512, 0);
    let mut too_long = note(pair).padded();
    too_long[..4].copy_from_slice(&253_u32.to_be_bytes());
    let rows = vec![
        (
            "An authenticated body whose padding is not zero does not open",
            ("the last byte of the padding is 1", "padding-zero"),
            not_zero,
        ),
        (
            "An authenticated body in a larger bucket than it needs does not open",
            ("the bucket is 512 in place of 256", "padding-minimal"),
            not_minimal,
        ),
        (
            "An authenticated body whose length goes over its bucket does not open",
            (
                "the length is 253 in a bucket of 256",
                "padding-length-and-trailing",
            ),
            too_long,
        ),
    ];
    refuse_each(draft, pair, &["R-MSG-4", "R-ERR-2"], rows)
}

/// R-MSG-2: what does not decode exactly.
pub(super) fn formats(draft: &mut Draft, pair: &Pair) -> Result<()> {
    let with = |change: fn(&mut Note)| {
        let mut note = note(pair);
        change(&mut note);
        note.padded()
    };
    let mut other_object = note(pair).encode();
    other_object[0] = 0x61;
    let short = note(pair).encode();
    let rows = vec![
        (
            "A payload of another version does not open",
            ("the version is 2", "payload-version"),
            with(|note| note.version = 2),
        ),
        (
            "A payload that is another object does not open",
            ("the object is 0x61", "payload-object"),
            padded(&other_object),
        ),
        (
            "A payload of a kind that does not exist does not open",
            ("the kind is 7", "payload-kind"),
            with(|note| note.kind = 7),
        ),
        (
            "A payload with a reserved flag does not open",
            ("flag bit 1 is set", "payload-flags"),
            with(|note| note.flags = 2),
        ),
        (
            "A payload with a list head of epoch 0 that has a hash does not open",
            ("the epoch of the sender's head is 0", "head-of-epoch-zero"),
            with(|note| note.own[..4].fill(0)),
        ),
        (
            "A payload that goes on after its last field does not open",
            ("one byte follows", "payload-trailing"),
            with(|note| note.rest.push(0)),
        ),
        (
            "A payload that ends inside a field does not open",
            ("the last byte is missing", "payload-truncated"),
            padded(&short[..short.len() - 1]),
        ),
        (
            "A payload with content of a form that does not exist does not open",
            ("the form is 3", "payload-form"),
            with(|note| note.content[0] = 3),
        ),
        (
            "A payload with inline content over the smallest bucket does not open",
            ("the content has 200 bytes, inline", "inline-short"),
            with(|note| note.content = inline(&[b'x'; 200])),
        ),
    ];
    refuse_each(draft, pair, &["R-MSG-2", "R-MSG-1", "R-ERR-2"], rows)
}

/// R-MSG-2: kinds from the wrong account, and what they hold.
pub(super) fn kinds(draft: &mut Draft, pair: &Pair) -> Result<()> {
    let kind = |kind: u8| Note { kind, ..note(pair) };
    let recipient = hex::decode(&pair.alice.account)?;
    let copy = Note {
        recipient,
        conversation: pair.bob.conversation_with(&pair.alice),
        ..kind(2)
    };
    let receipts = Note { flags: 1, ..kind(3) };
    let ids = |ids: &[u8]| {
        let mut rest = vec![ids.len() as u8];
        ids.iter().for_each(|id| rest.extend([*id; 16]));
        padded(&kind(4).encode_with(&rest))
    };
    let rows = vec![
        (
            "A sent copy from a device of another account does not open",
            ("the kind is 2, from a stranger", "kind-account"),
            copy.padded(),
        ),
        (
            "A device sync from a device of another account does not open",
            ("the kind is 6, from a stranger", "kind-account"),
            padded(&kind(6).encode_with(&inline(b"sync"))),
        ),
        (
            "An ephemeral payload that asks for receipts does not open",
            ("flag bit 0 is set in kind 3", "receipt-flag-kind"),
            receipts.padded(),
        ),
        (
            "A retry request for nothing does not open",
            ("the count is 0", "retry-count"),
            ids(&[]),
        ),
        (
            "A retry request for nine messages does not open",
            ("the count is 9", "retry-count"),
            ids(&[1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ),
        (
            "A retry request that names a message twice does not open",
            ("two ids are equal", "retry-sorted"),
            ids(&[1, 1]),
        ),
    ];
    refuse_each(draft, pair, &["R-MSG-2", "R-ERR-2"], rows)
}
