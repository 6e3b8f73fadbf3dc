//! The ticks of a sent message (SPEC 14.1).

use core::fmt;

use twotick_wire::{AccountId, MessageId, Receipt, ReceiptState, UnixTime};

use super::tag;
use crate::error::{ReceiptError, StateError};
use crate::limits::constants;
use crate::payload::ReceiptKey;
use crate::secret::Secret;
use crate::staged::{Change, Record, RecordKey, RecordKind, Sealed, Staged, Transition, Visit};
use crate::state::{StateReader, StateWriter};

/// What a sender keeps of one message to one account: the key, and how far it got (R-RCP-3).
pub struct SentReceipts {
    key: ReceiptKey,
    message_id: MessageId,
    recipient: AccountId,
    sent: UnixTime,
    state: Option<ReceiptState>,
}

/// How a receipt moved the state (R-RCP-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiptChange {
    /// The state it was in.
    pub before: Option<ReceiptState>,
    /// The state it is in; the same, if it was there already.
    pub after: Option<ReceiptState>,
}

impl ReceiptChange {
    /// Whether no further receipt can matter: the record may be deleted (R-RCP-3).
    pub fn finished(&self) -> bool {
        self.after == Some(ReceiptState::Read)
    }
}

impl SentReceipts {
    /// Starts without a tick.
    pub fn new(key: ReceiptKey, message_id: MessageId, recipient: AccountId, sent: UnixTime) -> Self {
        Self {
            key,
            message_id,
            recipient,
            sent,
            state: None,
        }
    }

    /// How far the message got.
    pub fn state(&self) -> Option<ReceiptState> {
        self.state
    }

    /// The message.
    pub fn message_id(&self) -> &MessageId {
        &self.message_id
    }

    /// The account it was sent to.
    pub fn recipient(&self) -> &AccountId {
        &self.recipient
    }

    /// Whether the key has been kept for 30 days and may be deleted (R-RCP-3).
    pub fn expired(&self, now: UnixTime) -> bool {
        now.saturating_since(self.sent) >= constants::RECEIPT_KEY_KEPT
    }

    /// Under which key a store keeps it.
    pub fn record_key(&self) -> RecordKey {
        RecordKey::new(
            RecordKind::ReceiptKey,
            &[self.message_id.as_bytes(), self.recipient.as_bytes()],
        )
    }

    /// Checks a receipt in constant time: `BadReceipt`, or the change it makes (R-RCP-1, R-RCP-2).
    pub fn verify(
        &mut self,
        receipt: &Receipt,
    ) -> Result<Staged<SentReceiptsTransition<'_>, ReceiptChange>, ReceiptError> {
        let expected = tag(&self.key, receipt.state, &self.message_id, &self.recipient);
        let genuine = expected.same_as(&Secret::from_bytes(receipt.tag));
        if receipt.message_id != self.message_id || !genuine {
            return Err(ReceiptError::BadReceipt);
        }
        let before = self.state;
        let after = before.max(Some(receipt.state));
        let next = (after != before).then(|| Self {
            key: self.key.duplicate(),
            message_id: self.message_id,
            recipient: self.recipient,
            sent: self.sent,
            state: after,
        });
        Ok(Staged {
            transition: SentReceiptsTransition { current: self, next },
            output: ReceiptChange { before, after },
        })
    }

    /// Reads what was stored.
    pub fn decode(bytes: &[u8]) -> Result<Self, StateError> {
        let mut reader = StateReader::start(bytes, RecordKind::ReceiptKey)?;
        let receipts = Self {
            key: ReceiptKey(reader.secret()?),
            message_id: MessageId::new(reader.array()?),
            recipient: AccountId::new(reader.array()?),
            sent: reader.time()?,
            state: match reader.u8()? {
                0 => None,
                1 => Some(ReceiptState::Delivered),
                2 => Some(ReceiptState::Read),
                _ => return Err(StateError::Corrupt),
            },
        };
        reader.finish()?;
        Ok(receipts)
    }
}

impl Sealed for SentReceipts {}

impl Record for SentReceipts {
    fn encode_to(&self, writer: &mut StateWriter) {
        writer.start(RecordKind::ReceiptKey);
        writer.secret(&self.key.0);
        writer.bytes(self.message_id.as_bytes());
        writer.bytes(self.recipient.as_bytes());
        writer.time(self.sent);
        writer.u8(self.state.map_or(0, ReceiptState::byte));
    }
}

impl fmt::Debug for SentReceipts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SentReceipts")
            .field("message_id", &self.message_id)
            .field("recipient", &self.recipient)
            .field("sent", &self.sent)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// The ticks of a message and what they become (SPEC 15.1).
#[derive(Debug)]
pub struct SentReceiptsTransition<'a> {
    current: &'a mut SentReceipts,
    next: Option<SentReceipts>,
}

impl Visit for SentReceiptsTransition<'_> {
    fn visit(&self, visit: &mut dyn FnMut(Change<'_>)) {
        if let Some(next) = &self.next {
            visit(Change::Put {
                key: next.record_key(),
                value: next,
            });
        }
    }
}

impl Transition for SentReceiptsTransition<'_> {
    fn apply(&mut self) {
        if let Some(next) = &mut self.next {
            core::mem::swap(self.current, next);
        }
    }
}
