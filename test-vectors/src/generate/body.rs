//! `body`: shared bodies and the commitment to their key (SPEC 11.4).

use anyhow::Result;
use serde_json::{Value, json};
use twotick_wire::ErrorCode::{ContentTooLong, Undecryptable};

use super::formula::{expand, flip, frame, hash, mac, named, seal, text, with};
use super::{About, Draft, Script};
use crate::case::VectorFile;

pub(super) fn make() -> Result<VectorFile> {
    let mut draft = Draft::new(
        "body",
        "Content shared by several devices: sealing, and everything that is not opened.",
    );
    for length in [0, 1, 252, 253, 4_093] {
        draft.accept(about(&format!("A body of {length} bytes")), |script| {
            let opening = sealed(script, length)?;
            script.ok(opening).map(drop)
        })?;
    }
    changed(&mut draft)?;
    crafted(&mut draft)?;
    too_long(&mut draft)?;
    Ok(draft.finish())
}

fn about(title: &str) -> About<'_> {
    About {
        title,
        requirements: &["R-MSG-6"],
        world: "",
    }
}

/// Seals as a step; returns the operation that opens it.
fn sealed(script: &mut Script, length: usize) -> Result<Value> {
    let (content, id) = (named("content", length), named("message id", 16));
    let made = script.ok(json!({ "op": "body.seal", "content": content, "message_id": id }))?;
    Ok(json!({
        "op": "body.open", "shared_body": made["shared_body"], "body_key": made["body_key"],
        "body_hash": made["body_hash"], "message_id": id,
    }))
}

fn rehashed(opening: &Value, shared_body: String) -> Result<Value> {
    let digest = hash("hash/body", &hex::decode(&shared_body)?);
    Ok(with(
        &with(opening, "shared_body", shared_body),
        "body_hash",
        hex::encode(digest),
    ))
}

/// Title, defect, argument, and the checks that notice it: a body changed alone is found by its hash first.
const CHANGED: [(&str, &str, &str, &[&str]); 3] = [
    (
        "Another body hash",
        "a bit of the body hash",
        "body_hash",
        &["body-hash"],
    ),
    (
        "A body that is not the hashed one",
        "a bit of the last byte",
        "shared_body",
        &["body-hash-and-tag"],
    ),
    (
        "Under another message id",
        "a bit of the message id",
        "message_id",
        &["aead-tag"],
    ),
];

/// Title, defect, byte, and the check that notices it, once the hash is made anew.
const REHASHED: [(&str, &str, isize, &str); 5] = [
    (
        "The tag is changed and hashed anew",
        "a bit of the tag",
        -1,
        "aead-tag",
    ),
    (
        "The ciphertext is changed and hashed anew",
        "a bit of the ciphertext",
        36,
        "tag-and-padding",
    ),
    (
        "Another object byte, hashed anew",
        "object byte 0x13",
        0,
        "codec-object",
    ),
    ("Another version, hashed anew", "version 0", 1, "codec-version"),
    ("Another suite, hashed anew", "suite 0", 3, "codec-suite"),
];

fn changed(draft: &mut Draft) -> Result<()> {
    for (title, defect, field, kills) in CHANGED {
        draft.reject(about(title), defect, kills, |script| {
            let opening = sealed(script, 5)?;
            let value = flip(&text(&opening, field)?, -1);
            script.fails(with(&opening, field, value), Undecryptable)?;
            script.ok(opening).map(drop)
        })?;
    }
    for (title, defect, at, kills) in REHASHED {
        draft.reject(about(title), defect, &[kills], |script| {
            let opening = sealed(script, 5)?;
            let body = flip(&text(&opening, "shared_body")?, at);
            script.fails(rehashed(&opening, body)?, Undecryptable)?;
            script.ok(opening).map(drop)
        })?;
    }
    let title = "Cut short by a byte and hashed anew";
    draft.reject(about(title), "one byte missing", &["bucket-and-tag"], |script| {
        let opening = sealed(script, 5)?;
        let body = text(&opening, "shared_body")?;
        script.fails(rehashed(&opening, body[..body.len() - 2].into())?, Undecryptable)?;
        script.ok(opening).map(drop)
    })
}

/// Bodies that only a hostile sender makes: everything else about them is right.
fn crafted(draft: &mut Draft) -> Result<()> {
    let title = "A commitment to another key, under which the tag is right";
    draft.reject(
        about(title),
        "commitment of another key",
        &["body-commitment"],
        |script| {
            let commitment = mac(&hex::decode(named("other key", 32))?, "mac/commitment", b"")?;
            let opening = craft(&commitment, &padded(b"hello", 256))?;
            script.fails(opening, Undecryptable)
        },
    )?;
    let commitment = || mac(&hex::decode(named("body key", 32))?, "mac/commitment", b"");
    let mut loose = padded(b"hello", 256);
    loose[255] = 1;
    for (title, defect, kills, plaintext) in [
        (
            "Padding that is not zero",
            "last byte of padding is 1",
            "padding-zero",
            loose,
        ),
        (
            "Padding that is not minimal",
            "bucket 512 for 5 bytes",
            "padding-minimal",
            padded(b"hello", 512),
        ),
        (
            "A length beyond the body",
            "length 300 in 256 bytes",
            "padding-length",
            [&[0, 0, 1, 44][..], &[7; 252]].concat(),
        ),
    ] {
        draft.reject(about(title), defect, &[kills], |script| {
            script.fails(craft(&commitment()?, &plaintext)?, Undecryptable)
        })?;
    }
    draft.accept(about("A body made by the formulas of SPEC alone"), |script| {
        script
            .ok(craft(&commitment()?, &padded(b"hello", 256))?)
            .map(drop)
    })
}

/// `u32(len(content)) || content` is a byte over the largest bucket.
fn too_long(draft: &mut Draft) -> Result<()> {
    let about = About {
        requirements: &["R-MSG-3"],
        ..about("Content over the largest bucket is not sealed")
    };
    draft.reject(about, "65,533 bytes", &["body-too-long"], |script| {
        let (content, id) = ("00".repeat(65_533), named("message id", 16));
        let operation = json!({ "op": "body.seal", "content": content, "message_id": id });
        script.fails(operation, ContentTooLong)
    })
}

fn padded(content: &[u8], bucket: usize) -> Vec<u8> {
    let mut out = vec![0, 0, 0, content.len() as u8];
    out.extend_from_slice(content);
    out.resize(bucket, 0);
    out
}

fn craft(commitment: &[u8], plaintext: &[u8]) -> Result<Value> {
    let (key, id) = (named("body key", 32), named("message id", 16));
    let head = [&[0x12, 1, 0, 1][..], commitment].concat();
    let associated = [frame("seal/body"), head.clone(), hex::decode(&id)?].concat();
    let sealing = expand(&hex::decode(&key)?, "derive/body", b"", 32)?;
    let body = [head, seal(&sealing, &[0; 12], &associated, plaintext)?].concat();
    Ok(json!({
        "op": "body.open", "shared_body": hex::encode(&body), "body_key": key,
        "body_hash": hex::encode(hash("hash/body", &body)), "message_id": id,
    }))
}
