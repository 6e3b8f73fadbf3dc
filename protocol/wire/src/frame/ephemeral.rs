//! Ephemeral messages, SPEC 27.

use alloc::vec::Vec;

use super::{Capability, Fields, FrameKind, MessageTo, Opaque, RequestId, codecs, field::write_all};
use crate::{AccountId, DecodeError, MessageId, Reader, Writer};

/// A message that is never stored, R-EPH-1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ephemeral<'a> {
    /// Ties the answer to it.
    pub request: RequestId,
    /// Whose devices it goes to.
    pub account: AccountId,
    /// What lets the sender reach it; [`Capability::NONE`] for one's own.
    pub capability: Capability,
    /// The message.
    pub message_id: MessageId,
    /// 1 to 16 messages, ascending by device.
    pub messages: Vec<MessageTo<'a>>,
}

impl<'a> Fields<'a> for Ephemeral<'a> {
    const KIND: FrameKind = FrameKind::Ephemeral;

    fn request(&self) -> RequestId {
        self.request
    }

    fn read(request: RequestId, reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self {
            request,
            account: AccountId::decode_from(reader)?,
            capability: Capability::decode_from(reader)?,
            message_id: MessageId::decode_from(reader)?,
            messages: MessageTo::decode_all_from(reader)?,
        })
    }

    fn write(&self, writer: &mut Writer) {
        self.account.encode_to(writer);
        self.capability.encode_to(writer);
        self.message_id.encode_to(writer);
        write_all(writer, &self.messages, MessageTo::encode_to);
    }
}

/// An envelope that is stored nowhere, R-EPH-1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EphemeralDelivery<'a> {
    /// An [`Envelope`](crate::Envelope), not yet decoded.
    pub envelope: Opaque<'a>,
}

impl<'a> Fields<'a> for EphemeralDelivery<'a> {
    const KIND: FrameKind = FrameKind::EphemeralDelivery;

    fn request(&self) -> RequestId {
        RequestId::UNASKED
    }

    fn read(_: RequestId, reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Opaque::envelope(reader).map(|envelope| Self { envelope })
    }

    fn write(&self, writer: &mut Writer) {
        self.envelope.write_prefixed(writer);
    }

    fn room(&self) -> usize {
        10 + self.envelope.len()
    }
}

codecs!(Ephemeral<'a>, EphemeralDelivery<'a>);
