//! Which sessions a peer device has after a change, in which order: a value on the stack (SPEC 12.2).

use alloc::vec::Vec;

use twotick_wire::UnixTime;

use super::{Meta, PeerDevice, SessionEvent};
use crate::limits::constants::{ARCHIVED_SESSION, ARCHIVED_SESSION_LONGEST};

/// One current, four archived, and one that is about to be evicted.
const MOST: usize = 6;

/// Where the session of a slot comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Existing(usize),
    New,
}

/// A session in the next arrangement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot {
    pub(crate) source: Source,
    pub(crate) meta: Meta,
    /// Skipped keys it may keep.
    pub(crate) keys: usize,
}

/// Current session first (if any), then archived ones, newest first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrangement {
    slots: [Slot; MOST],
    length: usize,
}

impl Arrangement {
    /// The sessions of `peer` that have not retired at `now`.
    pub(crate) fn of(peer: &PeerDevice, now: UnixTime, events: &mut Vec<SessionEvent>) -> Self {
        let empty = Slot {
            source: Source::New,
            meta: Meta::default(),
            keys: usize::MAX,
        };
        let mut arrangement = Self {
            slots: [empty; MOST],
            length: 0,
        };
        for (index, session) in peer.sessions.iter().enumerate() {
            if session.meta.has_retired(now) {
                events.push(SessionEvent::SessionErased {
                    generation: session.generation,
                });
            } else {
                arrangement.insert(arrangement.length, Source::Existing(index), session.meta);
            }
        }
        arrangement
    }

    pub(crate) fn slots(&self) -> &[Slot] {
        &self.slots[..self.length]
    }

    pub(crate) fn slots_mut(&mut self) -> &mut [Slot] {
        &mut self.slots[..self.length]
    }

    /// The current session's slot.
    pub(crate) fn current(&self) -> Option<&Slot> {
        self.slots().first().filter(|slot| slot.meta.archived.is_none())
    }

    /// Makes the new session current and archives the former one.
    pub(crate) fn promote_new(&mut self, confirmed: bool, now: UnixTime) {
        if let Some(former) = self
            .slots_mut()
            .first_mut()
            .filter(|slot| slot.meta.archived.is_none())
        {
            former.meta.archived = Some(now);
            former.meta.retires = now.saturating_add(ARCHIVED_SESSION_LONGEST);
        }
        self.insert(
            0,
            Source::New,
            Meta {
                confirmed: false,
                archived: None,
                retires: UnixTime::default(),
            },
        );
        if confirmed {
            self.confirm(0, now);
        }
    }

    /// Archives the new session at once: it lost the comparison of SPEC 12.2.
    pub(crate) fn archive_new(&mut self, now: UnixTime) {
        let current_confirmed = self.current().is_some_and(|slot| slot.meta.confirmed);
        let life = if current_confirmed {
            ARCHIVED_SESSION
        } else {
            ARCHIVED_SESSION_LONGEST
        };
        let meta = Meta {
            confirmed: true,
            archived: Some(now),
            retires: now.saturating_add(life),
        };
        let position = usize::from(self.current().is_some());
        self.insert(position, Source::New, meta);
    }

    /// Marks a session confirmed; if it is the current one, the archived ones retire within 72 h (R-SES-5).
    pub(crate) fn confirm(&mut self, slot: usize, now: UnixTime) {
        let Some(confirmed) = self.slots_mut().get_mut(slot) else {
            return;
        };
        // Once is enough: a clock that is back for a moment must not shorten what was given.
        if confirmed.meta.confirmed {
            return;
        }
        confirmed.meta.confirmed = true;
        if confirmed.meta.archived.is_none() {
            let latest = now.saturating_add(ARCHIVED_SESSION);
            for archived in self
                .slots_mut()
                .iter_mut()
                .filter(|slot| slot.meta.archived.is_some())
            {
                archived.meta.retires = archived.meta.retires.min(latest);
            }
        }
    }

    /// Erases the oldest archived sessions over the limit. `new` is the generation of the new session.
    pub(crate) fn limit(&mut self, peer: &PeerDevice, new: u32, events: &mut Vec<SessionEvent>) {
        let current = usize::from(self.current().is_some());
        while self.length > current + peer.limits.archived_sessions {
            self.length -= 1;
            let generation = match self.slots[self.length].source {
                Source::Existing(index) => peer.sessions.get(index).map(|session| session.generation),
                Source::New => Some(new),
            };
            events.extend(generation.map(|generation| SessionEvent::SessionErased { generation }));
        }
    }

    /// Shares out the room for skipped keys, current session first (R-SES-7); returns how many have to go.
    pub(crate) fn share_keys(&mut self, most: usize, held: impl Fn(Source) -> usize) -> usize {
        let mut room = most;
        let mut evicted = 0;
        for slot in self.slots_mut() {
            let held = held(slot.source);
            let kept = held.min(room);
            room -= kept;
            if kept < held {
                slot.keys = kept;
                evicted += held - kept;
            }
        }
        evicted
    }

    fn insert(&mut self, position: usize, source: Source, meta: Meta) {
        if self.length < MOST && position <= self.length {
            self.slots.copy_within(position..self.length, position + 1);
            self.slots[position] = Slot {
                source,
                meta,
                keys: usize::MAX,
            };
            self.length += 1;
        }
    }
}
