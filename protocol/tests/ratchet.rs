//! The Double Ratchet as SPEC 10 describes it: draws, keys that go away, numbers that end, restored copies.

mod support;

use std::collections::BTreeSet;

use support::draws::{Counting, Stuck};
use support::pair::{ALICE, BOB, End, Pair, erased};
use support::record::{holds, key, sessions};
use support::{START, World, commit, message_id};
use twotick_protocol::{Device, IdentityError, Prekeys, ReceiveError, Record, SendError};

const DAY: u64 = 24 * 60 * 60;

/// R-PRM-8, R-DR-7: two draws to initiate; 32 and 12 bytes for the first message of a chain, then 12; none to receive.
#[test]
fn sealing_draws_exactly_what_the_specification_lists() {
    let mut pair = Pair::strangers(1);
    pair.initiate(ALICE);
    let mut rng = Counting::seeded(2);
    let mut sizes = |pair: &mut Pair, from: usize| {
        let id = pair.fresh_id();
        let letter = pair.try_seal(from, (id, b"text"), &mut rng).unwrap();
        pair.open(1 - from, &letter).unwrap();
        rng.take()
    };
    assert_eq!(sizes(&mut pair, ALICE), [32, 12]);
    assert_eq!(sizes(&mut pair, ALICE), [12]);
    assert_eq!(sizes(&mut pair, BOB), [32, 12]);
    assert_eq!(sizes(&mut pair, BOB), [12]);
    assert_eq!(sizes(&mut pair, ALICE), [32, 12]);
}

/// R-PRM-8: message id, receipt key, body key if shared, then each device ascending; prekeys 32 and 64 each.
#[test]
fn sending_draws_exactly_what_the_specification_lists() {
    let mut world = World::with_rng(Counting::seeded(3), &[1, 2]);
    let person = [32, 16, 32, 32, 32, 64, 32, 64, 32, 64, 32, 64, 32, 64];
    assert_eq!(world.rng.take()[..person.len()], person);
    world.connect((0, 0), 1);
    assert_eq!(world.rng.take(), [32, 32, 32, 32]);
    world.say((0, 0), 1, "short");
    assert_eq!(world.rng.take(), [16, 16, 32, 12, 32, 12]);
    world.say((0, 0), 1, &"long ".repeat(100));
    assert_eq!(world.rng.take(), [16, 16, 32, 12, 12]);
}

/// R-DR-3, attack R5: no order, repetition or restart opens a ciphertext twice.
#[test]
fn nothing_opens_twice_in_any_order_across_restarts() {
    let mut pair = Pair::new(4);
    let mut letters = Vec::new();
    for round in 0..3 {
        letters.extend((0..5).map(|n| pair.seal(ALICE, format!("{round} {n}").as_bytes())));
        let last = letters.pop().unwrap();
        pair.open(BOB, &last).unwrap();
        pair.pass_on(BOB, b"turn");
        letters.push(last);
    }
    let opened_already: BTreeSet<usize> = [4, 9, 14].into();
    for (index, letter) in letters.iter().enumerate().rev() {
        let first = pair.open(BOB, letter);
        assert_eq!(first.is_err(), opened_already.contains(&index), "{index}");
        pair.restart(BOB);
        let record = pair.record(BOB);
        for letter in &letters[index..] {
            assert!(pair.open(BOB, letter).is_err());
        }
        assert_eq!(pair.record(BOB), record);
    }
    assert_eq!(pair.ends[BOB].peer.skipped_keys(), 0);
}

/// R-DR-3, R-ERR-2: a repetition in a chain whose header key is held is `KeyConsumed`, with its number.
#[test]
fn a_repetition_in_a_live_chain_is_named() {
    let mut pair = Pair::new(5);
    let letters: Vec<_> = (0..3).map(|_| pair.seal(ALICE, b"x")).collect();
    pair.open(BOB, &letters[2]).unwrap();
    for number in [2, 0] {
        let _ = pair.open(BOB, &letters[number as usize]);
        let again = pair.open(BOB, &letters[number as usize]);
        assert_eq!(again.unwrap_err(), ReceiveError::KeyConsumed { number });
    }
}

/// R-DR-6, attack R4: number 2^32 - 2 is the last one sent and received; nothing wraps, and a reply starts anew.
#[test]
fn a_chain_ends_before_its_number_wraps() {
    let mut pair = Pair::new(6);
    pair.pass_on(ALICE, b"live chains");
    for (of, receiving) in [(ALICE, false), (BOB, true)] {
        let mut record = pair.record(of);
        let session = sessions(&record).remove(0);
        let chain = if receiving {
            session.receiving
        } else {
            session.sending
        };
        let at = chain.unwrap().number;
        record[at..at + 4].copy_from_slice(&(u32::MAX - 1).to_be_bytes());
        pair.restore(of, &record);
    }
    let last = pair.seal(ALICE, b"last");
    let record = pair.record(ALICE);
    for _ in 0..2 {
        let mut rng = Counting::seeded(1);
        let refused = pair.try_seal(ALICE, (message_id(1), b"over"), &mut rng);
        assert_eq!(refused.unwrap_err(), SendError::ChainExhausted);
        assert!(rng.sizes.is_empty());
        assert_eq!(pair.record(ALICE), record);
    }
    assert_eq!(pair.open(BOB, &last).unwrap().0, b"last");
    let consumed = ReceiveError::KeyConsumed { number: u32::MAX - 1 };
    assert_eq!(pair.open(BOB, &last).unwrap_err(), consumed);
    pair.pass_on(BOB, b"reply");
    pair.turn();
}

/// R-DR-8, attack R7: once a chain is finished its chain key is nowhere in the record; without skipped keys, nor is its header key.
#[test]
fn a_finished_chain_leaves_no_chain_key() {
    let mut pair = Pair::new(7);
    for skipped in [0, 2] {
        for _ in 0..skipped {
            pair.seal(ALICE, b"lost");
        }
        pair.pass_on(ALICE, b"ping");
        let before = pair.record(BOB);
        let session = sessions(&before).remove(0);
        let old = session.receiving.unwrap();
        let root = key(&before, session.root);
        pair.pass_on(BOB, b"pong");
        pair.pass_on(ALICE, b"ping");
        let after = pair.record(BOB);
        assert!(!holds(&after, &key(&before, old.chain_key)));
        assert!(!holds(&after, &root));
        assert_eq!(holds(&after, &key(&before, old.header_key)), skipped > 0);
        assert_eq!(pair.ends[BOB].peer.skipped_keys(), skipped);
    }
}

/// R-DR-3: a key is out of the record with its message, on both sides.
#[test]
fn a_used_key_is_out_of_the_record() {
    let mut pair = Pair::new(8);
    let late = pair.seal(ALICE, b"late");
    pair.pass_on(ALICE, b"now");
    let before = pair.record(BOB);
    let stored = sessions(&before).remove(0).skipped.remove(0).keys;
    assert_eq!(stored.len(), 1);
    let sending = sessions(&pair.record(ALICE)).remove(0).sending.unwrap();
    let chain_key = key(&pair.record(ALICE), sending.chain_key);
    pair.open(BOB, &late).unwrap();
    assert!(!holds(&pair.record(BOB), &key(&before, stored[0].1)));
    pair.seal(ALICE, b"next");
    assert!(!holds(&pair.record(ALICE), &chain_key));
}

/// R-DR-9, attack R7: skipped keys open for 14 days and are then erased, with a report: when a message is opened,
/// in whatever session, or by `expire`.
#[test]
fn skipped_keys_die_after_fourteen_days() {
    let mut pair = Pair::new(9);
    let lost = pair.seal_last(ALICE, 3);
    pair.pass_on(ALICE, b"now");
    pair.pass(14 * DAY);
    assert_eq!(erased(&pair.pass_on(ALICE, b"on the day")), 0);
    pair.pass(1);
    let consumed = ReceiveError::KeyConsumed { number: 2 };
    assert_eq!(pair.open(BOB, &lost).unwrap_err(), consumed);
    let record = pair.record(BOB);
    let (now, bob) = (pair.now, &mut pair.ends[BOB].peer);
    assert_eq!(bob.skipped_keys(), 3);
    assert_eq!(erased(&commit(bob.expire(now))), 3);
    assert_eq!(bob.skipped_keys(), 0);
    pair.restore(BOB, &record);
    pair.renew_prekeys(BOB);
    pair.initiate(ALICE);
    assert_eq!(erased(&pair.pass_on(ALICE, b"in another session")), 3);
    assert_eq!(pair.ends[BOB].peer.skipped_keys(), 0);
}

/// R-DR-4, attack R8: from one restored state, other random bytes, another text or another id give another salt,
/// another sealed header and another body; only the very same message repeats.
#[test]
fn a_restored_copy_repeats_no_key_and_no_nonce() {
    let mut pair = Pair::new(10);
    pair.pass_on(ALICE, b"live chain");
    let snapshot = pair.record(ALICE);
    let mut seal = |id: u8, text: &[u8], seed: Option<u64>| {
        pair.restore(ALICE, &snapshot);
        let sealed = match seed {
            Some(seed) => pair.try_seal(ALICE, (message_id(id), text), &mut support::rng(seed)),
            None => pair.try_seal(ALICE, (message_id(id), text), &mut Stuck(0)),
        };
        sealed.unwrap().bytes
    };
    let all = [
        seal(1, b"text", Some(1)),
        seal(1, b"text", Some(2)),
        seal(1, b"other", Some(1)),
        seal(2, b"text", Some(1)),
        seal(1, b"text", None),
        seal(1, b"other", None),
        seal(2, b"text", None),
    ];
    for part in [3..15, 15..79, 79..95, 79..351] {
        let distinct: BTreeSet<&[u8]> = all.iter().map(|bytes| &bytes[part.clone()]).collect();
        assert_eq!(distinct.len(), all.len(), "{part:?}");
    }
    assert_eq!(seal(1, b"text", None), all[4]);
}

/// R-DR-4: two copies that turn draw different ratchet keys, and the peer opens the one that comes first only.
#[test]
fn two_copies_that_turn_part_ways() {
    let mut pair = Pair::new(11);
    let snapshot = pair.record(ALICE);
    let first = pair.seal(ALICE, b"one");
    pair.restore(ALICE, &snapshot);
    let second = pair.seal(ALICE, b"two");
    assert_eq!(pair.open(BOB, &second).unwrap().0, b"two");
    let record = pair.record(BOB);
    assert_eq!(pair.open(BOB, &first).unwrap_err(), ReceiveError::Undecryptable);
    assert_eq!(pair.record(BOB), record);
}

/// R-PRM-9, attack I7: a generator that repeats itself ends key generation, and the next turn of a ratchet.
#[test]
fn a_stuck_generator_is_noticed() {
    let mut pair = Pair::strangers(12);
    let End { device, .. } = &pair.ends[ALICE];
    let device = Device::decode(&device.encode()).unwrap();
    let mut prekeys = Prekeys::new();
    let made = prekeys.generate(&device, true, 1, START, &mut Stuck(7));
    assert_eq!(made.unwrap_err(), IdentityError::RandomnessFailure);
    commit(prekeys.generate(&device, true, 0, START, &mut Stuck(7)).unwrap());
    let again = prekeys.generate(&device, false, 1, START, &mut Stuck(7));
    assert_eq!(again.unwrap_err(), IdentityError::RandomnessFailure);

    pair.initiate(ALICE);
    let turn = |pair: &mut Pair, from: usize| {
        let id = pair.fresh_id();
        let letter = pair.try_seal(from, (id, b"x"), &mut Stuck(7))?;
        pair.open(1 - from, &letter).unwrap();
        Ok(())
    };
    turn(&mut pair, ALICE).unwrap();
    pair.pass_on(BOB, b"y");
    let record = pair.record(ALICE);
    assert_eq!(turn(&mut pair, ALICE), Err(SendError::RandomnessFailure));
    assert_eq!(pair.record(ALICE), record);
    pair.turn();
}
