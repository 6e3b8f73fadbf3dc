//! What a session sends: sealed headers and bodies, SPEC 9.2 and 10.4. Reading allocates nothing.

use alloc::vec::Vec;

use crate::{DecodeError, InitialMessage, MAX_PAYLOAD, Object, Reader, Writer, codec::decode_all, is_bucket};

/// A header and a body that only the session can open, SPEC 10.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sealed<'a> {
    /// The nonce of both seals.
    pub salt: [u8; 12],
    /// The sealed header: 48 bytes and a tag.
    pub header: &'a [u8; 64],
    /// The sealed payload: a bucket and a tag.
    pub body: &'a [u8],
}

impl<'a> Sealed<'a> {
    /// Bytes over the bucket: salt, header and the body's tag.
    pub const OVERHEAD: usize = 92;

    /// Reads all that is left: the body's length is given by the end of the message, R-MSG-3.
    pub fn decode_from(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self {
            salt: reader.array()?,
            header: reader.array_ref()?,
            body: sealed_bucket(reader.bytes(reader.remaining())?, MAX_PAYLOAD)?,
        })
    }

    /// Writes it as the end of a message.
    pub fn encode_to(&self, writer: &mut Writer) {
        writer.bytes(&self.salt);
        writer.bytes(self.header);
        writer.bytes(self.body);
    }

    /// How many bytes `encode_to` writes.
    pub(crate) const fn length(&self) -> usize {
        self.salt.len() + self.header.len() + self.body.len()
    }
}

/// A message of a session whose peer has answered, SPEC 10.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RatchetMessage<'a> {
    /// All there is.
    pub sealed: Sealed<'a>,
}

impl<'a> RatchetMessage<'a> {
    /// Bytes of a message of the smallest bucket.
    pub const MIN_LENGTH: usize = PREFIX + Sealed::OVERHEAD + 256;

    /// Bytes of a message of the largest bucket.
    pub const MAX_LENGTH: usize = PREFIX + Sealed::OVERHEAD + MAX_PAYLOAD;

    /// Decodes exactly one ratchet message.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        decode_all(bytes, |reader| {
            reader.object(Object::RatchetMessage)?;
            reader.suite()?;
            Ok(Self {
                sealed: Sealed::decode_from(reader)?,
            })
        })
    }

    /// All bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::with_capacity(PREFIX + self.sealed.length());
        writer.object(Object::RatchetMessage);
        writer.suite();
        self.sealed.encode_to(&mut writer);
        writer.into_vec()
    }
}

/// What an envelope carries from one device to another, SPEC 11.5.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "decoding a message allocates nothing, so the certificate stays inline"
)]
pub enum DeviceMessage<'a> {
    /// It may open a session.
    Initial(InitialMessage<'a>),
    /// It belongs to an open one.
    Ratchet(RatchetMessage<'a>),
}

impl<'a> DeviceMessage<'a> {
    /// Decodes exactly one message of the kind that its first byte names.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let found = Reader::new(bytes).u8()?;
        match Object::from_byte(found) {
            Some(Object::InitialMessage) => InitialMessage::decode(bytes).map(Self::Initial),
            Some(Object::RatchetMessage) => RatchetMessage::decode(bytes).map(Self::Ratchet),
            _ => Err(DecodeError::WrongObject { found }),
        }
    }

    /// All bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Initial(message) => message.encode(),
            Self::Ratchet(message) => message.encode(),
        }
    }
}

/// Accepts a bucket of up to `maximum` bytes with a tag behind it, R-MSG-3.
pub(crate) fn sealed_bucket(sealed: &[u8], maximum: usize) -> Result<&[u8], DecodeError> {
    match sealed.len().checked_sub(TAG) {
        Some(length) if is_bucket(length, maximum) => Ok(sealed),
        _ => Err(DecodeError::NotABucket),
    }
}

/// Bytes of an AES-256-GCM tag.
pub(crate) const TAG: usize = 16;

/// Bytes of a ratchet message before `sealed`: object and suite.
const PREFIX: usize = 3;
