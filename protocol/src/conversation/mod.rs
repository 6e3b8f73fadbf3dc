//! Order, history and what is missing of it (SPEC 13).
//!
//! ```text
//!  mod         Conversation: sending and receiving, computed beside the state they replace
//!  ├ author      the sequences of one author device and the gaps in them   (R-CON-3)
//!  ├ history     links known, links named as parents, the frontier         (R-CON-6)
//!  ├ record      stored state
//!  └ transition  what is committed
//! ```

use alloc::vec::Vec;
use core::fmt;
use core::ops::RangeInclusive;

use twotick_wire::{AccountId, ConversationId, DeviceId, HistoryLink, Label, MessageId};

use crate::error::SendError;
use crate::limits::constants;
use crate::payload::Message;
use crate::primitive::hash::hash16;

use author::Authors;
use history::{History, Place};
pub use transition::ConversationTransition;
pub(crate) use transition::{ReceiveStep, SendStep};

mod author;
#[cfg(feature = "hazmat")]
pub(crate) mod hazmat;
mod history;
mod record;
#[cfg(test)]
mod tests;
mod transition;

/// The conversation of two accounts, or of one with itself (SPEC 13.1).
pub fn conversation_id(a: &AccountId, b: &AccountId) -> ConversationId {
    let (first, second) = if a <= b { (a, b) } else { (b, a) };
    ConversationId::new(hash16(
        Label::Conversation,
        &[first.as_bytes(), second.as_bytes()],
    ))
}

/// What a device knows of the order and history of a conversation (SPEC 13.2). It holds no content and no secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Conversation {
    id: ConversationId,
    lamport: u64,
    sequence: u32,
    authors: Authors,
    history: History,
}

/// Where a message stands in the order in which messages are shown (R-CON-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderKey {
    /// The sender's clock.
    pub lamport: u64,
    /// The sending device.
    pub author: DeviceId,
    /// The sending device's count of its messages.
    pub sequence: u32,
}

/// What has been sent and has not arrived (R-CON-4).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Missing {
    /// Sequences that did not arrive, by author device, ascending.
    pub gaps: Vec<(DeviceId, RangeInclusive<u32>)>,
    /// Messages that others answered and that are not here.
    pub unknown_parents: usize,
}

/// What a received message does to the history (R-CON-3, R-CON-4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryReport {
    /// It arrived before, and is not shown again.
    pub duplicate: bool,
    /// It is one that was missing.
    pub found: bool,
    /// Its link in the history.
    pub link: HistoryLink,
    /// What is missing now.
    pub missing: Missing,
    /// What the limits of SPEC 4.3 made the conversation forget.
    pub dropped: Dropped,
}

/// What a conversation no longer keeps track of, because a limit was reached (R-LIM-1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Gaps given up: while their author is known, these messages count as duplicates if they arrive.
    pub gaps: Vec<(DeviceId, RangeInclusive<u32>)>,
    /// Author devices forgotten, the longest silent first.
    pub authors: Vec<DeviceId>,
    /// Unknown parents forgotten.
    pub unknown_parents: usize,
    /// Loose ends of the history forgotten: no later message will name them as parents.
    pub frontier: usize,
}

impl Dropped {
    /// Whether no limit was reached.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Missing {
    /// Whether all is here, as far as can be told.
    pub fn is_empty(&self) -> bool {
        self.gaps.is_empty() && self.unknown_parents == 0
    }
}

/// No message can follow: the clock, or the sequence, is at its end (R-CON-5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LamportExhausted;

impl From<LamportExhausted> for SendError {
    fn from(_: LamportExhausted) -> Self {
        Self::ChainExhausted
    }
}

/// What the next payload says about its place (SPEC 13.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outgoing {
    pub(crate) lamport: u64,
    pub(crate) sequence: u32,
    pub(crate) parents: Vec<HistoryLink>,
    pub(crate) link: HistoryLink,
    pub(crate) dropped: Dropped,
}

impl Conversation {
    /// A conversation in which nothing has been said.
    pub fn new(id: ConversationId) -> Self {
        Self {
            id,
            lamport: 0,
            sequence: 0,
            authors: Authors::default(),
            history: History::default(),
        }
    }

    /// Which conversation it is.
    pub fn id(&self) -> &ConversationId {
        &self.id
    }

    /// The clock: the highest `lamport` sent or accepted.
    pub fn lamport(&self) -> u64 {
        self.lamport
    }

    /// What has been sent and has not arrived (R-CON-4).
    pub fn missing(&self) -> Missing {
        Missing {
            gaps: self.authors.gaps(),
            unknown_parents: self.history.unknown_parents(),
        }
    }

    /// The place of this device's next message, and the conversation after it.
    pub(crate) fn plan_send(
        &self,
        author: DeviceId,
        message_id: &MessageId,
        content: &[u8],
    ) -> Result<(SendStep, Outgoing), LamportExhausted> {
        if self.lamport >= constants::LAMPORT_END {
            return Err(LamportExhausted);
        }
        let lamport = self.lamport + 1;
        let sequence = self.sequence.checked_add(1).ok_or(LamportExhausted)?;
        let parents = self.history.parents();
        let place = Place {
            conversation: self.id,
            author,
            lamport,
            sequence,
            parents: &parents,
        };
        let link = place.link(message_id, content);
        let mut next = self.clone();
        let mut dropped = Dropped::default();
        next.lamport = lamport;
        next.sequence = sequence;
        next.authors.sent(author, sequence, &mut dropped);
        next.history.sent(link);
        Ok((
            SendStep(next),
            Outgoing {
                lamport,
                sequence,
                parents,
                link,
                dropped,
            },
        ))
    }

    /// What a message of `author` does, and the conversation after it. The caller has checked R-CON-1.
    pub(crate) fn plan_receive(
        &self,
        author: DeviceId,
        message_id: &MessageId,
        message: &Message,
        content: &[u8],
    ) -> (ReceiveStep, HistoryReport) {
        let Message {
            lamport,
            sequence,
            ref parents,
            ..
        } = *message;
        let link = Place {
            conversation: self.id,
            author,
            lamport,
            sequence,
            parents,
        }
        .link(message_id, content);
        let known = self.authors.find(&author);
        if known.is_some_and(|author| author.has(sequence)) || self.history.knows(&link) {
            let report = HistoryReport {
                duplicate: true,
                found: false,
                link,
                missing: self.missing(),
                dropped: Dropped::default(),
            };
            return (ReceiveStep(None), report);
        }
        let found = known.is_some_and(|author| author.misses(sequence)) || self.history.misses(&link);
        let mut next = self.clone();
        let mut dropped = Dropped::default();
        next.lamport = self
            .lamport
            .max(lamport.min(self.lamport.saturating_add(constants::LAMPORT_STEP)));
        next.history
            .received(link, parents, known.is_some(), &mut dropped);
        next.authors.received(author, sequence, &mut dropped);
        let report = HistoryReport {
            duplicate: false,
            found,
            link,
            missing: next.missing(),
            dropped,
        };
        (ReceiveStep(Some(next)), report)
    }
}

impl fmt::Debug for Conversation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conversation")
            .field("id", &self.id)
            .field("lamport", &self.lamport)
            .field("sequence", &self.sequence)
            .field("missing", &self.missing())
            .finish_non_exhaustive()
    }
}
