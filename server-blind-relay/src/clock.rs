//! The relay's time: never back, and slow to believe a wall clock that jumps ahead (R-DUR-5).

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use twotick_wire::UnixTime;

/// Where time comes from. Tests bring their own.
pub trait Clock: Send + Sync + 'static {
    /// What the wall clock says; it may jump either way.
    fn wall(&self) -> UnixTime;

    /// Time since some moment, which only grows.
    fn monotonic(&self) -> Duration;
}

/// The clocks of the machine.
#[derive(Debug)]
pub struct SystemClock {
    start: Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self {
            start: Instant::now(),
        }
    }
}

impl Clock for SystemClock {
    fn wall(&self) -> UnixTime {
        UnixTime::new(
            SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default()
                .as_secs(),
        )
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }
}

/// The time that the relay goes by.
///
/// It follows the wall clock, with two exceptions. If that goes back, this stands still. If it runs ahead of the
/// monotonic clock by more than ten minutes, this goes on as if it had not for an hour, in which nothing expires; only
/// then is the wall clock believed. A clock that was set wrong by mistake and put right within the hour does no harm.
pub struct RelayClock {
    source: Box<dyn Clock>,
    state: Mutex<State>,
}

impl std::fmt::Debug for RelayClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RelayClock")
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct State {
    /// The latest time that was told to anyone.
    latest: u64,
    /// A wall time that was believed, and the monotonic time then.
    believed: (u64, Duration),
    /// When the wall clock was first seen too far ahead.
    ahead_since: Option<Duration>,
}

impl RelayClock {
    /// A clock that is at `source`'s time.
    #[must_use]
    pub fn new(source: Box<dyn Clock>) -> Self {
        let believed = (source.wall().seconds(), source.monotonic());
        let state = State {
            latest: 0,
            believed,
            ahead_since: None,
        };
        Self {
            source,
            state: Mutex::new(state),
        }
    }

    /// From now on not before `time`: the last one that a store was told, which outlives the process.
    pub fn not_before(&self, time: UnixTime) {
        let mut state = self.advance();
        state.latest = state.latest.max(time.seconds());
    }

    /// The relay's time.
    pub fn now(&self) -> UnixTime {
        UnixTime::new(self.advance().latest)
    }

    /// Time since some moment, for limits and timers.
    pub fn monotonic(&self) -> Duration {
        self.source.monotonic()
    }

    /// False while the wall clock is not believed: then nothing may expire.
    pub fn may_expire(&self) -> bool {
        self.advance().ahead_since.is_none()
    }

    fn advance(&self) -> MutexGuard<'_, State> {
        let (wall, monotonic) = (self.source.wall().seconds(), self.source.monotonic());
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (seconds, at) = state.believed;
        let expected = seconds.saturating_add(monotonic.saturating_sub(at).as_secs());
        if wall <= expected.saturating_add(TOLERATED.as_secs()) {
            state.ahead_since = None;
            state.believed = (wall, monotonic);
            state.latest = state.latest.max(wall);
            return state;
        }
        let since = *state.ahead_since.get_or_insert(monotonic);
        if monotonic.saturating_sub(since) >= DOUBTED {
            state.ahead_since = None;
            state.believed = (wall, monotonic);
            state.latest = state.latest.max(wall);
        } else {
            state.latest = state.latest.max(expected);
        }
        state
    }
}

/// How far the wall clock may run ahead. Longer: a jump ends what should have lived; shorter: honest corrections freeze expiry.
const TOLERATED: Duration = Duration::from_secs(600);

/// How long a wall clock ahead is not believed (R-DUR-5).
const DOUBTED: Duration = Duration::from_secs(3_600);

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    /// R-DUR-5: the wall clock goes back, the relay's time stands still, and goes on once it is reached again.
    #[test]
    fn time_does_not_go_back_with_the_wall_clock() {
        let (hands, clock) = clock();
        hands.set(1_000, 0);
        assert_eq!(clock.now(), UnixTime::new(1_000));
        hands.set(400, 1);
        assert_eq!(clock.now(), UnixTime::new(1_000));
        assert!(clock.may_expire());
        hands.set(1_001, 602);
        assert_eq!(clock.now(), UnixTime::new(1_001));
    }

    /// R-DUR-5: a jump of more than ten minutes expires nothing for an hour.
    #[test]
    fn a_jump_ahead_is_not_believed_for_an_hour() {
        let (hands, clock) = clock();
        hands.set(1_000, 0);
        assert_eq!(clock.now(), UnixTime::new(1_000));
        hands.set(1_000_000, 10);
        assert_eq!(clock.now(), UnixTime::new(1_010));
        assert!(!clock.may_expire());
        hands.set(1_003_599, 3_609);
        assert_eq!(clock.now(), UnixTime::new(4_609));
        assert!(!clock.may_expire());
        hands.set(1_003_600, 3_610);
        assert_eq!(clock.now(), UnixTime::new(1_003_600));
        assert!(clock.may_expire());
    }

    /// R-DUR-5: what was a mistake and is put right within the hour leaves no trace.
    #[test]
    fn a_jump_that_is_taken_back_does_no_harm() {
        let (hands, clock) = clock();
        hands.set(1_000, 0);
        assert!(clock.may_expire());
        hands.set(40_000_000, 10);
        assert!(!clock.may_expire());
        hands.set(1_020, 20);
        assert!(clock.may_expire());
        assert_eq!(clock.now(), UnixTime::new(1_020));
    }

    #[test]
    fn ten_minutes_are_an_honest_correction() {
        let (hands, clock) = clock();
        hands.set(1_000, 0);
        assert_eq!(clock.now(), UnixTime::new(1_000));
        hands.set(1_600, 0);
        assert!(clock.may_expire());
        assert_eq!(clock.now(), UnixTime::new(1_600));
    }

    /// R-DUR-5: not over a restart either, whatever the wall clock says by then.
    #[test]
    fn time_does_not_go_back_over_a_restart() {
        let (hands, clock) = clock();
        clock.not_before(UnixTime::new(5_000));
        assert_eq!(clock.now(), UnixTime::new(5_000));
        assert!(clock.may_expire());
        hands.set(5_001, 4_001);
        assert_eq!(clock.now(), UnixTime::new(5_001));
    }

    #[derive(Clone, Default)]
    struct Hands(Arc<(AtomicU64, AtomicU64)>);

    impl Hands {
        fn set(&self, wall: u64, monotonic: u64) {
            self.0.0.store(wall, Ordering::Relaxed);
            self.0.1.store(monotonic, Ordering::Relaxed);
        }
    }

    impl Clock for Hands {
        fn wall(&self) -> UnixTime {
            UnixTime::new(self.0.0.load(Ordering::Relaxed))
        }

        fn monotonic(&self) -> Duration {
            Duration::from_secs(self.0.1.load(Ordering::Relaxed))
        }
    }

    fn clock() -> (Hands, RelayClock) {
        let hands = Hands::default();
        hands.set(1_000, 0);
        (hands.clone(), RelayClock::new(Box::new(hands)))
    }
}
