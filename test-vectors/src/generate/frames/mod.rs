//! `frames`: what a client and a relay say to each other (SPEC part II), written by hand from SPEC 21.

mod attach;
mod client;
mod flaws;
mod relay;

use anyhow::Result;
use serde_json::{Value, json};
use twotick_wire::ErrorCode;

use super::formula::bytes as bytes_of;
use super::workshop::{Workshop, about};
use super::{About, Draft};
use crate::case::VectorFile;

/// Bytes that decode.
struct Good {
    sender: &'static str,
    title: &'static str,
    requirements: &'static [&'static str],
    bytes: Vec<u8>,
}

/// Bytes that do not, by one change.
struct Flaw {
    sender: &'static str,
    title: &'static str,
    defect: &'static str,
    /// The requirement, the mutant and the code.
    rule: (&'static str, &'static str, ErrorCode),
    bytes: Vec<u8>,
}

pub(super) fn make() -> Result<VectorFile> {
    let mut draft = Draft::new(
        "frames",
        "Frames of a client and a relay, and of each input that is none its one error; the proof of a device (SPEC part II).",
    );
    let mut workshop = Workshop::new("frames");
    let (client, relay) = (client::examples(&mut workshop)?, relay::examples());
    for good in client.iter().chain(&relay) {
        draft.accept(about(good.title, good.requirements), |script| {
            script.ok(decode(good.sender, &good.bytes)).map(drop)
        })?;
    }
    for flaw in flaws::of_client(&client)
        .into_iter()
        .chain(flaws::of_relay(&relay))
    {
        let (requirement, mutant, code) = flaw.rule;
        let about = About {
            title: flaw.title,
            requirements: &[requirement],
            world: "",
        };
        draft.reject(about, flaw.defect, &[mutant], |script| {
            script.fails(decode(flaw.sender, &flaw.bytes), code)
        })?;
    }
    sequences(&mut draft, &client)?;
    attach::write(&mut draft, &mut workshop)?;
    Ok(draft.finish())
}

/// Several frames in one body (SPEC 30).
fn sequences(draft: &mut Draft, client: &[Good]) -> Result<()> {
    let split = |bytes: &[u8]| json!({ "op": "frames.split", "bytes": hex::encode(bytes) });
    let framed = |frame: &[u8]| [&(frame.len() as u32).to_be_bytes(), frame].concat();
    let ping = framed(&header(0xbe, 1));
    let requirements: &[&str] = &["R-TRN-7"];
    let three = [
        ping.clone(),
        framed(&find(client, 0xaa).bytes),
        framed(&find(client, 0xa7).bytes),
    ];
    draft.accept(about("A sequence of three frames", requirements), |script| {
        script.ok(split(&three.concat())).map(drop)
    })?;
    draft.accept(about("A sequence of no frames", requirements), |script| {
        script.ok(split(&[])).map(drop)
    })?;
    draft.accept(about("A sequence of 64 frames", requirements), |script| {
        script.ok(split(&ping.repeat(64))).map(drop)
    })?;
    let mut cut = three.concat();
    cut.pop();
    let cases = [
        (
            "A sequence of 65 frames is refused",
            "one frame too many",
            "sequence-frames",
            ping.repeat(65),
            ErrorCode::LengthOutOfRange,
        ),
        (
            "A sequence that ends inside a frame is refused",
            "the last byte is missing",
            "payload-truncated",
            cut,
            ErrorCode::Truncated,
        ),
        (
            "A sequence with an empty frame is refused",
            "a length of 0",
            "codec-length-range",
            [ping.clone(), vec![0; 4], ping.clone()].concat(),
            ErrorCode::LengthOutOfRange,
        ),
        (
            "A sequence with a frame over the largest is refused",
            "a length of 262,145",
            "codec-length-range",
            [ping, vec![0, 4, 0, 1]].concat(),
            ErrorCode::LengthOutOfRange,
        ),
    ];
    for (title, defect, mutant, bytes, code) in cases {
        draft.reject(about(title, requirements), defect, &[mutant], |script| {
            script.fails(split(&bytes), code)
        })?;
    }
    Ok(())
}

fn decode(sender: &str, bytes: &[u8]) -> Value {
    json!({ "op": "frame.decode", "sender": sender, "bytes": hex::encode(bytes) })
}

/// The first example of the frame with this first byte.
fn find(examples: &[Good], byte: u8) -> &Good {
    let found = examples.iter().find(|good| good.bytes.first() == Some(&byte));
    found.unwrap_or(&examples[0])
}

/// The header of a frame.
fn header(byte: u8, request: u32) -> Vec<u8> {
    [&[byte, 1], request.to_be_bytes().as_slice()].concat()
}

/// `n` bytes that a name stands for.
fn named(name: &str, n: usize) -> Vec<u8> {
    bytes_of(&format!("Twotick test vectors 1/frames/{name}"), n)
}

/// As `named`, and sorted by this first byte.
fn ranked(rank: u8, name: &str, n: usize) -> Vec<u8> {
    let mut bytes = named(name, n);
    bytes[0] = rank;
    bytes
}

/// Bytes after their `u32` length.
fn prefixed(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u32).to_be_bytes(), bytes].concat()
}

/// The bytes with others from this offset on.
fn set(good: &[u8], at: usize, with: &[u8]) -> Vec<u8> {
    let mut bytes = good.to_vec();
    bytes.splice(at..at + with.len(), with.iter().copied());
    bytes
}
