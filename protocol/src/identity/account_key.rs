//! The account key and what it signs (SPEC 5.1, 5.2, 5.4, 5.5).

use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use twotick_wire::{
    AccountId, AccountKey, AccountRotation, DecodeError, DeviceCertificate, DeviceEntry, DeviceId,
    DeviceList, Label, LinkRequest, Signature, UnixTime,
};

use super::certificate::{VerifiedCertificate, share_a_key};
use super::list::Draft;
use super::{account_id, certificate_hash, list_hash};
use crate::error::{IdentityError, StateError};
use crate::primitive::sign::SigningKeyPair;
use crate::secret::Secret;
use crate::staged::{Record, RecordKey, RecordKind, Sealed};
use crate::state::{StateReader, StateWriter};

/// The Ed25519 key pair that is an account (SPEC 5.1). Kept by the primary device alone.
pub struct AccountKeyPair {
    pair: SigningKeyPair,
    account_id: AccountId,
}

impl AccountKeyPair {
    /// Draws a seed: `RAND(32)`, SPEC 5.1.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self::from_seed(Secret::random(rng))
    }

    /// The account of a seed, as from a recovery copy (SPEC 5.1).
    #[must_use]
    pub fn from_seed(seed: Secret<32>) -> Self {
        let pair = SigningKeyPair::from_seed(seed);
        let account_id = account_id(&AccountKey::new(*pair.public()));
        Self { pair, account_id }
    }

    /// Reads a stored account key (SPEC 15.2).
    pub fn decode(bytes: &[u8]) -> Result<Self, StateError> {
        let mut reader = StateReader::start(bytes, RecordKind::AccountKey)?;
        let seed = reader.secret()?;
        reader.finish()?;
        Ok(Self::from_seed(seed))
    }

    /// The key of its record (SPEC 15.2).
    #[must_use]
    pub fn record_key(&self) -> RecordKey {
        RecordKey::new(RecordKind::AccountKey, &[])
    }

    /// The public key (SPEC 5.1).
    #[must_use]
    pub fn account_key(&self) -> AccountKey {
        AccountKey::new(*self.pair.public())
    }

    /// The address of the account (SPEC 5.1).
    #[must_use]
    pub fn account_id(&self) -> AccountId {
        self.account_id
    }

    /// Signs epoch 1 with the primary device alone, whose certificate is checked as one that is added (SPEC 5.4).
    pub fn sign_first_list(
        &self,
        certificate: &DeviceCertificate,
        now: UnixTime,
    ) -> Result<DeviceList, IdentityError> {
        self.require_own(&[certificate], now)?;
        Ok(self.sign_list(Draft::first(entry(certificate)), now))
    }

    /// Signs the list after `last`: with `add`, which may renew listed devices, and without `remove` (SPEC 5.4).
    ///
    /// With neither, the list is renewed as it is. The result takes effect when it is adopted and published.
    pub fn sign_next_list(
        &self,
        last: &DeviceList,
        add: &[&DeviceCertificate],
        remove: &[DeviceId],
        now: UnixTime,
    ) -> Result<DeviceList, IdentityError> {
        if last.account_key != self.account_key() {
            return Err(IdentityError::WrongAccount);
        }
        self.require_own(add, now)?;
        if remove.iter().any(|device| last.entry(device).is_none()) {
            return Err(IdentityError::NotInDeviceList);
        }
        if add
            .iter()
            .any(|certificate| remove.contains(&certificate.device_id))
        {
            return Err(IdentityError::DeviceRevoked);
        }
        let replaced = |device: &DeviceId| add.iter().any(|certificate| certificate.device_id == *device);
        let kept = last
            .devices
            .iter()
            .filter(|old| !remove.contains(&old.device_id) && !replaced(&old.device_id));
        let devices = kept
            .copied()
            .chain(add.iter().map(|certificate| entry(certificate)))
            .collect();
        Ok(self.sign_list(Draft::after(last, devices)?, now))
    }

    /// Names `new` as the successor of this key, after the list `last` (SPEC 5.5).
    ///
    /// `WrongAccount` if `last` is not this account's, `RandomnessFailure` if `new` is this key (R-PRM-9).
    pub fn rotate(
        &self,
        new: &Self,
        last: &DeviceList,
        now: UnixTime,
    ) -> Result<AccountRotation, IdentityError> {
        if last.account_key != self.account_key() {
            return Err(IdentityError::WrongAccount);
        }
        if new.account_key() == self.account_key() {
            return Err(IdentityError::RandomnessFailure);
        }
        let mut rotation = AccountRotation {
            old_account_key: self.account_key(),
            new_account_key: new.account_key(),
            last_epoch: last.epoch,
            last_list_hash: list_hash(last),
            issued: now,
            old_signature: Signature::new([0; 64]),
            new_signature: Signature::new([0; 64]),
        };
        rotation.old_signature = self
            .pair
            .sign(Label::SignRotationOld, &[&rotation.old_signing_input()]);
        rotation.new_signature = new
            .pair
            .sign(Label::SignRotationNew, &[&rotation.new_signing_input()]);
        Ok(rotation)
    }

    /// Signs, with the new key, the list that comes with a rotation: `last` is the old account's (R-IDN-5).
    ///
    /// It holds exactly `certificates`, which the new key has signed; other devices of `last` are revoked.
    pub fn sign_first_list_after_rotation(
        &self,
        last: &DeviceList,
        certificates: &[&DeviceCertificate],
        now: UnixTime,
    ) -> Result<DeviceList, IdentityError> {
        self.require_own(certificates, now)?;
        let devices = certificates
            .iter()
            .map(|certificate| entry(certificate))
            .collect();
        Ok(self.sign_list(Draft::after(last, devices)?, now))
    }

    /// A certificate for the keys of a request, valid for 365 days, that the device has not counter-signed (SPEC 6.3).
    pub(crate) fn propose(&self, request: &LinkRequest, now: UnixTime) -> DeviceCertificate {
        let mut certificate = DeviceCertificate {
            suites: request.suites,
            account_key: self.account_key(),
            device_id: request.device_id,
            device_signing_key: request.device_signing_key,
            device_identity_key: request.device_identity_key,
            created: now,
            expires: now.saturating_add(CERTIFIED_FOR),
            capabilities: request.capabilities,
            account_signature: Signature::new([0; 64]),
            device_signature: Signature::new([0; 64]),
        };
        let input = certificate.account_signing_input();
        certificate.account_signature = self.pair.sign(Label::SignDeviceCertificate, &[&input]);
        certificate
    }

    fn sign_list(&self, draft: Draft, now: UnixTime) -> DeviceList {
        draft.sign(self.account_key(), now, |input| {
            self.pair.sign(Label::SignDeviceList, &[input])
        })
    }

    /// A list is signed over nothing that a contact would refuse (R-IDN-2, R-LST-1, R-LST-3).
    fn require_own(&self, certificates: &[&DeviceCertificate], now: UnixTime) -> Result<(), IdentityError> {
        let mut earlier: Vec<&DeviceCertificate> = Vec::with_capacity(certificates.len());
        for &certificate in certificates {
            if certificate.account_key != self.account_key() {
                return Err(IdentityError::WrongAccount);
            }
            VerifiedCertificate::verify(certificate.clone(), now)?;
            if certificate.device_id.is_zero() {
                return Err(DecodeError::InvalidValue.into());
            }
            if earlier
                .iter()
                .any(|other| other.device_id == certificate.device_id)
            {
                return Err(DecodeError::NotSorted.into());
            }
            if earlier.iter().any(|other| share_a_key(other, certificate)) {
                return Err(IdentityError::DuplicateKey);
            }
            earlier.push(certificate);
        }
        Ok(())
    }
}

impl Sealed for AccountKeyPair {}

impl Record for AccountKeyPair {
    fn encode_to(&self, writer: &mut StateWriter) {
        writer.start(RecordKind::AccountKey);
        writer.secret(self.pair.seed());
    }
}

impl fmt::Debug for AccountKeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountKeyPair")
            .field("account_id", &self.account_id)
            .finish_non_exhaustive()
    }
}

fn entry(certificate: &DeviceCertificate) -> DeviceEntry {
    DeviceEntry {
        device_id: certificate.device_id,
        certificate_hash: certificate_hash(certificate),
    }
}

/// Seconds a certificate made here is valid: a day under the limit, for clocks that differ.
const CERTIFIED_FOR: u64 = 365 * 24 * 60 * 60;
