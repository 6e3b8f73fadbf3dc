//! A relay on loopback, in this process.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use twotick_relay::clock::{Clock, RelayClock, SystemClock};
use twotick_relay::limits::{Rate, RelayLimits};
use twotick_relay::serve::{self, Options, RunningRelay};
use twotick_relay::store::MemoryStore;
use twotick_wire::{StoreEpoch, UnixTime};

/// When tests begin.
pub(crate) const START: UnixTime = UnixTime::new(1_800_000_000);

/// A clock whose days pass as they do, from [`START`].
struct Calendar(SystemClock);

impl Clock for Calendar {
    fn wall(&self) -> UnixTime {
        START.saturating_add(self.monotonic().as_secs())
    }

    fn monotonic(&self) -> Duration {
        self.0.monotonic()
    }
}

/// Where a client finds a relay.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) now: UnixTime,
    pub(crate) tls: Option<Arc<rustls::ClientConfig>>,
}

/// A relay and where it is.
pub(crate) struct World {
    pub(crate) relay: RunningRelay,
    pub(crate) target: Target,
}

impl World {
    /// A relay whose limits leave room for many connections from one address.
    pub(crate) async fn new() -> Self {
        Self::limited(generous()).await
    }

    pub(crate) async fn limited(limits: RelayLimits) -> Self {
        Self::with(|options| options.limits = limits).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Options)) -> Self {
        let clock = RelayClock::forgetful(Box::new(Calendar(SystemClock::default())));
        let mut options = Options::loopback(Arc::new(clock));
        options.limits = generous();
        options.drain = Duration::from_secs(5);
        change(&mut options);
        let limits = options.limits.store;
        let open = |hints, admission| {
            Ok::<_, std::convert::Infallible>(MemoryStore::new(limits, EPOCH, hints, admission))
        };
        let relay = serve::start(options, open).await.expect("a relay");
        let target = Target {
            address: relay.address,
            now: START,
            tls: None,
        };
        Self { relay, target }
    }
}

/// The limits of SPEC 28, except those that many clients on one address would meet.
pub(crate) fn generous() -> RelayLimits {
    let often = Rate::new(1_000_000, Duration::from_nanos(1));
    RelayLimits {
        unattached: 10_000,
        connects: often,
        new_mailboxes: often,
        attaches: often,
        ..RelayLimits::default()
    }
}

/// The store epoch of relays in this process.
pub(crate) const EPOCH: StoreEpoch = StoreEpoch::new([9; 16]);
