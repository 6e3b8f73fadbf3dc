//! `encoding`: every object as it is decoded, and every way in which SPEC 2.1 has it refused.

mod certified;
mod envelopes;
mod framing;
mod linking;
mod messages;
mod payload;
mod prekeys;
mod rotations;

use anyhow::Result;
use serde_json::{Value, json};
use twotick_wire::ErrorCode;

use super::workshop::Workshop;
use super::{About, Draft};
use crate::case::VectorFile;

/// Bytes that decode.
struct Good {
    object: &'static str,
    title: &'static str,
    requirements: &'static [&'static str],
    bytes: Vec<u8>,
}

/// Bytes that do not, by one change.
struct Flaw {
    object: &'static str,
    title: &'static str,
    defect: &'static str,
    /// The requirement, the mutant and the code.
    rule: (&'static str, &'static str, ErrorCode),
    bytes: Vec<u8>,
}

/// What a module has to say about its objects.
#[derive(Default)]
struct Examples {
    good: Vec<Good>,
    flaws: Vec<Flaw>,
}

impl Examples {
    fn good(
        &mut self,
        object: &'static str,
        title: &'static str,
        requirements: &'static [&'static str],
        bytes: &[u8],
    ) {
        let bytes = bytes.to_vec();
        self.good.push(Good {
            object,
            title,
            requirements,
            bytes,
        });
    }

    fn flaw(
        &mut self,
        object: &'static str,
        (title, defect): (&'static str, &'static str),
        rule: (&'static str, &'static str, ErrorCode),
        bytes: Vec<u8>,
    ) {
        self.flaws.push(Flaw {
            object,
            title,
            defect,
            rule,
            bytes,
        });
    }
}

pub(super) fn make() -> Result<VectorFile> {
    let mut draft = Draft::new(
        "encoding",
        "Decoding of every object: what is accepted, and the one error of each input that is not (SPEC 2.1).",
    );
    let mut workshop = Workshop::new("encoding");
    let examples = [
        certified::examples(&mut workshop),
        prekeys::examples(&mut workshop)?,
        messages::examples(&mut workshop)?,
        linking::examples(&mut workshop),
        payload::examples(&mut workshop),
    ];
    for good in examples.iter().flat_map(|examples| &examples.good) {
        let about = About {
            title: good.title,
            requirements: good.requirements,
            world: "",
        };
        draft.accept(about, |script| {
            script.ok(decode(good.object, &good.bytes)).map(drop)
        })?;
    }
    let good: Vec<_> = examples.iter().flat_map(|examples| &examples.good).collect();
    framing::write(&mut draft, &good)?;
    for flaw in examples.iter().flat_map(|examples| &examples.flaws) {
        let (requirement, mutant, code) = flaw.rule;
        let about = About {
            title: flaw.title,
            requirements: &[requirement],
            world: "",
        };
        draft.reject(about, flaw.defect, &[mutant], |script| {
            script.fails(decode(flaw.object, &flaw.bytes), code)
        })?;
    }
    Ok(draft.finish())
}

fn decode(object: &str, bytes: &[u8]) -> Value {
    json!({ "op": "decode", "object": object, "bytes": hex::encode(bytes) })
}

/// The bytes with others from this offset on.
fn set(good: &[u8], at: usize, with: &[u8]) -> Vec<u8> {
    let mut bytes = good.to_vec();
    bytes.splice(at..at + with.len(), with.iter().copied());
    bytes
}

/// The bytes with these put in before this offset.
fn insert(good: &[u8], at: usize, more: &[u8]) -> Vec<u8> {
    let mut bytes = good.to_vec();
    bytes.splice(at..at, more.iter().copied());
    bytes
}

/// `2^255 - 10`, which is 9 once more.
fn not_canonical() -> [u8; 32] {
    let mut key = [0xff; 32];
    (key[0], key[31]) = (0xf6, 0x7f);
    key
}

/// `u = 1`.
fn small_order() -> [u8; 32] {
    let mut key = [0; 32];
    key[0] = 1;
    key
}
