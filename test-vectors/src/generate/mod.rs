//! Making the cases. Everything comes from seeds, so that running it again gives the same bytes.

mod body;
mod conversation_state;
mod draft;
mod formula;
mod handshake;
mod hostile;
mod linking;
mod messages;
mod padding;
mod pair;
mod payload;
mod people;
mod ratchet;
mod receipts;
mod receipts_state;
mod scene;
mod sessions;
mod small;
mod transcripts;

pub use draft::{About, Draft, Script};

use anyhow::Result;

use crate::case::VectorFile;

/// Every file, in the order of the manifest. An operation that does not answer as its case says is an error.
pub fn all() -> Result<Vec<VectorFile>> {
    FILES.iter().map(|make| make()).collect()
}

const FILES: &[fn() -> Result<VectorFile>] = &[
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
    transcripts::make,
];
