//! Sending, SPEC 23: Send and SendResult.

use alloc::vec::Vec;

use super::{
    Capability, Durability, Fields, FrameKind, Opaque, RequestId, codecs,
    field::{self, within, write_all},
};
use crate::{
    AccountId, DecodeError, DeviceId, ListHead, MAX_DEVICES, MessageId, RatchetMessage, Reader, SendId,
    Writer,
    codec::{elements, sorted},
};

/// A message to one device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageTo<'a> {
    /// The receiving device.
    pub to: DeviceId,
    /// A [`DeviceMessage`](crate::DeviceMessage), not yet decoded.
    pub message: Opaque<'a>,
}

impl<'a> MessageTo<'a> {
    /// Bytes of the shortest one.
    const MIN_LENGTH: usize = 20 + RatchetMessage::MIN_LENGTH;

    pub(super) fn decode_all_from(reader: &mut Reader<'a>) -> Result<Vec<Self>, DecodeError> {
        let count = reader.count(1..=MAX_DEVICES, Self::MIN_LENGTH)?;
        sorted(count, || Self::decode_from(reader), |message| message.to)
    }

    fn decode_from(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self {
            to: DeviceId::decode_from(reader)?,
            message: Opaque::message(reader)?,
        })
    }

    pub(super) fn encode_to(&self, writer: &mut Writer) {
        self.to.encode_to(writer);
        self.message.write_prefixed(writer);
    }
}

/// The messages to the devices of one account: all are stored or none (R-SND-1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountSend<'a> {
    /// The account.
    pub account: AccountId,
    /// What lets the sender reach it; [`Capability::NONE`] for one's own.
    pub capability: Capability,
    /// Names this part of the Send in every retry (R-SND-3).
    pub send_id: SendId,
    /// The list of the account that the sender knows (R-SND-5).
    pub list: ListHead,
    /// True with flags bit 0: devices are left out knowingly.
    pub is_partial: bool,
    /// 1 to 16 messages, ascending by device.
    pub messages: Vec<MessageTo<'a>>,
}

impl<'a> AccountSend<'a> {
    /// Bytes of all but the messages.
    const FIXED_LENGTH: usize = 87;

    /// Bytes of the shortest one.
    const MIN_LENGTH: usize = Self::FIXED_LENGTH + MessageTo::MIN_LENGTH;

    fn decode_from(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self {
            account: AccountId::decode_from(reader)?,
            capability: Capability::decode_from(reader)?,
            send_id: SendId::decode_from(reader)?,
            list: ListHead::decode_from(reader)?,
            is_partial: field::flag(reader)?,
            messages: MessageTo::decode_all_from(reader)?,
        })
    }

    fn encode_to(&self, writer: &mut Writer) {
        self.account.encode_to(writer);
        self.capability.encode_to(writer);
        self.send_id.encode_to(writer);
        self.list.encode_to(writer);
        writer.u8(self.is_partial.into());
        write_all(writer, &self.messages, MessageTo::encode_to);
    }
}

/// A message to the devices of some accounts, SPEC 23.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Send<'a> {
    /// Ties the answer to it.
    pub request: RequestId,
    /// The message.
    pub message_id: MessageId,
    /// Seconds until it expires, 1 to 2,592,000 (R-DUR-5).
    pub lifetime: u32,
    /// A [`SharedBody`](crate::SharedBody), not yet decoded, once for all; or nothing.
    pub body: Opaque<'a>,
    /// 1 to 16 accounts, ascending by id.
    pub accounts: Vec<AccountSend<'a>>,
}

impl<'a> Fields<'a> for Send<'a> {
    const KIND: FrameKind = FrameKind::Send;

    fn request(&self) -> RequestId {
        self.request
    }

    fn read(request: RequestId, reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self {
            request,
            message_id: MessageId::decode_from(reader)?,
            lifetime: within(reader.u32()?, 1, MAX_LIFETIME)?,
            body: Opaque::body(reader)?,
            accounts: {
                let count = reader.count(1..=MAX_ACCOUNTS, AccountSend::MIN_LENGTH)?;
                sorted(
                    count,
                    || AccountSend::decode_from(reader),
                    |account| account.account,
                )?
            },
        })
    }

    fn write(&self, writer: &mut Writer) {
        self.message_id.encode_to(writer);
        writer.u32(self.lifetime);
        self.body.write_prefixed(writer);
        write_all(writer, &self.accounts, AccountSend::encode_to);
    }

    fn room(&self) -> usize {
        let messages = self.accounts.iter().flat_map(|account| &account.messages);
        let messages: usize = messages.map(|message| 20 + message.message.len()).sum();
        32 + self.body.len() + self.accounts.len() * AccountSend::FIXED_LENGTH + messages
    }
}

/// What became of an [`AccountSend`], SPEC 23.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountResult<'a> {
    /// The account.
    pub account: AccountId,
    /// 0 for stored, or a code of SPEC 4.4; one that is unknown is a refusal too (R-FRM-5).
    pub status: u16,
    /// Milliseconds; 0: not before something changes.
    pub retry_after: u32,
    /// With status 0 what *stored* means, otherwise none.
    pub durability: Option<Durability>,
    /// The signed list, with a status that says the sender knew another (R-SND-5); or nothing.
    pub list: Opaque<'a>,
}

impl<'a> AccountResult<'a> {
    /// Bytes of one without a list.
    const MIN_LENGTH: usize = 43;

    fn decode_from(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Self {
            account: AccountId::decode_from(reader)?,
            status: reader.u16()?,
            retry_after: reader.u32()?,
            durability: match reader.u8()? {
                0 => None,
                byte => Some(Durability::from_byte(byte).ok_or(DecodeError::InvalidValue)?),
            },
            list: Opaque::list_or_nothing(reader)?,
        }
        .checked()
    }

    /// R-FRM-6, once the last field has been read.
    fn checked(self) -> Result<Self, DecodeError> {
        if (self.status == 0) == self.durability.is_some() {
            Ok(self)
        } else {
            Err(DecodeError::InvalidValue)
        }
    }

    fn encode_to(&self, writer: &mut Writer) {
        self.account.encode_to(writer);
        writer.u16(self.status);
        writer.u32(self.retry_after);
        writer.u8(self.durability.map_or(0, Durability::byte));
        self.list.write_prefixed(writer);
    }
}

/// The answer to a [`Send`], one result per account in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendResult<'a> {
    /// That of the [`Send`].
    pub request: RequestId,
    /// 1 to 16 results.
    pub results: Vec<AccountResult<'a>>,
}

impl<'a> Fields<'a> for SendResult<'a> {
    const KIND: FrameKind = FrameKind::SendResult;

    fn request(&self) -> RequestId {
        self.request
    }

    fn read(request: RequestId, reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let count = reader.count(1..=MAX_ACCOUNTS, AccountResult::MIN_LENGTH)?;
        Ok(Self {
            request,
            results: elements(count, || AccountResult::decode_from(reader))?,
        })
    }

    fn write(&self, writer: &mut Writer) {
        write_all(writer, &self.results, AccountResult::encode_to);
    }
}

codecs!(Send<'a>, SendResult<'a>);

/// Most accounts in a [`Send`]. More and one frame is a broadcast; fewer and one message takes several frames.
const MAX_ACCOUNTS: usize = 16;

/// Most seconds that a relay keeps an envelope, SPEC 23: 30 days.
const MAX_LIFETIME: u32 = 2_592_000;
