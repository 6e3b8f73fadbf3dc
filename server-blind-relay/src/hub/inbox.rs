//! What waits for one connection, in bounded memory.

use std::{
    collections::VecDeque,
    sync::Mutex,
    time::{Duration, Instant},
};

use tokio::sync::Notify;
use twotick_wire::DeviceId;

use super::Signal;
use crate::{connection::Frame, limits::lock, store::Delivery};

/// What waits for one connection. One side puts in, from anywhere; the other takes out.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    waiting: Mutex<Waiting>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    end: Option<Signal>,
    links: VecDeque<Frame>,
    /// Each with when it was handed over.
    envelopes: VecDeque<(Instant, Delivery)>,
    /// How long the envelope that was taken last had waited.
    waited: Option<Duration>,
    bytes: usize,
    behind: bool,
    lane: bool,
    acked: Option<u64>,
    /// One per sending device, the oldest first.
    ephemeral: VecDeque<(DeviceId, Frame)>,
}

impl Inbox {
    /// Hands over an envelope; if too many wait, all are dropped and the connection is behind.
    pub(super) fn envelope(&self, delivery: Delivery) {
        self.put(|waiting| {
            if waiting.behind {
                return;
            }
            let bytes = waiting.bytes + delivery.envelope.len();
            if waiting.envelopes.len() == ENVELOPES || bytes > BYTES {
                waiting.envelopes.clear();
                waiting.bytes = 0;
                waiting.behind = true;
            } else {
                waiting.bytes = bytes;
                waiting.envelopes.push_back((Instant::now(), delivery));
            }
        });
    }

    pub(super) fn lane(&self) {
        self.put(|waiting| waiting.lane = true);
    }

    pub(super) fn acked(&self, upto: u64) {
        self.put(|waiting| waiting.acked = waiting.acked.max(Some(upto)));
    }

    /// Replaces what waits from the same device; beyond the bound it is dropped (R-EPH-1).
    pub(super) fn ephemeral(&self, from: DeviceId, frame: Frame) {
        self.put(|waiting| {
            let same = waiting.ephemeral.iter_mut().find(|(other, _)| *other == from);
            if let Some((_, old)) = same {
                *old = frame;
            } else if waiting.ephemeral.len() < EPHEMERAL {
                waiting.ephemeral.push_back((from, frame));
            }
        });
    }

    /// Beyond the bound it is dropped: a channel has no more messages than that.
    pub(super) fn link(&self, frame: Frame) {
        self.put(|waiting| {
            if waiting.links.len() < LINKS {
                waiting.links.push_back(frame);
            }
        });
    }

    /// Nothing is heard after this.
    pub(super) fn end(&self, why: Signal) {
        self.put(|waiting| {
            waiting.end.get_or_insert(why);
        });
    }

    pub(super) async fn next(&self) -> Signal {
        loop {
            if let Some(signal) = self.take() {
                return signal;
            }
            // A change since `take` has left a permit: nothing is missed.
            self.changed.notified().await;
        }
    }

    pub(super) fn take(&self) -> Option<Signal> {
        let mut waiting = lock(&self.waiting);
        if let Some(end) = &waiting.end {
            return Some(end.clone());
        }
        if let Some(frame) = waiting.links.pop_front() {
            return Some(Signal::Link(frame));
        }
        if let Some(upto) = waiting.acked.take() {
            return Some(Signal::Acked(upto));
        }
        if let Some((since, delivery)) = waiting.envelopes.pop_front() {
            waiting.waited = Some(since.elapsed());
            waiting.bytes = waiting.bytes.saturating_sub(delivery.envelope.len());
            return Some(Signal::Envelope(delivery));
        }
        if std::mem::take(&mut waiting.behind) {
            return Some(Signal::Behind);
        }
        if std::mem::take(&mut waiting.lane) {
            return Some(Signal::Lane);
        }
        let (from, frame) = waiting.ephemeral.pop_front()?;
        Some(Signal::Ephemeral { from, frame })
    }

    /// How long the envelope that was taken last had waited, told once.
    pub(super) fn waited(&self) -> Option<Duration> {
        lock(&self.waiting).waited.take()
    }

    fn put(&self, change: impl FnOnce(&mut Waiting)) {
        change(&mut lock(&self.waiting));
        self.changed.notify_one();
    }
}

/// Envelopes that wait at most. More: memory of slow connections; fewer: the store is read again sooner.
const ENVELOPES: usize = 64;

/// Their bytes. More and fewer as above.
const BYTES: usize = 256 << 10;

/// Ephemeral messages that wait at most. More: memory; fewer: busy groups show less typing.
const EPHEMERAL: usize = 32;

/// Messages of a link channel that wait at most: all that one carries (R-EPH-2).
const LINKS: usize = 32;
