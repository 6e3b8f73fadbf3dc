//! One error for each operation, each with its code of SPEC 4.4.
//!
//! They carry numbers only: no key bytes, no plaintext, no text chosen by a peer.

use alloc::boxed::Box;

use twotick_wire::{DecodeError, DeviceId, DeviceList, ErrorCode};

use crate::primitive::agreement::BadKey;

/// Why a certificate, list, rotation or account was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(
    missing_docs,
    reason = "each variant is the error of SPEC 4.4 that its code names"
)]
pub enum IdentityError {
    #[error(transparent)]
    Decode(#[from] DecodeError),
    #[error("a public key is refused")]
    BadKey,
    #[error("the account key did not sign this")]
    BadAccountSignature,
    #[error("the device key did not counter-sign this certificate")]
    BadDeviceSignature,
    #[error("validity has ended")]
    Expired,
    #[error("validity has not started")]
    NotYetValid,
    #[error("belongs to another account")]
    WrongAccount,
    #[error("device is not in the account's device list")]
    NotInDeviceList,
    #[error("device list has epoch {received}, known is {known}")]
    DeviceListRollback { known: u32, received: u32 },
    #[error("two device lists contradict each other")]
    DeviceListFork(Box<ForkEvidence>),
    #[error("device list has expired")]
    DeviceListStale,
    #[error("device list does not continue its predecessor")]
    BrokenListChain,
    #[error("device was revoked")]
    DeviceRevoked,
    #[error("a key stands twice, or is our own")]
    DuplicateKey,
    #[error("account rotation does not verify")]
    BadRotation,
    #[error("account named two successors")]
    RotationFork(Box<RotationEvidence>),
    #[error("account key was rotated away")]
    AccountRetired,
    #[error("validity is over its limit")]
    ValidityTooLong,
    #[error("device list is full")]
    TooManyDevices,
    #[error("the generator gave a key that is already here")]
    RandomnessFailure,
}

/// Two signed lists of one account that cannot both be its history: show both to whoever judges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForkEvidence {
    /// The list that was known.
    pub known: DeviceList,
    /// The list that contradicts it; with a rotation, the first list of the successor, not verified.
    pub received: DeviceList,
    /// The rotation, signed by the known list's key, that names another list for the same epoch.
    pub rotation: Option<twotick_wire::AccountRotation>,
}

/// Two rotations, both signed by the old key, to different successors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RotationEvidence {
    /// The rotation that was followed.
    pub followed: twotick_wire::AccountRotation,
    /// The one that contradicts it.
    pub received: twotick_wire::AccountRotation,
}

impl IdentityError {
    /// The stable code.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Decode(error) => error.code(),
            Self::BadKey => ErrorCode::BadKey,
            Self::BadAccountSignature => ErrorCode::BadAccountSignature,
            Self::BadDeviceSignature => ErrorCode::BadDeviceSignature,
            Self::Expired => ErrorCode::Expired,
            Self::NotYetValid => ErrorCode::NotYetValid,
            Self::WrongAccount => ErrorCode::WrongAccount,
            Self::NotInDeviceList => ErrorCode::NotInDeviceList,
            Self::DeviceListRollback { .. } => ErrorCode::DeviceListRollback,
            Self::DeviceListFork(_) => ErrorCode::DeviceListFork,
            Self::DeviceListStale => ErrorCode::DeviceListStale,
            Self::BrokenListChain => ErrorCode::BrokenListChain,
            Self::DeviceRevoked => ErrorCode::DeviceRevoked,
            Self::DuplicateKey => ErrorCode::DuplicateKey,
            Self::BadRotation => ErrorCode::BadRotation,
            Self::RotationFork(_) => ErrorCode::RotationFork,
            Self::AccountRetired => ErrorCode::AccountRetired,
            Self::ValidityTooLong => ErrorCode::ValidityTooLong,
            Self::TooManyDevices => ErrorCode::TooManyDevices,
            Self::RandomnessFailure => ErrorCode::RandomnessFailure,
        }
    }
}

impl From<BadKey> for IdentityError {
    fn from(_: BadKey) -> Self {
        Self::BadKey
    }
}

/// Why linking stopped (SPEC 6).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(
    missing_docs,
    reason = "each variant is the error of SPEC 4.4 that its code names"
)]
pub enum LinkError {
    #[error(transparent)]
    Decode(#[from] DecodeError),
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error("linking offer has expired or was used")]
    Expired,
    #[error("linking message does not verify")]
    Refused,
    #[error("the six digits differ")]
    DigitsDiffer,
}

impl LinkError {
    /// The stable code.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Decode(error) => error.code(),
            Self::Identity(error) => error.code(),
            Self::Expired => ErrorCode::LinkExpired,
            Self::Refused => ErrorCode::LinkRefused,
            Self::DigitsDiffer => ErrorCode::LinkDigitsDiffer,
        }
    }
}

/// Why a scanned safety code was refused (SPEC 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(
    missing_docs,
    reason = "each variant is the error of SPEC 4.4 that its code names"
)]
pub enum SafetyError {
    #[error("safety code is not of this pair of accounts")]
    BadSafetyCode,
}

impl SafetyError {
    /// The stable code.
    pub fn code(self) -> ErrorCode {
        match self {
            Self::BadSafetyCode => ErrorCode::BadSafetyCode,
        }
    }
}

/// Why a bundle was refused (SPEC 8.3).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(
    missing_docs,
    reason = "each variant is the error of SPEC 4.4 that its code names"
)]
pub enum BundleError {
    #[error(transparent)]
    Decode(#[from] DecodeError),
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error("a prekey is not signed by its device")]
    BadPrekeySignature,
    #[error("signed prekey has expired")]
    PrekeyExpired,
    #[error("signed prekey is not valid yet")]
    PrekeyNotYetValid,
    #[error("bundle is of another device")]
    WrongDevice,
    #[error("bundle is our own")]
    OwnDevice,
}

impl BundleError {
    /// The stable code.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Decode(error) => error.code(),
            Self::Identity(error) => error.code(),
            Self::BadPrekeySignature => ErrorCode::BadPrekeySignature,
            Self::PrekeyExpired => ErrorCode::PrekeyExpired,
            Self::PrekeyNotYetValid => ErrorCode::PrekeyNotYetValid,
            Self::WrongDevice => ErrorCode::WrongDevice,
            Self::OwnDevice => ErrorCode::OwnDevice,
        }
    }
}

impl From<BadKey> for BundleError {
    fn from(_: BadKey) -> Self {
        Self::Identity(IdentityError::BadKey)
    }
}

/// Why something could not be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(
    missing_docs,
    reason = "each variant is the error of SPEC 4.4 that its code names"
)]
pub enum SendError {
    #[error("no session with device {0}; a bundle is needed")]
    NoSession(DeviceId),
    #[error("session with device {0} was never answered; a bundle is needed")]
    SessionUnanswered(DeviceId),
    #[error("no message number is left until the peer replies")]
    ChainExhausted,
    #[error("a public key is refused")]
    BadKey,
    #[error("content does not fit the largest bucket")]
    ContentTooLong,
    #[error("device is not in the account's device list")]
    NotInDeviceList,
    #[error("device list has expired; no device may be added from it")]
    DeviceListStale,
    #[error("sessions at hand are not those of the device lists")]
    DeviceSetMismatch(Box<crate::messenger::DeviceSetMismatch>),
    #[error("conversation is not the one with this recipient")]
    WrongConversation,
    #[error("content of this kind is not for this device")]
    WrongKind,
    #[error("message was sent again already, or never sent to this device")]
    LimitReached,
    #[error("the generator gave a key that is already here")]
    RandomnessFailure,
}

impl SendError {
    /// The stable code.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::NoSession(_) | Self::DeviceSetMismatch(_) => ErrorCode::NoSession,
            Self::SessionUnanswered(_) => ErrorCode::SessionUnanswered,
            Self::ChainExhausted => ErrorCode::ChainExhausted,
            Self::BadKey => ErrorCode::BadKey,
            Self::ContentTooLong => ErrorCode::ContentTooLong,
            Self::NotInDeviceList => ErrorCode::NotInDeviceList,
            Self::DeviceListStale => ErrorCode::DeviceListStale,
            Self::WrongConversation => ErrorCode::WrongConversation,
            Self::WrongKind => ErrorCode::InvalidValue,
            Self::LimitReached => ErrorCode::LimitReached,
            Self::RandomnessFailure => ErrorCode::RandomnessFailure,
        }
    }
}

impl From<BadKey> for SendError {
    fn from(_: BadKey) -> Self {
        Self::BadKey
    }
}

/// Why a received message was not opened.
///
/// Towards the network all of them look the same: no answer, no receipt (R-ERR-2).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(
    missing_docs,
    reason = "each variant is the error of SPEC 4.4 that its code names"
)]
pub enum ReceiveError {
    #[error(transparent)]
    Decode(#[from] DecodeError),
    #[error("device is not in the account's device list")]
    NotInDeviceList,
    #[error(transparent)]
    Identity(IdentityError),
    #[error("message is of another device, or for another")]
    WrongDevice,
    #[error("message is our own")]
    OwnDevice,
    #[error("signed prekey is not here")]
    UnknownSignedPrekey,
    #[error("one-time prekey is not here")]
    UnknownOneTimePrekey,
    #[error("handshake was accepted before")]
    InitialMessageReplayed,
    #[error("no more handshakes on this signed prekey")]
    ReplaySetFull,
    #[error("too many failing handshakes")]
    TooManyHandshakes,
    #[error("undecryptable")]
    Undecryptable,
    #[error("message key {number} was used, evicted or has expired")]
    KeyConsumed { number: u32 },
    #[error("message is {gap} ahead of the chain, limit {limit}")]
    TooFarAhead { gap: u32, limit: u32 },
    #[error("handshake of generation {received}, confirmed is {confirmed}")]
    StaleGeneration { confirmed: u32, received: u32 },
    #[error("handshake of generation {received} is too far from {known}")]
    GenerationTooFar { known: u32, received: u32 },
    #[error("payload names a conversation its sender has no part in")]
    WrongConversation,
}

impl ReceiveError {
    /// The stable code.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Decode(error) => error.code(),
            Self::NotInDeviceList => ErrorCode::NotInDeviceList,
            Self::Identity(error) => error.code(),
            Self::WrongDevice => ErrorCode::WrongDevice,
            Self::OwnDevice => ErrorCode::OwnDevice,
            Self::UnknownSignedPrekey => ErrorCode::UnknownSignedPrekey,
            Self::UnknownOneTimePrekey => ErrorCode::UnknownOneTimePrekey,
            Self::InitialMessageReplayed => ErrorCode::InitialMessageReplayed,
            Self::ReplaySetFull => ErrorCode::ReplaySetFull,
            Self::TooManyHandshakes => ErrorCode::TooManyHandshakes,
            Self::Undecryptable => ErrorCode::Undecryptable,
            Self::KeyConsumed { .. } => ErrorCode::KeyConsumed,
            Self::TooFarAhead { .. } => ErrorCode::TooFarAhead,
            Self::StaleGeneration { .. } => ErrorCode::StaleGeneration,
            Self::GenerationTooFar { .. } => ErrorCode::GenerationTooFar,
            Self::WrongConversation => ErrorCode::WrongConversation,
        }
    }
}

/// Why a receipt was refused, or may not be made (SPEC 14).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(
    missing_docs,
    reason = "each variant is the error of SPEC 4.4 that its code names"
)]
pub enum ReceiptError {
    #[error("receipt tag does not verify")]
    BadReceipt,
    #[error("no receipt is due for this message")]
    NotDue,
}

impl ReceiptError {
    /// The stable code.
    pub fn code(self) -> ErrorCode {
        match self {
            Self::BadReceipt => ErrorCode::BadReceipt,
            Self::NotDue => ErrorCode::ReceiptNotDue,
        }
    }
}

/// Why stored state was not read or configured (SPEC 15).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(
    missing_docs,
    reason = "each variant is the error of SPEC 4.4 that its code names"
)]
pub enum StateError {
    #[error("stored record does not decode")]
    Corrupt,
    #[error("stored record is of a later version")]
    Unsupported,
    #[error("a limit is over its maximum")]
    LimitTooHigh,
    #[error("sealed record does not open")]
    RecordRefused,
}

impl StateError {
    /// The stable code.
    pub fn code(self) -> ErrorCode {
        match self {
            Self::Corrupt => ErrorCode::CorruptState,
            Self::Unsupported => ErrorCode::UnsupportedState,
            Self::LimitTooHigh => ErrorCode::LimitTooHigh,
            Self::RecordRefused => ErrorCode::RecordRefused,
        }
    }
}
