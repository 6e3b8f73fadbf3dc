//! Counters, gauges and histograms that cost an atomic addition, and their text.

use std::fmt::{Display, Write as _};
use std::marker::PhantomData;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// A count that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds to it.
    pub fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    /// What it is at.
    pub fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A level.
#[derive(Debug, Default)]
pub struct Gauge(AtomicI64);

impl Gauge {
    /// Sets it.
    pub fn set(&self, level: u64) {
        self.0
            .store(i64::try_from(level).unwrap_or(i64::MAX), Ordering::Relaxed);
    }

    /// Changes it, either way.
    pub fn change(&self, by: i64) {
        self.0.fetch_add(by, Ordering::Relaxed);
    }

    /// What it is at.
    pub fn value(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A closed set of values of a label.
pub trait Label: Copy {
    /// The label's name.
    const NAME: &'static str;
    /// Its values in order, eight at most.
    const TEXTS: &'static [&'static str];

    /// The place of a value in [`Label::TEXTS`].
    fn index(self) -> usize;
}

/// A counter for each value of a label.
#[derive(Debug)]
pub struct CounterBy<L> {
    counts: [Counter; 8],
    label: PhantomData<L>,
}

impl<L> Default for CounterBy<L> {
    fn default() -> Self {
        Self {
            counts: Default::default(),
            label: PhantomData,
        }
    }
}

impl<L: Label> CounterBy<L> {
    /// Adds to one of them.
    pub fn add(&self, label: L, count: u64) {
        self.counts[label.index()].add(count);
    }

    /// What one of them is at.
    pub fn value(&self, label: L) -> u64 {
        self.counts[label.index()].value()
    }
}

/// How often values fell between powers of two.
#[derive(Debug)]
pub struct Histogram {
    /// `counts[n]` counts values whose highest bit is the n-th; `counts[0]` zeros.
    counts: [AtomicU64; 65],
    sum: AtomicU64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            counts: std::array::from_fn(|_| AtomicU64::new(0)),
            sum: AtomicU64::new(0),
        }
    }
}

impl Histogram {
    /// Counts a value.
    pub fn observe(&self, value: u64) {
        // A value equal to a bound counts under it: "less or equal".
        let bits = 64 - value.saturating_sub(1).leading_zeros() as usize;
        self.counts[bits].fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(value, Ordering::Relaxed);
    }

    /// How many values were counted.
    pub fn count(&self) -> u64 {
        self.counts
            .iter()
            .map(|count| count.load(Ordering::Relaxed))
            .sum()
    }

    /// The upper bound under which `part` (0 to 1) of the values lie.
    #[must_use]
    pub fn quantile(&self, part: f64) -> u64 {
        #[expect(clippy::cast_precision_loss, reason = "a share of a count need not be exact")]
        let wanted = self.count() as f64 * part;
        let mut below = 0;
        for (bits, count) in self.counts.iter().enumerate() {
            below += count.load(Ordering::Relaxed);
            #[expect(clippy::cast_precision_loss, reason = "as above")]
            if below as f64 >= wanted {
                return 1_u64
                    .checked_shl(u32::try_from(bits).unwrap_or(u32::MAX))
                    .unwrap_or(u64::MAX);
            }
        }
        u64::MAX
    }
}

/// A page of metrics being written.
#[derive(Default)]
pub(super) struct Text(String);

impl Text {
    pub(super) fn counter(&mut self, name: &str, help: &str, counter: &Counter) {
        self.head(name, help, "counter");
        self.line(name, "", counter.value());
    }

    pub(super) fn counters<L: Label>(&mut self, name: &str, help: &str, counters: &CounterBy<L>) {
        self.head(name, help, "counter");
        for (text, counter) in L::TEXTS.iter().zip(&counters.counts) {
            self.line(name, &format!("{{{}=\"{text}\"}}", L::NAME), counter.value());
        }
    }

    pub(super) fn gauge(&mut self, name: &str, help: &str, gauge: &Gauge) {
        self.head(name, help, "gauge");
        self.line(name, "", gauge.value());
    }

    /// A histogram whose buckets end at powers of two; `scale` values make one of the unit shown.
    pub(super) fn histogram(
        &mut self,
        name: &str,
        help: &str,
        bounds: Bounds,
        scale: u32,
        histogram: &Histogram,
    ) {
        self.head(name, help, "histogram");
        self.buckets(name, "", bounds, scale, histogram);
    }

    pub(super) fn histograms<L: Label>(
        &mut self,
        name: &str,
        help: &str,
        bounds: Bounds,
        scale: u32,
        histograms: &[Histogram],
    ) {
        self.head(name, help, "histogram");
        for (text, histogram) in L::TEXTS.iter().zip(histograms) {
            self.buckets(name, &format!("{}=\"{text}\"", L::NAME), bounds, scale, histogram);
        }
    }

    pub(super) fn finish(self) -> String {
        self.0
    }

    fn buckets(&mut self, name: &str, label: &str, bounds: Bounds, scale: u32, histogram: &Histogram) {
        let separator = if label.is_empty() { "" } else { "," };
        let mut below = 0;
        for (bits, count) in (0_u32..).zip(&histogram.counts) {
            below += count.load(Ordering::Relaxed);
            if (bounds.first..=bounds.last).contains(&bits) {
                #[expect(clippy::cast_precision_loss, reason = "bounds are powers of two")]
                let bound = (1_u64 << bits) as f64 / f64::from(scale);
                self.line(
                    &format!("{name}_bucket"),
                    &format!("{{{label}{separator}le=\"{bound}\"}}"),
                    below,
                );
            }
        }
        self.line(
            &format!("{name}_bucket"),
            &format!("{{{label}{separator}le=\"+Inf\"}}"),
            below,
        );
        let label = if label.is_empty() {
            String::new()
        } else {
            format!("{{{label}}}")
        };
        #[expect(clippy::cast_precision_loss, reason = "a sum that is shown")]
        let sum = histogram.sum.load(Ordering::Relaxed) as f64 / f64::from(scale);
        self.line(&format!("{name}_sum"), &label, sum);
        self.line(&format!("{name}_count"), &label, below);
    }

    fn head(&mut self, name: &str, help: &str, kind: &str) {
        let _ = writeln!(
            self.0,
            "# HELP {PREFIX}{name} {help}\n# TYPE {PREFIX}{name} {kind}"
        );
    }

    fn line(&mut self, name: &str, labels: &str, value: impl Display) {
        let _ = writeln!(self.0, "{PREFIX}{name}{labels} {value}");
    }
}

/// Which powers of two are shown as bounds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// The exponent of the lowest.
    pub(super) first: u32,
    /// The exponent of the highest, under 64.
    pub(super) last: u32,
}

const PREFIX: &str = "twotick_relay_";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_cumulative_and_include_their_bound() {
        let histogram = Histogram::default();
        for value in [0, 1, 2, 3, 4, 5, 1_000_000] {
            histogram.observe(value);
        }
        let mut text = Text::default();
        text.histogram("size", "sizes", Bounds { first: 0, last: 3 }, 1, &histogram);
        let expected = "twotick_relay_size_bucket{le=\"1\"} 2\ntwotick_relay_size_bucket{le=\"2\"} 3\n\
            twotick_relay_size_bucket{le=\"4\"} 5\ntwotick_relay_size_bucket{le=\"8\"} 6\n\
            twotick_relay_size_bucket{le=\"+Inf\"} 7\ntwotick_relay_size_sum 1000015\ntwotick_relay_size_count 7\n";
        assert!(text.finish().ends_with(expected));
        assert_eq!(histogram.quantile(0.5), 4);
        assert_eq!(Histogram::default().quantile(0.5), 1);
        histogram.observe(u64::MAX);
        assert_eq!(histogram.quantile(1.0), u64::MAX);
    }
}
