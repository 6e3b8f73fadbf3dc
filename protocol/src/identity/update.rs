//! What changes in an account, and how it is installed (SPEC 5.3, 15.1).

use alloc::vec::Vec;

use twotick_wire::{DeviceId, DeviceList};

use super::Account;
use crate::staged::{Change, Transition, Visit};

/// What an adopted list changed, for the caller to show (R-LST-4, R-LST-7).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListUpdate {
    /// Lists between the known one and this one that were not seen.
    pub missed_epochs: u32,
    /// Devices that are listed now and were not.
    pub added: Vec<DeviceId>,
    /// Devices that were listed and are not now: nothing is accepted from them any more.
    pub removed: Vec<DeviceId>,
    /// Devices that are listed with another certificate than before.
    pub renewed: Vec<DeviceId>,
    /// Devices whose revocation is no longer in the list (R-LIM-1).
    pub forgotten: Vec<DeviceId>,
    /// False if the list was the known one.
    pub changed: bool,
}

impl ListUpdate {
    pub(super) fn between(known: &DeviceList, next: &DeviceList, missed_epochs: u32) -> Self {
        let mut update = Self {
            missed_epochs,
            changed: true,
            ..Self::default()
        };
        for entry in &next.devices {
            match known.entry(&entry.device_id) {
                None => update.added.push(entry.device_id),
                Some(old) if old != entry => update.renewed.push(entry.device_id),
                Some(_) => {}
            }
        }
        let gone = known
            .devices
            .iter()
            .filter(|old| next.entry(&old.device_id).is_none());
        update.removed = gone.map(|entry| entry.device_id).collect();
        let still = |device: &DeviceId| {
            next.revoked
                .iter()
                .any(|revocation| revocation.device_id == *device)
        };
        let forgotten = known
            .revoked
            .iter()
            .filter(|revocation| !still(&revocation.device_id));
        update.forgotten = forgotten.map(|revocation| revocation.device_id).collect();
        update
    }
}

/// How a claimed list head stands to the list known here (R-LST-6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadComparison {
    /// The same list.
    Same,
    /// The peer knows no list.
    Unknown,
    /// The peer knows an earlier list.
    Older,
    /// The peer knows a later list.
    Newer,
    /// The same epoch with another hash.
    Fork,
}

/// Replaces an account once its next value is stored (SPEC 15.1).
#[derive(Debug)]
pub struct AccountTransition<'a> {
    pub(super) account: &'a mut Account,
    pub(super) next: Option<Account>,
}

impl Visit for AccountTransition<'_> {
    fn visit(&self, visit: &mut dyn FnMut(Change<'_>)) {
        let Some(next) = &self.next else { return };
        if next.account_id != self.account.account_id {
            visit(Change::Delete {
                key: self.account.record_key(),
            });
        }
        visit(Change::Put {
            key: next.record_key(),
            value: next,
        });
    }
}

impl Transition for AccountTransition<'_> {
    fn apply(&mut self) {
        if let Some(next) = self.next.take() {
            *self.account = next;
        }
    }
}
