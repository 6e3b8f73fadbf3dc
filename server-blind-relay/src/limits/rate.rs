//! Token buckets as one number: the time at which the bucket is full again.

use std::time::Duration;

/// A bucket: holds `burst`, gains one each `interval` (SPEC 28).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many at once.
    pub burst: u32,
    /// The time in which one more is gained.
    pub interval: Duration,
}

/// Over a limit; good again after some milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("over a limit, again after {retry_after} ms")]
pub struct Limited {
    /// Milliseconds, at least 1.
    pub retry_after: u32,
}

impl Rate {
    /// A rate of `burst` at once and one more each `interval`.
    #[must_use]
    pub const fn new(burst: u32, interval: Duration) -> Self {
        Self { burst, interval }
    }

    /// Takes `count` from a bucket that is full again at `full_at`, and returns when it is full again after that.
    ///
    /// More than `burst` is granted to a full bucket only: a single large thing passes, and is paid for afterwards.
    pub(crate) fn take(self, full_at: u64, count: u32, now: u64) -> Result<u64, Limited> {
        let interval = nanoseconds(self.interval);
        let depth = interval.saturating_mul(self.burst.into());
        let missing = full_at.saturating_sub(now);
        let cost = interval.saturating_mul(count.into());
        let over = missing.saturating_add(cost).saturating_sub(depth);
        if over == 0 || (missing == 0 && count > self.burst && self.burst > 0) {
            Ok(now.saturating_add(missing).saturating_add(cost))
        } else {
            Err(Limited::after(over))
        }
    }

    /// Puts `count` back.
    pub(super) fn refund(self, full_at: u64, count: u32) -> u64 {
        full_at.saturating_sub(nanoseconds(self.interval).saturating_mul(count.into()))
    }
}

impl Limited {
    /// Again after this many nanoseconds, rounded up.
    pub(super) fn after(nanoseconds: u64) -> Self {
        let milliseconds = nanoseconds.div_ceil(1_000_000).max(1);
        Self {
            retry_after: u32::try_from(milliseconds).unwrap_or(u32::MAX),
        }
    }
}

/// Whole nanoseconds: 584 years fit.
pub(crate) fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
