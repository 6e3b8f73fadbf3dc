//! The code that two people scan from each other's screens, SPEC 7.

use crate::{
    AccountId, DecodeError, Object, VERSION,
    codec::{concat, decode_all},
};

/// Names the two accounts of a comparison, SPEC 7.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SafetyCode {
    /// The account on whose screen it is.
    pub shown_by: AccountId,
    /// The account that is to scan it.
    pub shown_to: AccountId,
}

impl SafetyCode {
    /// How many bytes it has.
    pub const LENGTH: usize = 66;

    /// Decodes exactly one code.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        decode_all(bytes, |reader| {
            reader.object(Object::SafetyCode)?;
            reader.version()?;
            Ok(Self {
                shown_by: AccountId::decode_from(reader)?,
                shown_to: AccountId::decode_from(reader)?,
            })
        })
    }

    /// All bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; Self::LENGTH] {
        concat(&[
            &[Object::SafetyCode.byte(), VERSION],
            self.shown_by.as_bytes(),
            self.shown_to.as_bytes(),
        ])
    }
}
