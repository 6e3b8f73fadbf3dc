//! `messages`: headers and bodies, sealed and opened one at a time (SPEC 10.4).

use anyhow::Result;
use serde_json::{Value, json};
use twotick_wire::ErrorCode::Undecryptable;

use super::formula::{flip, frame, named, seal, text, with};
use super::{About, Draft, Script};
use crate::case::VectorFile;

pub(super) fn make() -> Result<VectorFile> {
    let mut draft = Draft::new(
        "messages",
        "Headers and bodies of single messages: sealed, opened, and refused under any other route, key or header.",
    );
    for (title, kind, number, previous, bucket) in [
        (
            "The first message of a chain, in an initial message",
            16,
            0,
            0,
            256,
        ),
        ("The first message of a chain", 17, 0, 0, 256),
        ("A later message after a chain of seven", 17, 41, 7, 512),
        ("The last message of a chain", 17, u32::MAX - 1, u32::MAX - 1, 256),
        ("The largest payload bucket", 17, 1, 1, 4_096),
    ] {
        draft.accept(about(title), |script| {
            let sealing = sealing(kind, number, previous, bucket);
            let (header, body) = sealed(script, &sealing)?;
            script.ok(header)?;
            script.ok(body).map(drop)
        })?;
    }
    draft.accept(
        about("Other random bytes give another salt, and other keys"),
        |script| {
            let sealing = sealing(17, 0, 0, 256);
            script.ok(sealing.clone())?;
            script.ok(sealing).map(drop)
        },
    )?;
    changed_headers(&mut draft)?;
    malformed_headers(&mut draft)?;
    changed_bodies(&mut draft)?;
    Ok(draft.finish())
}

fn about(title: &str) -> About<'_> {
    About {
        title,
        requirements: &["R-DR-5"],
        world: "",
    }
}

fn sealing(kind: u8, number: u32, previous: u32, bucket: usize) -> Value {
    json!({
        "op": "ratchet.seal", "session_id": named("session", 32), "header_key": named("header key", 32),
        "message_key": named("message key", 32), "type": kind, "from": named("from", 16), "to": named("to", 16),
        "message_id": named("message id", 16), "ratchet_key": RATCHET_KEY, "previous_length": previous, "number": number,
        "padded": format!("00000005{}{}", hex::encode("hello"), "00".repeat(bucket - 9)),
    })
}

/// Seals as a step; returns the operations that open header and body.
fn sealed(script: &mut Script, sealing: &Value) -> Result<(Value, Value)> {
    let made = script.ok(sealing.clone())?;
    let mut header = json!({ "op": "ratchet.open_header", "header_key": sealing["header_key"] });
    let mut body = json!({
        "op": "ratchet.open_body", "session_id": sealing["session_id"], "message_key": sealing["message_key"],
    });
    for name in ["type", "from", "to", "message_id"] {
        header[name] = sealing[name].clone();
        body[name] = sealing[name].clone();
    }
    for name in ["salt", "sealed_header"] {
        header[name] = made[name].clone();
        body[name] = made[name].clone();
    }
    body["sealed_body"] = made["sealed_body"].clone();
    Ok((header, body))
}

fn changed_headers(draft: &mut Draft) -> Result<()> {
    for (title, field, index) in [
        ("Under another header key", "header_key", 0),
        ("From another device", "from", 0),
        ("To another device", "to", -1),
        ("Under another message id", "message_id", 5),
        ("With another salt", "salt", 0),
        ("With another salt, last byte", "salt", -1),
        ("With flags changed under the seal", "sealed_header", 0),
        ("With a ratchet key changed under the seal", "sealed_header", 4),
        ("With another previous length under the seal", "sealed_header", 39),
        ("With another number under the seal", "sealed_header", 43),
        ("With another epoch under the seal", "sealed_header", 47),
        ("With a changed tag", "sealed_header", -1),
    ] {
        let title = format!("A header {}", lower(title));
        // Without the tag alone, what another key or salt opens is still no header.
        let garbled =
            ["header_key", "salt"].contains(&field) || (field == "sealed_header" && [0, 47].contains(&index));
        let kills = if garbled {
            "header-tag-and-form"
        } else {
            "aead-tag"
        };
        draft.reject(about(&title), "one bit", &[kills], |script| {
            let (header, _) = sealed(script, &sealing(17, 3, 2, 256))?;
            let value = flip(&text(&header, field)?, index);
            script.fails(with(&header, field, value), Undecryptable)?;
            script.ok(header).map(drop)
        })?;
    }
    for (title, from, to) in [
        ("A header of a ratchet message in an initial message", 17, 16),
        ("A header of an initial message in a ratchet message", 16, 17),
    ] {
        draft.reject(about(title), "another type", &["aead-tag"], |script| {
            let (header, _) = sealed(script, &sealing(from, 3, 2, 256))?;
            script.fails(with(&header, "type", to), Undecryptable)?;
            script.ok(header).map(drop)
        })?;
    }
    Ok(())
}

/// Headers that open and are not well formed: only a hostile peer makes them.
fn malformed_headers(draft: &mut Draft) -> Result<()> {
    let good = format!("00000000{RATCHET_KEY}000000020000000300000000");
    let prime = "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f";
    let key = |key: &str| format!("{}{key}{}", &good[..8], &good[72..]);
    for (title, kills, plaintext) in [
        ("Flags bit 0 is set", "header-flags", flip(&good, 0)),
        ("Flags bit 7 is set", "header-flags", format!("80{}", &good[2..])),
        ("The first reserved byte is set", "header-flags", flip(&good, 1)),
        ("The last reserved byte is set", "header-flags", flip(&good, 3)),
        (
            "The epoch of the post-quantum ratchet is 1",
            "header-epoch",
            flip(&good, 47),
        ),
        (
            "The epoch of the post-quantum ratchet is 2^24",
            "header-epoch",
            flip(&good, 44),
        ),
        ("The ratchet key is zero", "header-key", key(&"00".repeat(32))),
        (
            "The ratchet key is 1, of small order",
            "header-key",
            key(&format!("01{}", "00".repeat(31))),
        ),
        ("The ratchet key is p, not canonical", "header-key", key(prime)),
        (
            "The ratchet key has bit 255 set",
            "header-key",
            key(&format!("{}{}", &RATCHET_KEY[..62], "80")),
        ),
    ] {
        draft.reject(about(title), title, &[kills], |script| {
            let (header, _) = sealed(script, &sealing(17, 3, 2, 256))?;
            let salt: [u8; 12] = hex::decode(text(&header, "salt")?)?
                .try_into()
                .unwrap_or_default();
            let associated = [frame("seal/header"), route(&header)?].concat();
            let key = hex::decode(named("header key", 32))?;
            let forged = seal(&key, &salt, &associated, &hex::decode(plaintext)?)?;
            script.fails(with(&header, "sealed_header", hex::encode(forged)), Undecryptable)?;
            script.ok(header).map(drop)
        })?;
    }
    Ok(())
}

fn route(header: &Value) -> Result<Vec<u8>> {
    let kind = header["type"].as_u64().unwrap_or_default() as u8;
    let mut route = vec![kind, 0, 1];
    for name in ["from", "to", "message_id"] {
        route.extend(hex::decode(text(header, name)?)?);
    }
    Ok(route)
}

fn changed_bodies(draft: &mut Draft) -> Result<()> {
    for (title, field, index) in [
        ("In another session", "session_id", 0),
        ("Under another message key", "message_key", 0),
        ("From another device", "from", 0),
        ("To another device", "to", 0),
        ("Under another message id", "message_id", -1),
        ("With another salt", "salt", 3),
        ("Behind another sealed header", "sealed_header", 20),
        ("With a changed first byte", "sealed_body", 0),
        ("With a changed padding byte", "sealed_body", 200),
        ("With a changed tag", "sealed_body", -1),
    ] {
        let title = format!("A body {}", lower(title));
        draft.reject(about(&title), "one bit", &["aead-tag"], |script| {
            let (_, body) = sealed(script, &sealing(17, 3, 2, 256))?;
            let value = flip(&text(&body, field)?, index);
            script.fails(with(&body, field, value), Undecryptable)?;
            script.ok(body).map(drop)
        })?;
    }
    draft.reject(
        about("A body of a ratchet message in an initial message"),
        "another type",
        &["aead-tag"],
        |script| {
            let (_, body) = sealed(script, &sealing(17, 3, 2, 256))?;
            script.fails(with(&body, "type", 16), Undecryptable)?;
            script.ok(body).map(drop)
        },
    )
}

fn lower(title: &str) -> String {
    let mut letters = title.chars();
    letters
        .next()
        .map(|first| first.to_lowercase().collect::<String>() + letters.as_str())
        .unwrap_or_default()
}

/// The base point of the curve.
const RATCHET_KEY: &str = "0900000000000000000000000000000000000000000000000000000000000000";
