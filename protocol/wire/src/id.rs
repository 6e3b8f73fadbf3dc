//! Identifiers, list heads and times.

use crate::{DecodeError, Reader, Writer, bytes::byte_newtypes, codec::concat};

byte_newtypes! {
    /// The address of an account: the hash of its key, SPEC 5.1.
    AccountId[32];
    /// A device and its mailbox: 16 random bytes, SPEC 5.2.
    DeviceId[16];
    /// A message, the same on every device that gets it, SPEC 11.3.
    MessageId[16];
    /// A conversation, SPEC 13.1.
    ConversationId[16];
    /// A signed prekey, by a hash of its keys, SPEC 8.1.
    SignedPrekeyId[16];
    /// A one-time prekey, by a hash of its keys, SPEC 8.2.
    OneTimePrekeyId[16];
    /// The hash of all bytes of a certificate, SPEC 5.2.
    CertificateHash[32];
    /// The hash of all bytes of a device list, SPEC 5.3.
    ListHash[32];
    /// The hash of all bytes of a shared body, SPEC 11.4.
    BodyHash[32];
    /// A message's place in the history of its conversation, SPEC 13.2.
    HistoryLink[16];
    /// The first half of a [`ListHash`], SPEC 5.3.
    ListHeadHash[16];
    /// Names an account's part of a Send for 72 h, SPEC 23.
    SendId[16];
    /// Changes when a relay has lost a part of its past, SPEC 20.
    StoreEpoch[16];
    /// The hash of a capability, all that a relay keeps of it, SPEC 26.
    CapabilityHash[32];
    /// Where two devices meet to link, SPEC 27.
    LinkChannel[16];
}

impl DeviceId {
    /// True for the id that no device has: zero is reserved, SPEC 11.5.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.0 == [0; 16]
    }
}

impl ListHash {
    /// True for the `previous` of a first list, SPEC 5.3.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.0 == [0; 32]
    }

    /// The half that a list head carries, SPEC 5.3.
    #[must_use]
    pub fn head(&self) -> ListHeadHash {
        ListHeadHash(concat(&[&self.0[..ListHeadHash::LENGTH]]))
    }
}

/// Which device list somebody knows, SPEC 5.3 and 11.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ListHead {
    /// The list's epoch.
    pub epoch: u32,
    /// The first half of the list's hash.
    pub hash: ListHeadHash,
}

impl ListHead {
    /// How many bytes it has.
    pub const LENGTH: usize = 20;

    /// No list is known.
    pub const NONE: Self = Self {
        epoch: 0,
        hash: ListHeadHash([0; 16]),
    };

    /// Reads it as a field.
    pub fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let head = Self {
            epoch: reader.u32()?,
            hash: ListHeadHash::decode_from(reader)?,
        };
        if head.epoch == 0 && head != Self::NONE {
            return Err(DecodeError::InvalidValue);
        }
        Ok(head)
    }

    /// Writes it as a field.
    pub fn encode_to(&self, writer: &mut Writer) {
        writer.u32(self.epoch);
        self.hash.encode_to(writer);
    }
}

/// Seconds since 1970-01-01T00:00:00Z, SPEC 2. Always given by the caller: no clock is read here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(u64);

impl UnixTime {
    /// The time this many seconds after the epoch.
    #[must_use]
    pub const fn new(seconds: u64) -> Self {
        Self(seconds)
    }

    /// Seconds after the epoch.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        self.0
    }

    /// The time `seconds` later, or the last one there is.
    #[must_use]
    pub const fn saturating_add(self, seconds: u64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// Seconds since `earlier`; zero if that is later.
    #[must_use]
    pub const fn saturating_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Reads it as a field.
    pub fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.u64().map(Self)
    }

    /// Writes it as a field.
    pub fn encode_to(&self, writer: &mut Writer) {
        writer.u64(self.0);
    }
}
