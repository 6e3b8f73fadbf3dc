//! Changes that are not committed yet, and reading through them.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, HashMap, btree_map},
    iter::Peekable,
};

use bytes::Bytes;

use super::{
    layout::{Key, Table},
    view::{Keys, View},
};
use crate::store::StoreError;

/// Rows as they will be: a value, or nothing.
pub(super) type Changes = BTreeMap<Key, Option<Bytes>>;

/// Values of the rows that almost every operation reads, as they are committed.
#[derive(Default)]
pub(super) struct Hot {
    values: HashMap<Key, Bytes>,
}

impl Hot {
    pub(super) fn value(&self, key: &[u8]) -> Option<Bytes> {
        self.values.get(key).cloned()
    }

    /// Keeps a committed row, if it is of a kind that is worth it.
    pub(super) fn keep(&mut self, key: &Key, value: Option<&Bytes>) {
        if !is_hot(key) {
            return;
        }
        match value {
            Some(value) => {
                if self.values.len() >= HOT_ROWS {
                    self.values.clear();
                }
                self.values.insert(key.clone(), value.clone());
            }
            None => {
                self.values.remove(key);
            }
        }
    }
}

fn is_hot(key: &[u8]) -> bool {
    [Table::Mailbox, Table::Account, Table::Capability]
        .iter()
        .any(|table| key.first() == Some(&(*table as u8)))
}

/// Keys that are there once `changes` are laid over what is committed. Ascending.
pub(super) struct Merged<'a> {
    committed: Peekable<Keys>,
    changes: Peekable<btree_map::Range<'a, Key, Option<Bytes>>>,
}

impl<'a> Merged<'a> {
    pub(super) fn new(view: &View<'_>, changes: &'a Changes, (first, last): (Key, Key)) -> Self {
        let committed = view.keys(&first, &last).peekable();
        let changes = changes.range(first..=last).peekable();
        Self { committed, changes }
    }
}

impl Iterator for Merged<'_> {
    type Item = Result<Key, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let changed = self.changes.peek().map(|(key, _)| *key);
            let order = match (self.committed.peek(), changed) {
                (Some(Err(error)), _) => return Some(Err(*error)),
                (Some(Ok(committed)), Some(changed)) => committed.cmp(changed),
                (Some(Ok(_)), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => return None,
            };
            if order == Ordering::Less {
                return self.committed.next();
            }
            if order == Ordering::Equal {
                self.committed.next();
            }
            if let Some((key, Some(_))) = self.changes.next() {
                return Some(Ok(key.clone()));
            }
        }
    }
}

/// Rows kept in memory. More: memory, about 300 bytes each; fewer: reads of the engine for each operation.
const HOT_ROWS: usize = 100_000;
