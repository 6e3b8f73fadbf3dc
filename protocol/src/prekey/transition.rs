//! Prekeys made, dropped and used up, staged (SPEC 15.1).

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use twotick_wire::{OneTimePrekeyId, SignedPrekeyId};

use super::Prekeys;
use super::secrets::{OneTimeSecret, ReplayEntry, ReplayRecord, SignedSecret};
use crate::staged::{Change, RecordKey, RecordKind, Transition, Visit};

/// The prekeys an accepted handshake uses up.
pub(crate) struct PrekeyUse {
    pub(crate) one_time: Option<OneTimePrekeyId>,
    pub(crate) replay: Option<(SignedPrekeyId, ReplayEntry)>,
}

/// New and erased prekeys, staged.
#[derive(Default)]
pub(super) struct PrekeyChange {
    pub(super) signed: Option<(SignedPrekeyId, Box<SignedSecret>)>,
    pub(super) one_time: Vec<(OneTimePrekeyId, Box<OneTimeSecret>)>,
    pub(super) dropped: Vec<OneTimePrekeyId>,
    pub(super) expired: Vec<SignedPrekeyId>,
}

/// Installs new prekeys.
pub struct PrekeyTransition<'a> {
    pub(super) prekeys: &'a mut Prekeys,
    pub(super) change: PrekeyChange,
}

impl fmt::Debug for PrekeyTransition<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrekeyTransition").finish_non_exhaustive()
    }
}

impl Visit for PrekeyTransition<'_> {
    fn visit(&self, visit: &mut dyn FnMut(Change<'_>)) {
        if let Some((id, secret)) = &self.change.signed {
            visit(Change::Put {
                key: RecordKey::new(RecordKind::SignedPrekey, &[id.as_bytes()]),
                value: &**secret,
            });
        }
        for (id, secret) in &self.change.one_time {
            visit(Change::Put {
                key: RecordKey::new(RecordKind::OneTimePrekey, &[id.as_bytes()]),
                value: &**secret,
            });
        }
        for id in &self.change.dropped {
            visit(Change::Delete {
                key: RecordKey::new(RecordKind::OneTimePrekey, &[id.as_bytes()]),
            });
        }
        for id in &self.change.expired {
            for entry in self
                .prekeys
                .signed
                .get(id)
                .iter()
                .flat_map(|secret| &secret.replayed)
            {
                visit(Change::Delete {
                    key: RecordKey::new(RecordKind::ReplayEntry, &[id.as_bytes(), entry]),
                });
            }
            visit(Change::Delete {
                key: RecordKey::new(RecordKind::SignedPrekey, &[id.as_bytes()]),
            });
        }
    }
}

impl Transition for PrekeyTransition<'_> {
    fn apply(&mut self) {
        let Self { prekeys, change } = self;
        prekeys.signed.extend(change.signed.take());
        prekeys.one_time.extend(change.one_time.drain(..));
        change
            .dropped
            .iter()
            .for_each(|id| drop(prekeys.one_time.remove(id)));
        change
            .expired
            .iter()
            .for_each(|id| drop(prekeys.signed.remove(id)));
    }
}

impl Prekeys {
    /// Visits the changes of `used` for a store.
    pub(crate) fn visit_use(used: &PrekeyUse, visit: &mut dyn FnMut(Change<'_>)) {
        if let Some(id) = &used.one_time {
            visit(Change::Delete {
                key: RecordKey::new(RecordKind::OneTimePrekey, &[id.as_bytes()]),
            });
        }
        if let Some((id, entry)) = &used.replay {
            let key = RecordKey::new(RecordKind::ReplayEntry, &[id.as_bytes(), entry]);
            visit(Change::Put {
                key,
                value: &ReplayRecord,
            });
        }
    }

    pub(crate) fn apply_use(&mut self, used: PrekeyUse) {
        if let Some(id) = used.one_time {
            self.one_time.remove(&id);
        }
        if let Some((id, entry)) = used.replay
            && let Some(signed) = self.signed.get_mut(&id)
        {
            signed.replayed.insert(entry);
        }
    }
}
