//! What a connection wants done.

use bytes::Bytes;
use twotick_wire::{DeviceId, LinkChannel};

use crate::store::{Op, PageBounds, SessionEpoch};

/// One thing that the driver of a [`Connection`](super::Connection) does for it, in the order given.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "taken at once, never kept")]
pub enum Action {
    /// Gives one encoded frame to the writer, who later says so with `on_sent`.
    Send(Frame),
    /// Submits a change, at once; the answer goes to `on_answer` with this ticket.
    Submit(Ticket, Op),
    /// Reads the mailbox; the result goes to `on_mailbox`. One is under way at most.
    ReadMailbox {
        /// The mailbox.
        mailbox: DeviceId,
        /// Read what stands after this number.
        after: u64,
        /// How much.
        bounds: PageBounds,
    },
    /// Reads the lane; the result goes to `on_lane`. One is under way at most.
    ReadLane {
        /// Whose lane.
        mailbox: DeviceId,
        /// Read what stands after this place.
        after: u64,
        /// How many items.
        count: usize,
    },
    /// `hub::Member::subscribe`; what comes of it goes to `on_signal`.
    Subscribe {
        /// The mailbox.
        mailbox: DeviceId,
        /// Of this connection: a higher one ends it (R-ATT-4).
        session_epoch: SessionEpoch,
        /// True if this is the one connection that the mailbox is delivered to.
        receives: bool,
    },
    /// `Hub::acked`: lets the window of a device's event stream move on.
    Acked {
        /// The mailbox.
        mailbox: DeviceId,
        /// All up to this number are acknowledged.
        upto: u64,
    },
    /// `Hub::ephemeral`: an encoded EphemeralDelivery for a device, if it is attached (R-EPH-1).
    Ephemeral {
        /// The device that it is for.
        to: DeviceId,
        /// The device that sends it.
        from: DeviceId,
        /// The frame.
        frame: Frame,
    },
    /// `hub::Member::link_join`; the result goes to `on_linked` with this ticket.
    LinkJoin {
        /// Names the request.
        ticket: Ticket,
        /// The channel.
        channel: LinkChannel,
        /// True if the connection is attached: only then it may be the first (R-EPH-2).
        is_attached: bool,
    },
    /// `hub::Member::link_send`; the result goes to `on_linked` with this ticket.
    LinkSend {
        /// Names the request.
        ticket: Ticket,
        /// The channel.
        channel: LinkChannel,
        /// An encoded LinkDelivery for the other side.
        frame: Frame,
    },
    /// Sends what was given to the writer before, then ends the connection. Nothing comes after it.
    Close(Close),
}

/// An encoded frame. What it holds is never shown (R-BLD-1).
#[derive(Clone, PartialEq, Eq)]
pub struct Frame(pub Bytes);

impl std::fmt::Debug for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Frame")
            .field("object", &self.0.first())
            .field("length", &self.0.len())
            .finish()
    }
}

/// Names a request while its answer is due. Grows with each request of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub(super) u64);

/// Why a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Close {
    /// Nothing is left to say: an attach or a poll over HTTP is answered, or a later poll took over (R-TRN-2).
    Finished,
    /// Bytes that do not decode, or a frame that is not allowed (R-FRM-1, R-FRM-3).
    Undecodable,
    /// The attach was refused, or did not come in time (R-ATT-2).
    AttachRefused,
    /// The peer takes or says nothing any more (R-ATT-7).
    NoProgress,
    /// A later session took over, or the device left its list (R-ATT-4, R-KEY-1).
    Fenced,
    /// A frame over the limit (R-FRM-1).
    TooLarge,
    /// Over a rate that ends connections (SPEC 28).
    TooMany,
    /// The relay stops (R-ATT-8), or cannot store an attach.
    GoingAway,
}

impl Close {
    /// The close code of a WebSocket (R-TRN-4).
    #[must_use]
    pub const fn code(self) -> u16 {
        match self {
            Self::Finished => 1000,
            Self::Undecodable => 4400,
            Self::AttachRefused => 4401,
            Self::NoProgress => 4408,
            Self::Fenced => 4409,
            Self::TooLarge => 4413,
            Self::TooMany => 4429,
            Self::GoingAway => 4503,
        }
    }
}
