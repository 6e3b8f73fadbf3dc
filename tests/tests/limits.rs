//! The table of limits, SPEC 4.3, against the code.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use twotick_protocol::{Limits, constants};
use twotick_wire::{MAX_BODY, MAX_DEVICES, MAX_PAYLOAD, MAX_REVOKED};

#[test]
fn the_limits_of_the_specification_are_those_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../SPEC.md");
    let found = table(&fs::read_to_string(path).expect("SPEC.md"));
    let expected = expected();
    let expected = expected
        .iter()
        .map(|(name, values)| ((*name).to_owned(), values.clone()))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn values_are_read_with_their_units() {
    assert_eq!(numbers("8, one more each 5 min"), [8, 300]);
    assert_eq!(
        numbers("7 d / 14 d / 30 d from `not_before`"),
        [7 * DAY, 14 * DAY, 30 * DAY]
    );
    assert_eq!(numbers("65,536 B"), [65_536]);
    assert_eq!(numbers("2^32 - 1"), [4_294_967_295]);
    assert_eq!(numbers("1 each hour"), [1, 3_600]);
}

const DAY: u64 = 86_400;

#[expect(clippy::too_many_lines, reason = "one entry for each row of the table")]
fn expected() -> Vec<(&'static str, Vec<u64>)> {
    let limits = Limits::default();
    let budget = |first: u32, refill: u64| vec![first.into(), refill];
    let count = |value: usize| vec![value as u64];
    vec![
        ("devices of an account", count(MAX_DEVICES)),
        ("revocations kept in a list", count(MAX_REVOKED)),
        ("validity of a certificate", vec![constants::CERTIFICATE_VALIDITY]),
        ("validity of a device list", vec![constants::LIST_VALIDITY]),
        ("clock skew tolerated", vec![constants::CLOCK_SKEW]),
        (
            "sessions with a peer device",
            vec![1, limits.archived_sessions as u64],
        ),
        (
            "archived session, receive only",
            vec![constants::ARCHIVED_SESSION],
        ),
        (
            "unanswered initiator session",
            vec![constants::UNANSWERED_SESSION],
        ),
        ("forward jump in a chain", vec![limits.forward_jump.into()]),
        ("skipped keys of a session", count(limits.skipped_keys)),
        (
            "skipped keys of a peer device",
            count(limits.skipped_keys_of_peer),
        ),
        ("age of a skipped key", vec![limits.skipped_key_age]),
        (
            "finished chains that keep skipped keys",
            count(limits.finished_chains),
        ),
        ("messages in a chain", vec![u32::MAX.into()]),
        (
            "one-time prekeys published / kept",
            vec![
                constants::ONE_TIME_PREKEYS_PUBLISHED as u64,
                constants::ONE_TIME_PREKEYS_KEPT as u64,
            ],
        ),
        (
            "signed prekey: renewed / valid / private key kept",
            vec![
                constants::SIGNED_PREKEY_RENEWAL,
                constants::SIGNED_PREKEY_VALIDITY,
                constants::SIGNED_PREKEY_KEPT,
            ],
        ),
        (
            "replay entries of a signed prekey",
            count(constants::REPLAY_ENTRIES),
        ),
        ("payload, padded", count(MAX_PAYLOAD)),
        ("body, padded", count(MAX_BODY)),
        ("parents in a payload", count(constants::PARENTS)),
        (
            "failed handshakes of one peer device",
            budget(constants::HANDSHAKE_BUDGET, constants::HANDSHAKE_REFILL),
        ),
        (
            "retry requests to one peer device",
            budget(constants::RETRY_BUDGET, constants::RETRY_REFILL),
        ),
        (
            "automatic resets to one peer device",
            budget(1, constants::RESET_INTERVAL),
        ),
        ("resends of one message to one device", vec![1]),
        (
            "generations one handshake may advance",
            vec![constants::GENERATION_STEP.into()],
        ),
        (
            "account rotations remembered",
            vec![constants::ROTATIONS_REMEMBERED as u64],
        ),
        ("linking offer", vec![constants::LINK_OFFER]),
        (
            "Lamport clock, step accepted at once",
            vec![constants::LAMPORT_STEP],
        ),
    ]
}

/// Name and numbers of each row of the table in 4.3.
fn table(specification: &str) -> BTreeMap<String, Vec<u64>> {
    let section = specification.split("\n### 4.3 ").nth(1).expect("section 4.3");
    let section = section.split("\n### ").next().expect("its end");
    let rows = section.lines().filter(|line| line.starts_with("| ")).skip(1);
    rows.map(|row| {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        (cells[1].to_owned(), numbers(cells[2]))
    })
    .collect()
}

/// The numbers of a cell; times in seconds.
fn numbers(cell: &str) -> Vec<u64> {
    let cell = cell.replace("2^32 - 1", "4294967295").replace("each hour", "1 h");
    let words: Vec<_> = cell.split([' ', '/']).filter(|word| !word.is_empty()).collect();
    let mut numbers = Vec::new();
    for (index, word) in words.iter().enumerate() {
        let digits = word.trim_end_matches(',').replace(',', "");
        let number = match digits.split_once('^') {
            Some((base, exponent)) => power(base, exponent),
            None => digits.parse().ok(),
        };
        let unit = match words.get(index + 1).copied() {
            Some("d") => DAY,
            Some("h") => 3_600,
            Some("min") => 60,
            _ => 1,
        };
        numbers.extend(number.map(|number: u64| number * unit));
    }
    numbers
}

fn power(base: &str, exponent: &str) -> Option<u64> {
    base.parse::<u64>().ok()?.checked_pow(exponent.parse().ok()?)
}
