//! Parts of frames that a relay also keeps.

use super::{Capability, field};
use crate::{AccountId, CapabilityHash, DecodeError, DeviceId, MessageId, Reader, Receipt, UnixTime, Writer};

/// What stands in a lane, SPEC 21.2 and 25.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LaneItem {
    /// A receipt, and whose devices made it.
    Receipt {
        /// The account of the device that handed it in.
        account: AccountId,
        /// The receipt; its tag is for the sender to verify.
        receipt: Receipt,
    },
    /// An envelope that ended without having been delivered.
    Bounce {
        /// Whose mailbox it was in.
        device: DeviceId,
        /// The message.
        message_id: MessageId,
        /// A code of SPEC 4.4; one that is unknown is a refusal too (R-FRM-5).
        reason: u16,
    },
}

impl LaneItem {
    /// Reads the kind and what it holds.
    pub fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match reader.u8()? {
            RECEIPT => Ok(Self::Receipt {
                account: AccountId::decode_from(reader)?,
                receipt: Receipt::decode_from(reader)?,
            }),
            BOUNCE => Ok(Self::Bounce {
                device: DeviceId::decode_from(reader)?,
                message_id: MessageId::decode_from(reader)?,
                reason: reader.u16()?,
            }),
            _ => Err(DecodeError::InvalidValue),
        }
    }

    /// Writes the kind and what it holds.
    pub fn encode_to(&self, writer: &mut Writer) {
        match self {
            Self::Receipt { account, receipt } => {
                writer.u8(RECEIPT);
                account.encode_to(writer);
                receipt.encode_to(writer);
            }
            Self::Bounce {
                device,
                message_id,
                reason,
            } => {
                writer.u8(BOUNCE);
                device.encode_to(writer);
                message_id.encode_to(writer);
                writer.u16(*reason);
            }
        }
    }
}

/// An item and its place in the lane: LaneItem of SPEC 21.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneEntry {
    /// Its place, from 1, ascending.
    pub place: u64,
    /// A receipt or a bounce.
    pub item: LaneItem,
}

impl LaneEntry {
    /// Bytes of the shorter kind: a bounce.
    pub(super) const MIN_LENGTH: usize = 43;

    pub(super) fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            place: field::ordinal(reader)?,
            item: LaneItem::decode_from(reader)?,
        })
    }

    pub(super) fn encode_to(&self, writer: &mut Writer) {
        writer.u64(self.place);
        self.item.encode_to(writer);
    }
}

/// A receipt and where it goes, SPEC 21.1 and 25.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiptFor {
    /// The account that sent the message.
    pub account: AccountId,
    /// What lets the device reach that account.
    pub capability: Capability,
    /// The receipt.
    pub receipt: Receipt,
}

impl ReceiptFor {
    /// How many bytes it has.
    pub const LENGTH: usize = 83;

    pub(super) fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            account: AccountId::decode_from(reader)?,
            capability: Capability::decode_from(reader)?,
            receipt: Receipt::decode_from(reader)?,
        })
    }

    pub(super) fn encode_to(&self, writer: &mut Writer) {
        self.account.encode_to(writer);
        self.capability.encode_to(writer);
        self.receipt.encode_to(writer);
    }
}

/// A capability that an account grants, SPEC 21.1 and 26.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The hash of the capability.
    pub hash: CapabilityHash,
    /// True if the first account that stores with it is the only one.
    pub is_single: bool,
    /// How many envelopes may be stored with it; 0 for any number.
    pub envelopes: u16,
    /// When it ends; 0 for never.
    pub expires: UnixTime,
}

impl Grant {
    /// How many bytes it has.
    pub const LENGTH: usize = 43;

    /// Reads it as a field.
    pub fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            hash: CapabilityHash::decode_from(reader)?,
            is_single: field::flag(reader)?,
            envelopes: reader.u16()?,
            expires: UnixTime::decode_from(reader)?,
        })
    }

    /// Writes it as a field.
    pub fn encode_to(&self, writer: &mut Writer) {
        self.hash.encode_to(writer);
        writer.u8(self.is_single.into());
        writer.u16(self.envelopes);
        self.expires.encode_to(writer);
    }
}

/// The kind of a [`LaneItem::Receipt`].
const RECEIPT: u8 = 1;

/// The kind of a [`LaneItem::Bounce`].
const BOUNCE: u8 = 2;
