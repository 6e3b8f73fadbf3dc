//! The limits of SPEC 4.3 on skipping: what a hostile peer can make us do and keep, and that we say so.

mod support;

use support::forge::{Forger, pad};
use support::pair::{ALICE, BOB, Letter, Pair, erased};
use support::record::sessions;
use twotick_protocol::{Limits, PeerDevice, ReceiveError, SessionEvent, StateError};

/// 4,000 keys of 44 bytes, and sessions, take less.
const LARGEST_RECORD: usize = 200_000;

/// R-DR-8, R-ERR-1, attack R3: 65,535 ahead opens, 65,536 is `TooFarAhead` and changes nothing.
#[test]
fn a_jump_has_a_limit() {
    let mut pair = Pair::new(1);
    pair.pass_on(ALICE, b"live chains");
    let like = pair.seal(ALICE, b"form");
    let mut forger = Forger::of(&pair.record(ALICE));
    let next = 1;
    forger.skip_to(next + 65_536);
    let record = pair.record(BOB);
    let too_far = ReceiveError::TooFarAhead {
        gap: 65_536,
        limit: 65_535,
    };
    assert_eq!(
        pair.open(BOB, &forger.seal(&like, &pad(b"far"))).unwrap_err(),
        too_far
    );
    assert_eq!(pair.record(BOB), record);
    let mut forger = Forger::of(&pair.record(ALICE));
    forger.skip_to(next + 65_535);
    let (text, events) = pair.open(BOB, &forger.seal(&like, &pad(b"far"))).unwrap();
    assert_eq!(text, b"far");
    assert_eq!(erased(&events), 65_535 - 2_000);
}

/// R-DR-8, R-ERR-1, attack R3: the same limit for the end of a finished chain, which the header of the next one names.
#[test]
fn the_end_of_a_finished_chain_has_the_same_limit() {
    for (ahead, opens) in [(65_535, true), (65_536, false)] {
        let mut pair = Pair::new(2);
        pair.turn();
        let like = pair.seal(ALICE, b"form");
        let mut forger = Forger::of(&pair.record(ALICE));
        forger.previous_length = 1 + ahead;
        let record = pair.record(BOB);
        let opened = pair.open(BOB, &forger.seal(&like, &pad(b"turn")));
        if opens {
            assert_eq!(erased(&opened.unwrap().1), ahead as usize + 1 - 2_000);
        } else {
            let (gap, limit) = (ahead, 65_535);
            assert_eq!(opened.unwrap_err(), ReceiveError::TooFarAhead { gap, limit });
            assert_eq!(pair.record(BOB), record);
        }
    }
}

/// R-DR-8: a `PN` under what was received already skips nothing more, and the message opens.
#[test]
fn a_smaller_previous_length_skips_nothing() {
    let mut pair = Pair::new(3);
    pair.pass_on(ALICE, b"one");
    pair.pass_on(ALICE, b"two");
    pair.pass_on(BOB, b"turn");
    let like = pair.seal(ALICE, b"form");
    let mut forger = Forger::of(&pair.record(ALICE));
    forger.previous_length = 0;
    let (text, _) = pair.open(BOB, &forger.seal(&like, &pad(b"turned"))).unwrap();
    assert_eq!(text, b"turned");
    assert_eq!(pair.open(BOB, &like).unwrap().0, b"form");
    assert_eq!(pair.ends[BOB].peer.skipped_keys(), 0);
}

/// R-DR-9, R-DR-10, R-LIM-1, attack R2: one jump stores the last 2,000 keys and reports the others; the next key
/// evicts the oldest.
#[test]
fn a_session_keeps_two_thousand_keys() {
    let mut pair = Pair::new(4);
    let letters: Vec<Letter> = (0..2_010).map(|_| pair.seal(ALICE, b"lost")).collect();
    let (_, events) = pair.open(BOB, &letters[2_009]).unwrap();
    assert_eq!(events, [SessionEvent::SkippedKeysErased { count: 9 }]);
    assert_eq!(pair.ends[BOB].peer.skipped_keys(), 2_000);
    let consumed = |number| ReceiveError::KeyConsumed { number };
    assert_eq!(pair.open(BOB, &letters[8]).unwrap_err(), consumed(8));
    pair.seal(ALICE, b"lost too");
    assert_eq!(erased(&pair.pass_on(ALICE, b"one more")), 1);
    assert_eq!(pair.open(BOB, &letters[9]).unwrap_err(), consumed(9));
    pair.open(BOB, &letters[10]).unwrap();
    assert_eq!(pair.ends[BOB].peer.skipped_keys(), 1_999);
}

/// R-DR-9: a finished chain gives way to a newer one, key by key and oldest first.
#[test]
fn the_oldest_keys_of_a_session_give_way() {
    let mut pair = Pair::new(5);
    let first: Vec<Letter> = (0..1_500).map(|_| pair.seal(ALICE, b"lost")).collect();
    pair.pass_on(ALICE, b"a");
    pair.pass_on(BOB, b"b");
    pair.seal_last(ALICE, 1_000);
    assert_eq!(erased(&pair.pass_on(ALICE, b"c")), 500);
    assert!(pair.open(BOB, &first[499]).is_err());
    pair.open(BOB, &first[500]).unwrap();
    pair.restart(BOB);
}

/// R-DR-9, R-LIM-1: four finished chains keep keys; a fifth pushes the oldest out. A chain with nothing missing
/// takes no place.
#[test]
fn four_finished_chains_keep_keys() {
    let mut pair = Pair::new(6);
    let mut lost = Vec::new();
    let mut evicted = 0;
    for round in 0..6 {
        lost.push(pair.seal(ALICE, b"lost"));
        pair.pass_on(ALICE, b"a");
        pair.pass_on(BOB, b"b");
        evicted += erased(&pair.pass_on(ALICE, b"turn"));
        pair.pass_on(BOB, b"turn back");
        assert_eq!(evicted, [0, 0, 0, 0, 1, 2][round]);
    }
    assert_eq!(erased(&pair.pass_on(ALICE, b"nothing missing")), 0);
    assert_eq!(sessions(&pair.record(BOB))[0].skipped.len(), 4);
    let opens: Vec<bool> = lost.iter().map(|letter| pair.open(BOB, letter).is_ok()).collect();
    assert_eq!(opens, [false, false, true, true, true, true]);
}

/// R-SES-7, R-LIM-1, attack R2: over five full sessions 4,000 keys stay, of the newest sessions, in under 200 KB.
#[test]
fn a_hostile_peer_fills_no_more_than_its_share() {
    let mut pair = Pair::new(7);
    let mut evicted = 0;
    for _ in 0..7 {
        pair.initiate(ALICE);
        pair.seal_last(ALICE, 1_990);
        evicted += erased(&pair.pass_on(ALICE, b"jump"));
        let bob = &pair.ends[BOB].peer;
        assert!(bob.skipped_keys() <= 4_000);
        assert!(
            pair.record(BOB).len() < LARGEST_RECORD,
            "{}",
            pair.record(BOB).len()
        );
        pair.restart(BOB);
    }
    let bob = sessions(&pair.record(BOB));
    let held = |index: usize| {
        bob[index]
            .skipped
            .iter()
            .map(|chain| chain.keys.len())
            .sum::<usize>()
    };
    assert_eq!([0, 1, 2, 3, 4].map(held), [1_990, 1_990, 20, 0, 0]);
    assert_eq!(evicted, 5 * 1_990 - 20);
    pair.pass_on(ALICE, b"still");
}

/// R-SES-7, attack R2: turns and gaps of a hostile peer, without end, stay within the limits of one session.
#[test]
fn turns_with_gaps_stay_within_the_limits() {
    let mut pair = Pair::new(8);
    let (mut evicted, mut skipped) = (0, 0);
    for _ in 0..12 {
        pair.seal_last(ALICE, 450);
        skipped += 450;
        evicted += erased(&pair.pass_on(ALICE, b"jump"));
        pair.pass_on(BOB, b"turn");
        assert_eq!(pair.ends[BOB].peer.skipped_keys() + evicted, skipped);
        assert!(pair.ends[BOB].peer.skipped_keys() <= 2_000);
    }
    pair.restart(BOB);
}

/// R-LIM-1: limits can be lowered and then hold; they cannot be raised.
#[test]
fn limits_can_only_be_lowered() {
    let default = Limits::default();
    let higher = Limits {
        forward_jump: default.forward_jump + 1,
        ..default
    };
    let mut pair = Pair::new(9);
    let decoded = |record: &[u8]| PeerDevice::decode(record).unwrap();
    let record = pair.record(BOB);
    assert_eq!(
        decoded(&record).with_limits(higher).unwrap_err(),
        StateError::LimitTooHigh
    );
    let lower = Limits {
        forward_jump: 5,
        skipped_keys: 3,
        ..default
    };
    pair.ends[BOB].peer = decoded(&record).with_limits(lower).unwrap();
    pair.seal_last(ALICE, 6);
    let far = pair.seal(ALICE, b"far");
    let too_far = ReceiveError::TooFarAhead { gap: 6, limit: 5 };
    assert_eq!(pair.open(BOB, &far).unwrap_err(), too_far);
    let mut pair = Pair::new(9);
    pair.ends[BOB].peer = decoded(&pair.record(BOB)).with_limits(lower).unwrap();
    pair.seal_last(ALICE, 5);
    assert_eq!(erased(&pair.pass_on(ALICE, b"near")), 2);
    assert_eq!(pair.ends[BOB].peer.skipped_keys(), 3);
}
