//! The byte formats of Twotick, SPEC sections 2 to 11, 14 and 21.
//!
//! Bytes in, values out, and back to the same bytes. No cryptography is linked: a relay reads [`Envelope`] and
//! [`Receipt`] with this crate and cannot open either.
//!
//! | module | holds |
//! |---|---|
//! | [`codec`] | [`Reader`], [`Writer`]: the encoding rules |
//! | `error`, `error_code` | [`DecodeError`]; [`ErrorCode`], every code of the protocol |
//! | `label`, `object` | [`Label`], [`Object`]: the registries |
//! | `id`, `key` | identifiers, times, public keys, signatures |
//! | `certificate`, `list`, `rotation` | identity and devices |
//! | `prekey` | signed and one-time prekeys, bundles |
//! | `message`, `initial`, `shared_body`, `envelope` | what is sent |
//! | [`padding`] | buckets |
//! | [`frame`] | what a client and a relay say to each other |
//! | `receipt`, `link`, `safety` | receipts, linking a device, safety code |
//!
//! Every decoder refuses whatever it would not have written itself, and allocates nothing before a length has been
//! checked against its limit and against the bytes that are there.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod bytes;
mod certificate;
pub mod codec;
mod envelope;
mod error;
mod error_code;
pub mod frame;
mod id;
mod initial;
mod key;
mod label;
mod link;
mod list;
mod message;
mod object;
pub mod padding;
mod prekey;
mod receipt;
mod rotation;
mod safety;
mod shared_body;

pub use certificate::DeviceCertificate;
pub use codec::{Reader, Writer};
pub use envelope::Envelope;
pub use error::DecodeError;
pub use error_code::ErrorCode;
pub use frame::{Capability, ClientFrame, FrameKind, Grant, LaneItem, MAX_FRAME, RelayFrame, RequestId};
pub use id::{
    AccountId, BodyHash, CapabilityHash, CertificateHash, ConversationId, DeviceId, HistoryLink, LinkChannel,
    ListHash, ListHead, ListHeadHash, MessageId, OneTimePrekeyId, SendId, SignedPrekeyId, StoreEpoch,
    UnixTime,
};
pub use initial::{InitialHeader, InitialHeaderRef, InitialMessage};
pub use key::{
    AccountKey, DeviceSigningKey, KEM_CIPHERTEXT_LENGTH, KEM_PUBLIC_KEY_LENGTH, KemPublicKey, Signature,
    X25519PublicKey,
};
pub use label::Label;
pub use link::{
    LinkAcceptance, LinkCommitment, LinkCompletion, LinkHello, LinkNonce, LinkOffer, LinkProposal,
    LinkRequest, LinkReveal, LinkSealed, LinkStep,
};
pub use list::{DeviceEntry, DeviceList, MAX_DEVICES, MAX_REVOKED, Revocation};
pub use message::{DeviceMessage, RatchetMessage, Sealed};
pub use object::{Object, SUITE, VERSION};
pub use padding::{MAX_BODY, MAX_PAYLOAD, bucket_for, is_bucket};
pub use prekey::{OneTimePrekey, PrekeyBundle, SignedPrekey};
pub use receipt::{Receipt, ReceiptState};
pub use rotation::AccountRotation;
pub use safety::SafetyCode;
pub use shared_body::SharedBody;
