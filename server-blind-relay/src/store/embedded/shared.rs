//! What the threads of a store have in common: the files, the health, the counts.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU8, AtomicUsize, Ordering},
};

use super::{
    engine::{Engine, EngineError},
    fail_point::{FailPoint, Point},
    keeper::Keeper,
    layout::Commit,
    options::Health,
    rails::Rails,
};
use crate::store::{Hints, Identity, Usage};

/// What the threads have in common.
pub(super) struct Shared {
    pub(super) engine: Engine,
    pub(super) rails: Rails,
    pub(super) keeper: Keeper,
    pub(super) identity: Identity,
    pub(super) hints: Arc<dyn Hints>,
    pub(super) fail_point: Option<Arc<dyn FailPoint>>,
    pub(super) reserve: u64,
    pub(super) health: AtomicU8,
    pub(super) usage: Mutex<Usage>,
    pub(super) queued: Queued,
}

/// What waits for the committer.
#[derive(Default)]
pub(super) struct Queued {
    pub(super) commands: AtomicUsize,
    pub(super) bytes: AtomicUsize,
}

impl Shared {
    pub(super) fn health(&self) -> Health {
        match self.health.load(Ordering::Acquire) {
            0 => Health::Good,
            1 => Health::Full,
            2 => Health::NoRoom,
            _ => Health::Failed,
        }
    }

    /// Nothing is written from here on (R-DUR-3).
    pub(super) fn fail(&self, error: &EngineError) {
        tracing::error!(name: "store_failed", error = %error);
        self.health.store(Health::Failed as u8, Ordering::Release);
    }

    /// Looks whether the disk has room for `bytes` and what the engine makes of them.
    pub(super) fn check_space(&self, bytes: u64) -> Health {
        let before = self.health();
        if before == Health::Failed {
            return before;
        }
        let health = match self.rails.free_space() {
            Ok(free) if free >= self.reserve.saturating_add(bytes) => Health::Good,
            Ok(free) if free >= self.reserve / 2 => Health::Full,
            Ok(_) => Health::NoRoom,
            Err(error) => {
                self.fail(&EngineError(error.to_string()));
                return Health::Failed;
            }
        };
        if health != before {
            tracing::warn!(name: "room_on_disk_changed", store = ?health);
            // A failure that another thread has seen meanwhile stays.
            let (old, new) = (before as u8, health as u8);
            let changed = self
                .health
                .compare_exchange(old, new, Ordering::AcqRel, Ordering::Acquire);
            return if changed.is_ok() { health } else { self.health() };
        }
        health
    }

    pub(super) fn reach(&self, point: Point) -> Result<(), EngineError> {
        let reached = self
            .fail_point
            .as_ref()
            .map_or(Ok(()), |fail_point| fail_point.reach(point));
        reached.map_err(|error| EngineError(error.to_string()))
    }

    pub(super) fn set_usage(&self, commit: &Commit) {
        let usage = Usage {
            mailboxes: commit.mailboxes,
            envelopes: commit.envelopes,
            bytes: commit.bytes,
        };
        *self.usage.lock().unwrap_or_else(PoisonError::into_inner) = usage;
    }
}

impl Queued {
    /// Counts a command in, if there is room for it.
    pub(super) fn add(&self, bytes: usize) -> bool {
        let is_full = self.commands.load(Ordering::Relaxed) >= QUEUED_OPS
            || self.bytes.load(Ordering::Relaxed) >= QUEUED_BYTES;
        if !is_full {
            self.commands.fetch_add(1, Ordering::Relaxed);
            self.bytes.fetch_add(bytes, Ordering::Relaxed);
        }
        !is_full
    }

    pub(super) fn remove(&self, commands: usize, bytes: usize) {
        self.commands.fetch_sub(commands, Ordering::Relaxed);
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// Operations that wait for the committer. More: memory, answers later than anybody waits; fewer: refusals in bursts.
const QUEUED_OPS: usize = 65_536;

/// Their bytes. More and less as above.
const QUEUED_BYTES: usize = 64 << 20;
