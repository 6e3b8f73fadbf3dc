//! The next state of a peer device, computed beside the present one and installed by commit.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use super::arrangement::{Arrangement, Slot, Source};
use super::book::Book;
use super::{PeerDevice, Session};
use crate::prekey::{PrekeyUse, Prekeys};
use crate::ratchet::{RatchetChange, SkippedChange};
use crate::staged::{Change, Record, RecordKind, Sealed, Transition, Visit};
use crate::state::StateWriter;

/// One operation's effect on a peer device.
pub(crate) struct PeerChange {
    pub(crate) arrangement: Arrangement,
    /// The one session whose ratchet moves.
    pub(crate) moved: Option<(usize, RatchetChange)>,
    pub(crate) new: Option<Box<Session>>,
    pub(crate) book: Option<Book>,
}

impl PeerChange {
    /// Evicts what is over the limit of the peer device; returns how many keys.
    pub(crate) fn limit_keys(&mut self, peer: &PeerDevice, most: usize) -> usize {
        let Self {
            arrangement,
            moved,
            new,
            ..
        } = self;
        arrangement.share_keys(most, |source| match source {
            Source::New => new.as_ref().map_or(0, |session| session.ratchet.skipped.len()),
            Source::Existing(index) => {
                let Some(session) = peer.sessions.get(index) else {
                    return 0;
                };
                match &*moved {
                    Some((at, change)) if *at == index => session.ratchet.skipped.len_after(&change.skipped),
                    _ => session.ratchet.skipped.len(),
                }
            }
        })
    }

    pub(crate) fn apply(self, peer: &mut PeerDevice) {
        let mut former: Vec<Option<Box<Session>>> = core::mem::take(&mut peer.sessions)
            .into_iter()
            .map(Some)
            .collect();
        if let Some((index, change)) = self.moved
            && let Some(Some(session)) = former.get_mut(index)
        {
            session.ratchet.apply(change);
        }
        let mut new = self.new;
        for slot in self.arrangement.slots() {
            let session = match slot.source {
                Source::New => new.take(),
                Source::Existing(index) => former.get_mut(index).and_then(Option::take),
            };
            if let Some(mut session) = session {
                session.meta = slot.meta;
                if slot.meta.confirmed {
                    session.header = None;
                }
                session.ratchet.skipped.shrink_to(slot.keys);
                peer.sessions.push(session);
            }
        }
        if let Some(book) = self.book {
            peer.book = book;
        }
    }

    /// Whether nothing but one session's ratchet moves: the common case needs no rearrangement.
    pub(crate) fn is_in_place(&self, peer: &PeerDevice) -> bool {
        let same = |(index, slot): (usize, &Slot)| {
            slot.source == Source::Existing(index)
                && slot.keys == usize::MAX
                && peer
                    .sessions
                    .get(index)
                    .is_some_and(|session| session.meta == slot.meta)
        };
        self.new.is_none()
            && self.arrangement.slots().len() == peer.sessions.len()
            && self.arrangement.slots().iter().enumerate().all(same)
    }
}

/// Installs a change of a peer device, and of the prekeys an accepted handshake used up.
pub struct PeerTransition<'a> {
    pub(crate) peer: &'a mut PeerDevice,
    pub(crate) change: PeerChange,
    pub(crate) prekeys: Option<(&'a mut Prekeys, PrekeyUse)>,
}

impl fmt::Debug for PeerTransition<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PeerTransition")
            .field("peer", &self.peer)
            .finish_non_exhaustive()
    }
}

impl Visit for PeerTransition<'_> {
    fn visit(&self, visit: &mut dyn FnMut(Change<'_>)) {
        if let Some((_, used)) = &self.prekeys {
            Prekeys::visit_use(used, visit);
        }
        let value = PeerView {
            peer: self.peer,
            change: &self.change,
        };
        visit(Change::Put {
            key: self.peer.record_key(),
            value: &value,
        });
    }
}

impl Transition for PeerTransition<'_> {
    fn apply(self) {
        if let Some((prekeys, used)) = self.prekeys {
            prekeys.apply_use(used);
        }
        if self.change.is_in_place(self.peer) {
            if let Some((index, change)) = self.change.moved
                && let Some(session) = self.peer.sessions.get_mut(index)
            {
                session.ratchet.apply(change);
            }
            if let Some(book) = self.change.book {
                self.peer.book = book;
            }
        } else {
            self.change.apply(self.peer);
        }
    }
}

/// A peer device as it will be.
struct PeerView<'a> {
    peer: &'a PeerDevice,
    change: &'a PeerChange,
}

impl Sealed for PeerView<'_> {}
impl Record for PeerView<'_> {
    fn encode_to(&self, writer: &mut StateWriter) {
        let Self { peer, change } = self;
        writer.start(RecordKind::PeerDevice);
        peer.encode_names(writer);
        change.book.as_ref().unwrap_or(&peer.book).encode_to(writer);
        writer.count(change.arrangement.slots().len());
        for slot in change.arrangement.slots() {
            match slot.source {
                Source::New => {
                    if let Some(session) = &change.new {
                        encode(session, slot, None, writer);
                    }
                }
                Source::Existing(index) => {
                    if let Some(session) = peer.sessions.get(index) {
                        let moved = change
                            .moved
                            .as_ref()
                            .filter(|(at, _)| *at == index)
                            .map(|(_, change)| change);
                        encode(session, slot, moved, writer);
                    }
                }
            }
        }
    }
}

fn encode(session: &Session, slot: &Slot, moved: Option<&RatchetChange>, writer: &mut StateWriter) {
    session.encode_head_to(&slot.meta, writer);
    match moved {
        Some(change) => {
            change.core.encode_to(writer);
            session
                .ratchet
                .skipped
                .encode_changed_to(&change.skipped, slot.keys, writer);
        }
        None => {
            session.ratchet.core.encode_to(writer);
            session
                .ratchet
                .skipped
                .encode_changed_to(&SkippedChange::none(), slot.keys, writer);
        }
    }
}
