//! Changes that are not committed yet, and reading through them.

use std::{
    collections::{BTreeMap, HashMap, btree_map},
    iter::Peekable,
};

use bytes::Bytes;

use super::{
    layout::{Key, Table},
    view::{Keys, View},
};
use crate::store::StoreError;

/// Rows as they will be: a body, or nothing.
pub(super) type Changes = BTreeMap<Key, Option<Bytes>>;

/// Bodies of the rows that almost every operation reads, as they are committed.
#[derive(Default)]
pub(super) struct Hot {
    bodies: HashMap<Key, Bytes>,
}

impl Hot {
    pub(super) fn body(&self, key: &[u8]) -> Option<Bytes> {
        self.bodies.get(key).cloned()
    }

    /// Keeps a committed row, if it is of a kind that is worth it.
    pub(super) fn keep(&mut self, key: &[u8], body: Option<&Bytes>) {
        if !is_hot(key) {
            return;
        }
        match body {
            Some(body) => {
                if self.bodies.len() >= HOT_ROWS {
                    self.bodies.clear();
                }
                self.bodies.insert(key.to_vec(), body.clone());
            }
            None => {
                self.bodies.remove(key);
            }
        }
    }
}

fn is_hot(key: &[u8]) -> bool {
    [Table::Mailbox, Table::Account, Table::Capability]
        .iter()
        .any(|table| key.first() == Some(&(*table as u8)))
}

/// Keys that are there once `newer` is laid over `older`, and both over what is committed. Ascending.
pub(super) struct Merged<'a> {
    committed: Peekable<Keys>,
    older: Peekable<btree_map::Range<'a, Key, Option<Bytes>>>,
    newer: Peekable<btree_map::Range<'a, Key, Option<Bytes>>>,
}

impl<'a> Merged<'a> {
    pub(super) fn new(
        view: &View<'_>,
        older: &'a Changes,
        newer: &'a Changes,
        (first, last): (Key, Key),
    ) -> Self {
        let committed = view.keys(&first, &last).peekable();
        let layer = |changes: &'a Changes| changes.range(first.clone()..=last.clone()).peekable();
        Self {
            committed,
            older: layer(older),
            newer: layer(newer),
        }
    }
}

impl Iterator for Merged<'_> {
    type Item = Result<Key, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let committed = match self.committed.peek() {
                Some(Err(error)) => return Some(Err(*error)),
                Some(Ok(key)) => Some(key.clone()),
                None => None,
            };
            let older = self.older.peek().map(|(key, _)| (*key).clone());
            let newer = self.newer.peek().map(|(key, _)| (*key).clone());
            let least = [&committed, &older, &newer].into_iter().flatten().min()?.clone();
            let mut is_there = false;
            if committed.as_ref() == Some(&least) {
                self.committed.next();
                is_there = true;
            }
            for (layer, key) in [(&mut self.older, older), (&mut self.newer, newer)] {
                if key.as_ref() == Some(&least) {
                    is_there = layer.next().is_some_and(|(_, body)| body.is_some());
                }
            }
            if is_there {
                return Some(Ok(least));
            }
        }
    }
}

/// Rows kept in memory. More: memory, about 300 bytes each; fewer: reads of the engine for each operation.
const HOT_ROWS: usize = 100_000;
