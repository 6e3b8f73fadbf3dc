//! How a value of the configuration is written: the same in a file, the environment and a flag.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// A value that can be read from text and shown as the text that gives it again.
pub trait Value: Sized {
    /// What the text has to look like, for the error message.
    const FORM: &'static str;

    /// Reads it.
    fn read(text: &str) -> Option<Self>;

    /// Shows it as [`Value::read`] takes it.
    fn show(&self) -> String;
}

/// A token bucket of SPEC 28: it holds `burst` and gains `amount` each `interval`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Most that can be taken at once.
    pub burst: u64,
    /// What comes back.
    pub amount: u64,
    /// How often.
    pub interval: Duration,
}

/// Bytes, so that a configuration can say `16MiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

/// Which store holds the mailboxes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreKind {
    /// In memory: gone with the process, for trying and for tests.
    Memory,
    /// On this machine's disk.
    Embedded,
}

impl Value for Rate {
    const FORM: &'static str = "a burst and what comes back, such as 60 + 1/50ms or 4MiB + 1MiB/60s";

    fn read(text: &str) -> Option<Self> {
        let (burst, refill) = text.split_once('+')?;
        let (amount, interval) = refill.split_once('/')?;
        let rate = Self {
            burst: Bytes::read(burst.trim())?.0,
            amount: Bytes::read(amount.trim())?.0,
            interval: Duration::read(interval.trim())?,
        };
        (rate.burst > 0 && rate.amount > 0 && !rate.interval.is_zero()).then_some(rate)
    }

    fn show(&self) -> String {
        let (burst, amount) = (Bytes(self.burst).show(), Bytes(self.amount).show());
        format!("{burst} + {amount}/{}", self.interval.show())
    }
}

impl Value for Bytes {
    const FORM: &'static str = "a number of bytes, such as 8KiB or 16MiB";

    fn read(text: &str) -> Option<Self> {
        let (number, unit) = split_unit(text);
        let factor = UNITS_OF_BYTES.iter().find(|(name, _)| *name == unit)?.1;
        number.parse::<u64>().ok()?.checked_mul(factor).map(Self)
    }

    fn show(&self) -> String {
        let fits = |factor: u64| self.0 >= factor && self.0.is_multiple_of(factor);
        let (unit, factor) = UNITS_OF_BYTES
            .iter()
            .rev()
            .find(|(_, factor)| fits(*factor))
            .unwrap_or(&UNITS_OF_BYTES[0]);
        format!("{}{unit}", self.0 / factor)
    }
}

impl Value for Duration {
    const FORM: &'static str = "a time with its unit, such as 50ms, 10s, 5min, 36h or 7d";

    fn read(text: &str) -> Option<Self> {
        let (number, unit) = split_unit(text);
        let factor = UNITS_OF_TIME.iter().find(|(name, _)| *name == unit)?.1;
        number
            .parse::<u64>()
            .ok()?
            .checked_mul(factor)
            .map(Self::from_millis)
    }

    fn show(&self) -> String {
        let millis = u64::try_from(self.as_millis()).unwrap_or(u64::MAX);
        let fits = |factor: u64| millis >= factor && millis.is_multiple_of(factor);
        let (unit, factor) = UNITS_OF_TIME
            .iter()
            .rev()
            .find(|(_, factor)| fits(*factor))
            .unwrap_or(&UNITS_OF_TIME[0]);
        format!("{}{unit}", millis / factor)
    }
}

impl Value for u64 {
    const FORM: &'static str = "a whole number";

    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for SocketAddr {
    const FORM: &'static str = "an IP address and a port, such as 0.0.0.0:443 or [::]:443";

    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for String {
    const FORM: &'static str = "a text";

    fn read(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }

    fn show(&self) -> String {
        self.clone()
    }
}

impl Value for PathBuf {
    const FORM: &'static str = "a path";

    fn read(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self::from(text))
    }

    fn show(&self) -> String {
        self.display().to_string()
    }
}

impl Value for StoreKind {
    const FORM: &'static str = "memory or embedded";

    fn read(text: &str) -> Option<Self> {
        match text {
            "memory" => Some(Self::Memory),
            "embedded" => Some(Self::Embedded),
            _ => None,
        }
    }

    fn show(&self) -> String {
        match self {
            Self::Memory => "memory",
            Self::Embedded => "embedded",
        }
        .to_owned()
    }
}

impl Value for tracing::level_filters::LevelFilter {
    const FORM: &'static str = "off, error, warn, info, debug or trace";

    fn read(text: &str) -> Option<Self> {
        LEVELS
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, level)| *level)
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

/// Addresses of a terminator of TLS, separated by commas; none means that there is no such machine.
impl Value for Vec<IpAddr> {
    const FORM: &'static str = "IP addresses separated by commas";

    fn read(text: &str) -> Option<Self> {
        text.split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(|part| part.parse().ok())
            .collect()
    }

    fn show(&self) -> String {
        self.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
    }
}

/// A value that may be missing, written as an empty text.
impl<T: Value> Value for Option<T> {
    const FORM: &'static str = T::FORM;

    fn read(text: &str) -> Option<Self> {
        if text.is_empty() {
            Some(None)
        } else {
            T::read(text).map(Some)
        }
    }

    fn show(&self) -> String {
        self.as_ref().map(T::show).unwrap_or_default()
    }
}

fn split_unit(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    (number, unit.trim_start())
}

const UNITS_OF_BYTES: [(&str, u64); 4] = [("", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

const UNITS_OF_TIME: [(&str, u64); 5] = [
    ("ms", 1),
    ("s", 1_000),
    ("min", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
];

const LEVELS: [(&str, tracing::level_filters::LevelFilter); 6] = {
    use tracing::level_filters::LevelFilter as Level;
    [
        ("off", Level::OFF),
        ("error", Level::ERROR),
        ("warn", Level::WARN),
        ("info", Level::INFO),
        ("debug", Level::DEBUG),
        ("trace", Level::TRACE),
    ]
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_read_again() {
        for text in ["60 + 1/50ms", "4MiB + 1MiB/1min", "64 + 8/1s"] {
            assert_eq!(Rate::read(text).expect("a rate").show(), text);
        }
        for text in ["0ms", "50ms", "10s", "5min", "36h", "30d"] {
            assert_eq!(Duration::read(text).expect("a time").show(), text);
        }
        for text in ["1", "8KiB", "16MiB", "1GiB", "1025"] {
            assert_eq!(Bytes::read(text).expect("bytes").show(), text);
        }
        assert_eq!(
            Vec::<IpAddr>::read("10.0.0.1, ::1").expect("addresses").show(),
            "10.0.0.1,::1"
        );
        assert_eq!(Option::<PathBuf>::read("").expect("none").show(), "");
    }

    #[test]
    fn other_text_is_refused() {
        for text in [
            "",
            "60",
            "60 + 1",
            "60 + 1/0s",
            "0 + 1/1s",
            "60 + 0/1s",
            "x + 1/1s",
            "60 + 1/1",
        ] {
            assert_eq!(Rate::read(text), None, "{text}");
        }
        for text in ["", "10", "10m", "-1s", "1.5s", "s", "99999999999999999999s"] {
            assert_eq!(Duration::read(text), None, "{text}");
        }
        for text in ["", "KiB", "1KB", "18446744073709551615GiB"] {
            assert_eq!(Bytes::read(text), None, "{text}");
        }
    }
}
