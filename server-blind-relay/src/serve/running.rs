//! A relay that runs, and how it ends (R-ATT-8).

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::connection::Drain;
use crate::metrics::Metrics;

use super::peer::Slots;
use super::relay::Phase;

/// A relay that runs. Dropping it ends it without a word to its clients; [`RunningRelay::shutdown`] says good-bye.
#[derive(Debug)]
pub struct RunningRelay {
    /// Where clients are served.
    pub address: SocketAddr,
    /// Where operators are served.
    pub admin_address: SocketAddr,
    /// The name under which clients mean to reach it.
    pub name: String,
    pub(super) ending: Ending,
}

/// What it takes to end.
pub(super) struct Ending {
    pub(super) metrics: Arc<Metrics>,
    pub(super) drain: Duration,
    pub(super) phase: watch::Sender<Phase>,
    pub(super) failed: watch::Receiver<bool>,
    pub(super) slots: Arc<Slots>,
    pub(super) tasks: JoinSet<()>,
    pub(super) close: Close,
}

/// Closes the store, if nobody else holds it any more; false if somebody does.
pub(super) type Close = Box<dyn FnMut() -> bool + Send + Sync>;

impl fmt::Debug for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ending")
            .field("drain", &self.drain)
            .field("phase", &self.phase)
            .finish_non_exhaustive()
    }
}

impl RunningRelay {
    /// What it counts.
    #[must_use]
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.ending.metrics
    }

    /// Waits until the store has failed for good: the process should end then, and start again (R-DUR-3).
    pub async fn failed(&self) {
        let mut failed = self.ending.failed.clone();
        if failed.wait_for(|failed| *failed).await.is_err() {
            // The relay has ended in another way.
            std::future::pending::<()>().await;
        }
    }

    /// Stops: accepts nothing more, tells clients when to come back, waits for what is under way, closes the store.
    pub async fn shutdown(self) {
        let mut ending = self.ending;
        ending.metrics.draining.set(1);
        let drain = Drain {
            wait_min: ending.drain / 10,
            wait_max: ending.drain,
            linger: ending.drain,
        };
        ending.phase.send_replace(Phase::Draining(drain));
        if timeout(ending.drain, ending.slots.all_closed()).await.is_err() {
            tracing::warn!(name: "not_all_left", connections = ending.metrics.connections.value());
        }
        ending.phase.send_replace(Phase::Stopped);
        // What is cut off now had its time; a socket that takes nothing may not hold up the end.
        let _ = timeout(CUT_OFF, ending.slots.all_closed()).await;
        while ending.tasks.join_next().await.is_some() {}
        let mut close = ending.close;
        let closed = tokio::task::spawn_blocking(move || {
            for _ in 0..CLOSE_ATTEMPTS {
                if close() {
                    return true;
                }
                // The last tasks let go of it after they have let go of their sockets.
                std::thread::sleep(CLOSE_PAUSE);
            }
            false
        });
        if !closed.await.unwrap_or(false) {
            tracing::warn!(name: "store_not_closed", reason = "a connection still holds it");
        }
    }
}

/// For tasks to notice the end.
const CUT_OFF: Duration = Duration::from_secs(6);

/// How often, and how long between, the store is asked for.
const CLOSE_ATTEMPTS: u32 = 200;
const CLOSE_PAUSE: Duration = Duration::from_millis(5);
