//! A prekey bundle and the proof that it was verified (R-PRE-4).

use core::fmt;

use twotick_wire::{CertificateHash, DeviceId, Label, PrekeyBundle, Signature, UnixTime, X25519PublicKey};

use crate::error::{BundleError, IdentityError};
use crate::identity::{Account, Device, VerifiedCertificate};
use crate::limits::constants::{CLOCK_SKEW, SIGNED_PREKEY_LONGEST};
use crate::primitive::agreement::require_prime_order;
use crate::primitive::{kem, sign};

/// A bundle whose every signature, date and key has been checked. There is no other way to obtain one.
pub struct VerifiedBundle {
    pub(crate) certificate: VerifiedCertificate,
    pub(crate) bundle: PrekeyBundle,
}

impl fmt::Debug for VerifiedBundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedBundle")
            .field("device", &self.device_id())
            .finish_non_exhaustive()
    }
}

/// How well the first message of a session is protected (R-PRE-5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandshakeStrength {
    /// A one-time prekey was used: it is erased as soon as the message has been accepted.
    OneTime,
    /// There was none: until the first reply, whoever takes the signed prekey within its life can read.
    SignedOnly,
}

impl VerifiedBundle {
    /// Verifies a bundle of device `wanted` of `account`, in the order of R-PRE-4.
    pub fn verify(
        bundle: PrekeyBundle,
        wanted: DeviceId,
        account: &Account,
        us: &Device,
        now: UnixTime,
    ) -> Result<Self, BundleError> {
        if bundle.certificate.device_id != wanted {
            return Err(BundleError::WrongDevice);
        }
        if wanted == us.device_id() {
            return Err(BundleError::OwnDevice);
        }
        let certificate = account.admit(bundle.certificate.clone(), Some(us), &[], now)?;
        verify_signed(&bundle, &certificate.hash(), now)?;
        verify_one_time(&bundle, &certificate.hash())?;
        require_distinct(&bundle, us)?;
        Ok(Self { certificate, bundle })
    }

    /// The device it is of.
    pub fn device_id(&self) -> DeviceId {
        self.certificate.device_id()
    }

    /// Its verified certificate.
    pub fn certificate(&self) -> &VerifiedCertificate {
        &self.certificate
    }

    /// How well a first message to it will be protected.
    pub fn strength(&self) -> HandshakeStrength {
        match self.bundle.one_time_prekey {
            Some(_) => HandshakeStrength::OneTime,
            None => HandshakeStrength::SignedOnly,
        }
    }
}

fn verify_signed(
    bundle: &PrekeyBundle,
    certificate: &CertificateHash,
    now: UnixTime,
) -> Result<(), BundleError> {
    let prekey = &bundle.signed_prekey;
    let input = prekey.signing_input(certificate);
    check_signature(bundle, Label::SignSignedPrekey, &input, &prekey.signature)?;
    let length = prekey.not_after.saturating_since(prekey.not_before);
    if prekey.not_after < prekey.not_before || length > SIGNED_PREKEY_LONGEST {
        return Err(IdentityError::ValidityTooLong.into());
    }
    if prekey.not_before > now.saturating_add(CLOCK_SKEW) {
        return Err(BundleError::PrekeyNotYetValid);
    }
    if prekey.not_after < now {
        return Err(BundleError::PrekeyExpired);
    }
    require_prime_order(&prekey.diffie_hellman)?;
    Ok(kem::validate(&prekey.kem)?)
}

fn verify_one_time(bundle: &PrekeyBundle, certificate: &CertificateHash) -> Result<(), BundleError> {
    let Some(prekey) = &bundle.one_time_prekey else {
        return Ok(());
    };
    check_signature(
        bundle,
        Label::SignOneTimePrekey,
        &prekey.signing_input(certificate),
        &prekey.signature,
    )?;
    require_prime_order(&prekey.diffie_hellman)?;
    Ok(kem::validate(&prekey.kem)?)
}

/// `input` starts with the certificate hash (R-PRE-2).
fn check_signature(
    bundle: &PrekeyBundle,
    label: Label,
    input: &[u8],
    signature: &Signature,
) -> Result<(), BundleError> {
    let key = bundle.certificate.device_signing_key.as_bytes();
    if sign::verify(key, label, &[input], signature) {
        Ok(())
    } else {
        Err(BundleError::BadPrekeySignature)
    }
}

/// No X25519 key twice in the bundle, none of our own, and no KEM key twice.
fn require_distinct(bundle: &PrekeyBundle, us: &Device) -> Result<(), BundleError> {
    let identity = bundle.certificate.device_identity_key;
    let signed = bundle.signed_prekey.diffie_hellman;
    let one_time = bundle.one_time_prekey.as_ref();
    let keys: [Option<X25519PublicKey>; 3] = [
        Some(identity),
        Some(signed),
        one_time.map(|key| key.diffie_hellman),
    ];
    let twice = keys[0] == keys[1] || keys[0] == keys[2] || keys[1] == keys[2];
    let ours = keys.iter().flatten().any(|key| us.holds_key(key));
    let same_kem = one_time.is_some_and(|key| key.kem == bundle.signed_prekey.kem);
    if twice || ours || same_kem {
        Err(IdentityError::DuplicateKey.into())
    } else {
        Ok(())
    }
}
