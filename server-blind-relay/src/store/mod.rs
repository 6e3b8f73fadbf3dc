//! Where mailboxes live. SPEC 20 to 26 and 31 say what is promised; this trait says it to a backend.
//!
//! [`Op`] is all that changes a store, [`Answer`] what comes back. A backend:
//!
//! - gives an operation its place in the order **when [`Store::submit`] is called**, not when the future is polled, so
//!   that the requests of one connection take effect in the order sent (R-FRM-4);
//! - answers only when the change has the durability of [`Store::identity`] (R-SND-2), and answers `Err` only when
//!   nothing is promised: the change may or may not be there, and a repetition with the same ids finds out;
//! - calls [`Hints::wake`] after the change can be read, also when nobody awaits the answer any more;
//! - makes an operation all or nothing (a Send: per account), and shows readers committed data only;
//! - after a failed write or flush answers [`StoreError::Unavailable`] to every later change and goes on reading (R-DUR-3).

mod embedded;
mod memory;
mod op;
mod rules;
mod sealed;

use std::future::Future;
use std::time::Duration;

use twotick_wire::{DeviceId, StoreEpoch, UnixTime};

pub use embedded::{
    EmbeddedOptions, EmbeddedStore, FailPoint, Health, InspectError, Loss, MailboxLoss, OpenError, Point,
    ScrubReport, inspect, verify,
};
pub use memory::MemoryStore;
pub use op::{
    AccountOutcome, AccountSend, Ack, Answer, Attached, Attachment, CapabilityChange, Fetch, Op,
    PublishedList, PublishedPrekeys, ReceiptFor, SendRequest, SessionEpoch, StoreLimits, TakePrekeys,
};
pub use sealed::SealedBytes;
pub use twotick_wire::frame::{Durability, LaneEntry};

/// A store of mailboxes. See the module for what every backend promises.
pub trait Store: Send + Sync + 'static {
    /// Which past this store has, and what *stored* means here.
    fn identity(&self) -> Identity;

    /// Puts a change in the order, now, and answers when it is durable.
    fn submit(&self, op: Op) -> impl Future<Output = Result<Answer, StoreError>> + Send + 'static;

    /// What stands in a mailbox after `after`: consecutive numbers, up to both bounds, at least one if there is one.
    ///
    /// An unknown mailbox is empty. An envelope that was lost, or has expired, is a [`MailboxItem::Gap`] in its place (R-DLV-6).
    fn read(
        &self,
        mailbox: DeviceId,
        after: u64,
        bounds: PageBounds,
    ) -> impl Future<Output = Result<Vec<MailboxItem>, StoreError>> + Send + 'static;

    /// What stands in a lane after the place `after`, ascending, `count` items at most.
    fn read_lane(
        &self,
        mailbox: DeviceId,
        after: u64,
        count: usize,
    ) -> impl Future<Output = Result<Vec<LaneEntry>, StoreError>> + Send + 'static;

    /// How much is held.
    fn usage(&self) -> impl Future<Output = Result<Usage, StoreError>> + Send + 'static;

    /// Whether changes are taken.
    fn health(&self) -> Health {
        Health::Good
    }

    /// The latest time that it was told, also by a process before this one: a relay's clock starts no earlier (R-DUR-5).
    fn latest_time(&self) -> Result<UnixTime, StoreError> {
        Ok(UnixTime::default())
    }

    /// Reads everything, pausing for `pause` now and then; how many things do not fit. Blocks for as long as that takes.
    ///
    /// What is damaged is announced as a gap in any case (R-DLV-6).
    fn scrub(&self, pause: Duration) -> Result<u64, StoreError> {
        let _ = pause;
        Ok(0)
    }

    /// Removes from the files what was deleted before now (R-DUR-6). Blocks for as long as that takes.
    fn purge(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Answers all that was submitted, and ends in good order.
    fn close(self)
    where
        Self: Sized,
    {
    }
}

/// Which past a store has, and what *stored* means in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Changes when a part of the past was lost (SPEC 20).
    pub epoch: StoreEpoch,
    /// What an answer promises (SPEC 31.1).
    pub durability: Durability,
}

/// Where wake-ups go. Losing one only delays; a backend calls it after the change can be read.
pub trait Hints: Send + Sync + 'static {
    /// Something changed that a connection may wait for. Must not block.
    fn wake(&self, wake: Wake);
}

/// Whether a mailbox takes more at the moment: the recipient's rates of SPEC 28.
///
/// Asked after every other check of a Send but room (R-SND-4), so that nobody without a capability can use them up.
pub trait Admission: Send + Sync + 'static {
    /// Takes `bytes` and one envelope from the mailbox's budget, or says after how many milliseconds to come back.
    fn admit(&self, mailbox: &DeviceId, bytes: usize) -> Result<(), u32>;
}

/// What changed.
#[derive(Clone, Debug)]
pub enum Wake {
    /// An envelope was stored. It is handed over, so that a live connection need not read it back.
    Envelope {
        /// The mailbox.
        mailbox: DeviceId,
        /// What was stored.
        delivery: Delivery,
    },
    /// Something was put in the lane.
    Lane {
        /// Whose lane.
        mailbox: DeviceId,
    },
    /// A later attach took over: connections with an earlier session epoch end (R-ATT-4).
    Fenced {
        /// The mailbox.
        mailbox: DeviceId,
        /// The epoch that is good now.
        session_epoch: SessionEpoch,
    },
    /// The device left its account's list: all its connections end (R-KEY-1).
    Removed {
        /// The mailbox.
        mailbox: DeviceId,
    },
}

/// A numbered envelope (SPEC 21.2).
#[derive(Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its number in the mailbox.
    pub seq: u64,
    /// When it was accepted.
    pub accepted: UnixTime,
    /// The encoded Envelope, opaque here.
    pub envelope: SealedBytes,
}

/// Prints numbers and a length: what is inside is never shown (R-BLD-1).
impl std::fmt::Debug for Delivery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Delivery")
            .field("seq", &self.seq)
            .field("accepted", &self.accepted)
            .field("length", &self.envelope.len())
            .finish()
    }
}

/// What [`Store::read`] gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailboxItem {
    /// An envelope.
    Delivery(Delivery),
    /// Numbers whose envelopes were lost, both included.
    Gap {
        /// The first.
        from: u64,
        /// The last.
        to: u64,
    },
}

/// How much [`Store::read`] gives at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageBounds {
    /// Most envelopes.
    pub envelopes: usize,
    /// Most bytes of envelopes; the first is given whatever its size.
    pub bytes: usize,
}

/// What a store holds, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Mailboxes.
    pub mailboxes: u64,
    /// Envelopes that wait.
    pub envelopes: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Why a store did not answer. Nothing is promised about the change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A write or a flush failed, or the disk is full.
    #[error("the store cannot write at the moment")]
    Unavailable,
    /// What was read is damaged.
    #[error("a stored value fails its checksum")]
    Damaged,
    /// The store is being closed.
    #[error("the store is closing")]
    Closing,
}
