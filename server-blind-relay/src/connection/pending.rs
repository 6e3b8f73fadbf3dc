//! Requests whose answer is due, R-FRM-4.

use std::collections::BTreeMap;

use twotick_wire::{AccountId, DeviceId, RequestId, frame::TakePrekeys};

use super::{Frame, Ticket, attach::Attaching};

/// The requests of a connection that are not answered yet, and what they may cost.
#[derive(Debug, Default)]
pub(super) struct Requests {
    last: u64,
    due: BTreeMap<Ticket, Pending>,
    reserved: usize,
    held: usize,
}

/// A request that is not answered yet.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) request: RequestId,
    pub(super) awaits: Awaits,
    /// Bytes of envelopes that the store may hold for it.
    held: usize,
}

/// What the answer to a request is made of.
#[derive(Debug)]
pub(super) enum Awaits {
    Attached(Box<Attaching>),
    Done,
    Acked {
        upto: u64,
    },
    Sent(Vec<SendSlot>),
    PrekeysPublished,
    /// The right to take prekeys is looked at first, so that nobody without it uses up a limit (R-KEY-3).
    MayTake(TakePrekeys),
    Bundles,
    Lists,
    /// Whom ephemeral frames may go to.
    Reach(Vec<(DeviceId, Frame)>),
    LinkJoined,
    LinkSent,
}

/// An account of a Send.
#[derive(Clone, Copy, Debug)]
pub(super) struct SendSlot {
    pub(super) account: AccountId,
    /// Over the sender's rate, for so many milliseconds: the store is not asked.
    pub(super) limited: Option<u32>,
}

impl Requests {
    /// Names a request until it is answered.
    pub(super) fn open(&mut self, request: RequestId, awaits: Awaits, held: usize) -> Ticket {
        self.last += 1;
        let ticket = Ticket(self.last);
        self.reserved += awaits.longest_answer();
        self.held += held;
        self.due.insert(
            ticket,
            Pending {
                request,
                awaits,
                held,
            },
        );
        ticket
    }

    /// The request of a ticket, which is answered now.
    pub(super) fn close(&mut self, ticket: Ticket) -> Option<Pending> {
        let pending = self.due.remove(&ticket)?;
        self.reserved = self.reserved.saturating_sub(pending.awaits.longest_answer());
        self.held = self.held.saturating_sub(pending.held);
        Some(pending)
    }

    /// Whether the answer to a request with this number is due (R-FRM-2).
    pub(super) fn is_due(&self, request: RequestId) -> bool {
        self.due.values().any(|pending| pending.request == request)
    }

    /// Whether what comes next has to wait, so as to take effect after what came before (R-FRM-4).
    pub(super) fn is_barred(&self) -> bool {
        self.due
            .values()
            .any(|pending| matches!(pending.awaits, Awaits::MayTake(_)))
    }

    pub(super) fn len(&self) -> usize {
        self.due.len()
    }

    /// Bytes that the answers may have.
    pub(super) fn reserved(&self) -> usize {
        self.reserved
    }

    /// Bytes of envelopes that the store may hold.
    pub(super) fn held(&self) -> usize {
        self.held
    }
}

impl Awaits {
    /// Bytes of the longest answer there can be.
    fn longest_answer(&self) -> usize {
        match self {
            Self::Sent(slots) => 8 + slots.len() * 2_245,
            Self::MayTake(_) | Self::Bundles => 12 + 2_202 + 16 * 3_623,
            Self::Lists => 12 + 2_202 + 16 * 264,
            Self::Attached(_)
            | Self::Done
            | Self::Acked { .. }
            | Self::PrekeysPublished
            | Self::Reach(_)
            | Self::LinkJoined
            | Self::LinkSent => 95,
        }
    }
}
