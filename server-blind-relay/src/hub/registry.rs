//! Which connections and sessions a mailbox has.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use twotick_wire::DeviceId;

use super::{MemberId, Signal, inbox::Inbox};
use crate::{connection::AttachedDevice, limits::lock, store::SessionEpoch};

/// A connection of a mailbox.
#[derive(Debug)]
pub(super) struct Registered {
    pub(super) id: MemberId,
    pub(super) session_epoch: SessionEpoch,
    pub(super) receives: bool,
    pub(super) inbox: Arc<Inbox>,
}

/// Mailboxes with a connection or a remembered session.
#[derive(Debug)]
pub(super) struct Registry {
    shards: Box<[Mutex<HashMap<DeviceId, Mailbox>>]>,
    sessions: AtomicUsize,
    most_sessions: usize,
}

#[derive(Debug, Default)]
struct Mailbox {
    members: Vec<Registered>,
    session: Option<(AttachedDevice, Duration)>,
}

impl Registry {
    pub(super) fn new(most_sessions: usize) -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            sessions: AtomicUsize::new(0),
            most_sessions,
        }
    }

    /// The inbox of the one connection that a mailbox is delivered to.
    pub(super) fn receiver(&self, mailbox: &DeviceId) -> Option<Arc<Inbox>> {
        let shard = self.shard(mailbox);
        let receiver = shard
            .get(mailbox)?
            .members
            .iter()
            .find(|member| member.receives)?;
        Some(Arc::clone(&receiver.inbox))
    }

    /// Adds a connection, ends those of earlier epochs, and the receiver it takes over from (R-ATT-4, R-TRN-2).
    pub(super) fn register(&self, mailbox: DeviceId, new: Registered) {
        let mut shard = self.shard(&mailbox);
        let entry = shard.entry(mailbox).or_default();
        if entry.newest_epoch() > Some(new.session_epoch) {
            new.inbox.end(Signal::Fenced);
            return;
        }
        self.fence_before(entry, Some(new.session_epoch));
        entry.members.retain(|member| {
            let is_replaced = member.receives && new.receives;
            if is_replaced {
                member.inbox.end(Signal::Replaced);
            }
            !is_replaced
        });
        if entry.members.len() >= MEMBERS {
            entry.members.remove(0).inbox.end(Signal::Replaced);
        }
        entry.members.push(new);
    }

    pub(super) fn leave(&self, mailbox: &DeviceId, id: MemberId) {
        let mut shard = self.shard(mailbox);
        if let Some(entry) = shard.get_mut(mailbox) {
            entry.members.retain(|member| member.id != id);
            forget_empty(&mut shard, mailbox);
        }
    }

    /// Ends what is older than `good`, or all.
    pub(super) fn fence(&self, mailbox: &DeviceId, good: Option<SessionEpoch>) {
        let mut shard = self.shard(mailbox);
        if let Some(entry) = shard.get_mut(mailbox) {
            self.fence_before(entry, good);
            forget_empty(&mut shard, mailbox);
        }
    }

    pub(super) fn remember(&self, device: AttachedDevice, until: Duration) {
        let mut shard = self.shard(&device.device);
        let entry = shard.entry(device.device).or_default();
        if entry.newest_epoch() > Some(device.session_epoch) {
            return;
        }
        self.fence_before(entry, Some(device.session_epoch));
        if entry.session.is_none() && self.sessions.fetch_add(1, Ordering::Relaxed) >= self.most_sessions {
            self.sessions.fetch_sub(1, Ordering::Relaxed);
            forget_empty(&mut shard, &device.device);
            return;
        }
        entry.session = Some((device, until));
    }

    pub(super) fn remembered(
        &self,
        device: &DeviceId,
        session_epoch: SessionEpoch,
        now: Duration,
    ) -> Option<AttachedDevice> {
        let shard = self.shard(device);
        let (session, until) = shard.get(device)?.session?;
        (session.session_epoch == session_epoch && now < until).then_some(session)
    }

    pub(super) fn sweep(&self, now: Duration) {
        for shard in &self.shards {
            lock(shard).retain(|_, entry| {
                if entry.session.is_some_and(|(_, until)| until <= now) {
                    self.forget_session(entry);
                }
                !entry.is_empty()
            });
        }
    }

    fn fence_before(&self, entry: &mut Mailbox, good: Option<SessionEpoch>) {
        let is_good = |epoch: SessionEpoch| good.is_some_and(|good| epoch >= good);
        entry.members.retain(|member| {
            let stays = is_good(member.session_epoch);
            if !stays {
                member.inbox.end(Signal::Fenced);
            }
            stays
        });
        if entry
            .session
            .is_some_and(|(session, _)| !is_good(session.session_epoch))
        {
            self.forget_session(entry);
        }
    }

    fn forget_session(&self, entry: &mut Mailbox) {
        if entry.session.take().is_some() {
            self.sessions.fetch_sub(1, Ordering::Relaxed);
        }
    }

    fn shard(&self, mailbox: &DeviceId) -> MutexGuard<'_, HashMap<DeviceId, Mailbox>> {
        lock(&self.shards[usize::from(mailbox.as_bytes()[0]) % SHARDS])
    }
}

impl Mailbox {
    fn newest_epoch(&self) -> Option<SessionEpoch> {
        let members = self.members.iter().map(|member| member.session_epoch);
        members
            .chain(self.session.map(|(session, _)| session.session_epoch))
            .max()
    }

    fn is_empty(&self) -> bool {
        self.members.is_empty() && self.session.is_none()
    }
}

fn forget_empty(shard: &mut HashMap<DeviceId, Mailbox>, mailbox: &DeviceId) {
    if shard.get(mailbox).is_some_and(Mailbox::is_empty) {
        shard.remove(mailbox);
    }
}

/// So many locks that two cores seldom meet.
const SHARDS: usize = 64;

/// Connections of a mailbox at most; the oldest gives way. More: one device fills memory; fewer: parallel requests end
/// each other.
const MEMBERS: usize = 16;
