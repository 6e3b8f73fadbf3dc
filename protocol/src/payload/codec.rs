//! Bytes of payloads (SPEC 11.1), in buffers of exact size that wipe themselves.

use alloc::vec::Vec;

use twotick_wire::{
    AccountId, BodyHash, ConversationId, DecodeError, HistoryLink, ListHead, MAX_PAYLOAD, MessageId, Object,
    Reader, Writer,
};
use zeroize::Zeroizing;

use super::{BodyKey, Content, Message, Payload, PayloadContent, ReceiptKey};
use crate::limits::constants;
use crate::secret::Secret;

/// Object, version, kind, flags and both list heads.
pub(super) const HEAD_LENGTH: usize = 4 + 2 * ListHead::LENGTH;

/// Form and length of inline content.
pub(super) const INLINE_PREFIX: usize = 3;

/// The longest payload in the smallest bucket.
pub(super) const SMALLEST_PAYLOAD: usize = 252;

const LARGEST_PAYLOAD: usize = MAX_PAYLOAD - 4;
const MESSAGE: u8 = 1;
const SENT_COPY: u8 = 2;
const EPHEMERAL: u8 = 3;
const RETRY_REQUEST: u8 = 4;
const RESET: u8 = 5;
const DEVICE_SYNC: u8 = 6;
const RECEIPT_KEY_FOLLOWS: u8 = 1;
const INLINE: u8 = 1;
const SHARED: u8 = 2;
const MOST_RETRIES: usize = 8;

impl Payload {
    /// Decodes exactly one payload (R-MSG-2). Towards the network every failure is `Undecryptable`.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > LARGEST_PAYLOAD {
            return Err(DecodeError::LengthOutOfRange);
        }
        let mut reader = Reader::new(bytes);
        reader.object(Object::Payload)?;
        reader.version()?;
        let kind = reader.u8()?;
        if !(MESSAGE..=DEVICE_SYNC).contains(&kind) {
            return Err(DecodeError::InvalidValue);
        }
        let with_key = flags(&mut reader, kind)?;
        let own = ListHead::decode_from(&mut reader)?;
        let peer = ListHead::decode_from(&mut reader)?;
        let content = PayloadContent::decode_from(&mut reader, kind, with_key)?;
        reader.finish()?;
        if content.is_short_inline() && bytes.len() > SMALLEST_PAYLOAD {
            return Err(DecodeError::InvalidValue);
        }
        Ok(Self { own, peer, content })
    }

    /// All bytes (SPEC 11.1).
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut writer = Writer::with_capacity(self.encoded_len());
        writer.object(Object::Payload);
        writer.version();
        writer.u8(self.content.kind());
        writer.u8(if self.content.has_receipt_key() {
            RECEIPT_KEY_FOLLOWS
        } else {
            0
        });
        self.own.encode_to(&mut writer);
        self.peer.encode_to(&mut writer);
        self.content.encode_to(&mut writer);
        Zeroizing::new(writer.into_vec())
    }

    /// How many bytes `encode` returns.
    pub fn encoded_len(&self) -> usize {
        HEAD_LENGTH + self.content.encoded_len()
    }
}

impl PayloadContent {
    fn decode_from(reader: &mut Reader<'_>, kind: u8, with_key: bool) -> Result<Self, DecodeError> {
        Ok(match kind {
            MESSAGE => Self::Message(Message::decode_from(reader, with_key)?),
            SENT_COPY => Self::SentCopy {
                recipient: AccountId::decode_from(reader)?,
                message: Message::decode_from(reader, with_key)?,
            },
            EPHEMERAL => Self::Ephemeral {
                conversation: ConversationId::decode_from(reader)?,
                content: Content::decode_from(reader)?,
            },
            RETRY_REQUEST => Self::RetryRequest(message_ids(reader)?),
            RESET => Self::Reset,
            _ => match Content::decode_from(reader)? {
                content @ Content::Inline(_) => Self::DeviceSync(content),
                Content::Shared { .. } => return Err(DecodeError::InvalidValue),
            },
        })
    }

    fn encode_to(&self, writer: &mut Writer) {
        match self {
            Self::Message(message) => message.encode_to(writer),
            Self::SentCopy { recipient, message } => {
                recipient.encode_to(writer);
                message.encode_to(writer);
            }
            Self::Ephemeral {
                conversation,
                content,
            } => {
                conversation.encode_to(writer);
                content.encode_to(writer);
            }
            Self::RetryRequest(ids) => {
                writer.u8(short_count(ids.len()));
                ids.iter().for_each(|id| id.encode_to(writer));
            }
            Self::Reset => {}
            Self::DeviceSync(content) => content.encode_to(writer),
        }
    }

    pub(super) fn encoded_len(&self) -> usize {
        match self {
            Self::Message(message) => message.encoded_len(),
            Self::SentCopy { message, .. } => AccountId::LENGTH + message.encoded_len(),
            Self::Ephemeral { content, .. } => ConversationId::LENGTH + content.encoded_len(),
            Self::RetryRequest(ids) => 1 + MessageId::LENGTH * ids.len(),
            Self::Reset => 0,
            Self::DeviceSync(content) => content.encoded_len(),
        }
    }

    fn kind(&self) -> u8 {
        match self {
            Self::Message(_) => MESSAGE,
            Self::SentCopy { .. } => SENT_COPY,
            Self::Ephemeral { .. } => EPHEMERAL,
            Self::RetryRequest(_) => RETRY_REQUEST,
            Self::Reset => RESET,
            Self::DeviceSync(_) => DEVICE_SYNC,
        }
    }

    fn has_receipt_key(&self) -> bool {
        match self {
            Self::Message(message) | Self::SentCopy { message, .. } => message.receipt_key.is_some(),
            _ => false,
        }
    }

    /// Inline content of kinds 1 to 3, which must fit the smallest bucket, or else be shared (R-MSG-1).
    fn is_short_inline(&self) -> bool {
        !matches!(self, Self::DeviceSync(_)) && matches!(self.content(), Some(Content::Inline(_)))
    }
}

impl Message {
    fn decode_from(reader: &mut Reader<'_>, with_key: bool) -> Result<Self, DecodeError> {
        Ok(Self {
            conversation: ConversationId::decode_from(reader)?,
            lamport: match reader.u64()? {
                0 => return Err(DecodeError::InvalidValue),
                lamport => lamport,
            },
            sequence: match reader.u32()? {
                0 => return Err(DecodeError::InvalidValue),
                sequence => sequence,
            },
            sent_at: reader.u64()?,
            receipt_key: match with_key {
                true => Some(ReceiptKey(Secret::from_bytes(reader.array()?))),
                false => None,
            },
            parents: parents(reader)?,
            content: Content::decode_from(reader)?,
        })
    }

    fn encode_to(&self, writer: &mut Writer) {
        self.conversation.encode_to(writer);
        writer.u64(self.lamport);
        writer.u32(self.sequence);
        writer.u64(self.sent_at);
        if let Some(key) = &self.receipt_key {
            writer.bytes(key.0.expose());
        }
        writer.u8(short_count(self.parents.len()));
        self.parents.iter().for_each(|parent| parent.encode_to(writer));
        self.content.encode_to(writer);
    }

    fn encoded_len(&self) -> usize {
        let key = if self.receipt_key.is_some() { 16 } else { 0 };
        ConversationId::LENGTH
            + (8 + 4 + 8)
            + key
            + 1
            + HistoryLink::LENGTH * self.parents.len()
            + self.content.encoded_len()
    }
}

impl Content {
    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match reader.u8()? {
            INLINE => {
                let length = usize::from(reader.u16()?);
                Ok(Self::Inline(Zeroizing::new(reader.bytes(length)?.to_vec())))
            }
            SHARED => Ok(Self::Shared {
                key: BodyKey(Secret::from_bytes(reader.array()?)),
                hash: BodyHash::decode_from(reader)?,
            }),
            _ => Err(DecodeError::InvalidValue),
        }
    }

    fn encode_to(&self, writer: &mut Writer) {
        match self {
            Self::Inline(content) => {
                writer.u8(INLINE);
                writer.count(content.len());
                writer.bytes(content);
            }
            Self::Shared { key, hash } => {
                writer.u8(SHARED);
                writer.bytes(key.0.expose());
                hash.encode_to(writer);
            }
        }
    }

    pub(super) fn encoded_len(&self) -> usize {
        match self {
            Self::Inline(content) => INLINE_PREFIX + content.len(),
            Self::Shared { .. } => 1 + 32 + BodyHash::LENGTH,
        }
    }
}

/// Whether a receipt key follows; it can with kinds 1 and 2 only.
fn flags(reader: &mut Reader<'_>, kind: u8) -> Result<bool, DecodeError> {
    let flags = reader.u8()?;
    if flags & !RECEIPT_KEY_FOLLOWS != 0 {
        return Err(DecodeError::NonZeroReserved);
    }
    let with_key = flags == RECEIPT_KEY_FOLLOWS;
    if with_key && !matches!(kind, MESSAGE | SENT_COPY) {
        Err(DecodeError::InvalidValue)
    } else {
        Ok(with_key)
    }
}

fn parents(reader: &mut Reader<'_>) -> Result<Vec<HistoryLink>, DecodeError> {
    let count = usize::from(reader.u8()?);
    if count > constants::PARENTS {
        return Err(DecodeError::LengthOutOfRange);
    }
    ascending(reader, (count, HistoryLink::LENGTH), HistoryLink::decode_from)
}

fn message_ids(reader: &mut Reader<'_>) -> Result<Vec<MessageId>, DecodeError> {
    let count = usize::from(reader.u8()?);
    if !(1..=MOST_RETRIES).contains(&count) {
        return Err(DecodeError::LengthOutOfRange);
    }
    ascending(reader, (count, MessageId::LENGTH), MessageId::decode_from)
}

/// Reads `count` elements, at most 8, that are all there (R-ENC-6), in strictly ascending order (R-ENC-7).
fn ascending<'a, T: Ord>(
    reader: &mut Reader<'a>,
    (count, length): (usize, usize),
    read: impl Fn(&mut Reader<'a>) -> Result<T, DecodeError>,
) -> Result<Vec<T>, DecodeError> {
    if reader.remaining() < count * length {
        return Err(DecodeError::Truncated);
    }
    let mut elements = Vec::with_capacity(count);
    for _ in 0..count {
        let element = read(reader)?;
        if elements.last().is_some_and(|last| *last >= element) {
            return Err(DecodeError::NotSorted);
        }
        elements.push(element);
    }
    Ok(elements)
}

/// A count of one byte; one that does not fit becomes 255, which the decoder refuses.
fn short_count(count: usize) -> u8 {
    u8::try_from(count).unwrap_or(u8::MAX)
}
