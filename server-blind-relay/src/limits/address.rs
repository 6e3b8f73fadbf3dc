//! Limits of addresses: kept as keyed hashes, under a key that changes (R-ABU-1).

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use super::{
    Limited, Limiter, RelayLimits,
    rate::nanoseconds,
    table::{Fails, Key, Table, key, lock},
};

/// An address as the relay keeps it: a keyed hash of its /32 or /64 (R-ABU-1). The key changes every ten minutes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct AddressKey(pub(super) Key);

/// Shows nothing: addresses are never logged, hashed or not (R-BLD-1).
impl std::fmt::Debug for AddressKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AddressKey(..)")
    }
}

/// How long a key of addresses lasts (SPEC 29). Longer: hashes can be linked for longer; shorter: limits forget sooner.
pub const ADDRESS_KEY_LIFETIME: Duration = Duration::from_secs(600);

#[derive(Debug)]
pub(super) struct Addresses {
    secret: Mutex<[u8; 32]>,
    connects: Table<1>,
    unattached: Mutex<HashMap<Key, u32>>,
    at_once: u32,
    capacity: usize,
}

impl Addresses {
    pub(super) fn new(limits: &RelayLimits, secret: [u8; 32]) -> Self {
        Self {
            secret: Mutex::new(secret),
            connects: Table::new([limits.connects], Fails::Closed, limits.buckets),
            unattached: Mutex::default(),
            at_once: limits.unattached,
            capacity: limits.buckets,
        }
    }

    fn enter(&self, address: AddressKey, now: u64) -> Result<(), Limited> {
        let mut unattached = lock(&self.unattached);
        let present = unattached.get(&address.0).copied().unwrap_or(0);
        let has_memory = present > 0 || unattached.len() < self.capacity;
        if present >= self.at_once || !has_memory {
            return Err(Limited::after(nanoseconds(Duration::from_secs(1))));
        }
        self.connects.take(address.0, [1], now)?;
        unattached.insert(address.0, present + 1);
        Ok(())
    }

    fn leave(&self, address: AddressKey) {
        let mut unattached = lock(&self.unattached);
        if let Some(present) = unattached.get_mut(&address.0) {
            *present = present.saturating_sub(1);
            if *present == 0 {
                unattached.remove(&address.0);
            }
        }
    }
}

/// A connection that is not attached yet. Dropped when it is, or when it ends.
#[derive(Debug)]
pub struct Unattached {
    limiter: Arc<Limiter>,
    address: AddressKey,
}

impl Unattached {
    /// Where it comes from.
    #[must_use]
    pub fn address(&self) -> AddressKey {
        self.address
    }
}

impl Drop for Unattached {
    fn drop(&mut self) {
        self.limiter.addresses.leave(self.address);
    }
}

impl Limiter {
    /// Replaces the key of addresses, 32 fresh random bytes, every [`ADDRESS_KEY_LIFETIME`]. What was counted is forgotten.
    pub fn rotate_address_key(&self, secret: [u8; 32]) {
        *lock(&self.addresses.secret) = secret;
    }

    /// The key of an address at present.
    #[must_use]
    pub fn address(&self, address: IpAddr) -> AddressKey {
        let secret = lock(&self.addresses.secret);
        AddressKey(match address.to_canonical() {
            IpAddr::V4(address) => key(&secret, &[&address.octets()]),
            IpAddr::V6(address) => key(&secret, &[&address.octets()[..8]]),
        })
    }

    /// Lets a connection in that has proven nothing, or refuses: so many at once, so many each second.
    pub fn connect(self: &Arc<Self>, address: AddressKey, now: Duration) -> Result<Unattached, Limited> {
        self.addresses.enter(address, self.at(now))?;
        Ok(Unattached {
            limiter: Arc::clone(self),
            address,
        })
    }
}
