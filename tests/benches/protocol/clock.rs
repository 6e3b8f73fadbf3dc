//! Thread CPU time: what other processes on the machine do hardly shows.

use std::hint::black_box;

use rustix::time::{ClockId, clock_gettime};

/// How long to measure.
#[derive(Clone, Copy)]
pub(crate) struct Effort {
    /// Rounds of each operation; the fastest counts.
    pub(crate) rounds: usize,
    smoke: bool,
}

impl Effort {
    /// Enough rounds for the figures to settle.
    pub(crate) const FULL: Self = Self {
        rounds: 25,
        smoke: false,
    };
    /// Everything once, to see that it runs.
    pub(crate) const SMOKE: Self = Self {
        rounds: 1,
        smoke: true,
    };

    /// Operations of a round.
    pub(crate) fn times(self, full: usize) -> usize {
        if self.smoke { 1 } else { full }
    }

    /// Fewer rounds, for what takes long.
    pub(crate) fn at_most(self, rounds: usize) -> Self {
        Self {
            rounds: self.rounds.min(rounds),
            ..self
        }
    }

    pub(crate) fn is_smoke(self) -> bool {
        self.smoke
    }
}

/// One round of an operation; returns microseconds for each operation.
pub(crate) type Round<'a> = Box<dyn FnMut() -> f64 + 'a>;

/// The same operation `count` times.
pub(crate) fn repeat<'a, T>(count: usize, mut operation: impl FnMut() -> T + 'a) -> Round<'a> {
    Box::new(move || {
        let start = cpu_time();
        for _ in 0..count {
            black_box(operation());
        }
        per_operation(start, count)
    })
}

/// `count` operations, each on an input of its own; making and dropping the inputs is not timed.
pub(crate) fn on_each<'a, I, T>(
    count: usize,
    mut input: impl FnMut() -> I + 'a,
    mut operation: impl FnMut(&mut I) -> T + 'a,
) -> Round<'a> {
    Box::new(move || {
        let mut inputs: Vec<I> = (0..count).map(|_| input()).collect();
        let start = cpu_time();
        for input in &mut inputs {
            black_box(operation(input));
        }
        per_operation(start, count)
    })
}

/// Runs the operations in turns, so that a slow moment of the machine meets all of them; the fastest round of each.
pub(crate) fn fastest<const N: usize>(effort: Effort, mut operations: [Round<'_>; N]) -> [f64; N] {
    let mut best = [f64::INFINITY; N];
    for _ in 0..effort.rounds {
        for (operation, best) in operations.iter_mut().zip(&mut best) {
            *best = best.min(operation());
        }
    }
    best
}

fn per_operation(start: u64, count: usize) -> f64 {
    (cpu_time() - start) as f64 / 1000.0 / count as f64
}

/// Nanoseconds this thread has run.
fn cpu_time() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    (time.tv_sec * 1_000_000_000 + time.tv_nsec).unsigned_abs()
}
