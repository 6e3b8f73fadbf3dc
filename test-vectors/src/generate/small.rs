//! `safety`, `conversation`, `records` and `kdf`: one formula each.

use anyhow::Result;
use serde_json::{Value, json};
use twotick_wire::ErrorCode::{
    self, BadSafetyCode, RecordRefused, TrailingBytes, Truncated, UnsupportedVersion, WrongObject,
};

use super::formula::{flip, named, text, with};
use super::{About, Draft};
use crate::case::VectorFile;

fn about<'a>(title: &'a str, requirements: &'a [&'a str]) -> About<'a> {
    About {
        title,
        requirements,
        world: "",
    }
}

pub(super) fn safety() -> Result<VectorFile> {
    let mut draft = Draft::new("safety", "Safety numbers, and codes that are scanned.");
    let (ours, theirs) = (named("account key", 32), named("other account key", 32));
    for (title, a, b) in [
        ("The number of two accounts", &ours, &theirs),
        ("The same number from the other end", &theirs, &ours),
        ("The number of an account with itself", &ours, &ours),
    ] {
        draft.accept(about(title, &["R-SAF-1"]), |script| {
            script
                .ok(json!({ "op": "safety.number", "ours": a, "theirs": b }))
                .map(drop)
        })?;
    }
    codes(&mut draft)?;
    Ok(draft.finish())
}

#[rustfmt::skip]
fn codes(draft: &mut Draft) -> Result<()> {
    let (us, them) = (named("our id", 32), named("their id", 32));
    let code = format!("3801{them}{us}");
    let good = json!({ "op": "safety.scan", "code": code, "us": us, "them": them });
    draft.accept(about("A code that the contact shows to us", &["R-SAF-2"]), |script| script.ok(good.clone()).map(drop))?;
    let cases: [(&str, &str, &str, String, ErrorCode); 8] = [
        ("A code shown to another", "shown_to is not us", "safety-shown-to", flip(&code, -1), BadSafetyCode),
        ("A code shown to another, first byte", "shown_to is not us", "safety-shown-to", flip(&code, 34), BadSafetyCode),
        ("A code shown by another", "shown_by is not the contact", "safety-shown-by", flip(&code, 2), BadSafetyCode),
        ("A code shown by another, last byte", "shown_by is not the contact", "safety-shown-by", flip(&code, 33), BadSafetyCode),
        ("A code cut short", "one byte missing", "codec-truncated", code[..130].into(), Truncated),
        ("A code with a byte more", "one byte more", "codec-trailing-bytes", format!("{code}00"), TrailingBytes),
        ("Another object", "object 0x39", "codec-object", flip(&code, 0), WrongObject),
        ("Another version", "version 0", "codec-version", flip(&code, 1), UnsupportedVersion),
    ];
    for (title, defect, kills, changed, error) in cases {
        draft.reject(about(title, &["R-SAF-2"]), defect, &[kills], |script| {
            script.fails(with(&good, "code", changed), error)?;
            script.ok(good.clone()).map(drop)
        })?;
    }
    Ok(())
}

pub(super) fn conversation() -> Result<VectorFile> {
    let mut draft = Draft::new("conversation", "Conversation ids and history links.");
    let (a, b) = (named("account a", 32), named("account b", 32));
    for (title, a, b) in [
        ("The conversation of two accounts", &a, &b),
        ("The same, from the other end", &b, &a),
        ("Notes to oneself", &a, &a),
    ] {
        draft.accept(about(title, &["R-CON-1"]), |script| {
            script
                .ok(json!({ "op": "conversation.id", "a": a, "b": b }))
                .map(drop)
        })?;
    }
    let parents: Vec<_> = (0..4)
        .map(|index| format!("{index:02}{}", named("parent", 15)))
        .collect();
    for (title, count, lamport, sequence, length) in [
        ("The first message", 0, "1", 1, 5),
        ("A message after one other", 1, "2", 1, 5),
        ("A message with four parents", 4, "77", 12, 300),
        ("A message without content", 1, "3", 2, 0),
        (
            "The largest clock and number",
            2,
            "9223372036854775807",
            u32::MAX,
            1,
        ),
    ] {
        draft.accept(about(title, &["R-CON-6"]), |script| {
            let operation = json!({
                "op": "history.link", "conversation": named("conversation", 16), "message_id": named("message id", 16),
                "author": named("author", 16), "lamport": lamport, "sequence": sequence,
                "content": named("content", length), "parents": &parents[..count],
            });
            script.ok(operation).map(drop)
        })?;
    }
    Ok(draft.finish())
}

pub(super) fn records() -> Result<VectorFile> {
    let mut draft = Draft::new("records", "Sealed records: every part of the context is bound.");
    let context = |id: &str, value: &str| {
        json!({
            "op": "record.seal", "storage_key": named("storage key", 32), "kind": 0x85, "account_id": named("account", 32),
            "device_id": named("device", 16), "id": id, "revision": "7", "value": value,
        })
    };
    let opening = |sealing: &Value, sealed: &Value| {
        let mut operation = with(sealing, "op", "record.open");
        if let Some(fields) = operation.as_object_mut() {
            fields.shift_remove("value");
        }
        with(&operation, "sealed", sealed.clone())
    };
    for (title, id, value) in [
        ("A record with an id", named("id", 48), named("value", 100)),
        ("A record without an id", String::new(), named("value", 100)),
        ("A record without a value", named("id", 16), String::new()),
    ] {
        draft.accept(about(title, &["R-STO-5"]), |script| {
            let sealing = context(&id, &value);
            let made = script.ok(sealing.clone())?;
            script.ok(opening(&sealing, &made["sealed"])).map(drop)
        })?;
    }
    let cases: [(&str, &str, Change); 13] = [
        ("Under another storage key", "storage_key", Change::Flip(0)),
        ("As a record of another kind", "kind", Change::To(json!(0x86))),
        ("As another account's", "account_id", Change::Flip(-1)),
        ("As another device's", "device_id", Change::Flip(0)),
        ("Under another id", "id", Change::Flip(3)),
        ("Under a longer id", "id", Change::To(json!(named("id", 49)))),
        ("Under no id", "id", Change::To(json!(""))),
        ("As an earlier revision", "revision", Change::To(json!("6"))),
        ("With a changed nonce", "sealed", Change::Flip(0)),
        ("With a changed ciphertext", "sealed", Change::Flip(24)),
        ("With a changed tag", "sealed", Change::Flip(-1)),
        ("Cut within the nonce", "sealed", Change::Cut(20)),
        ("Cut within the tag", "sealed", Change::Cut(39)),
    ];
    for (title, field, change) in cases {
        let kills = if matches!(change, Change::Cut(_)) {
            "record-length"
        } else {
            "aead-tag"
        };
        draft.reject(about(title, &["R-STO-5"]), title, &[kills], |script| {
            let sealing = context(&named("id", 48), &named("value", 40));
            let made = script.ok(sealing.clone())?;
            let good = opening(&sealing, &made["sealed"]);
            script.fails(with(&good, field, change.of(&good[field])), RecordRefused)?;
            script.ok(good).map(drop)
        })?;
    }
    Ok(draft.finish())
}

enum Change {
    Flip(isize),
    To(Value),
    Cut(usize),
}

impl Change {
    fn of(&self, value: &Value) -> Value {
        let text = value.as_str().unwrap_or_default();
        match self {
            Self::Flip(index) => json!(flip(text, *index)),
            Self::To(value) => value.clone(),
            Self::Cut(length) => json!(text.get(..length * 2)),
        }
    }
}

pub(super) fn kdf() -> Result<VectorFile> {
    let mut draft = Draft::new(
        "kdf",
        "Root steps and chain steps, one after the other and many at once.",
    );
    for index in 1..=4 {
        let title = format!("Root step {index}");
        draft.accept(about(&title, &["R-PRM-1"]), |script| {
            let operation = json!({
                "op": "ratchet.root_step", "root_key": named(&format!("root {index}"), 32), "dh": named(&format!("dh {index}"), 32),
            });
            script.ok(operation).map(drop)
        })?;
    }
    draft.accept(
        about("Three root steps, each from the last", &["R-PRM-1"]),
        |script| {
            let mut root = named("root", 32);
            for index in 1..=3 {
                let dh = named(&format!("dh {index}"), 32);
                root = text(
                    &script.ok(json!({ "op": "ratchet.root_step", "root_key": root, "dh": dh }))?,
                    "root_key",
                )?;
            }
            Ok(())
        },
    )?;
    for steps in [1, 2, 3, 10, 1_000, 65_535] {
        let title = format!("{steps} chain steps at once");
        draft.accept(about(&title, &["R-PRM-1"]), |script| {
            let chain = named("chain", 32);
            script
                .ok(json!({ "op": "ratchet.chain_step", "chain_key": chain, "steps": steps }))
                .map(drop)
        })?;
    }
    Ok(draft.finish())
}
