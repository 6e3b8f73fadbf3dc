//! The counters of a peer device (SPEC 12, 12.4).

use alloc::vec::Vec;

use twotick_wire::{MessageId, UnixTime};

use crate::budget::Budget;
use crate::error::StateError;
use crate::limits::constants::{RESENDS_REMEMBERED, RETRIES_REMEMBERED, RETRY_BUDGET, RETRY_REFILL};
use crate::state::{StateReader, StateWriter};

/// Generations, and what healing has done so far.
#[derive(Clone)]
pub(crate) struct Book {
    pub(crate) generation: u32,
    pub(crate) confirmed: u32,
    pub(crate) retries: Budget,
    pub(crate) last_reset: Option<UnixTime>,
    /// A retry request was sent since the peer's last opened message.
    pub(crate) retry_open: bool,
    pub(crate) asked: Vec<MessageId>,
    pub(crate) resent: Vec<MessageId>,
}

impl Book {
    pub(crate) fn new() -> Self {
        Self {
            generation: 0,
            confirmed: 0,
            retries: Budget::new(RETRY_BUDGET, RETRY_REFILL),
            last_reset: None,
            retry_open: false,
            asked: Vec::new(),
            resent: Vec::new(),
        }
    }

    /// Remembers an id; the oldest gives way.
    pub(crate) fn remember(ids: &mut Vec<MessageId>, id: MessageId, most: usize) {
        if ids.len() >= most {
            ids.remove(0);
        }
        ids.push(id);
    }

    pub(crate) fn encode_to(&self, writer: &mut StateWriter) {
        writer.u32(self.generation);
        writer.u32(self.confirmed);
        self.retries.encode_to(writer);
        writer.option(self.last_reset.as_ref(), |writer, time| writer.time(*time));
        writer.bool(self.retry_open);
        for ids in [&self.asked, &self.resent] {
            writer.count(ids.len());
            ids.iter().for_each(|id| writer.bytes(id.as_bytes()));
        }
    }

    pub(crate) fn decode_from(reader: &mut StateReader<'_>) -> Result<Self, StateError> {
        Ok(Self {
            generation: reader.u32()?,
            confirmed: reader.u32()?,
            retries: Budget::decode_from(reader, RETRY_BUDGET, RETRY_REFILL)?,
            last_reset: reader.option(StateReader::time)?,
            retry_open: reader.bool()?,
            asked: ids(reader, RETRIES_REMEMBERED)?,
            resent: ids(reader, RESENDS_REMEMBERED)?,
        })
    }
}

fn ids(reader: &mut StateReader<'_>, most: usize) -> Result<Vec<MessageId>, StateError> {
    let count = reader.count(most)?;
    (0..count).map(|_| Ok(MessageId::new(reader.array()?))).collect()
}
