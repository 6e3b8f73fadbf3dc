//! The messages that link a device, SPEC 6.1.

mod steps;

use alloc::vec::Vec;
use core::{fmt, ops::RangeInclusive};

use zeroize::Zeroize;

use crate::{
    AccountId, DecodeError, Object, Reader, UnixTime, VERSION, Writer, X25519PublicKey,
    codec::{concat, decode_all},
};

pub use steps::{LinkAcceptance, LinkCompletion, LinkProposal, LinkRequest};

/// What the existing device shows and a person carries over, SPEC 6.1.
///
/// It holds a secret, wiped on drop: there is no `Clone` and no comparison, and `Debug` leaves the secret out.
pub struct LinkOffer {
    /// Proves that the two devices are before the same person.
    pub secret: [u8; 32],
    /// The account that the new device will belong to.
    pub account_id: AccountId,
    /// When the offer ends.
    pub expires: UnixTime,
}

impl LinkOffer {
    /// How many bytes it has.
    pub const LENGTH: usize = 74;

    /// Decodes exactly one offer.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        decode_all(bytes, |reader| {
            reader.object(Object::LinkOffer)?;
            reader.version()?;
            Ok(Self {
                secret: reader.array()?,
                account_id: AccountId::decode_from(reader)?,
                expires: UnixTime::decode_from(reader)?,
            })
        })
    }

    /// All bytes, the secret included.
    #[must_use]
    pub fn encode(&self) -> [u8; Self::LENGTH] {
        concat(&[
            &[Object::LinkOffer.byte(), VERSION],
            &self.secret,
            self.account_id.as_bytes(),
            &self.expires.seconds().to_be_bytes(),
        ])
    }
}

impl Drop for LinkOffer {
    fn drop(&mut self) {
        self.secret.zeroize();
    }
}

impl fmt::Debug for LinkOffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinkOffer")
            .field("secret", &format_args!("hidden"))
            .field("account_id", &self.account_id)
            .field("expires", &self.expires)
            .finish()
    }
}

/// The new device's answer to an offer, SPEC 6.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkHello {
    /// The new device's ephemeral key.
    pub ephemeral: X25519PublicKey,
    /// Proves that the new device was shown the offer.
    pub mac: [u8; 32],
}

impl LinkHello {
    /// How many bytes it has.
    pub const LENGTH: usize = 66;

    /// Decodes exactly one hello.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        decode_all(bytes, |reader| {
            reader.object(Object::LinkHello)?;
            reader.version()?;
            Ok(Self {
                ephemeral: X25519PublicKey::decode_from(reader)?,
                mac: reader.array()?,
            })
        })
    }

    /// All bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; Self::LENGTH] {
        concat(&[
            &[Object::LinkHello.byte(), VERSION],
            self.ephemeral.as_bytes(),
            &self.mac,
        ])
    }
}

/// The existing device's commitment to what it will reveal, SPEC 6.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkCommitment {
    /// A hash of the ephemeral key and nonce of the [`LinkReveal`].
    pub commitment: [u8; 32],
}

impl LinkCommitment {
    /// How many bytes it has.
    pub const LENGTH: usize = 34;

    /// Decodes exactly one commitment.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        decode_all(bytes, |reader| {
            reader.object(Object::LinkCommitment)?;
            reader.version()?;
            Ok(Self {
                commitment: reader.array()?,
            })
        })
    }

    /// All bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; Self::LENGTH] {
        concat(&[&[Object::LinkCommitment.byte(), VERSION], &self.commitment])
    }
}

/// The new device's nonce, SPEC 6.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkNonce {
    /// Drawn after the commitment has come.
    pub nonce: [u8; 32],
}

impl LinkNonce {
    /// How many bytes it has.
    pub const LENGTH: usize = 34;

    /// Decodes exactly one nonce.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        decode_all(bytes, |reader| {
            reader.object(Object::LinkNonce)?;
            reader.version()?;
            Ok(Self {
                nonce: reader.array()?,
            })
        })
    }

    /// All bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; Self::LENGTH] {
        concat(&[&[Object::LinkNonce.byte(), VERSION], &self.nonce])
    }
}

/// What the existing device had committed to, SPEC 6.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkReveal {
    /// The existing device's ephemeral key.
    pub ephemeral: X25519PublicKey,
    /// The existing device's nonce.
    pub nonce: [u8; 32],
}

impl LinkReveal {
    /// How many bytes it has.
    pub const LENGTH: usize = 66;

    /// Decodes exactly one reveal.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        decode_all(bytes, |reader| {
            reader.object(Object::LinkReveal)?;
            reader.version()?;
            Ok(Self {
                ephemeral: X25519PublicKey::decode_from(reader)?,
                nonce: reader.array()?,
            })
        })
    }

    /// All bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; Self::LENGTH] {
        concat(&[
            &[Object::LinkReveal.byte(), VERSION],
            self.ephemeral.as_bytes(),
            &self.nonce,
        ])
    }
}

/// Which of the four sealed messages it is, SPEC 6.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum LinkStep {
    /// A [`LinkRequest`], by the new device.
    Request = 1,
    /// A [`LinkProposal`], by the existing device.
    Proposal = 2,
    /// A [`LinkAcceptance`], by the new device.
    Acceptance = 3,
    /// A [`LinkCompletion`], by the existing device.
    Completion = 4,
}

impl LinkStep {
    /// Its number, which is also in the nonce.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match reader.u8()? {
            1 => Ok(Self::Request),
            2 => Ok(Self::Proposal),
            3 => Ok(Self::Acceptance),
            4 => Ok(Self::Completion),
            _ => Err(DecodeError::InvalidValue),
        }
    }
}

/// A message on the linking channel, SPEC 6.1 and 6.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkSealed<'a> {
    /// Which one.
    pub step: LinkStep,
    /// The sealed step.
    pub sealed: &'a [u8],
}

impl<'a> LinkSealed<'a> {
    /// Bytes of the largest one: a completion of a full list.
    pub const MAX_LENGTH: usize = Self::PREFIX + *Self::SEALED.end();

    /// Bytes before `sealed`.
    const PREFIX: usize = 7;

    /// A tag alone, up to the largest completion and its tag.
    const SEALED: RangeInclusive<usize> = 16..=6448;

    /// Decodes exactly one sealed message; it allocates nothing.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        decode_all(bytes, |reader| {
            reader.object(Object::LinkSealed)?;
            reader.version()?;
            Ok(Self {
                step: LinkStep::decode_from(reader)?,
                sealed: reader.prefixed(Self::SEALED)?,
            })
        })
    }

    /// All bytes. What `decode` refuses is not refused here.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::with_capacity(Self::PREFIX + self.sealed.len());
        writer.object(Object::LinkSealed);
        writer.version();
        writer.u8(self.step.number());
        writer.prefixed(self.sealed);
        writer.into_vec()
    }
}
