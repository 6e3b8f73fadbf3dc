//! What the relay moves, SPEC 11.5.

use alloc::vec::Vec;
use core::fmt;

use crate::{
    DecodeError, DeviceId, InitialMessage, MessageId, Object, RatchetMessage, Reader, SharedBody, Writer,
    codec::decode_all,
};

/// A message on its way from one device to another, SPEC 11.5. The relay reads all but the contents of the last two.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Envelope<'a> {
    /// The sending device.
    pub from: DeviceId,
    /// The receiving device, which is also the mailbox.
    pub to: DeviceId,
    /// The message, the same in the envelopes to all devices.
    pub message_id: MessageId,
    /// A [`DeviceMessage`](crate::DeviceMessage), not yet decoded.
    pub message: &'a [u8],
    /// A [`SharedBody`], not yet decoded, or nothing.
    pub body: &'a [u8],
}

/// Prints ids and lengths: what is sealed is never shown (R-BLD-1).
impl fmt::Debug for Envelope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope")
            .field("from", &self.from)
            .field("to", &self.to)
            .field("message_id", &self.message_id)
            .field("message", &self.message.len())
            .field("body", &self.body.len())
            .finish()
    }
}

impl<'a> Envelope<'a> {
    /// Bytes of the smallest envelope: a ratchet message without a body.
    pub const MIN_LENGTH: usize = Self::OVERHEAD + RatchetMessage::MIN_LENGTH;

    /// Bytes of the largest envelope.
    pub const MAX_LENGTH: usize = Self::OVERHEAD + InitialMessage::MAX_LENGTH + SharedBody::MAX_LENGTH;

    /// Bytes over the message and the body.
    const OVERHEAD: usize = 58;

    /// Decodes exactly one envelope; it allocates nothing.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        decode_all(bytes, Self::fields)?.checked()
    }

    /// All bytes. What `decode` refuses is not refused here.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::with_capacity(Self::OVERHEAD + self.message.len() + self.body.len());
        writer.object(Object::Envelope);
        writer.version();
        self.from.encode_to(&mut writer);
        self.to.encode_to(&mut writer);
        self.message_id.encode_to(&mut writer);
        writer.prefixed(self.message);
        writer.prefixed(self.body);
        writer.into_vec()
    }

    fn fields(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        reader.object(Object::Envelope)?;
        reader.version()?;
        Ok(Self {
            from: DeviceId::decode_from(reader)?,
            to: DeviceId::decode_from(reader)?,
            message_id: MessageId::decode_from(reader)?,
            message: reader.prefixed(RatchetMessage::MIN_LENGTH..=InitialMessage::MAX_LENGTH)?,
            body: reader.prefixed_or_empty(SharedBody::MIN_LENGTH..=SharedBody::MAX_LENGTH)?,
        })
    }

    /// R-MSG-8, once the last field has been read.
    fn checked(self) -> Result<Self, DecodeError> {
        if self.from.is_zero() || self.to.is_zero() || self.from == self.to {
            Err(DecodeError::InvalidValue)
        } else {
            Ok(self)
        }
    }
}
