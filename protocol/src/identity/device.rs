//! A device's own keys and certificate (SPEC 5.2).

use core::fmt;

use rand_core::CryptoRng;
use twotick_wire::{
    AccountId, CertificateHash, DeviceCertificate, DeviceId, DeviceSigningKey, Label, LinkRequest, Signature,
    UnixTime, X25519PublicKey,
};

use super::{AccountKeyPair, account_id, certificate_hash};
use crate::error::StateError;
use crate::primitive::agreement::KeyPair;
use crate::primitive::sign::SigningKeyPair;
use crate::staged::{Record, RecordKey, RecordKind, Sealed};
use crate::state::{StateReader, StateWriter};

/// The keys of a device that no account vouches for yet (SPEC 5.1).
pub struct DeviceKeys {
    device_id: DeviceId,
    signing: SigningKeyPair,
    identity: KeyPair,
}

impl DeviceKeys {
    /// Draws device id, signing seed and identity private key, in this order (SPEC 5.1).
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut device_id = [0; DeviceId::LENGTH];
        rng.fill_bytes(&mut device_id);
        let signing = SigningKeyPair::generate(rng);
        Self {
            device_id: DeviceId::new(device_id),
            signing,
            identity: KeyPair::generate(rng),
        }
    }

    /// The random id, which is also the mailbox (SPEC 5.2).
    #[must_use]
    pub fn device_id(&self) -> DeviceId {
        self.device_id
    }

    /// Makes these the keys of a device of `account`, valid for 365 days from `now` (SPEC 5.2).
    #[must_use]
    pub fn certify(self, account: &AccountKeyPair, now: UnixTime) -> Device {
        let proposal = account.propose(&self.request(), now);
        self.accept(proposal)
    }

    /// The public halves, as the new device asks for them to be certified (SPEC 6.3).
    pub(crate) fn request(&self) -> LinkRequest {
        LinkRequest {
            device_id: self.device_id,
            device_signing_key: DeviceSigningKey::new(*self.signing.public()),
            device_identity_key: *self.identity.public(),
            suites: OUR_SUITES,
            capabilities: 0,
        }
    }

    /// Whether a certificate is of exactly these keys and this device (R-LNK-4).
    pub(crate) fn are_in(&self, certificate: &DeviceCertificate) -> bool {
        certificate.device_id == self.device_id
            && certificate.device_signing_key.as_bytes() == self.signing.public()
            && certificate.device_identity_key == *self.identity.public()
    }

    /// Counter-signs a certificate of these keys, in place of whatever device signature it holds.
    pub(crate) fn accept(self, mut certificate: DeviceCertificate) -> Device {
        let input = certificate.device_signing_input();
        certificate.device_signature = self.signing.sign(Label::SignDeviceAcceptance, &[&input]);
        Device::new(self, certificate)
    }

    fn duplicate(&self) -> Self {
        Self {
            device_id: self.device_id,
            signing: SigningKeyPair::from_seed(self.signing.seed().duplicate()),
            identity: self.identity.duplicate(),
        }
    }
}

impl fmt::Debug for DeviceKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceKeys")
            .field("device_id", &self.device_id)
            .finish_non_exhaustive()
    }
}

/// This device: its keys and the certificate that account and device have signed (SPEC 5.2).
pub struct Device {
    keys: DeviceKeys,
    certificate: DeviceCertificate,
    certificate_hash: CertificateHash,
    account_id: AccountId,
}

impl Device {
    /// The key of its record (SPEC 15.2).
    #[must_use]
    pub fn record_key(&self) -> RecordKey {
        RecordKey::new(RecordKind::Device, &[])
    }

    /// Reads a stored device: `CorruptState` if its certificate is not of its keys (SPEC 15.2).
    pub fn decode(bytes: &[u8]) -> Result<Self, StateError> {
        let mut reader = StateReader::start(bytes, RecordKind::Device)?;
        let signing = SigningKeyPair::from_seed(reader.secret()?);
        let identity = KeyPair::from_secret(reader.secret()?);
        let certificate = DeviceCertificate::decode(reader.bytes(DeviceCertificate::LENGTH)?)?;
        reader.finish()?;
        let keys = DeviceKeys {
            device_id: certificate.device_id,
            signing,
            identity,
        };
        if keys.are_in(&certificate) {
            Ok(Self::new(keys, certificate))
        } else {
            Err(StateError::Corrupt)
        }
    }

    /// The same keys under a certificate that starts now: of the same account or, after a rotation, of its successor.
    ///
    /// The new value is stored by the caller, once the list that names it has been signed (SPEC 5.4).
    #[must_use]
    pub fn renew(&self, account: &AccountKeyPair, now: UnixTime) -> Self {
        self.keys.duplicate().certify(account, now)
    }

    /// Its id, which is also its mailbox (SPEC 5.2).
    #[must_use]
    pub fn device_id(&self) -> DeviceId {
        self.keys.device_id
    }

    /// The account that vouches for it (SPEC 5.1).
    #[must_use]
    pub fn account_id(&self) -> AccountId {
        self.account_id
    }

    /// Its certificate (SPEC 5.2).
    #[must_use]
    pub fn certificate(&self) -> &DeviceCertificate {
        &self.certificate
    }

    /// The hash of its certificate, which its account's list names (SPEC 5.3).
    #[must_use]
    pub fn certificate_hash(&self) -> CertificateHash {
        self.certificate_hash
    }

    /// Proves to a relay which device this is (R-ATT-1); `input` is the Attach's signing input.
    ///
    /// The caller has checked that the relay's name in it is the one it meant to reach.
    #[must_use]
    pub fn sign_relay_attach(&self, input: &[u8]) -> Signature {
        self.sign(Label::SignRelayAttach, &[input])
    }

    /// The pair that handshakes use (SPEC 9).
    pub(crate) fn identity_pair(&self) -> &KeyPair {
        &self.keys.identity
    }

    /// Signs with the device signing key: prekeys (SPEC 8).
    pub(crate) fn sign(&self, label: Label, parts: &[&[u8]]) -> Signature {
        self.keys.signing.sign(label, parts)
    }

    /// Whether `key` is this device's identity key (R-LST-3, R-PRM-9).
    pub(crate) fn holds_key(&self, key: &X25519PublicKey) -> bool {
        self.keys.identity.public() == key
    }

    fn new(keys: DeviceKeys, certificate: DeviceCertificate) -> Self {
        let (certificate_hash, account_id) = (
            certificate_hash(&certificate),
            account_id(&certificate.account_key),
        );
        Self {
            keys,
            certificate,
            certificate_hash,
            account_id,
        }
    }
}

impl Sealed for Device {}

impl Record for Device {
    fn encode_to(&self, writer: &mut StateWriter) {
        writer.start(RecordKind::Device);
        writer.secret(self.keys.signing.seed());
        writer.secret(self.keys.identity.secret());
        writer.bytes(&self.certificate.encode());
    }
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Device")
            .field("certificate", &self.certificate)
            .finish_non_exhaustive()
    }
}

/// Bit 0: suite 1 (SPEC 5.2).
pub(crate) const OUR_SUITES: u16 = 1;
