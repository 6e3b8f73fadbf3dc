//! An account as this device trusts it, and the lists it adopts (SPEC 5.3).

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cmp::Ordering;

use twotick_wire::{
    AccountId, AccountKey, AccountRotation, CertificateHash, DeviceCertificate, DeviceId, DeviceList,
    ListHash, ListHead, UnixTime,
};

use super::certificate::share_a_key;
use super::list::{VerifiedList, require_continuity};
use super::update::{AccountTransition, HeadComparison, ListUpdate};
use super::{Device, VerifiedCertificate, account_id, list_hash};
use crate::error::{ForkEvidence, IdentityError, StateError};
use crate::limits::constants::ROTATIONS_REMEMBERED;
use crate::staged::{Record, RecordKey, RecordKind, Sealed, Staged};
use crate::state::{StateReader, StateWriter};

/// A peer's account, or one's own: its key, newest verified list and the rotations that led to it (SPEC 5.3, 5.5).
#[derive(Debug)]
pub struct Account {
    pub(super) account_id: AccountId,
    pub(super) list: DeviceList,
    pub(super) list_hash: ListHash,
    /// Oldest first; the last one's new key is the list's.
    pub(super) followed: Vec<AccountRotation>,
}

impl Account {
    /// Starts to trust the account of this id with its first list seen; the caller stores the value (SPEC 5.3).
    pub fn trust(expected: AccountId, list: DeviceList, now: UnixTime) -> Result<Self, IdentityError> {
        if account_id(&list.account_key) != expected {
            return Err(IdentityError::WrongAccount);
        }
        Ok(Self::new(VerifiedList::verify(list, now)?, Vec::new()))
    }

    /// Adopts a received list by the table of SPEC 5.3 (R-LST-4).
    pub fn adopt(
        &mut self,
        list: DeviceList,
        now: UnixTime,
    ) -> Result<Staged<AccountTransition<'_>, ListUpdate>, IdentityError> {
        if list.account_key != self.list.account_key {
            let retired = self.is_retired(&list.account_key);
            return Err(if retired {
                IdentityError::AccountRetired
            } else {
                IdentityError::WrongAccount
            });
        }
        let received = VerifiedList::verify(list, now)?;
        let known = self.list.epoch;
        match received.list.epoch.cmp(&known) {
            Ordering::Less => Err(IdentityError::DeviceListRollback {
                known,
                received: received.list.epoch,
            }),
            Ordering::Equal if received.list == self.list => {
                let transition = AccountTransition {
                    account: self,
                    next: None,
                };
                Ok(Staged {
                    transition,
                    output: ListUpdate::default(),
                })
            }
            Ordering::Equal => Err(self.fork(received.list)),
            Ordering::Greater => self.succeed(received),
        }
    }

    /// Accepts a certificate as that of a device of the newest list (R-LST-2, R-IDN-2, R-LST-3).
    ///
    /// `us` is this device; `others` are certificates of the same list. Neither may share a key with it.
    pub fn admit(
        &self,
        certificate: DeviceCertificate,
        us: Option<&Device>,
        others: &[VerifiedCertificate],
        now: UnixTime,
    ) -> Result<VerifiedCertificate, IdentityError> {
        if !self.contains(&certificate.device_id, &super::certificate_hash(&certificate)) {
            return Err(IdentityError::NotInDeviceList);
        }
        let verified = VerifiedCertificate::verify(certificate, now)?;
        if verified.account_id() != self.account_id {
            return Err(IdentityError::WrongAccount);
        }
        let certificate = verified.certificate();
        let is_us =
            |us: &&Device| us.device_id() == certificate.device_id && us.account_id() == self.account_id;
        let ours = us
            .filter(|us| !is_us(us))
            .is_some_and(|us| share_a_key(us.certificate(), certificate));
        let theirs = others.iter().any(|other| {
            other.device_id() != certificate.device_id && share_a_key(other.certificate(), certificate)
        });
        if ours || theirs {
            Err(IdentityError::DuplicateKey)
        } else {
            Ok(verified)
        }
    }

    /// Places a list head that a peer claims against the list known here (R-LST-6).
    #[must_use]
    pub fn compare_head(&self, claimed: ListHead) -> HeadComparison {
        if claimed.epoch == ListHead::NONE.epoch {
            return HeadComparison::Unknown;
        }
        match claimed.epoch.cmp(&self.list.epoch) {
            Ordering::Less => HeadComparison::Older,
            Ordering::Greater => HeadComparison::Newer,
            Ordering::Equal if claimed == self.head() => HeadComparison::Same,
            Ordering::Equal => HeadComparison::Fork,
        }
    }

    /// The address of the account (SPEC 5.1).
    #[must_use]
    pub fn account_id(&self) -> AccountId {
        self.account_id
    }

    /// The key of the account (SPEC 5.1).
    #[must_use]
    pub fn account_key(&self) -> AccountKey {
        self.list.account_key
    }

    /// The newest verified list (SPEC 5.3).
    #[must_use]
    pub fn list(&self) -> &DeviceList {
        &self.list
    }

    /// The head of that list, for payloads (R-LST-6).
    #[must_use]
    pub fn head(&self) -> ListHead {
        ListHead {
            epoch: self.list.epoch,
            hash: self.list_hash.head(),
        }
    }

    /// Whether the newest list has expired: its devices keep their sessions, no device may be added (R-LST-5).
    #[must_use]
    pub fn is_stale(&self, now: UnixTime) -> bool {
        self.list.expires < now
    }

    /// Whether the list names this device with this certificate (R-LST-2).
    #[must_use]
    pub fn contains(&self, device: &DeviceId, certificate: &CertificateHash) -> bool {
        self.entry_hash(device) == Some(*certificate)
    }

    /// The devices of the list, ascending (SPEC 5.3).
    pub fn device_ids(&self) -> impl Iterator<Item = DeviceId> {
        self.list.devices.iter().map(|entry| entry.device_id)
    }

    /// The hash of a device's one valid certificate, if the list names the device (SPEC 5.3).
    #[must_use]
    pub fn entry_hash(&self, device: &DeviceId) -> Option<CertificateHash> {
        self.list.entry(device).map(|entry| entry.certificate_hash)
    }

    /// Whether this account was reached by following rotations from `former` (SPEC 5.5).
    #[must_use]
    pub fn succeeds(&self, former: &AccountId) -> bool {
        self.followed
            .iter()
            .any(|rotation| account_id(&rotation.old_account_key) == *former)
    }

    /// The key of its record (SPEC 15.2). It changes with the account id, when a rotation is followed.
    #[must_use]
    pub fn record_key(&self) -> RecordKey {
        RecordKey::new(RecordKind::Account, &[self.account_id.as_bytes()])
    }

    /// Reads a stored account (SPEC 15.2). What was verified before it was stored is not verified again.
    pub fn decode(bytes: &[u8]) -> Result<Self, StateError> {
        let mut reader = StateReader::start(bytes, RecordKind::Account)?;
        let length = reader.count(DeviceList::MAX_LENGTH)?;
        let list = DeviceList::decode(reader.bytes(length)?)?;
        let count = reader.count(ROTATIONS_REMEMBERED)?;
        let mut followed = Vec::new();
        for _ in 0..count {
            followed.push(AccountRotation::decode(reader.bytes(AccountRotation::LENGTH)?)?);
        }
        reader.finish()?;
        let successors = followed
            .iter()
            .skip(1)
            .map(|rotation: &AccountRotation| rotation.old_account_key);
        let expected = successors.chain([list.account_key]);
        if !followed
            .iter()
            .map(|rotation| rotation.new_account_key)
            .eq(expected.take(count))
        {
            return Err(StateError::Corrupt);
        }
        let hash = list_hash(&list);
        Ok(Self::new(VerifiedList { list, hash }, followed))
    }

    pub(super) fn new(verified: VerifiedList, followed: Vec<AccountRotation>) -> Self {
        let VerifiedList { list, hash } = verified;
        Self {
            account_id: account_id(&list.account_key),
            list,
            list_hash: hash,
            followed,
        }
    }

    pub(super) fn is_retired(&self, key: &AccountKey) -> bool {
        self.followed
            .iter()
            .any(|rotation| rotation.old_account_key == *key)
    }

    /// The rows of the table for a higher epoch.
    fn succeed(
        &mut self,
        received: VerifiedList,
    ) -> Result<Staged<AccountTransition<'_>, ListUpdate>, IdentityError> {
        let missed_epochs = received.list.epoch - self.list.epoch - 1;
        if missed_epochs == 0 && received.list.previous != self.list_hash {
            return Err(self.fork(received.list));
        }
        require_continuity(&self.list, &received.list)?;
        let output = ListUpdate::between(&self.list, &received.list, missed_epochs);
        let next = Self::new(received, self.followed.clone());
        Ok(Staged {
            transition: AccountTransition {
                account: self,
                next: Some(next),
            },
            output,
        })
    }

    fn fork(&self, received: DeviceList) -> IdentityError {
        let evidence = ForkEvidence {
            known: self.list.clone(),
            received,
            rotation: None,
        };
        IdentityError::DeviceListFork(Box::new(evidence))
    }
}

impl Sealed for Account {}

impl Record for Account {
    fn encode_to(&self, writer: &mut StateWriter) {
        let list = self.list.encode();
        writer.start(RecordKind::Account);
        writer.count(list.len());
        writer.bytes(&list);
        writer.count(self.followed.len());
        self.followed
            .iter()
            .for_each(|rotation| writer.bytes(&rotation.encode()));
    }
}
