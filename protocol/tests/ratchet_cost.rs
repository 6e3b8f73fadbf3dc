//! What a message may cost before it is authenticated, in operations counted.
#![cfg(feature = "operation-counts")]

mod support;

use support::forge::{Forger, pad};
use support::pair::{ALICE, BOB, Letter, Pair};
use support::record::sessions;
use twotick_protocol::{Counts, take_counts};

/// R-DR-1, attack R1: with five sessions, each with its current, next and four finished header keys, a forged
/// message costs 30 AEAD openings, and no agreement, chain step or anything else.
#[test]
fn a_forged_message_costs_trial_openings_only() {
    let mut pair = full();
    let letter = pair.seal(ALICE, b"genuine");
    let record = pair.record(BOB);
    for at in [3, 14, 15, 78] {
        let mut forged = letter.clone();
        forged.bytes[at] ^= 1;
        take_counts();
        assert!(pair.open(BOB, &forged).is_err());
        let openings = Counts {
            open: 30,
            ..Counts::default()
        };
        assert_eq!(take_counts(), openings);
    }
    assert_eq!(pair.record(BOB), record);
}

/// R-DR-1, attack R1: an initial message dressed up for a known session is tried in that session only.
#[test]
fn a_forged_initial_message_of_a_known_session_costs_its_openings() {
    let mut pair = Pair::strangers(2);
    pair.initiate(ALICE);
    let first = pair.seal(ALICE, b"first");
    pair.open(BOB, &first).unwrap();
    let mut forged = pair.seal(ALICE, b"second");
    let at = forged.bytes.len() - 300;
    forged.bytes[at] ^= 1;
    take_counts();
    assert!(pair.open(BOB, &forged).is_err());
    let openings = Counts {
        open: 2,
        ..Counts::default()
    };
    assert_eq!(take_counts(), openings);
}

/// R-DR-1: an authentic header with a forged body costs the steps it announces and one opening more; in order, one step.
#[test]
fn an_honest_message_costs_one_step_and_two_openings() {
    let mut pair = Pair::new(3);
    pair.pass_on(ALICE, b"live chain");
    let letter = pair.seal(ALICE, b"text");
    let mut forged = letter.clone();
    *forged.bytes.last_mut().unwrap() ^= 1;
    let costs = |pair: &mut Pair, letter: &Letter| {
        take_counts();
        let _ = pair.open(BOB, letter);
        take_counts()
    };
    let in_order = Counts {
        open: 2,
        chain_step: 1,
        ..Counts::default()
    };
    assert_eq!(costs(&mut pair, &forged), in_order);
    assert_eq!(costs(&mut pair, &letter), in_order);
    pair.pass_on(BOB, b"turn");
    let turned = Counts {
        open: 3,
        agreement: 1,
        chain_step: 1,
        extract: 1,
        ..Counts::default()
    };
    let letter = pair.seal(ALICE, b"turned");
    assert_eq!(costs(&mut pair, &letter), turned);
}

/// R-DR-8, attack R3: what is over the jump is refused before a step is done.
#[test]
fn a_jump_that_is_refused_costs_no_step() {
    let mut pair = Pair::new(4);
    pair.pass_on(ALICE, b"live chain");
    let like = pair.seal(ALICE, b"form");
    let mut forger = Forger::of(&pair.record(ALICE));
    forger.number = u32::MAX - 1;
    let far = forger.seal(&like, &pad(b"far"));
    take_counts();
    assert!(pair.open(BOB, &far).is_err());
    let opening = Counts {
        open: 1,
        ..Counts::default()
    };
    assert_eq!(take_counts(), opening);
}

/// R-DR-7: sealing costs one step and two sealings; a turn adds a key pair, an agreement and an extraction.
#[test]
fn sealing_costs_one_step_and_two_sealings() {
    let mut pair = Pair::new(5);
    take_counts();
    pair.seal(ALICE, b"turn");
    let turned = Counts {
        key_pair: 1,
        agreement: 1,
        extract: 1,
        chain_step: 1,
        seal: 2,
        ..Counts::default()
    };
    assert_eq!(take_counts(), turned);
    pair.seal(ALICE, b"go on");
    let same_chain = Counts {
        chain_step: 1,
        seal: 2,
        ..Counts::default()
    };
    assert_eq!(take_counts(), same_chain);
}

/// Bob has five sessions with Alice; in each, a live chain and four finished ones that miss a message.
fn full() -> Pair {
    let mut pair = Pair::strangers(1);
    for _ in 0..5 {
        pair.initiate(ALICE);
        for _ in 0..5 {
            pair.pass_on(ALICE, b"one");
            pair.seal(ALICE, b"lost");
            pair.pass_on(ALICE, b"two");
            pair.pass_on(BOB, b"turn");
        }
    }
    let bob = sessions(&pair.record(BOB));
    assert_eq!(bob.len(), 5);
    for session in &bob {
        let finished = session.skipped.iter().filter(|chain| chain.header_key.is_some());
        assert_eq!(finished.count(), 4);
        assert!(session.receiving.is_some());
    }
    pair
}
