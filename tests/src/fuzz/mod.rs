//! The bodies of the fuzz targets in `fuzz/`, as functions that `cargo test` can call too.
//!
//! A body takes any bytes, and panics if a rule is broken. Parsers: no input panics, and what decodes encodes to the
//! same bytes (R-ENC-3). The conversation: see [`talk`].

#![expect(clippy::panic, clippy::expect_used, reason = "a body reports by panicking")]

mod frame;
mod parser;
mod party;
mod people;
mod record;
mod seed;
mod talk;

pub use parser::{
    certificate, frame, linking, list, message, payload, prekey, receipt, rotation, shared_body,
};
pub use record::{prekey_record, record};
pub use talk::talk;

/// A fuzz target: its name, its body, and valid inputs to start from.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The name of its file in `fuzz/fuzz_targets` and of its directory in `fuzz/corpus`.
    pub name: &'static str,
    /// What it does with one input.
    pub body: fn(&[u8]),
    /// A small corpus: names and bytes, the same each time.
    pub seeds: fn() -> Vec<(&'static str, Vec<u8>)>,
}

/// Every target.
pub const TARGETS: &[Target] = &[
    target("certificate", certificate, seed::certificate),
    target("frame", frame, frame::seeds),
    target("linking", linking, seed::linking),
    target("list", list, seed::list),
    target("message", message, seed::message),
    target("payload", payload, seed::payload),
    target("prekey", prekey, seed::prekey),
    target("prekey_record", prekey_record, seed::prekey_record),
    target("receipt", receipt, seed::receipt),
    target("record", record, seed::record),
    target("rotation", rotation, seed::rotation),
    target("shared_body", shared_body, seed::shared_body),
    target("talk", talk, seed::talk),
];

const fn target(name: &'static str, body: fn(&[u8]), seeds: fn() -> Vec<(&'static str, Vec<u8>)>) -> Target {
    Target { name, body, seeds }
}
