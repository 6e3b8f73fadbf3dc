//! What a relay does without being asked: expiry, forgetting, looking after the store.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::limits::ADDRESS_KEY_LIFETIME;
use crate::store::{Answer, Health, Op, Store};

use super::relay::{Phase, Relay};

/// How often what takes long is done.
#[derive(Clone, Copy, Debug)]
pub(super) struct Periods {
    /// Removing from the files what was deleted (R-DUR-6).
    pub(super) purge: Duration,
    /// Reading everything.
    pub(super) scrub: Duration,
}

/// Runs until the relay has stopped.
pub(super) async fn run<S: Store>(relay: Arc<Relay<S>>, failed: watch::Sender<bool>, periods: Periods) {
    let mut phase = relay.phase.clone();
    tokio::select! {
        () = expire(&relay) => {}
        () = forget(&relay) => {}
        () = watch_store(&relay, &failed) => {}
        () = purge(&relay, periods.purge) => {}
        () = scrub(&relay, periods.scrub) => {}
        _ = phase.wait_for(|phase| *phase == Phase::Stopped) => {}
    }
}

/// Removes what has ended, unless the clock is in doubt (R-DUR-5).
async fn expire<S: Store>(relay: &Relay<S>) {
    let mut turn = every(EXPIRY);
    loop {
        turn.tick().await;
        if !relay.clock.may_expire() {
            tracing::warn!(name: "clock_doubted", reason = "the wall clock runs ahead; nothing expires for an hour");
            continue;
        }
        let mut has_more = true;
        while has_more && relay.clock.may_expire() {
            let outcome = relay
                .store
                .submit(Op::Expire {
                    now: relay.clock.now(),
                    budget: EXPIRY_BUDGET,
                })
                .await;
            relay.note_write(&outcome);
            has_more = match outcome {
                Ok(Answer::Expired { removed, more }) => {
                    relay.metrics.expired.add(removed as u64);
                    more
                }
                Ok(_) => false,
                Err(error) => {
                    tracing::warn!(name: "expiry_failed", error = %error);
                    false
                }
            };
            tokio::task::yield_now().await;
        }
    }
}

/// Forgets sessions that have ended, and the key under which addresses were counted (SPEC 29).
async fn forget<S: Store>(relay: &Relay<S>) {
    let mut turn = every(SWEEP);
    let mut key_since = relay.clock.monotonic();
    loop {
        turn.tick().await;
        let now = relay.clock.monotonic();
        relay.hub.sweep(now);
        if now.saturating_sub(key_since) < ADDRESS_KEY_LIFETIME {
            continue;
        }
        let mut key = [0; 32];
        match getrandom::fill(&mut key) {
            Ok(()) => {
                relay.limiter().rotate_address_key(key);
                key_since = now;
            }
            Err(error) => tracing::warn!(name: "no_randomness", error = %error),
        }
    }
}

/// Looks whether the store has failed for good: then the process should end (R-DUR-3).
async fn watch_store<S: Store>(relay: &Relay<S>, failed: &watch::Sender<bool>) {
    let mut turn = every(HEALTH);
    loop {
        turn.tick().await;
        let health = relay.store.health();
        relay
            .metrics
            .store_writable
            .set(relay.store_takes_writes().into());
        if health == Health::Failed && !failed.send_replace(true) {
            tracing::error!(name: "store_failed", reason = "a write or a flush failed; nothing is stored any more");
        }
    }
}

/// Removes from the files what was deleted (R-DUR-6, R-DLV-8): soon after the start, so that restarts cannot put it off,
/// then once in each period.
async fn purge<S: Store>(relay: &Relay<S>, period: Duration) {
    sleep(FIRST.min(period)).await;
    loop {
        let store = Arc::clone(&relay.store);
        match spawn_blocking(move || store.purge()).await {
            Ok(Ok(())) => relay.metrics.purges.add(1),
            Ok(Err(error)) => tracing::warn!(name: "not_purged", error = %error),
            Err(_) => tracing::error!(name: "not_purged", error = "it panicked"),
        }
        sleep(period).await;
    }
}

/// Reads everything, so that damage is found before somebody needs what is damaged.
async fn scrub<S: Store>(relay: &Relay<S>, period: Duration) {
    loop {
        sleep(period).await;
        let store = Arc::clone(&relay.store);
        match spawn_blocking(move || store.scrub(SCRUB_PAUSE)).await {
            Ok(Ok(found)) => relay.metrics.store_damaged.set(found),
            Ok(Err(error)) => tracing::warn!(name: "not_scrubbed", error = %error),
            Err(_) => tracing::error!(name: "not_scrubbed", error = "it panicked"),
        }
    }
}

fn every(period: Duration) -> tokio::time::Interval {
    let mut interval = interval(period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

/// Between two looks for what has ended. Longer: things live a little longer; shorter: writes for nothing.
const EXPIRY: Duration = Duration::from_secs(30);

/// Rows looked at in one operation. More: others wait for it; fewer: more operations.
const EXPIRY_BUDGET: usize = 1_000;

/// Between two sweeps of the hub.
const SWEEP: Duration = Duration::from_secs(10);

/// Between two looks at the store. Longer: a relay that cannot store goes on for longer; shorter: nothing.
const HEALTH: Duration = Duration::from_millis(500);

/// From the start to the first purge. Longer: restarts put it off; shorter: a start is busy.
const FIRST: Duration = Duration::from_secs(3_600);

/// Between two portions of a scrub. Longer: it takes long; shorter: others wait for the disk.
const SCRUB_PAUSE: Duration = Duration::from_millis(10);
