//! A list of skipped message keys that leaves no copies behind when it shrinks or grows.

use alloc::vec::Vec;

use twotick_wire::UnixTime;
use zeroize::Zeroize;

use crate::secret::Secret;

/// Skipped keys of one chain, ascending by number; 44 bytes each.
///
/// Numbers, times and keys stand apart so that keys can be moved as plain bytes and the place they left wiped.
#[derive(Default)]
pub(crate) struct KeyList {
    numbers: Vec<u32>,
    stored: Vec<UnixTime>,
    keys: Vec<[u8; 32]>,
}

impl Drop for KeyList {
    fn drop(&mut self) {
        // Most lists are empty, and wiping nothing is not free.
        if self.keys.capacity() > 0 {
            self.keys.zeroize();
        }
    }
}

impl KeyList {
    /// Room for `count` keys, so that pushing them moves nothing.
    pub(crate) fn with_capacity(count: usize) -> Self {
        Self {
            numbers: Vec::with_capacity(count),
            stored: Vec::with_capacity(count),
            keys: Vec::with_capacity(count),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.numbers.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// Appends a key; numbers are pushed in ascending order.
    pub(crate) fn push(&mut self, number: u32, stored: UnixTime, key: &Secret<32>) {
        self.reserve(1);
        self.numbers.push(number);
        self.stored.push(stored);
        self.keys.push(*key.expose());
    }

    /// Appends all keys of `other`.
    pub(crate) fn append(&mut self, other: &Self) {
        self.reserve(other.len());
        self.numbers.extend_from_slice(&other.numbers);
        self.stored.extend_from_slice(&other.stored);
        self.keys.extend_from_slice(&other.keys);
    }

    pub(crate) fn position(&self, number: u32) -> Option<usize> {
        self.numbers.binary_search(&number).ok()
    }

    pub(crate) fn key(&self, index: usize) -> Option<Secret<32>> {
        self.keys.get(index).map(|key| Secret::from_bytes(*key))
    }

    pub(crate) fn stored(&self, index: usize) -> Option<UnixTime> {
        self.stored.get(index).copied()
    }

    /// Removes one key and wipes the place it leaves.
    pub(crate) fn remove(&mut self, index: usize) {
        if index < self.len() {
            self.numbers.remove(index);
            self.stored.remove(index);
            self.keys.copy_within(index + 1.., index);
            self.shorten(1);
        }
    }

    /// Removes the first `count` keys.
    pub(crate) fn remove_first(&mut self, count: usize) {
        let count = count.min(self.len());
        self.numbers.drain(..count);
        self.stored.drain(..count);
        self.keys.copy_within(count.., 0);
        self.shorten(count);
    }

    /// Removes every key stored before `oldest`; returns how many.
    pub(crate) fn remove_stored_before(&mut self, oldest: UnixTime) -> usize {
        let before = self.len();
        let mut index = 0;
        while index < self.len() {
            if self.stored[index] < oldest {
                self.remove(index)
            } else {
                index += 1
            }
        }
        before - self.len()
    }

    /// The entries, oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, UnixTime, &[u8; 32])> {
        let times = self.stored.iter().copied();
        self.numbers
            .iter()
            .copied()
            .zip(times)
            .zip(&self.keys)
            .map(|((number, time), key)| (number, time, key))
    }

    fn shorten(&mut self, count: usize) {
        let left = self.keys.len() - count;
        self.keys[left..].iter_mut().for_each(Zeroize::zeroize);
        self.keys.truncate(left);
    }

    fn reserve(&mut self, more: usize) {
        if self.keys.len() + more > self.keys.capacity() {
            let mut larger = Vec::with_capacity((self.keys.len() + more).max(2 * self.keys.capacity()));
            larger.extend_from_slice(&self.keys);
            self.keys.zeroize();
            self.keys = larger;
        }
    }
}
