//! Reading what is committed: rows as they were stored, or an error in their place.

use std::cell::RefCell;

use bytes::Bytes;
use fjall::{Readable, Snapshot};

use super::{
    engine::{Engine, guarded},
    layout::{self, Key},
};
use crate::store::StoreError;

/// The state after one commit.
pub(crate) struct View<'a> {
    engine: &'a Engine,
    snapshot: Snapshot,
}

impl<'a> View<'a> {
    pub(super) fn new(engine: &'a Engine, snapshot: Snapshot) -> Self {
        Self { engine, snapshot }
    }

    /// The body of a row.
    pub(crate) fn body(&self, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        let value = self.value(key)?;
        value.map(|value| layout::open(key, value)).transpose()
    }

    /// The value of a row, its checksum not looked at.
    pub(crate) fn value(&self, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        let value = reading(|| self.snapshot.get(self.engine.keyspace(key), key))?;
        Ok(value.map(Bytes::from))
    }

    /// The keys from `first` to `last`, both included, ascending.
    pub(crate) fn keys(&self, first: &[u8], last: &[u8]) -> Keys {
        Keys(self.range(first, last))
    }

    /// The rows from `first` to `last`, both included, ascending. A value that is damaged is an error in its place.
    pub(crate) fn rows(&self, first: &[u8], last: &[u8]) -> Rows {
        Rows(self.range(first, last))
    }

    fn range(&self, first: &[u8], last: &[u8]) -> fjall::Iter {
        self.snapshot.range(self.engine.keyspace(first), first..=last)
    }
}

/// Keys, ascending; values are not read.
pub(crate) struct Keys(fjall::Iter);

impl Iterator for Keys {
    type Item = Result<Key, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        reading(|| self.0.next().map(fjall::Guard::key).transpose())
            .map(|key| key.map(Key::from))
            .transpose()
    }
}

/// A key, and its body if that can be read.
pub(crate) type Row = (Key, Result<Bytes, StoreError>);

/// Rows, ascending.
pub(crate) struct Rows(fjall::Iter);

impl Iterator for Rows {
    type Item = Result<Row, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        let guard = reading(|| Ok(self.0.next())).transpose()?;
        // The key is kept when the value cannot be read: it says what is lost.
        let key = RefCell::new(Vec::new());
        let value = guard.and_then(|guard| {
            reading(|| {
                guard.into_inner_if(|found| {
                    key.borrow_mut().extend_from_slice(found);
                    true
                })
            })
        });
        let key = Key::from(key.into_inner());
        if key.is_empty() {
            return Some(Err(StoreError::Damaged));
        }
        let value = value.and_then(|(_, value)| value.ok_or(StoreError::Damaged));
        let body = value.and_then(|value| layout::open(&key, value.into()));
        Some(Ok((key, body)))
    }
}

/// Runs the engine; whatever goes wrong is [`StoreError::Damaged`].
fn reading<T>(read: impl FnOnce() -> fjall::Result<T>) -> Result<T, StoreError> {
    guarded(read).map_err(|_| StoreError::Damaged)
}
