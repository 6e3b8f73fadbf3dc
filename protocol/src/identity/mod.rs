//! Account key, device certificates, device lists and rotation (SPEC 5).
//!
//! ```text
//!  AccountKeyPair ──signs──▶ DeviceList ──names──▶ DeviceCertificate ◀──counter-signs── Device
//!        │                       │                        │
//!     rotate                 Account::adopt        VerifiedCertificate::verify, Account::admit
//! ```

mod account;
mod account_key;
mod certificate;
mod device;
mod list;
mod rotation;
mod update;
mod validity;

use twotick_wire::{
    AccountId, AccountKey, CertificateHash, DeviceCertificate, DeviceList, Label, ListHash, ListHead,
};

pub use account::Account;
pub use account_key::AccountKeyPair;
pub use certificate::VerifiedCertificate;
pub(crate) use certificate::require_account_signature;
pub(crate) use device::OUR_SUITES;
pub use device::{Device, DeviceKeys};
pub use rotation::RotationFollowed;
pub use update::{AccountTransition, HeadComparison, ListUpdate};

use crate::primitive::hash::hash;

/// The address of an account: `H("hash/account", account_key)`, SPEC 5.1.
#[must_use]
pub fn account_id(key: &AccountKey) -> AccountId {
    AccountId::new(hash(Label::Account, &[key.as_bytes()]))
}

/// The hash of all bytes of a certificate, SPEC 5.2.
#[must_use]
pub fn certificate_hash(certificate: &DeviceCertificate) -> CertificateHash {
    CertificateHash::new(hash(Label::Certificate, &[&certificate.encode()]))
}

/// The hash of all bytes of a device list, SPEC 5.3.
#[must_use]
pub fn list_hash(list: &DeviceList) -> ListHash {
    ListHash::new(hash(Label::DeviceListHash, &[&list.encode()]))
}

/// Epoch and half the hash of a device list: what payloads carry of it, SPEC 5.3.
#[must_use]
pub fn list_head(list: &DeviceList) -> ListHead {
    ListHead {
        epoch: list.epoch,
        hash: list_hash(list).head(),
    }
}
