//! Durations, and what a reader wants to know of them.

use std::time::Duration;

/// Measured durations, in microseconds.
#[derive(Default)]
pub(crate) struct Latencies {
    values: Vec<f64>,
}

impl Latencies {
    pub(crate) fn add(&mut self, duration: Duration) {
        self.values.push(duration.as_secs_f64() * 1e6);
    }

    pub(crate) fn extend(&mut self, other: Self) {
        self.values.extend(other.values);
    }

    /// The value that this share of all is under; zero without any.
    pub(crate) fn quantile(&mut self, share: f64) -> f64 {
        self.values.sort_by(f64::total_cmp);
        let last = self.values.len().saturating_sub(1);
        self.values
            .get((last as f64 * share).round() as usize)
            .copied()
            .unwrap_or_default()
    }
}

/// The middle of a few figures.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
