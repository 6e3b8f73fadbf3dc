//! Receiving, SPEC 24 and 25: pages of the mailbox and the lane, and what acknowledges them.

use alloc::vec::Vec;

use super::{
    Fields, FrameKind, LaneEntry, Opaque, ReceiptFor, RequestId, codecs,
    field::{ordinal, write_all},
};
use crate::{
    DecodeError, Envelope, Reader, UnixTime, Writer,
    codec::{elements, sorted},
};

/// Says what is committed at the device, SPEC 24.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ack {
    /// Ties the answer to it.
    pub request: RequestId,
    /// That of the Hello (R-ATT-4).
    pub session_epoch: u64,
    /// All up to this number are committed; 0 for none.
    pub upto: u64,
    /// All up to this place of the lane are committed; 0 for none.
    pub lane_upto: u64,
    /// Up to 64 numbers, ascending, none over `upto`, of what could not be opened.
    pub rejected: Vec<u64>,
    /// Up to 64 receipts, stored in the same step (R-DLV-4).
    pub receipts: Vec<ReceiptFor>,
}

impl Fields<'_> for Ack {
    const KIND: FrameKind = FrameKind::Ack;

    fn request(&self) -> RequestId {
        self.request
    }

    fn read(request: RequestId, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            request,
            session_epoch: reader.u64()?,
            upto: reader.u64()?,
            lane_upto: reader.u64()?,
            rejected: {
                let count = reader.count(0..=MAX_ITEMS, 8)?;
                sorted(count, || ordinal(reader), |seq| *seq)?
            },
            receipts: {
                let count = reader.count(0..=MAX_ITEMS, ReceiptFor::LENGTH)?;
                elements(count, || ReceiptFor::decode_from(reader))?
            },
        })
    }

    /// R-FRM-6.
    fn checked(self) -> Result<Self, DecodeError> {
        if self.rejected.last().is_some_and(|last| *last > self.upto) {
            Err(DecodeError::InvalidValue)
        } else {
            Ok(self)
        }
    }

    fn write(&self, writer: &mut Writer) {
        writer.u64(self.session_epoch);
        writer.u64(self.upto);
        writer.u64(self.lane_upto);
        write_all(writer, &self.rejected, |seq, writer| writer.u64(*seq));
        write_all(writer, &self.receipts, ReceiptFor::encode_to);
    }
}

/// Receipts outside an [`Ack`], SPEC 25.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendReceipts {
    /// Ties the answer to it.
    pub request: RequestId,
    /// 1 to 64 receipts.
    pub receipts: Vec<ReceiptFor>,
}

impl Fields<'_> for SendReceipts {
    const KIND: FrameKind = FrameKind::SendReceipts;

    fn request(&self) -> RequestId {
        self.request
    }

    fn read(request: RequestId, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let count = reader.count(1..=MAX_ITEMS, ReceiptFor::LENGTH)?;
        Ok(Self {
            request,
            receipts: elements(count, || ReceiptFor::decode_from(reader))?,
        })
    }

    fn write(&self, writer: &mut Writer) {
        write_all(writer, &self.receipts, ReceiptFor::encode_to);
    }
}

/// A numbered envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery<'a> {
    /// Its number in the mailbox, from 1.
    pub seq: u64,
    /// When the relay accepted it.
    pub accepted: UnixTime,
    /// An [`Envelope`], not yet decoded.
    pub envelope: Opaque<'a>,
}

impl<'a> Delivery<'a> {
    /// Bytes of one in a [`Page`], over its envelope.
    pub const OVERHEAD: usize = 20;

    fn decode_from(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self {
            seq: ordinal(reader)?,
            accepted: UnixTime::decode_from(reader)?,
            envelope: Opaque::envelope(reader)?,
        })
    }

    fn encode_to(&self, writer: &mut Writer) {
        writer.u64(self.seq);
        self.accepted.encode_to(writer);
        self.envelope.write_prefixed(writer);
    }
}

/// Envelopes of the mailbox, R-DLV-1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<'a> {
    /// 1 to 64 envelopes with consecutive numbers.
    pub deliveries: Vec<Delivery<'a>>,
}

impl Page<'_> {
    /// Bytes of a page over its deliveries: what fits is [`super::MAX_FRAME`] less this.
    pub const OVERHEAD: usize = 8;

    /// Most envelopes in a page.
    pub const MAX_DELIVERIES: usize = MAX_ITEMS;
}

impl<'a> Fields<'a> for Page<'a> {
    const KIND: FrameKind = FrameKind::Page;

    fn request(&self) -> RequestId {
        RequestId::UNASKED
    }

    fn read(_: RequestId, reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let count = reader.count(1..=MAX_ITEMS, Delivery::OVERHEAD + Envelope::MIN_LENGTH)?;
        let mut next = None;
        let deliveries = elements(count, || {
            let delivery = Delivery::decode_from(reader)?;
            if next.is_some_and(|next| next != delivery.seq) {
                return Err(DecodeError::NotSorted);
            }
            // 0 is the number of no delivery: nothing follows the last number there is.
            next = Some(delivery.seq.wrapping_add(1));
            Ok(delivery)
        })?;
        Ok(Self { deliveries })
    }

    fn write(&self, writer: &mut Writer) {
        write_all(writer, &self.deliveries, Delivery::encode_to);
    }

    fn room(&self) -> usize {
        let deliveries = self.deliveries.iter();
        let bytes: usize = deliveries
            .map(|delivery| Delivery::OVERHEAD + delivery.envelope.len())
            .sum();
        Self::OVERHEAD + bytes
    }
}

/// All that waited has been sent, R-DLV-1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drained {
    /// The number that the next envelope gets.
    pub next: u64,
}

impl Fields<'_> for Drained {
    const KIND: FrameKind = FrameKind::Drained;

    fn request(&self) -> RequestId {
        RequestId::UNASKED
    }

    fn read(_: RequestId, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        ordinal(reader).map(|next| Self { next })
    }

    fn write(&self, writer: &mut Writer) {
        writer.u64(self.next);
    }
}

/// Numbers whose envelopes the relay lost, R-DLV-6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The first, from 1.
    pub from: u64,
    /// The last, not under the first.
    pub to: u64,
}

impl Fields<'_> for Gap {
    const KIND: FrameKind = FrameKind::Gap;

    fn request(&self) -> RequestId {
        RequestId::UNASKED
    }

    fn read(_: RequestId, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            from: ordinal(reader)?,
            to: reader.u64()?,
        })
    }

    /// R-FRM-6.
    fn checked(self) -> Result<Self, DecodeError> {
        if self.from <= self.to {
            Ok(self)
        } else {
            Err(DecodeError::InvalidValue)
        }
    }

    fn write(&self, writer: &mut Writer) {
        writer.u64(self.from);
        writer.u64(self.to);
    }
}

/// Items of the lane, SPEC 25.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LanePage {
    /// 1 to 64 items, ascending by place.
    pub items: Vec<LaneEntry>,
}

impl LanePage {
    /// Most items in a page.
    pub const MAX_ITEMS: usize = MAX_ITEMS;
}

impl Fields<'_> for LanePage {
    const KIND: FrameKind = FrameKind::LanePage;

    fn request(&self) -> RequestId {
        RequestId::UNASKED
    }

    fn read(_: RequestId, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let count = reader.count(1..=MAX_ITEMS, LaneEntry::MIN_LENGTH)?;
        let items = sorted(count, || LaneEntry::decode_from(reader), |entry| entry.place)?;
        Ok(Self { items })
    }

    fn write(&self, writer: &mut Writer) {
        write_all(writer, &self.items, LaneEntry::encode_to);
    }
}

codecs!(Ack, SendReceipts, Page<'a>, Drained, Gap, LanePage);

/// Most envelopes, lane items, receipts or rejections in a frame. More and a frame outgrows its limit; fewer and there are more.
const MAX_ITEMS: usize = 64;
