//! A channel for linking a device, R-EPH-2.

use super::{Fields, FrameKind, Opaque, RequestId, codecs};
use crate::{DecodeError, LinkChannel, LinkSealed, Reader, Writer};

/// Joins a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkJoin {
    /// Ties the answer to it.
    pub request: RequestId,
    /// Where the two devices meet.
    pub channel: LinkChannel,
}

impl Fields<'_> for LinkJoin {
    const KIND: FrameKind = FrameKind::LinkJoin;

    fn request(&self) -> RequestId {
        self.request
    }

    fn read(request: RequestId, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            request,
            channel: LinkChannel::decode_from(reader)?,
        })
    }

    fn write(&self, writer: &mut Writer) {
        self.channel.encode_to(writer);
    }
}

/// A message of SPEC 6 to the other one on the channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkSend<'a> {
    /// Ties the answer to it.
    pub request: RequestId,
    /// Where the two devices meet.
    pub channel: LinkChannel,
    /// 1 to 6,455 bytes, not yet decoded.
    pub data: Opaque<'a>,
}

impl<'a> Fields<'a> for LinkSend<'a> {
    const KIND: FrameKind = FrameKind::LinkSend;

    fn request(&self) -> RequestId {
        self.request
    }

    fn read(request: RequestId, reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self {
            request,
            channel: LinkChannel::decode_from(reader)?,
            data: data(reader)?,
        })
    }

    fn write(&self, writer: &mut Writer) {
        self.channel.encode_to(writer);
        write_data(writer, self.data);
    }

    fn room(&self) -> usize {
        24 + self.data.len()
    }
}

/// A message of SPEC 6 from the other one on the channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkDelivery<'a> {
    /// Where the two devices meet.
    pub channel: LinkChannel,
    /// 1 to 6,455 bytes, not yet decoded.
    pub data: Opaque<'a>,
}

impl<'a> Fields<'a> for LinkDelivery<'a> {
    const KIND: FrameKind = FrameKind::LinkDelivery;

    fn request(&self) -> RequestId {
        RequestId::UNASKED
    }

    fn read(_: RequestId, reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self {
            channel: LinkChannel::decode_from(reader)?,
            data: data(reader)?,
        })
    }

    fn write(&self, writer: &mut Writer) {
        self.channel.encode_to(writer);
        write_data(writer, self.data);
    }

    fn room(&self) -> usize {
        24 + self.data.len()
    }
}

codecs!(LinkJoin, LinkSend<'a>, LinkDelivery<'a>);

fn data<'a>(reader: &mut Reader<'a>) -> Result<Opaque<'a>, DecodeError> {
    let length = reader.count(1..=LinkSealed::MAX_LENGTH, 1)?;
    reader.bytes(length).map(Opaque::new)
}

fn write_data(writer: &mut Writer, data: Opaque<'_>) {
    writer.count(data.len());
    writer.bytes(&data);
}
