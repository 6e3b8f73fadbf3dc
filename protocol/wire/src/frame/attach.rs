//! Attaching, SPEC 22.1: Challenge, Attach, Hello, and Token over HTTP.

use alloc::vec::Vec;

use super::{
    Fields, FrameKind, Opaque, RequestId, TokenBytes, codecs,
    field::{self, within},
    write_header,
};
use crate::{
    DecodeError, DeviceCertificate, Envelope, ListHead, Reader, Signature, StoreEpoch, UnixTime, Writer,
};

/// What a relay says first, R-ATT-1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Challenge<'a> {
    /// Fresh random bytes.
    pub nonce: [u8; 32],
    /// The relay's time.
    pub now: UnixTime,
    /// The name under which the relay is reached: 1 to 255 bytes.
    pub name: &'a [u8],
}

impl<'a> Fields<'a> for Challenge<'a> {
    const KIND: FrameKind = FrameKind::Challenge;

    fn request(&self) -> RequestId {
        RequestId::UNASKED
    }

    fn read(_: RequestId, reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self {
            nonce: reader.array()?,
            now: UnixTime::decode_from(reader)?,
            name: match reader.u8()? {
                0 => return Err(DecodeError::LengthOutOfRange),
                length => reader.bytes(length.into())?,
            },
        })
    }

    fn write(&self, writer: &mut Writer) {
        writer.bytes(&self.nonce);
        self.now.encode_to(writer);
        write_name(writer, self.name);
    }
}

/// Proves to a relay which device this is, SPEC 21.1 (R-ATT-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attach<'a> {
    /// Ties the answer to it.
    pub request: RequestId,
    /// That of the [`Challenge`].
    pub nonce: [u8; 32],
    /// An encoded [`DeviceCertificate`], not yet decoded: [`DeviceCertificate::LENGTH`] bytes.
    pub certificate: Opaque<'a>,
    /// The last one seen; zero for none.
    pub store_epoch: StoreEpoch,
    /// The highest number that is committed at the device.
    pub cursor: u64,
    /// The highest place of the lane that is committed at the device.
    pub lane_cursor: u64,
    /// Most envelopes that may be unacknowledged, 1 to 1,024 (R-DLV-2).
    pub window_envelopes: u16,
    /// Most bytes of them, 71,737 to 4,194,304.
    pub window_bytes: u32,
    /// True with flags bit 0: nothing of the mailbox is sent here.
    pub is_send_only: bool,
    /// The device's signature over [`Self::signing_input`].
    pub signature: Signature,
}

impl Attach<'_> {
    /// How many bytes it has.
    pub const LENGTH: usize = 405;

    /// What the device signs, before the label: the relay's name and its length, then all that precedes the signature.
    #[must_use]
    pub fn signing_input(&self, name: &[u8]) -> Vec<u8> {
        let mut writer = Writer::with_capacity(1 + name.len() + Self::LENGTH);
        write_name(&mut writer, name);
        write_header(&mut writer, FrameKind::Attach, self.request);
        self.unsigned(&mut writer);
        writer.into_vec()
    }

    fn unsigned(&self, writer: &mut Writer) {
        writer.bytes(&self.nonce);
        writer.bytes(&self.certificate);
        self.store_epoch.encode_to(writer);
        writer.u64(self.cursor);
        writer.u64(self.lane_cursor);
        writer.u16(self.window_envelopes);
        writer.u32(self.window_bytes);
        writer.u8(self.is_send_only.into());
    }
}

impl<'a> Fields<'a> for Attach<'a> {
    const KIND: FrameKind = FrameKind::Attach;

    fn request(&self) -> RequestId {
        self.request
    }

    fn read(request: RequestId, reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self {
            request,
            nonce: reader.array()?,
            certificate: Opaque::new(reader.bytes(DeviceCertificate::LENGTH)?),
            store_epoch: StoreEpoch::decode_from(reader)?,
            cursor: reader.u64()?,
            lane_cursor: reader.u64()?,
            window_envelopes: within(reader.u16()?, 1, 1_024)?,
            window_bytes: within(reader.u32()?, LARGEST_ENVELOPE, 4_194_304)?,
            is_send_only: field::flag(reader)?,
            signature: Signature::decode_from(reader)?,
        })
    }

    fn write(&self, writer: &mut Writer) {
        self.unsigned(writer);
        self.signature.encode_to(writer);
    }

    fn room(&self) -> usize {
        Self::LENGTH
    }
}

/// What *stored* means, SPEC 31.1. More is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Durability {
    /// In memory: gone with the process.
    Memory = 1,
    /// Flushed to this machine's disk.
    Disk = 2,
    /// On several machines.
    Machines = 3,
}

impl Durability {
    /// Its byte in a frame.
    #[must_use]
    pub const fn byte(self) -> u8 {
        self as u8
    }

    /// Reads it as a field.
    pub fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Self::from_byte(reader.u8()?).ok_or(DecodeError::InvalidValue)
    }

    pub(super) const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::Memory),
            2 => Some(Self::Disk),
            3 => Some(Self::Machines),
            _ => None,
        }
    }
}

/// What an attached device learns, SPEC 21.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hello {
    /// That of the [`Attach`].
    pub request: RequestId,
    /// Which past the relay has.
    pub store_epoch: StoreEpoch,
    /// Goes into every Ack (R-ATT-4).
    pub session_epoch: u64,
    /// The highest number acknowledged.
    pub acked: u64,
    /// The number the next envelope gets: over `acked`.
    pub next: u64,
    /// Envelopes that wait.
    pub backlog_envelopes: u32,
    /// Their bytes.
    pub backlog_bytes: u64,
    /// Envelopes refused because the mailbox was full, since it was last empty (R-SND-7).
    pub refused: u32,
    /// One-time prekeys that are left.
    pub prekeys: u16,
    /// The list of one's own account that the relay has.
    pub list: ListHead,
    /// Seconds, 1 or more (R-ATT-7).
    pub heartbeat: u16,
    /// The relay's time.
    pub now: UnixTime,
    /// What *stored* means here.
    pub durability: Durability,
}

impl Hello {
    /// How many bytes it has.
    pub const LENGTH: usize = 95;
}

impl Fields<'_> for Hello {
    const KIND: FrameKind = FrameKind::Hello;

    fn request(&self) -> RequestId {
        self.request
    }

    fn read(request: RequestId, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            request,
            store_epoch: StoreEpoch::decode_from(reader)?,
            session_epoch: reader.u64()?,
            acked: reader.u64()?,
            next: reader.u64()?,
            backlog_envelopes: reader.u32()?,
            backlog_bytes: reader.u64()?,
            refused: reader.u32()?,
            prekeys: reader.u16()?,
            list: ListHead::decode_from(reader)?,
            heartbeat: within(reader.u16()?, 1, u16::MAX)?,
            now: UnixTime::decode_from(reader)?,
            durability: Durability::decode_from(reader)?,
        })
    }

    /// R-FRM-6.
    fn checked(self) -> Result<Self, DecodeError> {
        if self.acked < self.next {
            Ok(self)
        } else {
            Err(DecodeError::InvalidValue)
        }
    }

    fn write(&self, writer: &mut Writer) {
        self.store_epoch.encode_to(writer);
        writer.u64(self.session_epoch);
        writer.u64(self.acked);
        writer.u64(self.next);
        writer.u32(self.backlog_envelopes);
        writer.u64(self.backlog_bytes);
        writer.u32(self.refused);
        writer.u16(self.prekeys);
        self.list.encode_to(writer);
        writer.u16(self.heartbeat);
        self.now.encode_to(writer);
        writer.u8(self.durability.byte());
    }
}

/// Stands for the attached connection over HTTP, R-TRN-1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// When it ends.
    pub expires: UnixTime,
    /// What goes into the header of every other request.
    pub token: TokenBytes,
}

impl Fields<'_> for Token {
    const KIND: FrameKind = FrameKind::Token;

    fn request(&self) -> RequestId {
        RequestId::UNASKED
    }

    fn read(_: RequestId, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            expires: UnixTime::decode_from(reader)?,
            token: TokenBytes::decode_from(reader)?,
        })
    }

    fn write(&self, writer: &mut Writer) {
        self.expires.encode_to(writer);
        self.token.encode_to(writer);
    }
}

codecs!(Challenge<'a>, Attach<'a>, Hello, Token);

/// Writes a name after its length; a length that does not fit becomes 0, which every decoder refuses.
fn write_name(writer: &mut Writer, name: &[u8]) {
    writer.u8(u8::try_from(name.len()).unwrap_or(0));
    writer.bytes(name);
}

/// One envelope is always allowed, so the window holds the largest.
const LARGEST_ENVELOPE: u32 = Envelope::MAX_LENGTH as u32;
