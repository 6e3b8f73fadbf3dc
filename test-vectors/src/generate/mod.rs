//! Making the cases. Everything comes from seeds, so that running it again gives the same bytes.

mod body;
mod certificates;
mod conversation_state;
mod draft;
mod encoding;
mod formula;
mod frames;
mod handshake;
mod hostile;
mod linking;
mod lists;
mod messages;
mod padding;
mod pair;
mod payload;
mod people;
mod points;
mod prekeys;
mod ratchet;
mod receipts;
mod receipts_state;
mod scene;
mod sessions;
mod sign;
mod signatures;
mod small;
mod transcripts;
mod workshop;

pub use draft::{About, Draft, Script};

use anyhow::Result;

use crate::case::VectorFile;

/// Every file, in the order of the manifest. An operation that does not answer as its case says is an error.
pub fn all() -> Result<Vec<VectorFile>> {
    FILES.iter().map(|make| make()).collect()
}

const FILES: &[fn() -> Result<VectorFile>] = &[
    encoding::make,
    signatures::make,
    certificates::make,
    lists::make,
    prekeys::make,
    handshake::make,
    small::kdf,
    messages::make,
    padding::make,
    body::make,
    receipts::make,
    small::safety,
    small::conversation,
    small::records,
    linking::make,
    sessions::make,
    ratchet::make,
    conversation_state::make,
    receipts_state::make,
    frames::make,
    transcripts::make,
];
