//! What a connection is given: time, randomness, what is the same for all, and who it is.

use std::{sync::Arc, time::Duration};

use twotick_wire::{AccountId, CertificateHash, DeviceId, DeviceSigningKey, UnixTime};

use crate::{
    limits::{Limiter, Unattached},
    store::{Identity, SessionEpoch},
};

/// The present, as the driver sees it. Nothing in here reads a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// The relay's time, which never goes back (R-DUR-5).
    pub wall: UnixTime,
    /// Since the process began.
    pub monotonic: Duration,
}

/// What is the same for all connections of a relay.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The name under which clients mean to reach the relay, 1 to 255 bytes (R-ATT-1).
    pub name: String,
    /// Which past the store has, and what *stored* means.
    pub store: Identity,
    /// The limits of SPEC 28 and what is left of them.
    pub limiter: Arc<Limiter>,
}

/// What is drawn or known of a connection before it says anything.
#[derive(Debug)]
pub struct Opening {
    /// 32 fresh random bytes (R-ATT-1).
    pub nonce: Nonce,
    /// When that nonce was drawn.
    pub nonce_drawn: Duration,
    /// A random number: varies the heartbeat (R-ATT-7).
    pub spread: u32,
    /// Its place among the connections of its address that have proven nothing; given up once it is attached.
    pub unattached: Unattached,
}

/// The random bytes of a Challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nonce(pub [u8; 32]);

/// A device that has attached, as the requests after it see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttachedDevice {
    /// The device, and its mailbox.
    pub device: DeviceId,
    /// Its account.
    pub account: AccountId,
    /// The hash of its certificate: prekeys are signed under it (R-PRE-2).
    pub certificate_hash: CertificateHash,
    /// What they are signed with.
    pub signing_key: DeviceSigningKey,
    /// The epoch of the attach.
    pub session_epoch: SessionEpoch,
    /// The highest number acknowledged then: nothing up to it is left.
    pub acked: u64,
    /// What may be under way to it.
    pub window: Window,
}

/// How much may be sent and not acknowledged (R-DLV-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Envelopes, 1 to 1,024.
    pub envelopes: usize,
    /// Their bytes, at least those of the largest envelope.
    pub bytes: usize,
}

/// What a connection of a device that attached over HTTP is for (R-TRN-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resumption {
    /// `POST /v1/frames`: requests and answers, no delivery. The driver ends it when [`is_idle`](super::Connection::is_idle).
    Requests,
    /// `GET /v1/poll`: one Page and one LanePage at most, then the end.
    Poll {
        /// Deliver what stands after this number.
        cursor: u64,
        /// And after this place of the lane.
        lane_cursor: u64,
        /// How long to wait if nothing is there.
        wait: Duration,
    },
    /// `GET /v1/events`: delivery without end.
    Events {
        /// Deliver what stands after this number.
        cursor: u64,
        /// And after this place of the lane.
        lane_cursor: u64,
    },
}

/// How a relay that stops says so (R-ATT-8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drain {
    /// Clients come back after this time at the earliest.
    pub wait_min: Duration,
    /// And at the latest.
    pub wait_max: Duration,
    /// The connection is closed when its requests are answered, or after this time.
    pub linger: Duration,
}
