//! The next state of a peer device, computed beside the present one and installed by commit.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use twotick_wire::{AccountId, CertificateHash, UnixTime};

use super::arrangement::{Arrangement, Slot, Source};
use super::book::Book;
use super::{Meta, PeerDevice, Session};
use crate::prekey::{PrekeyUse, Prekeys};
use crate::ratchet::{CoreChange, RatchetChange, SkippedChange};
use crate::staged::{Change, Record, RecordKind, Sealed, Transition, Visit};
use crate::state::StateWriter;

/// One operation's effect on a peer device.
pub(crate) struct PeerChange {
    /// `None`: the sessions stay as they stand, which is the common case.
    pub(crate) arrangement: Option<Box<Arrangement>>,
    /// The one session whose ratchet moves.
    pub(crate) moved: Option<(usize, RatchetChange)>,
    pub(crate) new: Option<Box<Session>>,
    pub(crate) book: Option<Book>,
    pub(crate) names: Option<Names>,
    /// Skipped keys stored before this are erased, in every session (R-DR-9).
    pub(crate) oldest: UnixTime,
}

/// Under which account and certificate a peer device goes from now on.
pub(crate) struct Names {
    pub(crate) account: AccountId,
    pub(crate) certificate: CertificateHash,
}

impl PeerChange {
    /// Nothing changes yet.
    pub(crate) fn none() -> Self {
        Self {
            arrangement: None,
            moved: None,
            new: None,
            book: None,
            names: None,
            oldest: UnixTime::default(),
        }
    }

    /// Nothing but the sending side of the current session moves.
    pub(crate) fn sealed(core: CoreChange) -> Self {
        let skipped = SkippedChange::none();
        Self {
            moved: Some((0, RatchetChange { core, skipped })),
            ..Self::none()
        }
    }

    /// Arranges the sessions anew, if that differs from how they stand, and evicts the keys that are over the limit of
    /// the peer device, or too old in a session that does not move; returns how many keys go.
    pub(crate) fn arrange(&mut self, peer: &PeerDevice, mut arrangement: Arrangement, most: usize) -> usize {
        let (moved, oldest) = (&self.moved, self.oldest);
        let mut expired = 0;
        for slot in arrangement.slots() {
            if let Source::Existing(index) = slot.source
                && moved.as_ref().is_none_or(|(at, _)| *at != index)
                && let Some(session) = peer.sessions.get(index)
            {
                expired += session.ratchet.skipped.expired(oldest);
            }
        }
        let evicted = arrangement.share_keys(most, |source| match source {
            Source::New => self
                .new
                .as_ref()
                .map_or(0, |session| session.ratchet.skipped.len()),
            Source::Existing(index) => {
                let Some(session) = peer.sessions.get(index) else {
                    return 0;
                };
                match moved {
                    Some((at, change)) if *at == index => session.ratchet.skipped.len_after(&change.skipped),
                    _ => session.ratchet.skipped.len() - session.ratchet.skipped.expired(oldest),
                }
            }
        });
        if !stands(peer, &arrangement) {
            self.arrangement = Some(Box::new(arrangement));
        }
        evicted + expired
    }

    pub(crate) fn apply(&mut self, peer: &mut PeerDevice) {
        if let Some((index, change)) = &mut self.moved
            && let Some(session) = peer.sessions.get_mut(*index)
        {
            session.ratchet.apply(change);
        }
        for session in &mut peer.sessions {
            session.ratchet.skipped.expire(self.oldest);
        }
        if let Some(names) = self.names.take() {
            peer.account = names.account;
            peer.certificate = names.certificate;
        }
        if let Some(book) = self.book.take() {
            peer.book = book;
        }
        if let Some(arrangement) = &self.arrangement {
            rearrange(peer, arrangement, self.new.take());
        }
    }
}

/// Whether the sessions of `peer` are in this arrangement already.
fn stands(peer: &PeerDevice, arrangement: &Arrangement) -> bool {
    let same = |(index, slot): (usize, &Slot)| {
        slot.source == Source::Existing(index)
            && slot.keys == usize::MAX
            && peer
                .sessions
                .get(index)
                .is_some_and(|session| session.meta == slot.meta)
    };
    arrangement.slots().len() == peer.sessions.len() && arrangement.slots().iter().enumerate().all(same)
}

/// Puts the sessions of `peer` in a new order; those that have no slot are erased.
fn rearrange(peer: &mut PeerDevice, arrangement: &Arrangement, mut new: Option<Box<Session>>) {
    let former: Vec<Box<Session>> = core::mem::take(&mut peer.sessions);
    let mut former: Vec<Option<Box<Session>>> = former.into_iter().map(Some).collect();
    for slot in arrangement.slots() {
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
        let account = self
            .change
            .names
            .as_ref()
            .map_or(&self.peer.account, |names| &names.account);
        if *account != self.peer.account {
            visit(Change::Delete {
                key: self.peer.record_key(),
            });
        }
        visit(Change::Put {
            key: self.peer.record_key_under(account),
            value: &value,
        });
    }
}

impl Transition for PeerTransition<'_> {
    fn apply(&mut self) {
        if let Some((prekeys, used)) = self.prekeys.take() {
            prekeys.apply_use(used);
        }
        self.change.apply(self.peer);
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
        peer.encode_names(change.names.as_ref(), writer);
        change.book.as_ref().unwrap_or(&peer.book).encode_to(writer);
        match &change.arrangement {
            None => {
                writer.count(peer.sessions.len());
                for index in 0..peer.sessions.len() {
                    self.encode_existing(index, None, writer);
                }
            }
            Some(arrangement) => {
                writer.count(arrangement.slots().len());
                for slot in arrangement.slots() {
                    match (slot.source, &change.new) {
                        (Source::Existing(index), _) => self.encode_existing(index, Some(slot), writer),
                        (Source::New, Some(new)) => {
                            encode(new, (&slot.meta, slot.keys), (None, change.oldest), writer)
                        }
                        (Source::New, None) => {}
                    }
                }
            }
        }
    }
}

impl PeerView<'_> {
    fn encode_existing(&self, index: usize, slot: Option<&Slot>, writer: &mut StateWriter) {
        let Some(session) = self.peer.sessions.get(index) else {
            return;
        };
        let moved = self.change.moved.as_ref().filter(|(at, _)| *at == index);
        let moved = moved.map(|(_, change)| change);
        let (meta, keys) = slot.map_or((&session.meta, usize::MAX), |slot| (&slot.meta, slot.keys));
        encode(session, (meta, keys), (moved, self.change.oldest), writer);
    }
}

fn encode(
    session: &Session,
    (meta, keys): (&Meta, usize),
    (moved, oldest): (Option<&RatchetChange>, UnixTime),
    writer: &mut StateWriter,
) {
    session.encode_head_to(meta, writer);
    match moved {
        Some(change) => {
            session.ratchet.core.encode_changed_to(&change.core, writer);
            session
                .ratchet
                .skipped
                .encode_changed_to(&change.skipped, keys, writer);
        }
        None => {
            session.ratchet.core.encode_to(writer);
            session
                .ratchet
                .skipped
                .encode_changed_to(&SkippedChange::expire(oldest), keys, writer);
        }
    }
}
