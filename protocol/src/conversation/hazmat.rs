//! The link of a message (SPEC 13.2), without a conversation that keeps it.

use twotick_wire::{ConversationId, DeviceId, HistoryLink, MessageId};

use super::history::Place;

/// A message's place in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryPlace<'a> {
    /// Where it belongs.
    pub conversation: ConversationId,
    /// The sending device.
    pub author: DeviceId,
    /// The sender's clock.
    pub lamport: u64,
    /// The sending device's count.
    pub sequence: u32,
    /// The links it continues.
    pub parents: &'a [HistoryLink],
}

/// The link of a message at this place (R-CON-6).
#[must_use]
pub fn history_link(place: &HistoryPlace<'_>, message_id: &MessageId, content: &[u8]) -> HistoryLink {
    Place {
        conversation: place.conversation,
        author: place.author,
        lamport: place.lamport,
        sequence: place.sequence,
        parents: place.parents,
    }
    .link(message_id, content)
}
