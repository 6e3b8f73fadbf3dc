//! Who is attached here: wake-ups, ephemeral messages, link channels. All of it may be lost with the process.

use std::{sync::Arc, time::Duration};

use twotick_wire::{DeviceId, LinkChannel};

use crate::{
    connection::{AttachedDevice, Frame},
    store::{Delivery, Hints, SessionEpoch, Wake},
};

/// The registry of one process. Nothing in it blocks, and no lock is held while anybody waits.
#[derive(Clone, Debug, Default)]
pub struct Hub {
    shared: Arc<()>,
}

impl Hub {
    /// A place in the hub for a new connection; it is given up when dropped.
    #[must_use]
    pub fn join(&self) -> Member {
        Member { hub: self.clone() }
    }

    /// Gives an encoded EphemeralDelivery to a device that is attached; otherwise it is dropped (R-EPH-1).
    pub fn ephemeral(&self, to: DeviceId, from: DeviceId, frame: Frame) {
        let _ = (to, from, frame, &self.shared);
    }

    /// Tells the receiving connection of a mailbox how far was acknowledged on another.
    pub fn acked(&self, mailbox: DeviceId, upto: u64) {
        let _ = (mailbox, upto);
    }

    /// Remembers a device that attached over HTTP until the time `until`, or until it is fenced (R-TRN-1).
    pub fn remember(&self, device: AttachedDevice, until: Duration) {
        let _ = (device, until);
    }

    /// The device, if it was remembered with this session epoch and is neither fenced nor past its time.
    #[must_use]
    pub fn remembered(
        &self,
        device: DeviceId,
        session_epoch: SessionEpoch,
        now: Duration,
    ) -> Option<AttachedDevice> {
        let _ = (device, session_epoch, now);
        None
    }

    /// Forgets what has ended. To be called now and then.
    pub fn sweep(&self, now: Duration) {
        let _ = now;
    }
}

impl Hints for Hub {
    fn wake(&self, wake: Wake) {
        let _ = wake;
    }
}

/// The place of one connection in the [`Hub`].
#[derive(Debug)]
pub struct Member {
    hub: Hub,
}

impl Member {
    /// From now on hears of the mailbox. An earlier session epoch is told [`Signal::Fenced`], an earlier receiver of the
    /// same epoch [`Signal::Replaced`].
    pub fn subscribe(&self, mailbox: DeviceId, session_epoch: SessionEpoch, receives: bool) {
        let _ = (mailbox, session_epoch, receives, &self.hub);
    }

    /// Joins a link channel: as the first if attached, as the second otherwise (R-EPH-2).
    pub fn link_join(
        &self,
        channel: LinkChannel,
        is_attached: bool,
        now: Duration,
    ) -> Result<(), LinkRefused> {
        let _ = (channel, is_attached, now);
        Err(LinkRefused)
    }

    /// Gives an encoded LinkDelivery to the other side of the channel (R-EPH-2).
    pub fn link_send(&self, channel: LinkChannel, frame: Frame, now: Duration) -> Result<(), LinkRefused> {
        let _ = (channel, frame, now);
        Err(LinkRefused)
    }

    /// Waits for the next signal. Safe to drop and call again.
    pub async fn next(&self) -> Signal {
        std::future::pending().await
    }
}

/// What a connection hears from the [`Hub`].
#[derive(Clone, Debug)]
pub enum Signal {
    /// An envelope was stored.
    Envelope(Delivery),
    /// Something was put in the lane.
    Lane,
    /// Hints were lost: both mailbox and lane may hold more.
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

/// A link channel that may not be used so; why is not told (R-EPH-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such use of a link channel")]
pub struct LinkRefused;
