//! All that is kept, logged and counted is on a list. A new field is a decision, and a line here.

use std::collections::BTreeSet;

use crate::layout::{FIELDS, Row};
use crate::run::the_run;

/// R-BLD-1: every row of the store is fields of SPEC 29 to its last byte.
#[test]
fn every_stored_field_is_on_the_list() {
    let run = the_run();
    let mut seen = BTreeSet::new();
    for row in &run.rows {
        let fields = row
            .fields()
            .unwrap_or_else(|| panic!("table {:#04x} of {}", row.key[0], row.keyspace));
        for (name, bytes) in &fields {
            assert!(FIELDS.iter().any(|(listed, _)| listed == name), "{name}");
            seen.insert(*name);
            if *name == "day_of_last_attach" {
                // A day, not a moment.
                let day = u32::from_be_bytes(bytes.as_slice().try_into().expect("four bytes"));
                assert!((20_000..60_000).contains(&day), "{day}");
            }
        }
    }
    for name in [
        "device",
        "list",
        "message",
        "signed_prekey",
        "send_id",
        "capability_hash",
        "tag",
    ] {
        assert!(seen.contains(name), "the control: the run has stored {name}");
    }
}

/// The control: a table, a field or a byte more is found.
#[test]
fn a_row_that_is_not_on_the_list_is_found() {
    let row = &the_run()
        .rows
        .iter()
        .find(|row| row.key[0] == 0x11)
        .expect("an account");
    let planted = |change: &dyn Fn(&mut Row)| {
        let mut row = Row {
            keyspace: row.keyspace.clone(),
            key: row.key.clone(),
            value: row.value.clone(),
        };
        change(&mut row);
        row.fields()
    };
    assert!(planted(&|_| ()).is_some());
    assert!(planted(&|row| row.key[0] = 0x18).is_none());
    assert!(planted(&|row| row.key.push(0)).is_none());
    assert!(planted(&|row| row.value.push(0)).is_none());
    assert!(planted(&|row| row.keyspace = "contacts".to_owned()).is_none());
}

/// R-BLD-1: the files of a store, besides the engine's own, are three.
#[test]
fn every_file_is_on_the_list() {
    let run = the_run();
    let names = run
        .files
        .iter()
        .map(|(path, _)| path.iter().next().expect("a name").to_string_lossy());
    let names: BTreeSet<_> = names.collect();
    let listed = ["engine", "ledger", "lock", "watermark"].map(Into::into);
    assert_eq!(names, BTreeSet::from(listed));
}

/// R-BLD-1: every line of the log at trace is an event and fields of the list.
#[test]
fn every_line_of_the_log_is_on_the_list() {
    let log = std::str::from_utf8(&the_run().log).expect("text");
    assert!(log.lines().count() > 50);
    assert_eq!(unlisted_in_log(log), [""; 0]);
    for event in ["started", "attached", "closed"] {
        assert!(log.contains(event), "the control: the run has logged {event}");
    }
}

/// The control: an event, a field and a form that are not listed are found.
#[test]
fn a_line_that_is_not_on_the_list_is_found() {
    assert_eq!(unlisted_in_log("1 INFO attached transport=\"http\""), [""; 0]);
    assert_eq!(unlisted_in_log("1 INFO wrote count=1"), ["wrote"]);
    assert_eq!(unlisted_in_log("1 INFO attached peer=\"192.0.2.1\""), ["peer"]);
    assert_eq!(
        unlisted_in_log("1 INFO attached device=~0011223344556677"),
        ["device at INFO"]
    );
    assert_eq!(
        unlisted_in_log("1 DEBUG attached device=00112233445566778899aabbccddeeff"),
        ["device in full"]
    );
    assert_eq!(unlisted_in_log("thread main panicked"), ["thread main panicked"]);
}

/// R-BLD-1: the log itself lets nothing else through.
#[test]
fn the_fields_of_the_log_are_those_of_the_list() {
    let fields: Vec<_> = twotick_relay::log::FIELDS.iter().map(|(name, _)| *name).collect();
    assert_eq!(fields, LOG_FIELDS);
}

/// R-BLD-1: every metric, label and value of a label is on the list.
#[test]
fn every_metric_is_on_the_list() {
    let page = std::str::from_utf8(&the_run().metrics).expect("text");
    assert_eq!(unlisted_metrics(page), [""; 0]);
    assert!(page.contains("twotick_relay_mailboxes 8"), "the control: {page}");
}

/// The control.
#[test]
fn a_metric_that_is_not_on_the_list_is_found() {
    assert_eq!(
        unlisted_metrics("twotick_relay_sends_by_device 1"),
        ["sends_by_device"]
    );
    assert_eq!(
        unlisted_metrics("twotick_relay_closed_total{device=\"aa\"} 1"),
        ["device"]
    );
    assert_eq!(
        unlisted_metrics("twotick_relay_closed_total{reason=\"127.0.0.1\"} 1"),
        ["127.0.0.1"]
    );
}

fn unlisted_in_log(log: &str) -> Vec<String> {
    let mut unlisted = vec![];
    for line in log.lines() {
        let mut words = line.split(' ');
        let (Some(second), Some(level), Some(event)) = (words.next(), words.next(), words.next()) else {
            unlisted.push(line.to_owned());
            continue;
        };
        if second.parse::<u64>().is_err() || !["ERROR", "WARN", "INFO", "DEBUG", "TRACE"].contains(&level) {
            unlisted.push(line.to_owned());
            continue;
        }
        if !LOG_EVENTS.contains(&event) {
            unlisted.push(event.to_owned());
        }
        for (name, value) in words.filter_map(|word| word.split_once('=')) {
            if !LOG_FIELDS.contains(&name) {
                unlisted.push(name.to_owned());
            } else if name == "device" && !matches!(level, "DEBUG" | "TRACE") {
                unlisted.push(format!("device at {level}"));
            } else if name == "device" && !(value.len() == 17 && value.starts_with('~')) {
                unlisted.push("device in full".to_owned());
            }
        }
    }
    unlisted
}

fn unlisted_metrics(page: &str) -> Vec<String> {
    let mut unlisted = vec![];
    for line in page
        .lines()
        .filter_map(|line| line.strip_prefix("twotick_relay_"))
    {
        let (name, rest) = line.split_at(line.find(['{', ' ']).unwrap_or(line.len()));
        if !METRICS.contains(&name) {
            unlisted.push(name.to_owned());
        }
        let labels = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
        let labels = labels.map_or("", |(labels, _)| labels);
        for (label, value) in labels.split(',').filter_map(|label| label.split_once('=')) {
            let value = value.trim_matches('"');
            if !LABELS.contains(&label) {
                unlisted.push(label.to_owned());
            } else if !LABEL_VALUES.contains(&value)
                && !(label == "le" && (value == "+Inf" || value.parse::<f64>().is_ok()))
            {
                unlisted.push(value.to_owned());
            }
        }
    }
    unlisted
}

const LOG_EVENTS: &[&str] = &[
    "started",
    "stopping",
    "attached",
    "closed",
    "committed",
    "not_all_left",
    "store_not_closed",
    "accept_failed",
    "clock_doubted",
    "expiry_failed",
    "no_randomness",
    "store_failed",
    "store_writes_again",
    "loss_accepted",
    "not_purged",
    "not_scrubbed",
    "room_on_disk_changed",
    "store_damaged",
    "torn_commit_cut",
    "store_does_not_write",
];

const LOG_FIELDS: &[&str] = &[
    "listen",
    "admin",
    "name",
    "data",
    "store",
    "version",
    "error",
    "transport",
    "object",
    "reason",
    "code",
    "status",
    "count",
    "bytes",
    "seconds",
    "millis",
    "mailboxes",
    "envelopes",
    "connections",
    "micros",
    "damaged",
    "strays",
    "device",
];

const METRICS: &[&str] = &[
    "connections_accepted_total",
    "connections_refused_total",
    "connections",
    "attached",
    "attaches_total",
    "frames_received_total",
    "frames_sent_total",
    "received_bytes_total",
    "sent_bytes_total",
    "closed_total",
    "responses_total",
    "envelope_bytes_bucket",
    "envelope_bytes_sum",
    "envelope_bytes_count",
    "stage_seconds_bucket",
    "stage_seconds_sum",
    "stage_seconds_count",
    "expired_total",
    "mailboxes",
    "envelopes",
    "stored_bytes",
    "store_writable",
    "clock_doubted",
    "draining",
    "log_fields_dropped_total",
    "log_lines_lost_total",
    "purges_total",
    "store_damaged",
];

const LABELS: &[&str] = &["transport", "reason", "class", "stage", "frame", "object", "le"];

const LABEL_VALUES: &[&str] = &[
    "websocket",
    "events",
    "poll",
    "full",
    "address",
    "not_terminator",
    "tls",
    "storm",
    "undecodable",
    "not_attached",
    "no_progress",
    "fenced",
    "too_large",
    "too_many",
    "going_away",
    "peer",
    "1xx",
    "2xx",
    "3xx",
    "4xx",
    "5xx",
    "queue",
    "commit",
    "hint",
    "push",
];
