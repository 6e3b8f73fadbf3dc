//! Content that is sealed once for all devices, SPEC 11.4.

use alloc::vec::Vec;

use crate::{
    DecodeError, MAX_BODY, Object, SUITE, VERSION, Writer,
    codec::{concat, decode_all},
    message::{TAG, sealed_bucket},
};

/// A body that a key inside the payload opens, SPEC 11.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SharedBody<'a> {
    /// Commits to the one key that opens it.
    pub commitment: [u8; 32],
    /// The sealed content: a bucket and a tag.
    pub sealed: &'a [u8],
}

impl<'a> SharedBody<'a> {
    /// Bytes of a body of the smallest bucket.
    pub const MIN_LENGTH: usize = HEADER_LENGTH + 256 + TAG;

    /// Bytes of a body of the largest bucket.
    pub const MAX_LENGTH: usize = HEADER_LENGTH + MAX_BODY + TAG;

    /// Decodes exactly one shared body; it allocates nothing.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        decode_all(bytes, |reader| {
            reader.object(Object::SharedBody)?;
            reader.version()?;
            reader.suite()?;
            Ok(Self {
                commitment: reader.array()?,
                sealed: sealed_bucket(reader.bytes(reader.remaining())?, MAX_BODY)?,
            })
        })
    }

    /// All bytes, which are also the input of the body hash.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::with_capacity(HEADER_LENGTH + self.sealed.len());
        writer.bytes(&self.header_bytes());
        writer.bytes(self.sealed);
        writer.into_vec()
    }

    /// All that precedes `sealed`, which is part of its associated data.
    #[must_use]
    pub fn header_bytes(&self) -> [u8; 36] {
        concat(&[
            &[Object::SharedBody.byte(), VERSION],
            &SUITE.to_be_bytes(),
            &self.commitment,
        ])
    }
}

/// Bytes before `sealed`.
const HEADER_LENGTH: usize = 36;
