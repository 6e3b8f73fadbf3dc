//! Nothing happens before it is stored (SPEC 15.1).

#![allow(clippy::unwrap_used, reason = "test helpers")]

mod support;

use std::cell::Cell;

use support::pair::{ALICE, BOB, Letter, Pair, erased, stored_by};
use support::record::sessions;
use support::{Records, START, World, envelope_for, got_text, message_id, rng};
use twotick_protocol::wire::Envelope;
use twotick_protocol::{
    Account, Change, Conversation, PeerDevice, PeerTransition, ReceiveError, Record, RecordKind, Staged,
    StateError, VerifiedCertificate, receive,
};

/// R-STO-1: dropping a staged seal or open, or a store that fails, leaves everything as it was.
#[test]
fn what_is_not_stored_has_not_happened() {
    let mut pair = Pair::new(1);
    let letter = pair.seal(ALICE, b"text");
    for dropped in [true, false] {
        let refuse = |staged: Staged<PeerTransition<'_>, Vec<u8>>| match dropped {
            true => drop(staged),
            false => assert_eq!(staged.commit(|_| Err("disk full")).unwrap_err(), "disk full"),
        };
        let record = pair.record(ALICE);
        let [alice, bob] = &mut pair.ends;
        let staged = alice.peer.seal(
            &alice.device,
            &bob.account,
            (message_id(1), b"x"),
            START,
            &mut rng(1),
        );
        refuse(staged.unwrap());
        assert_eq!(pair.record(ALICE), record);
        let record = pair.record(BOB);
        let staged = pair.stage_open(BOB, &letter).unwrap();
        match dropped {
            true => drop(staged),
            false => assert_eq!(staged.commit(|_| Err("disk full")).unwrap_err(), "disk full"),
        }
        assert_eq!(pair.record(BOB), record);
    }
    assert_eq!(pair.open(BOB, &letter).unwrap().0, b"text");
}

/// R-STO-1: the new state is stored before the result exists; the store sees it complete.
#[test]
fn the_store_comes_first() {
    let mut pair = Pair::new(2);
    let letter = pair.seal(ALICE, b"text");
    let stored = Cell::new(None);
    let staged = pair.stage_open(BOB, &letter).unwrap();
    let opened = staged
        .commit(|changes| {
            changes.for_each(|change| match change {
                Change::Put { value, .. } => stored.set(Some(value.encode().to_vec())),
                Change::Delete { .. } => panic!("nothing is deleted"),
            });
            Ok::<(), ()>(())
        })
        .unwrap();
    assert_eq!(opened.payload(), b"text");
    assert_eq!(stored.take().unwrap(), pair.record(BOB));
}

/// R-STO-2: session, one-time prekey and conversation of an accepted message are one batch; so are all sessions,
/// the conversation and the receipt key of a sent one.
#[test]
fn one_operation_is_one_batch() {
    let mut world = World::new(3, &[1, 2]);
    let sent = world.say((0, 0), 1, "hello");
    let envelope = envelope_for(&sent, world.id((1, 0)));
    let envelope = Envelope::decode(&envelope).unwrap();
    let account =
        |world: &World, person: usize| Account::decode(&world.people[person].account.encode()).unwrap();
    let (own, sender) = (account(&world, 1), account(&world, 0));
    let certificate = world.own((0, 0)).device.certificate().clone();
    let certificate = VerifiedCertificate::verify(certificate, START).unwrap();
    let mut peer = PeerDevice::new(&certificate);
    let bob = world.own((1, 0));
    let staged = receive(
        &bob.device,
        (&own, &sender),
        &mut peer,
        &mut bob.prekeys,
        &envelope,
        START,
    );
    let staged = staged.unwrap();
    let mut conversation = Conversation::new(staged.conversation().unwrap());
    let staged = staged.in_conversation(&mut conversation);
    let mut batches = Vec::new();
    let (received, _) = staged
        .commit(|changes| {
            let mut kinds = Vec::new();
            changes.for_each(|change| match change {
                Change::Put { key, .. } => kinds.push((key.kind(), true)),
                Change::Delete { key } => kinds.push((key.kind(), false)),
            });
            batches.push(kinds);
            Ok::<(), ()>(())
        })
        .unwrap();
    assert_eq!(got_text(&received), "hello");
    let expected = [
        (RecordKind::OneTimePrekey, false),
        (RecordKind::PeerDevice, true),
        (RecordKind::Conversation, true),
    ];
    assert_eq!(batches, [expected.to_vec()]);
}

/// R-STO-3: a stop between storing and releasing loses the ciphertext and skips its number; the peer sees a gap.
#[test]
fn a_stop_after_storing_a_sent_message_skips_its_number() {
    let mut pair = Pair::new(4);
    pair.pass_on(ALICE, b"before");
    let lost = pair.seal(ALICE, b"stored, never released");
    pair.restart(ALICE);
    let next = pair.seal(ALICE, b"after");
    assert_ne!(lost.bytes, next.bytes);
    pair.open(BOB, &next).unwrap();
    assert_eq!(pair.ends[BOB].peer.skipped_keys(), 1);
}

/// R-STO-3: a stop between storing and showing a received message: redelivered, it is `KeyConsumed`.
#[test]
fn a_stop_after_storing_a_received_message_consumes_its_key() {
    let mut pair = Pair::new(5);
    let letter = pair.seal(ALICE, b"stored, never shown");
    pair.open(BOB, &letter).unwrap();
    pair.restart(BOB);
    let again = pair.open(BOB, &letter).unwrap_err();
    assert_eq!(again, ReceiveError::KeyConsumed { number: 0 });
}

/// R-STO-1: a stop before storing changes nothing on either side: the message is sealed, or opened, again.
#[test]
fn a_stop_before_storing_is_no_loss() {
    let mut pair = Pair::new(6);
    let letter = pair.seal(ALICE, b"text");
    let mut records = Records::default();
    records
        .0
        .insert(pair.ends[BOB].peer.record_key(), pair.record(BOB));
    drop(pair.stage_open(BOB, &letter).unwrap());
    let record = records.0.remove(&pair.ends[BOB].peer.record_key()).unwrap();
    pair.restore(BOB, &record);
    assert_eq!(pair.open(BOB, &letter).unwrap().0, b"text");
}

/// R-STO-2: what is stored for skipping, turning, evicting, accepting, archiving and expiring is what is then in memory.
#[test]
fn every_kind_of_change_is_stored_as_it_is_applied() {
    let mut pair = Pair::new(7);
    let mut evicted = 0;
    for round in 0..7 {
        if round % 2 == 0 {
            pair.initiate(ALICE);
        }
        pair.seal_last(ALICE, 1_200);
        let letter = pair.seal(ALICE, b"jump");
        evicted += erased(&open_and_compare(&mut pair, &letter));
        pair.pass(6 * 24 * 60 * 60);
        if round % 3 == 2 {
            pair.renew_prekeys(BOB);
        } else {
            pair.pass_on(BOB, b"turn");
        }
    }
    pair.pass(15 * 24 * 60 * 60);
    let now = pair.now;
    let bob = &mut pair.ends[BOB].peer;
    let (stored, events) = stored_by(bob.expire(now));
    evicted += erased(&events);
    assert_eq!(stored, pair.record(BOB));
    assert!(evicted > 1_200);
    assert_eq!(pair.ends[BOB].peer.skipped_keys(), 0);
}

/// SPEC 15.2: a record that is cut, longer, of another kind or version, or out of order does not decode.
#[test]
fn a_damaged_record_is_refused() {
    let mut pair = Pair::new(8);
    pair.seal_last(ALICE, 3);
    pair.pass_on(ALICE, b"jump");
    let record = pair.record(BOB);
    let refused = |record: &[u8]| PeerDevice::decode(record).unwrap_err();
    for length in 0..record.len() {
        assert_eq!(refused(&record[..length]), StateError::Corrupt, "{length}");
    }
    assert_eq!(refused(&[&record[..], &[0]].concat()), StateError::Corrupt);
    let with = |at: usize, value: u8| {
        let mut record = record.clone();
        record[at] = value;
        record
    };
    assert_eq!(refused(&with(0, 0x84)), StateError::Corrupt);
    assert_eq!(refused(&with(1, 0)), StateError::Corrupt);
    assert_eq!(refused(&with(1, 2)), StateError::Unsupported);
    let skipped = &sessions(&record)[0].skipped[0].keys;
    assert_eq!(skipped.len(), 3);
    assert_eq!(refused(&with(skipped[0].1 - 9, 1)), StateError::Corrupt);
}

fn open_and_compare(pair: &mut Pair, letter: &Letter) -> Vec<twotick_protocol::SessionEvent> {
    let (stored, opened) = stored_by(pair.stage_open(BOB, letter).unwrap());
    assert_eq!(stored, pair.record(BOB));
    pair.restart(BOB);
    opened.events
}
