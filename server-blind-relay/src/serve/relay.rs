//! What all sockets of a relay share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::watch;

use crate::clock::RelayClock;
use crate::connection::{Drain, Nonce, Now, Settings};
use crate::hub::Hub;
use crate::limits::{Limiter, RelayLimits};
use crate::mark::Marker;
use crate::metrics::Metrics;
use crate::store::{Health, Store, StoreError};

use super::challenge::Challenges;
use super::token::Tokens;

/// What all sockets of a relay share.
pub(super) struct Relay<S> {
    pub(super) store: Arc<S>,
    pub(super) hub: Hub,
    pub(super) settings: Arc<Settings>,
    pub(super) clock: Arc<RelayClock>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) marker: Marker,
    pub(super) challenges: Challenges,
    pub(super) tokens: Tokens,
    pub(super) phase: watch::Receiver<Phase>,
    pub(super) is_behind_terminator: bool,
    store_took_write: AtomicBool,
    drawn: AtomicU32,
}

/// How far a relay is on its way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Everything is served.
    Serving,
    /// Nothing new is accepted; what is under way is finished (R-ATT-8).
    Draining(Drain),
    /// What is left is dropped.
    Stopped,
}

/// What a [`Relay`] is made of.
pub(super) struct Parts<S> {
    pub(super) store: Arc<S>,
    pub(super) hub: Hub,
    pub(super) settings: Arc<Settings>,
    pub(super) clock: Arc<RelayClock>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) marker: Marker,
    pub(super) phase: watch::Receiver<Phase>,
    pub(super) is_behind_terminator: bool,
    pub(super) lifetimes: Lifetimes,
}

/// How long what an HTTP client was given is good, and how much of it is kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lifetimes {
    pub(super) token: Duration,
    pub(super) challenge: Duration,
    pub(super) sessions: usize,
}

impl<S: Store> Relay<S> {
    pub(super) fn new(parts: Parts<S>) -> Self {
        let Lifetimes {
            token,
            challenge,
            sessions,
        } = parts.lifetimes;
        parts.metrics.store_writable.set(1);
        Self {
            store: parts.store,
            hub: parts.hub,
            settings: parts.settings,
            clock: parts.clock,
            metrics: parts.metrics,
            marker: parts.marker,
            challenges: Challenges::new(challenge, sessions),
            tokens: Tokens::new(token, sessions),
            phase: parts.phase,
            is_behind_terminator: parts.is_behind_terminator,
            store_took_write: AtomicBool::new(true),
            drawn: AtomicU32::new(0),
        }
    }

    /// The present.
    pub(super) fn now(&self) -> Now {
        Now {
            wall: self.clock.now(),
            monotonic: self.clock.monotonic(),
        }
    }

    /// The limits of SPEC 28 and what is left of them.
    pub(super) fn limiter(&self) -> &Arc<Limiter> {
        &self.settings.limiter
    }

    /// The limits themselves.
    pub(super) fn limits(&self) -> &RelayLimits {
        self.settings.limiter.limits()
    }

    /// A number that varies from connection to connection, to spread heartbeats (R-ATT-7). Nothing secret hangs on it.
    pub(super) fn spread(&self) -> u32 {
        self.drawn.fetch_add(GOLDEN, Ordering::Relaxed)
    }

    /// Whether the relay goes on.
    pub(super) fn is_serving(&self) -> bool {
        *self.phase.borrow() == Phase::Serving
    }

    /// When to come back to a relay that stops: half of the span that its GoAway names.
    pub(super) fn phase_wait(&self) -> Duration {
        match *self.phase.borrow() {
            Phase::Draining(drain) => drain.wait_min.saturating_add(drain.wait_max) / 2,
            Phase::Serving | Phase::Stopped => Duration::from_secs(1),
        }
    }

    /// Whether the store took the last write and would take another.
    pub(super) fn store_takes_writes(&self) -> bool {
        self.store_took_write.load(Ordering::Relaxed) && self.store.health() == Health::Good
    }

    /// Notes how a write ended.
    pub(super) fn note_write<T>(&self, outcome: &Result<T, StoreError>) {
        let works = !matches!(outcome, Err(StoreError::Unavailable | StoreError::Closing));
        if self.store_took_write.swap(works, Ordering::Relaxed) != works {
            self.metrics.store_writable.set(works.into());
            if works {
                tracing::info!(name: "store_writes_again", store = "writable");
            } else {
                tracing::error!(name: "store_does_not_write", store = "unavailable");
            }
        }
    }
}

/// Counts a connection that receives, as long as it is there.
pub(super) struct Receiving(Arc<Metrics>);

impl Receiving {
    pub(super) fn new(metrics: &Arc<Metrics>) -> Self {
        metrics.attached.change(1);
        Self(Arc::clone(metrics))
    }
}

impl Drop for Receiving {
    fn drop(&mut self) {
        self.0.attached.change(-1);
    }
}

/// 32 fresh random bytes, or nothing if the system has none to give.
pub(super) fn fresh_nonce() -> Option<Nonce> {
    let mut nonce = [0; 32];
    getrandom::fill(&mut nonce).ok().map(|()| Nonce(nonce))
}

/// 2^32 divided by the golden ratio: consecutive multiples lie far apart.
const GOLDEN: u32 = 0x9e37_79b9;
