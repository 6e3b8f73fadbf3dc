//! Proof that a certificate was verified (SPEC 5.2).

use twotick_wire::{AccountId, CertificateHash, DeviceCertificate, DeviceId, Label};

use super::{account_id, certificate_hash, validity};
use crate::error::IdentityError;
use crate::limits::constants::CERTIFICATE_VALIDITY;
use crate::primitive::agreement::require_prime_order;
use crate::primitive::sign;

/// A certificate that account and device have signed, with keys that may be used (SPEC 5.2).
///
/// It proves nothing about membership: that is [`Account::admit`](super::Account::admit).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedCertificate {
    certificate: DeviceCertificate,
    hash: CertificateHash,
    account_id: AccountId,
}

impl VerifiedCertificate {
    /// Checks suite, both signatures, the identity key's subgroup and the dates, in this order (R-IDN-1, 2, 3).
    pub fn verify(
        certificate: DeviceCertificate,
        now: twotick_wire::UnixTime,
    ) -> Result<Self, IdentityError> {
        let certificate = DeviceCertificate::decode(&certificate.encode())?;
        require_account_signature(&certificate)?;
        let signed = sign::verify(
            certificate.device_signing_key.as_bytes(),
            Label::SignDeviceAcceptance,
            &[&certificate.device_signing_input()],
            &certificate.device_signature,
        );
        if !signed {
            return Err(IdentityError::BadDeviceSignature);
        }
        require_prime_order(&certificate.device_identity_key)?;
        validity::check(
            certificate.created,
            certificate.expires,
            CERTIFICATE_VALIDITY,
            now,
        )?;
        let (hash, account_id) = (
            certificate_hash(&certificate),
            account_id(&certificate.account_key),
        );
        Ok(Self {
            certificate,
            hash,
            account_id,
        })
    }

    /// The certificate itself.
    #[must_use]
    pub fn certificate(&self) -> &DeviceCertificate {
        &self.certificate
    }

    /// Its hash, which the device list names (SPEC 5.3).
    #[must_use]
    pub fn hash(&self) -> CertificateHash {
        self.hash
    }

    /// The device, which is also its mailbox (R-IDN-4).
    #[must_use]
    pub fn device_id(&self) -> DeviceId {
        self.certificate.device_id
    }

    /// The account that vouches for the device (SPEC 5.1).
    #[must_use]
    pub fn account_id(&self) -> AccountId {
        self.account_id
    }
}

/// The first half of R-IDN-2: what a new device checks before it counter-signs (R-LNK-4).
pub(crate) fn require_account_signature(certificate: &DeviceCertificate) -> Result<(), IdentityError> {
    let signed = sign::verify(
        certificate.account_key.as_bytes(),
        Label::SignDeviceCertificate,
        &[&certificate.account_signing_input()],
        &certificate.account_signature,
    );
    if signed {
        Ok(())
    } else {
        Err(IdentityError::BadAccountSignature)
    }
}

/// Whether two devices share a signing or an identity key (R-LST-3).
pub(super) fn share_a_key(one: &DeviceCertificate, other: &DeviceCertificate) -> bool {
    one.device_signing_key == other.device_signing_key || one.device_identity_key == other.device_identity_key
}
