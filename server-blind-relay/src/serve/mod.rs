//! Sockets, timers, HTTP: performs what [`connection`](crate::connection) decides.
//!
//! ```text
//!  listen ─▶ stream (TLS) ─▶ hyper ─▶ route ─┬─▶ websocket ─┐
//!    │ limits: sockets, addresses, storms    ├─▶ http ──────┼─▶ drive: one Connection, its store answers,
//!    ▼                                       └─▶ operators  │          its wake-ups, its clock
//!  turned away                                              └─▶ task of a socket; none is shared
//! ```

mod challenge;
mod drive;
mod http;
mod listen;
mod peer;
mod relay;
mod respond;
mod route;
mod running;
mod stream;
mod tls;
mod token;
mod upkeep;
mod websocket;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::clock::RelayClock;
use crate::connection::Settings;
use crate::hub::Hub;
use crate::limits::{Limiter, RelayLimits};
use crate::mark::Marker;
use crate::metrics::Metrics;
use crate::store::{Admission, Hints, Store};

use listen::Acceptor;
use peer::Slots;
use relay::{Lifetimes, Parts, Phase, Relay};
use route::Audience;
use running::Ending;
use upkeep::Periods;

pub use running::RunningRelay;
pub use tls::{TlsError, TlsFiles};

/// How a relay is served.
#[derive(Debug)]
pub struct Options {
    /// Where clients are served; port 0 is any.
    pub listen: SocketAddr,
    /// The relay's name (R-ATT-1); if there is none, the address it is served at.
    pub name: Option<String>,
    /// TLS, or clear text.
    pub tls: Option<TlsFiles>,
    /// The machines that do TLS in front: if there are any, only they may connect.
    pub terminators: Vec<IpAddr>,
    /// Where operators are served, if not at the address of clients.
    pub admin_listen: Option<SocketAddr>,
    /// The limits of SPEC 28.
    pub limits: RelayLimits,
    /// How long a token is good (R-TRN-1).
    pub token: Duration,
    /// Over which clients come back when the relay stops (R-ATT-8), and how long it waits for them to leave.
    pub drain: Duration,
    /// How often what was deleted is removed from the files (R-DUR-6).
    pub purge: Duration,
    /// How often everything stored is read, to find damage.
    pub scrub: Duration,
    /// The relay's time.
    pub clock: Arc<RelayClock>,
    /// Where it counts.
    pub metrics: Arc<Metrics>,
}

impl Options {
    /// A relay on a port of its own on loopback, in clear text, with the limits of SPEC 28.
    #[must_use]
    pub fn loopback(clock: Arc<RelayClock>) -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            name: None,
            tls: None,
            terminators: Vec::new(),
            admin_listen: None,
            limits: RelayLimits::default(),
            token: Duration::from_secs(900),
            drain: Duration::from_secs(30),
            purge: Duration::from_secs(12 * 3_600),
            scrub: Duration::from_secs(24 * 3_600),
            clock,
            metrics: Arc::default(),
        }
    }
}

/// Why a relay does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// An address cannot be listened at.
    #[error("cannot listen at {address}: {reason}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        reason: std::io::Error,
    },
    /// There is no TLS.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The system has no randomness.
    #[error("the system has no randomness: {0}")]
    Randomness(getrandom::Error),
    /// The store refuses.
    #[error("{0}")]
    Store(Box<dyn std::error::Error + Send + Sync>),
}

/// Serves a store that `open` makes, once it is given where wake-ups go and who limits what goes in.
///
/// # Errors
///
/// If an address, a certificate or the store is not to be had.
pub async fn start<S: Store, E>(
    options: Options,
    open: impl FnOnce(Arc<dyn Hints>, Arc<dyn Admission>) -> Result<S, E>,
) -> Result<RunningRelay, StartError>
where
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let tls = options.tls.as_ref().map(tls::acceptor).transpose()?;
    let (listener, address) = listen_at(options.listen)?;
    let admin = options.admin_listen.map(listen_at).transpose()?;
    let name = options.name.clone().unwrap_or_else(|| address.to_string());
    let (phase, watched) = watch::channel(Phase::Serving);
    let (relay, store) = relay(&options, name.clone(), watched, open)?;
    let slots = Slots::new(socket_limit(&options.limits), Arc::clone(&options.metrics));
    let (failing, failed) = watch::channel(false);
    let mut tasks = JoinSet::new();
    let periods = Periods {
        purge: options.purge,
        scrub: options.scrub,
    };
    tasks.spawn(upkeep::run(Arc::clone(&relay), failing, periods));
    let acceptor = |audience, tls, terminators| Acceptor {
        router: route::router(Arc::clone(&relay), audience),
        relay: Arc::clone(&relay),
        slots: Arc::clone(&slots),
        header_bytes: options.limits.request_header_bytes,
        tls,
        terminators,
    };
    let mut admin_address = address;
    let mut audience = Audience::Everyone;
    if let Some((listener, address)) = admin {
        audience = Audience::Clients;
        admin_address = address;
        tasks.spawn(acceptor(Audience::Operators, None, Vec::new()).run(listener));
    }
    tasks.spawn(acceptor(audience, tls, options.terminators).run(listener));
    let Options { metrics, drain, .. } = options;
    let ending = Ending {
        metrics,
        drain,
        phase,
        failed,
        slots,
        tasks,
        close: closing(store),
    };
    Ok(RunningRelay {
        address,
        admin_address,
        name,
        ending,
    })
}

/// What all sockets share, and the store once more, to close it at the end.
fn relay<S: Store, E>(
    options: &Options,
    name: String,
    phase: watch::Receiver<Phase>,
    open: impl FnOnce(Arc<dyn Hints>, Arc<dyn Admission>) -> Result<S, E>,
) -> Result<(Arc<Relay<S>>, Arc<S>), StartError>
where
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let limits = &options.limits;
    let limiter = Arc::new(limiter(limits.clone())?);
    let hub = Hub::new(limits);
    let admission: Arc<dyn Admission> = Arc::clone(&limiter) as _;
    let store = open(Arc::new(hub.clone()), admission).map_err(|error| StartError::Store(error.into()))?;
    let latest = store
        .latest_time()
        .map_err(|error| StartError::Store(error.into()))?;
    options.clock.not_before(latest);
    let store = Arc::new(store);
    let settings = Settings {
        name,
        store: store.identity(),
        limiter,
    };
    let relay = Relay::new(Parts {
        store: Arc::clone(&store),
        hub,
        settings: Arc::new(settings),
        clock: Arc::clone(&options.clock),
        metrics: Arc::clone(&options.metrics),
        marker: Marker::fresh().map_err(StartError::Randomness)?,
        phase,
        is_behind_terminator: !options.terminators.is_empty(),
        lifetimes: Lifetimes {
            token: options.token,
            challenge: CHALLENGE,
            sessions: limits.sessions,
        },
    });
    Ok((Arc::new(relay), store))
}

fn closing<S: Store>(store: Arc<S>) -> running::Close {
    let mut store = Some(store);
    Box::new(move || match store.take().map(Arc::try_unwrap) {
        None => true,
        Some(Ok(store)) => {
            store.close();
            true
        }
        Some(Err(shared)) => {
            store = Some(shared);
            false
        }
    })
}

fn listen_at(address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let refused = |reason| StartError::Listen { address, reason };
    let listener = listen::bind(address).map_err(refused)?;
    let bound = listener.local_addr().map_err(refused)?;
    Ok((listener, bound))
}

fn limiter(limits: RelayLimits) -> Result<Limiter, StartError> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(StartError::Randomness)?;
    let cores =
        std::thread::available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(1));
    Ok(Limiter::new(limits, cores, secret))
}

/// The rest is for the store, the listeners and what the system opens.
fn socket_limit(limits: &RelayLimits) -> usize {
    (listen::file_limit() / 100)
        .saturating_mul(limits.connections_percent.into())
        .max(1)
}

/// How long a challenge over HTTP may be answered (R-ATT-2).
const CHALLENGE: Duration = Duration::from_secs(60);
