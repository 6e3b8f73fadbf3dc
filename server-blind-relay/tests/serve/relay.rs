//! A relay on loopback, in this process.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use twotick_relay::clock::{Clock, RelayClock, SystemClock};
use twotick_relay::limits::{Rate, RelayLimits};
use twotick_relay::serve::{self, Options, RunningRelay};
use twotick_relay::store::MemoryStore;
use twotick_wire::{StoreEpoch, UnixTime};

/// When tests begin.
pub(crate) const START: UnixTime = UnixTime::new(1_800_000_000);

/// A clock that a test can move ahead; otherwise days pass as they do, from [`START`].
#[derive(Clone)]
pub(crate) struct Hands {
    real: Arc<SystemClock>,
    skipped: Arc<AtomicU64>,
}

impl Hands {
    pub(crate) fn new() -> Self {
        Self {
            real: Arc::default(),
            skipped: Arc::default(),
        }
    }

    /// Moves time ahead.
    pub(crate) fn skip(&self, seconds: u64) {
        self.skipped.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl Clock for Hands {
    fn wall(&self) -> UnixTime {
        START.saturating_add(self.monotonic().as_secs())
    }

    fn monotonic(&self) -> Duration {
        self.real.monotonic() + Duration::from_secs(self.skipped.load(Ordering::Relaxed))
    }
}

/// Where a client finds a relay.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) tls: Option<Arc<rustls::ClientConfig>>,
}

/// A relay and where it is.
pub(crate) struct World {
    pub(crate) relay: RunningRelay,
    pub(crate) target: Target,
    pub(crate) hands: Hands,
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
        let hands = Hands::new();
        let clock = RelayClock::new(Box::new(hands.clone()));
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
            tls: None,
        };
        Self { relay, target, hands }
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
