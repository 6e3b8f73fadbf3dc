//! Signatures and hashes, and nothing that opens anything (R-BLD-2): who attaches, what is published.
//!
//! That X25519 and KEM keys are good (R-PRM-4, R-PRM-6) is for those who use them: a relay does not.

use ed25519_dalek::{Signature as DalekSignature, VerifyingKey};
use sha2::{Digest, Sha256};
use twotick_wire::{
    AccountId, AccountKey, CapabilityHash, CertificateHash, DeviceCertificate, DeviceId, DeviceList,
    DeviceSigningKey, ErrorCode, Label, ListHash, ListHead, OneTimePrekey, OneTimePrekeyId, Signature,
    SignedPrekey, UnixTime,
    frame::{Attach, Capability},
};

/// A certificate that account and device have signed, and that is valid now (R-IDN-2, R-IDN-3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedCertificate {
    certificate: DeviceCertificate,
    hash: CertificateHash,
    account: AccountId,
}

impl VerifiedCertificate {
    /// Decodes it, checks both signatures and the dates, in this order.
    pub fn verify(encoded: &[u8], now: UnixTime) -> Result<Self, ErrorCode> {
        let certificate = DeviceCertificate::decode(encoded).map_err(|error| error.code())?;
        let account_signed = is_signed(
            certificate.account_key.as_bytes(),
            Label::SignDeviceCertificate,
            &[&certificate.account_signing_input()],
            &certificate.account_signature,
        );
        if !account_signed {
            return Err(ErrorCode::BadAccountSignature);
        }
        let device_signed = is_signed(
            certificate.device_signing_key.as_bytes(),
            Label::SignDeviceAcceptance,
            &[&certificate.device_signing_input()],
            &certificate.device_signature,
        );
        if !device_signed {
            return Err(ErrorCode::BadDeviceSignature);
        }
        require_valid(
            certificate.created,
            certificate.expires,
            CERTIFICATE_VALIDITY,
            now,
        )?;
        Ok(Self {
            hash: CertificateHash::new(hash(Label::Certificate, &[encoded])),
            account: account_id(&certificate.account_key),
            certificate,
        })
    }

    /// The device, which is also its mailbox (R-IDN-4).
    #[must_use]
    pub fn device(&self) -> DeviceId {
        self.certificate.device_id
    }

    /// The account that vouches for it.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// What the device signs with.
    #[must_use]
    pub fn signing_key(&self) -> DeviceSigningKey {
        self.certificate.device_signing_key
    }

    /// Its hash, which lists name and prekeys are signed under.
    #[must_use]
    pub fn hash(&self) -> CertificateHash {
        self.hash
    }
}

/// A list whose signature and dates are good, with the certificates of its devices (R-KEY-1).
///
/// How it follows the list before it is not known here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedList {
    /// The list.
    pub list: DeviceList,
    /// Its head.
    pub head: ListHead,
}

impl VerifiedList {
    /// Checks form, account, signature, dates, then each certificate: entry, signatures, dates, account, keys.
    pub fn verify<'a>(
        encoded: &[u8],
        certificates: impl ExactSizeIterator<Item = &'a [u8]>,
        account: AccountId,
        now: UnixTime,
    ) -> Result<Self, ErrorCode> {
        let list = DeviceList::decode(encoded).map_err(|error| error.code())?;
        if account_id(&list.account_key) != account {
            return Err(ErrorCode::WrongAccount);
        }
        let signed = is_signed(
            list.account_key.as_bytes(),
            Label::SignDeviceList,
            &[&list.signing_input()],
            &list.signature,
        );
        if !signed {
            return Err(ErrorCode::BadAccountSignature);
        }
        require_valid(list.issued, list.expires, LIST_VALIDITY, now)?;
        require_members(&list, certificates, account, now)?;
        let head = ListHead {
            epoch: list.epoch,
            hash: list_hash(encoded).head(),
        };
        Ok(Self { list, head })
    }
}

/// R-LST-2 and R-LST-3 for exactly the devices of `list`, in its order.
fn require_members<'a>(
    list: &DeviceList,
    certificates: impl ExactSizeIterator<Item = &'a [u8]>,
    account: AccountId,
    now: UnixTime,
) -> Result<(), ErrorCode> {
    if certificates.len() != list.devices.len() {
        return Err(ErrorCode::NotInDeviceList);
    }
    let mut members: Vec<DeviceCertificate> = Vec::with_capacity(list.devices.len());
    for (entry, encoded) in list.devices.iter().zip(certificates) {
        let found = hash(Label::Certificate, &[encoded]);
        if CertificateHash::new(found) != entry.certificate_hash {
            return Err(ErrorCode::NotInDeviceList);
        }
        let verified = VerifiedCertificate::verify(encoded, now)?;
        if verified.device() != entry.device_id {
            return Err(ErrorCode::NotInDeviceList);
        }
        if verified.account != account {
            return Err(ErrorCode::WrongAccount);
        }
        let member = verified.certificate;
        let shares_a_key = members.iter().any(|other| {
            other.device_signing_key == member.device_signing_key
                || other.device_identity_key == member.device_identity_key
        });
        if shares_a_key {
            return Err(ErrorCode::DuplicateKey);
        }
        members.push(member);
    }
    Ok(())
}

/// Whether the device of a certificate signed this Attach for this relay (R-ATT-1).
#[must_use]
pub fn attach_is_signed(attach: &Attach<'_>, name: &[u8], certificate: &VerifiedCertificate) -> bool {
    is_signed(
        certificate.signing_key().as_bytes(),
        Label::SignRelayAttach,
        &[&attach.signing_input(name)],
        &attach.signature,
    )
}

/// Checks that a device signed a prekey under its certificate, and that it has not ended (R-PRE-2, R-KEY-2).
pub fn signed_prekey(
    prekey: &SignedPrekey,
    key: &DeviceSigningKey,
    certificate: &CertificateHash,
    now: UnixTime,
) -> Result<(), ErrorCode> {
    let input = prekey.signing_input(certificate);
    if !is_signed(
        key.as_bytes(),
        Label::SignSignedPrekey,
        &[&input],
        &prekey.signature,
    ) {
        return Err(ErrorCode::BadPrekeySignature);
    }
    if prekey.not_after < now {
        return Err(ErrorCode::PrekeyExpired);
    }
    Ok(())
}

/// Checks that a device signed a one-time prekey under its certificate, and names it (R-PRE-1, R-PRE-2).
pub fn one_time_prekey(
    prekey: &OneTimePrekey,
    key: &DeviceSigningKey,
    certificate: &CertificateHash,
) -> Result<OneTimePrekeyId, ErrorCode> {
    let input = prekey.signing_input(certificate);
    if !is_signed(
        key.as_bytes(),
        Label::SignOneTimePrekey,
        &[&input],
        &prekey.signature,
    ) {
        return Err(ErrorCode::BadPrekeySignature);
    }
    let whole = hash(Label::OneTimePrekeyId, &[&prekey.id_input()]);
    Ok(OneTimePrekeyId::new(first_half(&whole)))
}

/// The address of an account (SPEC 5.1).
#[must_use]
pub fn account_id(key: &AccountKey) -> AccountId {
    AccountId::new(hash(Label::Account, &[key.as_bytes()]))
}

/// The hash of all bytes of a list (SPEC 5.3).
#[must_use]
pub fn list_hash(encoded: &[u8]) -> ListHash {
    ListHash::new(hash(Label::DeviceListHash, &[encoded]))
}

/// What the relay keeps of a capability (R-CAP-1).
#[must_use]
pub fn capability_hash(capability: &Capability) -> CapabilityHash {
    CapabilityHash::new(hash(Label::Capability, &[capability.as_bytes()]))
}

/// `H(label, parts…)` (SPEC 3.1).
fn hash(label: Label, parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new().chain_update(label.framed());
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

/// `Verify(key, label, parts…, signature)`, strict (R-PRM-2).
fn is_signed(key: &[u8; 32], label: Label, parts: &[&[u8]], signature: &Signature) -> bool {
    let Ok(key) = VerifyingKey::from_bytes(key) else {
        return false;
    };
    let mut message = label.framed().to_vec();
    for part in parts {
        message.extend_from_slice(part);
    }
    let signature = DalekSignature::from_bytes(signature.as_bytes());
    key.verify_strict(&message, &signature).is_ok()
}

/// R-IDN-3, with `longest` seconds.
fn require_valid(start: UnixTime, end: UnixTime, longest: u64, now: UnixTime) -> Result<(), ErrorCode> {
    if start > end || end.saturating_since(start) > longest {
        Err(ErrorCode::ValidityTooLong)
    } else if start > now.saturating_add(CLOCK_SKEW) {
        Err(ErrorCode::NotYetValid)
    } else if end < now {
        Err(ErrorCode::Expired)
    } else {
        Ok(())
    }
}

fn first_half(whole: &[u8; 32]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&whole[..16]);
    half
}

const DAY: u64 = 86_400;

/// Seconds that a certificate may be valid (SPEC 4.3).
const CERTIFICATE_VALIDITY: u64 = 366 * DAY;

/// Seconds that a list may be valid (SPEC 4.3).
const LIST_VALIDITY: u64 = 35 * DAY;

/// Seconds by which a period may start later than now (SPEC 4.3).
const CLOCK_SKEW: u64 = DAY;
