//! Why bytes were refused, SPEC 2.1.

use crate::ErrorCode;

/// Bytes that are no value of the format they were read as, SPEC 2.1 and 4.4.
///
/// The sender of the bytes is at fault. Fields are numbers and one byte values, never text or keys of a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Input ends inside a field.
    #[error("input ends inside a field")]
    Truncated,
    /// Input goes on after the last field.
    #[error("{count} bytes follow the last field")]
    TrailingBytes {
        /// How many bytes are left over.
        count: usize,
    },
    /// The first byte names another object.
    #[error("object {found:#04x} is not the one expected here")]
    WrongObject {
        /// The byte that was there.
        found: u8,
    },
    /// A reserved byte or bit is set.
    #[error("a reserved byte or bit is not zero")]
    NonZeroReserved,
    /// A length or count is over its maximum or under its minimum.
    #[error("a length or count is out of its range")]
    LengthOutOfRange,
    /// A sorted list has equal or descending neighbours.
    #[error("a list is not in strictly ascending order")]
    NotSorted,
    /// A public key is not canonical or of small order, R-PRM-3.
    #[error("a public key is refused")]
    BadKey,
    /// A field has a value outside its closed set, or contradicts another field.
    #[error("a field has a value that is not allowed")]
    InvalidValue,
    /// A sealed length is no bucket of SPEC 11.2.
    #[error("a sealed length is not a bucket")]
    NotABucket,
    /// The version byte is not 1.
    #[error("version {found} is not supported")]
    UnsupportedVersion {
        /// The byte that was there.
        found: u8,
    },
    /// The suite is not `0x0001`, or a certificate's `suites` do not include it.
    #[error("suite {found:#06x} is not supported")]
    UnsupportedSuite {
        /// The suite, or the `suites` of a certificate, that were there.
        found: u16,
    },
}

impl DecodeError {
    /// The stable code of this error, SPEC 4.4.
    #[must_use]
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::Truncated => ErrorCode::Truncated,
            Self::TrailingBytes { .. } => ErrorCode::TrailingBytes,
            Self::WrongObject { .. } => ErrorCode::WrongObject,
            Self::NonZeroReserved => ErrorCode::NonZeroReserved,
            Self::LengthOutOfRange => ErrorCode::LengthOutOfRange,
            Self::NotSorted => ErrorCode::NotSorted,
            Self::BadKey => ErrorCode::BadKey,
            Self::InvalidValue => ErrorCode::InvalidValue,
            Self::NotABucket => ErrorCode::NotABucket,
            Self::UnsupportedVersion { .. } => ErrorCode::UnsupportedVersion,
            Self::UnsupportedSuite { .. } => ErrorCode::UnsupportedSuite,
        }
    }
}
