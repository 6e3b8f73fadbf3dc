//! The thread beside the committer: flushes the ledger, replaces the watermark, keeps journals short.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::{engine::EngineError, layout::RING, rails::Mark, shared::Shared};

/// What the committer leaves for it.
#[derive(Debug, Default)]
pub(super) struct Keeper {
    noted: Mutex<Noted>,
    changed: Condvar,
}

#[derive(Clone, Copy, Debug, Default)]
struct Noted {
    mark: Mark,
    ends: Option<End>,
}

/// How a store is let go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// With a last watermark.
    Closed,
    /// As a process that is killed leaves it.
    Dropped,
}

impl Keeper {
    /// Notes a commit.
    pub(super) fn note(&self, mark: Mark) {
        self.lock().mark = mark;
        self.changed.notify_one();
    }

    /// Ends the thread; the first word counts.
    pub(super) fn end(&self, end: End) {
        self.lock().ends.get_or_insert(end);
        self.changed.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until there is something newer than `flushed`, the end, or the time.
    fn wait(&self, flushed: Mark, until: Option<Instant>) -> Noted {
        let mut noted = self.lock();
        loop {
            if noted.mark > flushed || noted.ends.is_some() {
                return *noted;
            }
            let Some(until) = until else {
                noted = self.changed.wait(noted).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return *noted;
            }
            let waited = self.changed.wait_timeout(noted, left);
            noted = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// Runs until the store is let go.
pub(super) fn run(shared: &Arc<Shared>, start: Mark) {
    if let Err(error) = keep(shared, start) {
        shared.fail(&error);
    }
}

fn keep(shared: &Shared, start: Mark) -> Result<(), EngineError> {
    let failed = |error: std::io::Error| EngineError(error.to_string());
    let (mut flushed, mut marked, mut flushed_buffers) = (start, start, start.number);
    let mut due = Instant::now();
    loop {
        let noted = shared.keeper.wait(flushed, (marked < flushed).then_some(due));
        if noted.mark > flushed {
            shared.rails.flush().map_err(failed)?;
            flushed = noted.mark;
        }
        let is_closed = noted.ends == Some(End::Closed);
        if marked < flushed && (is_closed || Instant::now() >= due) {
            shared.rails.set_watermark(flushed).map_err(failed)?;
            marked = flushed;
            due = Instant::now() + WATERMARK;
        }
        if noted.ends.is_some() {
            return Ok(());
        }
        if flushed.number >= flushed_buffers.saturating_add(RING / 2) {
            flushed_buffers = flushed.number;
            shared.engine.begin_flush()?;
        }
    }
}

/// Between two watermarks. More: an older one; less: more writes.
const WATERMARK: Duration = Duration::from_secs(1);
