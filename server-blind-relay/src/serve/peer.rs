//! Who is at the other end of a socket, as far as limits need to know.

use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::HeaderMap;
use tokio::sync::Notify;

use crate::limits::{Limited, Unattached};
use crate::metrics::Metrics;
use crate::store::Store;

use super::relay::Relay;

/// The other end of a socket. Travels with each of its requests.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    address: IpAddr,
    place: Arc<Mutex<Option<Unattached>>>,
    slot: Arc<Slot>,
}

impl Peer {
    /// `place` is the socket's place among those of its address that have proven nothing; a terminator has none.
    pub(super) fn new(address: IpAddr, place: Option<Unattached>, slot: Slot) -> Self {
        Self {
            address,
            place: Arc::new(Mutex::new(place)),
            slot: Arc::new(slot),
        }
    }

    /// What keeps the socket counted.
    pub(super) fn slot(&self) -> Arc<Slot> {
        Arc::clone(&self.slot)
    }

    /// The place of the one who attaches: the socket's own, or a new one if that was given up or never was.
    pub(super) fn unattached<S: Store>(
        &self,
        relay: &Relay<S>,
        headers: &HeaderMap,
    ) -> Result<Unattached, Limited> {
        let own = self.place.lock().unwrap_or_else(PoisonError::into_inner).take();
        match own {
            Some(own) => Ok(own),
            None => {
                let limiter = relay.limiter();
                limiter.connect(
                    limiter.address(self.address(relay, headers)),
                    relay.clock.monotonic(),
                )
            }
        }
    }

    /// A request has proven who sent it: the socket is no longer one that has proven nothing.
    pub(super) fn has_proven_itself(&self) {
        self.place.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Whether it has, or there is a terminator that answers for it.
    pub(super) fn is_proven(&self) -> bool {
        self.place
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_none()
    }

    /// The client's address: that of the socket, or what the terminator says. It is the last that counts, because
    /// anyone can write those before it.
    fn address<S: Store>(&self, relay: &Relay<S>, headers: &HeaderMap) -> IpAddr {
        let forwarded = || {
            let value = headers.get_all(FORWARDED).iter().next_back()?.to_str().ok()?;
            value.rsplit(',').next()?.trim().parse().ok()
        };
        relay
            .is_behind_terminator
            .then(forwarded)
            .flatten()
            .unwrap_or(self.address)
    }
}

const FORWARDED: &str = "x-forwarded-for";

/// How many sockets are open.
#[derive(Debug)]
pub(super) struct Slots {
    open: AtomicUsize,
    limit: usize,
    metrics: Arc<Metrics>,
    closed: Notify,
}

impl Slots {
    /// Room for `limit` sockets.
    pub(super) fn new(limit: usize, metrics: Arc<Metrics>) -> Arc<Self> {
        Arc::new(Self {
            open: AtomicUsize::new(0),
            limit,
            metrics,
            closed: Notify::new(),
        })
    }

    /// Takes a place, if there is one.
    pub(super) fn take(self: &Arc<Self>) -> Option<Slot> {
        if self.open.fetch_add(1, Ordering::AcqRel) >= self.limit {
            self.open.fetch_sub(1, Ordering::AcqRel);
            return None;
        }
        self.metrics.connections.change(1);
        Some(Slot {
            slots: Arc::clone(self),
        })
    }

    /// Waits until no socket is open.
    pub(super) async fn all_closed(&self) {
        loop {
            let closed = self.closed.notified();
            if self.open.load(Ordering::Acquire) == 0 {
                return;
            }
            closed.await;
        }
    }
}

/// The place of an open socket.
#[derive(Debug)]
pub(super) struct Slot {
    slots: Arc<Slots>,
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.slots.metrics.connections.change(-1);
        if self.slots.open.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.slots.closed.notify_waiters();
        }
    }
}
