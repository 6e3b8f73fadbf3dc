//! Who may do how much, how often, SPEC 28: token buckets in bounded memory.
//!
//! A bucket that is full is the same as one that is not there, so only those that were used of late are kept. When a
//! limit has no memory left, it fails as the table says: what moves messages grants, what guards keys refuses.

mod address;
mod defaults;
mod rate;
mod table;

use std::{
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use twotick_wire::{AccountId, DeviceId};

pub use address::{ADDRESS_KEY_LIFETIME, AddressKey, Unattached};
pub use defaults::RelayLimits;
pub(crate) use rate::nanoseconds;
pub use rate::{Limited, Rate};
pub(crate) use table::lock;

use self::{
    address::Addresses,
    table::{Fails, Key, Table, key},
};
use crate::store::Admission;

/// The limits of a relay, and what is left of them.
#[derive(Debug)]
pub struct Limiter {
    limits: RelayLimits,
    secret: [u8; 32],
    /// The latest time that anybody told, in nanoseconds: [`Admission::admit`] is told none.
    latest: AtomicU64,
    attaches_of_all: Mutex<u64>,
    rate_of_all: Rate,
    account_sends: Table<1>,
    sends_to_account: Table<1>,
    mailboxes: Table<2>,
    receipts: Table<1>,
    ephemeral: Table<1>,
    prekeys_by_account: Table<1>,
    prekeys_by_anyone: Table<1>,
    publications: Table<1>,
    attaches: Table<1>,
    new_mailboxes: Table<1>,
    addresses: Addresses,
}

impl Limiter {
    /// Limits at their fullest. `secret`: 32 random bytes; `cores`: how many attaches at once a machine can verify.
    #[must_use]
    pub fn new(limits: RelayLimits, cores: u32, secret: [u8; 32]) -> Self {
        use Fails::{Closed, Open};
        let table = |rate, fails| Table::new([rate], fails, limits.buckets);
        let mailbox = [limits.mailbox_envelopes, limits.mailbox_bytes];
        let all = limits.attaches_of_all;
        Self {
            secret,
            latest: AtomicU64::new(0),
            attaches_of_all: Mutex::new(0),
            rate_of_all: Rate::new(all.burst, all.interval / cores.max(1)),
            account_sends: table(limits.account_sends, Open),
            sends_to_account: table(limits.sends_to_account, Open),
            mailboxes: Table::new(mailbox, Open, limits.buckets),
            receipts: table(limits.receipts, Open),
            ephemeral: table(limits.ephemeral, Open),
            prekeys_by_account: table(limits.prekeys_by_account, Closed),
            prekeys_by_anyone: table(limits.prekeys_by_anyone, Closed),
            publications: table(limits.publications, Closed),
            attaches: table(limits.attaches, Closed),
            new_mailboxes: table(limits.new_mailboxes, Closed),
            addresses: Addresses::new(&limits, secret),
            limits,
        }
    }

    /// The limits themselves.
    #[must_use]
    pub fn limits(&self) -> &RelayLimits {
        &self.limits
    }

    /// Whether one more device of all may attach: asked before anything of it is verified.
    pub fn attach_any(&self, now: Duration) -> Result<(), Limited> {
        let now = self.at(now);
        let mut full_at = lock(&self.attaches_of_all);
        *full_at = self.rate_of_all.take(*full_at, 1, now)?;
        Ok(())
    }

    /// Whether one more could attach now, without taking its place: so that a storm is turned away before a handshake.
    pub fn attaches_left(&self, now: Duration) -> Result<(), Limited> {
        self.rate_of_all
            .take(*lock(&self.attaches_of_all), 1, self.at(now))
            .map(|_| ())
    }
}

impl Limiter {
    /// Whether a device that has proven itself may attach.
    pub fn attach(&self, device: DeviceId, now: Duration) -> Result<(), Limited> {
        self.attaches
            .take(self.key(&[device.as_bytes()]), [1], self.at(now))
    }

    /// Takes one new mailbox from an address.
    pub fn new_mailbox(&self, address: AddressKey, now: Duration) -> Result<(), Limited> {
        self.new_mailboxes.take(address.0, [1], self.at(now))
    }

    /// Gives it back: the mailbox was not new.
    pub fn keep_new_mailbox(&self, address: AddressKey) {
        self.new_mailboxes.refund(address.0, [1]);
    }

    /// Whether a device may send to an account: both rates of the sender (R-SND-4).
    pub fn send(&self, device: DeviceId, account: AccountId, now: Duration) -> Result<(), Limited> {
        let (of_device, now) = (self.key(&[device.as_bytes()]), self.at(now));
        self.account_sends.take(of_device, [1], now)?;
        let to_account = self.key(&[device.as_bytes(), account.as_bytes()]);
        self.sends_to_account
            .take(to_account, [1], now)
            .inspect_err(|_| self.account_sends.refund(of_device, [1]))
    }

    /// Whether one more receipt of a device is taken; otherwise it is dropped.
    pub fn receipt(&self, device: DeviceId, now: Duration) -> Result<(), Limited> {
        self.receipts
            .take(self.key(&[device.as_bytes()]), [1], self.at(now))
    }

    /// Whether an ephemeral message to one more device is taken; otherwise it is dropped.
    pub fn ephemeral(&self, device: DeviceId, now: Duration) -> Result<(), Limited> {
        self.ephemeral
            .take(self.key(&[device.as_bytes()]), [1], self.at(now))
    }

    /// Whether `by` may take a one-time prekey of `device`; otherwise its bundle comes without.
    pub fn take_prekey(&self, by: AccountId, device: DeviceId, now: Duration) -> Result<(), Limited> {
        let now = self.at(now);
        let by_account = self.key(&[by.as_bytes(), device.as_bytes()]);
        self.prekeys_by_account.take(by_account, [1], now)?;
        self.prekeys_by_anyone
            .take(self.key(&[device.as_bytes()]), [1], now)
            .inspect_err(|_| self.prekeys_by_account.refund(by_account, [1]))
    }

    /// Whether a device may publish prekeys or a list.
    pub fn publish(&self, device: DeviceId, now: Duration) -> Result<(), Limited> {
        self.publications
            .take(self.key(&[device.as_bytes()]), [1], self.at(now))
    }

    fn key(&self, parts: &[&[u8]]) -> Key {
        key(&self.secret, parts)
    }

    /// The time in nanoseconds, which never goes back.
    fn at(&self, now: Duration) -> u64 {
        let now = nanoseconds(now);
        self.latest.fetch_max(now, Ordering::Relaxed).max(now)
    }
}

impl Admission for Limiter {
    fn admit(&self, mailbox: &DeviceId, bytes: usize) -> Result<(), u32> {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let now = self.latest.load(Ordering::Relaxed);
        self.mailboxes
            .take(self.key(&[mailbox.as_bytes()]), [1, bytes], now)
            .map_err(|limited| limited.retry_after)
    }
}
