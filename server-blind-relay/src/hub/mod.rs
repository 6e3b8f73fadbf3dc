//! Who is attached here: wake-ups, ephemeral messages, link channels. All of it may be lost with the process.
//!
//! Each connection is a [`Member`] with a bounded inbox. Nothing here blocks or waits while a lock is held; what does not
//! fit an inbox is lost, and the connection is told that it is behind.

mod inbox;
mod link;
mod registry;

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use twotick_wire::{DeviceId, LinkChannel};

pub(crate) use link::LIFETIME as LINK_LIFETIME;
pub use link::LinkRefused;

use self::{
    inbox::Inbox,
    link::{Links, Party},
    registry::{Registered, Registry},
};
use crate::{
    connection::{AttachedDevice, Frame},
    limits::{RelayLimits, lock},
    store::{Delivery, Hints, SessionEpoch, Wake},
};

/// The registry of one process.
#[derive(Clone, Debug)]
pub struct Hub {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    registry: Registry,
    links: Mutex<Links>,
    next_member: AtomicU64,
}

/// Tells members apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct MemberId(u64);

impl Hub {
    /// An empty hub with the bounds of `limits`.
    #[must_use]
    pub fn new(limits: &RelayLimits) -> Self {
        Self {
            shared: Arc::new(Shared {
                registry: Registry::new(limits.sessions),
                links: Mutex::new(Links::new(limits.link_channels)),
                next_member: AtomicU64::new(0),
            }),
        }
    }

    /// A place in the hub for a new connection; it is given up when dropped.
    #[must_use]
    pub fn join(&self) -> Member {
        Member {
            hub: self.clone(),
            id: MemberId(self.shared.next_member.fetch_add(1, Ordering::Relaxed)),
            inbox: Arc::default(),
            mailbox: Mutex::default(),
            channel: Mutex::default(),
        }
    }

    /// Gives an encoded EphemeralDelivery to a device that is attached; otherwise it is dropped (R-EPH-1).
    pub fn ephemeral(&self, to: DeviceId, from: DeviceId, frame: Frame) {
        if let Some(inbox) = self.shared.registry.receiver(&to) {
            inbox.ephemeral(from, frame);
        }
    }

    /// Tells the receiving connection of a mailbox how far was acknowledged on another.
    pub fn acked(&self, mailbox: DeviceId, upto: u64) {
        if let Some(inbox) = self.shared.registry.receiver(&mailbox) {
            inbox.acked(upto);
        }
    }

    /// Remembers a device that attached over HTTP until the time `until`, or until it is fenced (R-TRN-1).
    ///
    /// Beyond `RelayLimits::sessions` nobody is remembered, and the device has to attach again.
    pub fn remember(&self, device: AttachedDevice, until: Duration) {
        self.shared.registry.remember(device, until);
    }

    /// The device, if it was remembered with this session epoch and is neither fenced nor past its time.
    #[must_use]
    pub fn remembered(
        &self,
        device: DeviceId,
        session_epoch: SessionEpoch,
        now: Duration,
    ) -> Option<AttachedDevice> {
        self.shared.registry.remembered(&device, session_epoch, now)
    }

    /// Forgets what has ended. To be called now and then.
    pub fn sweep(&self, now: Duration) {
        self.shared.registry.sweep(now);
        lock(&self.shared.links).sweep(now);
    }
}

impl Default for Hub {
    fn default() -> Self {
        Self::new(&RelayLimits::default())
    }
}

impl Hints for Hub {
    fn wake(&self, wake: Wake) {
        let registry = &self.shared.registry;
        match wake {
            Wake::Envelope { mailbox, delivery } => {
                if let Some(inbox) = registry.receiver(&mailbox) {
                    inbox.envelope(delivery);
                }
            }
            Wake::Lane { mailbox } => {
                if let Some(inbox) = registry.receiver(&mailbox) {
                    inbox.lane();
                }
            }
            Wake::Fenced {
                mailbox,
                session_epoch,
            } => registry.fence(&mailbox, Some(session_epoch)),
            Wake::Removed { mailbox } => registry.fence(&mailbox, None),
        }
    }
}

/// The place of one connection in the [`Hub`].
#[derive(Debug)]
pub struct Member {
    hub: Hub,
    id: MemberId,
    inbox: Arc<Inbox>,
    mailbox: Mutex<Option<DeviceId>>,
    channel: Mutex<Option<LinkChannel>>,
}

impl Member {
    /// From now on hears of the mailbox. An earlier session epoch is told [`Signal::Fenced`], an earlier receiver of the
    /// same epoch [`Signal::Replaced`].
    pub fn subscribe(&self, mailbox: DeviceId, session_epoch: SessionEpoch, receives: bool) {
        *lock(&self.mailbox) = Some(mailbox);
        let registered = Registered {
            id: self.id,
            session_epoch,
            receives,
            inbox: Arc::clone(&self.inbox),
        };
        self.hub.shared.registry.register(mailbox, registered);
    }

    /// Joins a link channel: as the first if attached, as the second if there is a first (R-EPH-2).
    ///
    /// A connection is in one channel at a time: the one before ends.
    pub fn link_join(
        &self,
        channel: LinkChannel,
        is_attached: bool,
        now: Duration,
    ) -> Result<(), LinkRefused> {
        let mut mine = lock(&self.channel);
        let mut links = lock(&self.hub.shared.links);
        links.join(channel, self.party(), is_attached, now)?;
        if let Some(before) = mine.replace(channel).filter(|before| *before != channel) {
            links.leave(before, self.id);
        }
        Ok(())
    }

    /// Gives an encoded LinkDelivery to the other side of the channel (R-EPH-2).
    pub fn link_send(&self, channel: LinkChannel, frame: Frame, now: Duration) -> Result<(), LinkRefused> {
        lock(&self.hub.shared.links).send(channel, self.id, frame, now)
    }

    /// Waits for the next signal. Safe to drop and call again.
    pub async fn next(&self) -> Signal {
        self.inbox.next().await
    }

    /// How long the envelope of the last signal had waited here; nothing if that was none.
    #[must_use]
    pub fn waited(&self) -> Option<Duration> {
        self.inbox.waited()
    }

    /// The next signal, if there is one.
    #[must_use]
    pub fn try_next(&self) -> Option<Signal> {
        self.inbox.take()
    }

    fn party(&self) -> Party {
        Party {
            id: self.id,
            inbox: Arc::clone(&self.inbox),
        }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        if let Some(mailbox) = *lock(&self.mailbox) {
            self.hub.shared.registry.leave(&mailbox, self.id);
        }
        if let Some(channel) = *lock(&self.channel) {
            lock(&self.hub.shared.links).leave(channel, self.id);
        }
    }
}

/// What a connection hears from the [`Hub`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signal {
    /// An envelope was stored.
    Envelope(Delivery),
    /// Something was put in the lane.
    Lane,
    /// Hints were lost: the mailbox may hold more.
    Behind,
    /// Up to this number was acknowledged on another connection of the device.
    Acked(u64),
    /// An encoded EphemeralDelivery from a device.
    Ephemeral {
        /// Who sent it.
        from: DeviceId,
        /// The frame.
        frame: Frame,
    },
    /// An encoded LinkDelivery from the other side of the channel.
    Link(Frame),
    /// A later attach took over, or the device left its list.
    Fenced,
    /// A later poll or event stream of the same session took over (R-TRN-2).
    Replaced,
}
