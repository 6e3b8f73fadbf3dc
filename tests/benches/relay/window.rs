//! How many sends a client has in flight, and how long each took.

use std::collections::VecDeque;
use std::time::Instant;

use crate::latency::Latencies;

/// The sends of one client.
pub(crate) struct Window {
    limit: usize,
    left: usize,
    waiting: VecDeque<Instant>,
    latencies: Latencies,
}

impl Window {
    pub(crate) fn new(limit: usize, total: usize) -> Self {
        Self {
            limit,
            left: total,
            waiting: VecDeque::with_capacity(limit.min(64)),
            latencies: Latencies::default(),
        }
    }

    /// Takes the right to one more send, if there is one.
    pub(crate) fn take(&mut self) -> bool {
        let may = self.left > 0 && self.waiting.len() < self.limit;
        if may {
            self.left -= 1;
            self.waiting.push_back(Instant::now());
        }
        may
    }

    /// Whether anything is left to be sent.
    pub(crate) fn has_left(&self) -> bool {
        self.left > 0
    }

    /// The oldest send was answered.
    pub(crate) fn answered(&mut self) {
        if let Some(begin) = self.waiting.pop_front() {
            self.latencies.add(begin.elapsed());
        }
    }

    pub(crate) fn is_done(&self) -> bool {
        self.left == 0 && self.waiting.is_empty()
    }

    pub(crate) fn into_latencies(self) -> Latencies {
        self.latencies
    }
}
