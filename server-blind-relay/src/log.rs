//! Logs: one event a line, and of each event only what is on a list (R-BLD-1).
//!
//! An event is written `tracing::info!(name: "attached", device = %mark)`. Its name is a constant of the program; its
//! fields pass [`FIELDS`] or are dropped and counted. There is no message text, because text can be made of anything.

use std::fmt::{self, Write as _};
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

use crate::clock::RelayClock;
use crate::mark::Mark;
use crate::metrics::Metrics;

/// Every field that a line may have. A new one is a decision about metadata: SPEC 29 first.
pub const FIELDS: &[(&str, Kind)] = &[
    ("listen", Kind::Own),
    ("admin", Kind::Own),
    ("name", Kind::Own),
    ("data", Kind::Own),
    ("store", Kind::Own),
    ("version", Kind::Own),
    ("error", Kind::Own),
    ("transport", Kind::Own),
    ("object", Kind::Own),
    ("reason", Kind::Own),
    ("code", Kind::Number),
    ("status", Kind::Number),
    ("count", Kind::Number),
    ("bytes", Kind::Number),
    ("seconds", Kind::Number),
    ("millis", Kind::Number),
    ("mailboxes", Kind::Number),
    ("envelopes", Kind::Number),
    ("connections", Kind::Number),
    ("micros", Kind::Number),
    ("damaged", Kind::Number),
    ("strays", Kind::Number),
    ("device", Kind::Mark),
];

/// What a field may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A word of the relay itself or of the system: never anything a peer chose.
    Own,
    /// A number that is nobody's.
    Number,
    /// A [`Mark`], and only at debug or trace.
    Mark,
}

/// The subscriber of a relay's events.
pub fn subscriber(
    level: LevelFilter,
    clock: Arc<RelayClock>,
    metrics: Arc<Metrics>,
    out: impl Write + Send + 'static,
) -> impl Subscriber + Send + Sync {
    Registry::default().with(
        Lines {
            clock,
            metrics,
            out: Mutex::new(out),
        }
        .with_filter(level),
    )
}

struct Lines<W> {
    clock: Arc<RelayClock>,
    metrics: Arc<Metrics>,
    out: Mutex<W>,
}

impl<S: Subscriber, W: Write + Send + 'static> Layer<S> for Lines<W> {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let metadata = event.metadata();
        if !metadata.target().starts_with(env!("CARGO_CRATE_NAME")) {
            return;
        }
        let mut line = Line {
            level: *metadata.level(),
            text: String::new(),
            dropped: 0,
        };
        let _ = write!(
            line.text,
            "{} {} {}",
            self.clock.now().seconds(),
            metadata.level(),
            metadata.name()
        );
        event.record(&mut line);
        self.metrics.log_fields_dropped.add(line.dropped);
        line.text.push('\n');
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        if out.write_all(line.text.as_bytes()).is_err() {
            self.metrics.log_lines_lost.add(1);
        }
    }
}

struct Line {
    level: Level,
    text: String,
    dropped: u64,
}

impl Line {
    fn put(&mut self, field: &Field, kinds: &[Kind], value: fmt::Arguments<'_>) {
        let kind = FIELDS
            .iter()
            .find(|(name, _)| *name == field.name())
            .map(|(_, kind)| *kind);
        match kind {
            Some(kind) if kinds.contains(&kind) => {
                let _ = write!(self.text, " {}={value}", field.name());
            }
            _ => self.dropped += 1,
        }
    }
}

impl Visit for Line {
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, &[Kind::Number], format_args!("{value}"));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, &[Kind::Number], format_args!("{value}"));
    }

    fn record_bool(&mut self, _field: &Field, _value: bool) {
        self.dropped += 1;
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, &[Kind::Own], format_args!("{value:?}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let mut shown = String::new();
        let _ = write!(shown, "{value:?}");
        if Mark::is_form(&shown) {
            if self.level >= Level::DEBUG {
                self.put(field, &[Kind::Mark], format_args!("{shown}"));
            } else {
                self.dropped += 1;
            }
        } else {
            self.put(field, &[Kind::Own], format_args!("{shown:?}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::clock::SystemClock;
    use crate::mark::Marker;

    /// R-BLD-1: what is not on the list does not reach the log, whatever it is called and however it is given.
    #[test]
    fn what_is_not_on_the_list_is_dropped_and_counted() {
        let log = captured(LevelFilter::TRACE, || {
            tracing::info!(name: "started", listen = "127.0.0.1:1", address = "192.0.2.7", body = ?[1, 2, 3]);
            tracing::info!(name: "started", "a text made of {}", "192.0.2.7");
            tracing::info!(target: "elsewhere", listen = "192.0.2.7");
            tracing::info!(name: "started", is_full = true, count = 3_u64, seq = 4_u64, device = 5_u64);
        });
        assert!(
            log.text.contains("INFO started listen=\"127.0.0.1:1\"\n"),
            "{}",
            log.text
        );
        assert!(log.text.contains("INFO started count=3\n"), "{}", log.text);
        assert!(
            !log.text.contains("192.0.2.7") && !log.text.contains('['),
            "{}",
            log.text
        );
        assert_eq!(log.text.lines().count(), 3);
        assert_eq!(log.metrics.log_fields_dropped.value(), 6);
    }

    /// R-BLD-1: identifiers are not logged above debug, and never in full.
    #[test]
    fn a_device_is_a_keyed_hash_at_debug_and_nothing_above() {
        let marker = Marker::with_key([7; 32]);
        let device = [0xab; 16];
        let log = captured(LevelFilter::TRACE, || {
            let mark = marker.mark(&device);
            tracing::info!(name: "attached", device = %mark);
            tracing::info!(name: "attached", error = %mark);
            tracing::debug!(name: "attached", device = %mark);
            tracing::debug!(name: "attached", device = "abababababababab");
        });
        let lines: Vec<_> = log.text.lines().collect();
        assert!(
            lines[0].ends_with("INFO attached") && lines[1].ends_with("INFO attached"),
            "{}",
            log.text
        );
        assert!(lines[2].ends_with(&format!("DEBUG attached device={}", marker.mark(&device))));
        assert!(lines[3].ends_with("DEBUG attached"), "{}", log.text);
        assert!(!log.text.contains("abab"));
    }

    #[test]
    fn a_level_that_is_not_asked_for_is_not_written() {
        let log = captured(
            LevelFilter::WARN,
            || tracing::info!(name: "started", count = 1_u64),
        );
        assert_eq!(log.text, "");
    }

    struct Log {
        text: String,
        metrics: Arc<Metrics>,
    }

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("one thread").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn captured(level: LevelFilter, events: impl FnOnce()) -> Log {
        let page = Page::default();
        let metrics = Arc::new(Metrics::default());
        let clock = Arc::new(RelayClock::new(Box::new(SystemClock::default())));
        let subscriber = subscriber(level, clock, Arc::clone(&metrics), page.clone());
        tracing::subscriber::with_default(subscriber, events);
        let text = String::from_utf8(page.0.lock().expect("one thread").clone()).expect("text");
        Log { text, metrics }
    }
}
