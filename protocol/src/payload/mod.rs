//! What a ratchet message carries (SPEC 11.1).

use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use twotick_wire::{AccountId, BodyHash, ConversationId, HistoryLink, ListHead, MessageId};
use zeroize::Zeroizing;

use crate::secret::Secret;

mod codec;
#[cfg(test)]
mod tests;

/// What one device says to another inside the ratchet (SPEC 11.1).
#[derive(Debug)]
pub struct Payload {
    /// The list of the sender's account, as the sender knows it.
    pub own: ListHead,
    /// The list of the receiving account, as the sender knows it.
    pub peer: ListHead,
    /// The rest, by kind.
    pub content: PayloadContent,
}

/// The kinds of payload (SPEC 11.1).
#[derive(Debug)]
pub enum PayloadContent {
    /// Kind 1: a message to the receiving account.
    Message(Message),
    /// Kind 2: a message to somebody else, for the sender's other devices.
    SentCopy {
        /// Whom it was sent to.
        recipient: AccountId,
        /// As that account got it.
        message: Message,
    },
    /// Kind 3: content without a place in the history, such as "is typing".
    Ephemeral {
        /// Where it belongs.
        conversation: ConversationId,
        /// What it is.
        content: Content,
    },
    /// Kind 4: messages that did not open, 1 to 8, ascending.
    RetryRequest(Vec<MessageId>),
    /// Kind 5: nothing but a new session.
    Reset,
    /// Kind 6: between devices of one account; always inline.
    DeviceSync(Content),
}

/// A message with its place in the history of its conversation (SPEC 11.1, 13.2).
#[derive(Debug)]
pub struct Message {
    /// Where it belongs.
    pub conversation: ConversationId,
    /// The sender's clock in this conversation, from 1.
    pub lamport: u64,
    /// Counts the sending device's messages in this conversation, from 1.
    pub sequence: u32,
    /// Milliseconds since the epoch on the sender's clock: shown, never used for order.
    pub sent_at: u64,
    /// Makes receipts, if they are wanted.
    pub receipt_key: Option<ReceiptKey>,
    /// The history it continues: at most 4 links, ascending.
    pub parents: Vec<HistoryLink>,
    /// What it says.
    pub content: Content,
}

/// Content, here or in a shared body (SPEC 11.1).
pub enum Content {
    /// Form 1: the content itself.
    Inline(Zeroizing<Vec<u8>>),
    /// Form 2: what opens the shared body beside the message.
    Shared {
        /// Opens it.
        key: BodyKey,
        /// The hash of its bytes.
        hash: BodyHash,
    },
}

/// Opens one shared body (SPEC 11.4).
pub struct BodyKey(pub(crate) Secret<32>);

/// Makes and checks the receipts of one message to one account (SPEC 14.1).
pub struct ReceiptKey(pub(crate) Secret<16>);

impl PayloadContent {
    /// The content, of a kind that has some.
    pub fn content(&self) -> Option<&Content> {
        match self {
            Self::Message(message) | Self::SentCopy { message, .. } => Some(&message.content),
            Self::Ephemeral { content, .. } | Self::DeviceSync(content) => Some(content),
            Self::RetryRequest(_) | Self::Reset => None,
        }
    }

    /// Whether a shared body belongs beside this payload; if not, there must be none (R-MSG-7).
    pub fn needs_body(&self) -> bool {
        matches!(self.content(), Some(Content::Shared { .. }))
    }

    /// Whether content of `length` bytes, put inline in place of the present one, fits the smallest bucket (R-MSG-1).
    pub(crate) fn fits_inline(&self, length: usize) -> bool {
        let present = self.content().map_or(0, Content::encoded_len);
        let others = codec::HEAD_LENGTH + self.encoded_len() - present;
        others.saturating_add(codec::INLINE_PREFIX).saturating_add(length) <= codec::SMALLEST_PAYLOAD
    }
}

impl BodyKey {
    /// Draws a key: `RAND(32)` (SPEC 11.3).
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self(Secret::random(rng))
    }
}

impl ReceiptKey {
    /// Draws a key: `RAND(16)` (SPEC 11.3).
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self(Secret::random(rng))
    }

    /// A second copy, for the sender's own record of it.
    pub(crate) fn duplicate(&self) -> Self {
        Self(self.0.duplicate())
    }
}

impl From<Secret<32>> for BodyKey {
    fn from(key: Secret<32>) -> Self {
        Self(key)
    }
}

impl From<Secret<16>> for ReceiptKey {
    fn from(key: Secret<16>) -> Self {
        Self(key)
    }
}

/// Shows the length of inline content, and the hash of a shared body.
impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inline(content) => f.debug_struct("Inline").field("length", &content.len()).finish(),
            Self::Shared { hash, .. } => f
                .debug_struct("Shared")
                .field("hash", hash)
                .finish_non_exhaustive(),
        }
    }
}

impl fmt::Debug for BodyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BodyKey").finish_non_exhaustive()
    }
}

impl fmt::Debug for ReceiptKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceiptKey").finish_non_exhaustive()
    }
}
