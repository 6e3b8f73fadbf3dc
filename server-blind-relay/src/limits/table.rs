//! The buckets of one limit, in bounded memory.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use sha2::{Digest, Sha256};

use super::rate::{Limited, Rate};

/// What a limit does when it has no memory left (SPEC 28).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fails {
    /// Grants.
    Open,
    /// Refuses.
    Closed,
}

/// A bucket, by a hash: 16 bytes whatever is limited.
pub(super) type Key = [u8; 16];

/// The buckets of `N` rates that are taken from together. Full buckets are not kept.
#[derive(Debug)]
pub(super) struct Table<const N: usize> {
    rates: [Rate; N],
    fails: Fails,
    shards: Box<[Mutex<Shard<N>>]>,
    shard_capacity: usize,
}

#[derive(Debug)]
struct Shard<const N: usize> {
    full_at: HashMap<Key, [u64; N]>,
    /// When the whole shard may be looked through again.
    sweep_at: u64,
}

impl<const N: usize> Table<N> {
    pub(super) fn new(rates: [Rate; N], fails: Fails, capacity: usize) -> Self {
        let shard = || {
            Mutex::new(Shard {
                full_at: HashMap::new(),
                sweep_at: 0,
            })
        };
        Self {
            rates,
            fails,
            shards: (0..SHARDS).map(|_| shard()).collect(),
            shard_capacity: (capacity / SHARDS).max(1),
        }
    }

    /// Takes `counts` from the bucket of `key`: from every rate, or from none.
    pub(super) fn take(&self, key: Key, counts: [u32; N], now: u64) -> Result<(), Limited> {
        let mut shard = self.shard(&key);
        let known = shard.full_at.get(&key).copied();
        let mut next = known.unwrap_or([now; N]);
        for ((full_at, rate), count) in next.iter_mut().zip(self.rates).zip(counts) {
            *full_at = rate.take(*full_at, count, now)?;
        }
        if known.is_none() && !shard.has_room(self.shard_capacity, now) {
            return match self.fails {
                Fails::Open => Ok(()),
                Fails::Closed => Err(Limited::after(SWEEP)),
            };
        }
        shard.full_at.insert(key, next);
        Ok(())
    }

    /// Puts `counts` back.
    pub(super) fn refund(&self, key: Key, counts: [u32; N]) {
        let mut shard = self.shard(&key);
        if let Some(full_at) = shard.full_at.get_mut(&key) {
            for ((full_at, rate), count) in full_at.iter_mut().zip(self.rates).zip(counts) {
                *full_at = rate.refund(*full_at, count);
            }
        }
    }

    fn shard(&self, key: &Key) -> std::sync::MutexGuard<'_, Shard<N>> {
        lock(&self.shards[usize::from(key[0]) % SHARDS])
    }
}

impl<const N: usize> Shard<N> {
    /// Makes room for one more by dropping full buckets; looks through all of them once a second at most.
    fn has_room(&mut self, capacity: usize, now: u64) -> bool {
        if self.full_at.len() < capacity {
            return true;
        }
        if now < self.sweep_at {
            return false;
        }
        self.sweep_at = now.saturating_add(SWEEP);
        self.full_at
            .retain(|_, full_at| full_at.iter().any(|&at| at > now));
        self.full_at.len() < capacity
    }
}

/// Hashes what is limited under the limiter's key, so that nobody can choose which shard it falls into.
pub(super) fn key(secret: &[u8; 32], parts: &[&[u8]]) -> Key {
    let mut hash = Sha256::new().chain_update(secret);
    for part in parts {
        hash.update([u8::try_from(part.len()).unwrap_or(u8::MAX)]);
        hash.update(part);
    }
    let mut key = Key::default();
    key.copy_from_slice(&hash.finalize()[..16]);
    key
}

/// A poisoned lock is taken all the same: each change under it is one insertion.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// So many locks that two cores seldom meet.
const SHARDS: usize = 16;

/// Between two searches for full buckets, in nanoseconds: a second.
const SWEEP: u64 = 1_000_000_000;
