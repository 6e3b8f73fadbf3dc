//! What `/metrics` shows: counts, levels and latencies of the relay as a whole, and nothing of anybody (R-BLD-1).

mod instrument;

use std::time::Duration;

use crate::connection::Close;

pub use instrument::{Counter, CounterBy, Gauge, Histogram};

use instrument::{Bounds, Text};

/// All instruments of a relay.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Sockets accepted.
    pub connections_accepted: Counter,
    /// Sockets refused, by reason.
    pub connections_refused: CounterBy<Refusal>,
    /// Open sockets.
    pub connections: Gauge,
    /// Attached WebSockets and event streams.
    pub attached: Gauge,
    /// Attaches that succeeded, by transport.
    pub attaches: CounterBy<Transport>,
    /// Frames from clients, by transport.
    pub frames_received: CounterBy<Transport>,
    /// Frames to clients, by transport.
    pub frames_sent: CounterBy<Transport>,
    /// Bytes of frames from clients.
    pub bytes_received: Counter,
    /// Bytes of frames to clients.
    pub bytes_sent: Counter,
    /// Connections ended by the relay, by reason.
    pub closed: CounterBy<Ending>,
    /// Answers to HTTP requests, by class.
    pub responses: CounterBy<StatusClass>,
    /// Sizes of envelopes that clients sent.
    pub envelope_bytes: Histogram,
    /// Microseconds per stage of a message.
    pub stages: [Histogram; Stage::ALL.len()],
    /// Rows removed by expiry.
    pub expired: Counter,
    /// Mailboxes held.
    pub mailboxes: Gauge,
    /// Envelopes held.
    pub envelopes: Gauge,
    /// Bytes of envelopes held.
    pub stored_bytes: Gauge,
    /// 1 while the store takes writes.
    pub store_writable: Gauge,
    /// Times that what was deleted was removed from the files.
    pub purges: Counter,
    /// What the last scrub found that does not fit.
    pub store_damaged: Gauge,
    /// 1 while the wall clock is too far ahead to be believed.
    pub clock_doubted: Gauge,
    /// 1 while the relay drains.
    pub draining: Gauge,
    /// Fields that events had and the log did not take.
    pub log_fields_dropped: Counter,
    /// Lines that could not be written.
    pub log_lines_lost: Counter,
}

macro_rules! labels {
    ($(#[$meta:meta])* $name:ident($label:literal) { $($(#[$variant_meta:meta])* $variant:ident $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$variant_meta])* $variant,)+
        }

        impl $name {
            /// All values, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
        }

        impl instrument::Label for $name {
            const NAME: &'static str = $label;
            const TEXTS: &'static [&'static str] = &[$($text),+];

            fn index(self) -> usize {
                self as usize
            }
        }
    };
}

labels! {
    /// How frames travel (SPEC 30).
    Transport("transport") {
        /// `/v1/ws`.
        WebSocket "websocket",
        /// `/v1/events` with `/v1/frames`.
        Events "events",
        /// `/v1/poll` with `/v1/frames`.
        Poll "poll",
    }
}

labels! {
    /// Why a socket was not served.
    Refusal("reason") {
        /// As many as the relay may have.
        Full "full",
        /// Too many of one address that have not attached.
        Address "address",
        /// Not the terminator.
        NotTerminator "not_terminator",
        /// TLS failed or took too long.
        Tls "tls",
        /// Too many attaches of all devices.
        Storm "storm",
    }
}

labels! {
    /// Why the relay ended a connection: the close codes of R-TRN-4.
    Ending("reason") {
        /// 4400.
        Undecodable "undecodable",
        /// 4401.
        NotAttached "not_attached",
        /// 4408.
        NoProgress "no_progress",
        /// 4409.
        Fenced "fenced",
        /// 4413.
        TooLarge "too_large",
        /// 4429.
        TooMany "too_many",
        /// 4503.
        GoingAway "going_away",
        /// The peer went.
        Peer "peer",
    }
}

labels! {
    /// The first digit of a status.
    StatusClass("class") {
        /// 1xx: upgrades.
        Informational "1xx",
        /// 2xx.
        Success "2xx",
        /// 3xx.
        Redirection "3xx",
        /// 4xx.
        Client "4xx",
        /// 5xx.
        Server "5xx",
    }
}

labels! {
    /// A stage of a message on its way.
    Stage("stage") {
        /// From the last byte of a frame to its place in the store's order.
        Queue "queue",
        /// From there until it is durable.
        Commit "commit",
        /// From there until the recipient's connection wakes.
        Hint "hint",
        /// From there until the recipient's socket has taken it.
        Push "push",
    }
}

impl Ending {
    /// As the label of a metric and the reason in a log.
    #[must_use]
    pub fn text(self) -> &'static str {
        <Self as instrument::Label>::TEXTS[self as usize]
    }
}

impl From<Close> for Ending {
    fn from(close: Close) -> Self {
        match close {
            Close::Finished => Self::Peer,
            Close::Undecodable => Self::Undecodable,
            Close::AttachRefused => Self::NotAttached,
            Close::NoProgress => Self::NoProgress,
            Close::Fenced => Self::Fenced,
            Close::TooLarge => Self::TooLarge,
            Close::TooMany => Self::TooMany,
            Close::GoingAway => Self::GoingAway,
        }
    }
}

impl Metrics {
    /// Notes how long a stage took.
    pub fn stage(&self, stage: Stage, took: Duration) {
        self.stages[stage as usize].observe(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }

    /// All of them in the Prometheus text format.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = Text::default();
        self.connections(&mut text);
        self.frames(&mut text);
        self.state(&mut text);
        text.finish()
    }

    fn connections(&self, text: &mut Text) {
        text.counter(
            "connections_accepted_total",
            "sockets accepted",
            &self.connections_accepted,
        );
        text.counters(
            "connections_refused_total",
            "sockets refused",
            &self.connections_refused,
        );
        text.gauge("connections", "open sockets", &self.connections);
        text.gauge("attached", "attached connections that receive", &self.attached);
        text.counters("attaches_total", "attaches that succeeded", &self.attaches);
        text.counters("closed_total", "connections ended", &self.closed);
        text.counters("responses_total", "answers to HTTP requests", &self.responses);
    }

    fn frames(&self, text: &mut Text) {
        text.counters(
            "frames_received_total",
            "frames from clients",
            &self.frames_received,
        );
        text.counters("frames_sent_total", "frames to clients", &self.frames_sent);
        text.counter(
            "received_bytes_total",
            "bytes of frames from clients",
            &self.bytes_received,
        );
        text.counter("sent_bytes_total", "bytes of frames to clients", &self.bytes_sent);
        text.histogram(
            "envelope_bytes",
            "sizes of envelopes sent",
            ENVELOPES,
            1,
            &self.envelope_bytes,
        );
        text.histograms::<Stage>(
            "stage_seconds",
            "time per stage of a message",
            STAGES,
            MICROS,
            &self.stages,
        );
    }

    fn state(&self, text: &mut Text) {
        text.gauge("mailboxes", "mailboxes held", &self.mailboxes);
        text.gauge("envelopes", "envelopes held", &self.envelopes);
        text.gauge("stored_bytes", "bytes of envelopes held", &self.stored_bytes);
        text.counter("expired_total", "rows removed by expiry", &self.expired);
        text.gauge(
            "store_writable",
            "1 while the store takes writes",
            &self.store_writable,
        );
        text.counter(
            "purges_total",
            "removals of what was deleted from the files",
            &self.purges,
        );
        text.gauge(
            "store_damaged",
            "what the last scrub found that does not fit",
            &self.store_damaged,
        );
        text.gauge(
            "clock_doubted",
            "1 while the wall clock is not believed",
            &self.clock_doubted,
        );
        text.gauge("draining", "1 while the relay drains", &self.draining);
        text.counter(
            "log_fields_dropped_total",
            "fields the log did not take",
            &self.log_fields_dropped,
        );
        text.counter(
            "log_lines_lost_total",
            "lines that could not be written",
            &self.log_lines_lost,
        );
    }
}

/// 512 B to 128 KiB: the smallest envelope has 427 bytes, the largest 71,737.
const ENVELOPES: Bounds = Bounds { first: 9, last: 17 };

/// 1 us to 16 s.
const STAGES: Bounds = Bounds { first: 0, last: 24 };

/// Stages are counted in microseconds and shown in seconds.
const MICROS: u32 = 1_000_000;
