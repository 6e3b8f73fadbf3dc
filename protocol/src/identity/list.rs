//! Verifying a device list, what may follow it, and making the next one (SPEC 5.3, 5.4).

use alloc::vec::Vec;

use twotick_wire::{
    AccountKey, DecodeError, DeviceEntry, DeviceId, DeviceList, Label, ListHash, MAX_DEVICES, MAX_REVOKED,
    Revocation, Signature, UnixTime,
};

use super::{list_hash, validity};
use crate::error::IdentityError;
use crate::limits::constants::LIST_VALIDITY;
use crate::primitive::sign;

/// A list whose form, signature and dates were verified, with its hash (R-LST-1).
#[derive(Debug)]
pub(super) struct VerifiedList {
    pub(super) list: DeviceList,
    pub(super) hash: ListHash,
}

impl VerifiedList {
    /// R-LST-1, in its order. That `account_key` is the trusted one is for the caller to check, before this.
    pub(super) fn verify(list: DeviceList, now: UnixTime) -> Result<Self, IdentityError> {
        let list = DeviceList::decode(&list.encode())?;
        let input = list.signing_input();
        if !sign::verify(
            list.account_key.as_bytes(),
            Label::SignDeviceList,
            &[&input],
            &list.signature,
        ) {
            return Err(IdentityError::BadAccountSignature);
        }
        validity::check(list.issued, list.expires, LIST_VALIDITY, now)?;
        let hash = list_hash(&list);
        Ok(Self { list, hash })
    }
}

/// The rules for `next` that come after its epoch and `previous` have been compared (table of SPEC 5.3).
pub(super) fn require_continuity(known: &DeviceList, next: &DeviceList) -> Result<(), IdentityError> {
    if known.epoch.checked_add(1) == Some(next.epoch) {
        let kept = |device: &DeviceId| {
            next.entry(device).is_some() || revocation(next, device).is_some_and(|r| r.epoch == next.epoch)
        };
        let dropped = known.devices.iter().any(|entry| !kept(&entry.device_id));
        let full = next.revoked.len() == MAX_REVOKED;
        let forgotten = known
            .revoked
            .iter()
            .any(|revocation| !next.revoked.contains(revocation));
        if dropped || (forgotten && !full) {
            return Err(IdentityError::BrokenListChain);
        }
    }
    require_none_revoked(known, &next.devices)
}

/// Refuses devices that `known` has revoked: `DeviceRevoked`.
pub(super) fn require_none_revoked(known: &DeviceList, devices: &[DeviceEntry]) -> Result<(), IdentityError> {
    let returning = devices
        .iter()
        .any(|entry| revocation(known, &entry.device_id).is_some());
    if returning {
        Err(IdentityError::DeviceRevoked)
    } else {
        Ok(())
    }
}

/// What a list holds besides its signature, as its maker decides it.
pub(super) struct Draft {
    epoch: u32,
    previous: ListHash,
    devices: Vec<DeviceEntry>,
    revoked: Vec<Revocation>,
}

impl Draft {
    /// Epoch 1 with one device (SPEC 5.4).
    pub(super) fn first(device: DeviceEntry) -> Self {
        let devices = Vec::from([device]);
        Self {
            epoch: 1,
            previous: ListHash::new([0; 32]),
            devices,
            revoked: Vec::new(),
        }
    }

    /// The list after `last` with exactly `devices`; those that are gone are revoked (SPEC 5.4).
    pub(super) fn after(last: &DeviceList, mut devices: Vec<DeviceEntry>) -> Result<Self, IdentityError> {
        if devices.is_empty() {
            return Err(DecodeError::LengthOutOfRange.into());
        }
        if devices.len() > MAX_DEVICES {
            return Err(IdentityError::TooManyDevices);
        }
        require_none_revoked(last, &devices)?;
        let epoch = last.epoch.checked_add(1).ok_or(DecodeError::InvalidValue)?;
        devices.sort_unstable_by_key(|entry| entry.device_id);
        let gone = last
            .devices
            .iter()
            .filter(|old| devices.iter().all(|new| new.device_id != old.device_id));
        let newly_revoked = gone.map(|entry| Revocation {
            device_id: entry.device_id,
            epoch,
        });
        let revoked = latest_revocations(last.revoked.iter().copied().chain(newly_revoked).collect());
        Ok(Self {
            epoch,
            previous: list_hash(last),
            devices,
            revoked,
        })
    }

    /// Dates the list, 35 days from `now`, and signs it with `sign` (SPEC 5.3).
    pub(super) fn sign(
        self,
        account_key: AccountKey,
        now: UnixTime,
        sign: impl FnOnce(&[u8]) -> Signature,
    ) -> DeviceList {
        let mut list = DeviceList {
            account_key,
            epoch: self.epoch,
            previous: self.previous,
            issued: now,
            expires: now.saturating_add(LIST_VALIDITY),
            devices: self.devices,
            revoked: self.revoked,
            signature: Signature::new([0; 64]),
        };
        list.signature = sign(&list.signing_input());
        list
    }
}

/// The 64 latest revocations, ascending by id: lowest epoch, then lowest id, give way (SPEC 5.4).
fn latest_revocations(mut revoked: Vec<Revocation>) -> Vec<Revocation> {
    revoked.sort_unstable_by_key(|revocation| (revocation.epoch, revocation.device_id));
    let excess = revoked.len().saturating_sub(MAX_REVOKED);
    revoked.drain(..excess);
    revoked.sort_unstable_by_key(|revocation| revocation.device_id);
    revoked
}

fn revocation<'a>(list: &'a DeviceList, device: &DeviceId) -> Option<&'a Revocation> {
    list.revoked
        .iter()
        .find(|revocation| revocation.device_id == *device)
}
