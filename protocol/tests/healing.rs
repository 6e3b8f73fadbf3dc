//! Messages that do not open, copies of state, and how far anybody can drive the healing (SPEC 12.4).
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use support::tamper::flip;
use support::{World, commit_to, envelope_for};
use twotick_protocol::wire::MessageId;
use twotick_protocol::{PeerDevice, ReceiveError, Record, Recovery, RecoveryCause};

const ALICE: (usize, usize) = (0, 0);
const BOB: (usize, usize) = (1, 0);
const MINUTE: u64 = 60;

/// R-SES-11, R12: a message sealed in a copy of the sender's state is noticed: its key was used under another id.
#[test]
fn message_of_a_clone_is_a_used_key_under_an_unseen_id() {
    let mut world = settled(1);
    let stolen = Record::encode(world.peer(ALICE, BOB)).to_vec();
    world.talk(ALICE, 1, "honest");
    let forged = say_as_clone(&mut world, &stolen, "forged");
    let before = world.own(BOB).snapshot();
    let found = world.deliver(BOB, &forged).unwrap_err();
    assert!(matches!(found, ReceiveError::KeyConsumed { .. }), "{found:?}");
    assert_eq!(world.own(BOB).snapshot(), before);
}

/// R12: after a round trip the thief can neither be heard nor hear.
#[test]
fn round_trip_shuts_a_clone_out() {
    let mut world = settled(2);
    let stolen = Record::encode(world.peer(ALICE, BOB)).to_vec();
    world.talk(ALICE, 1, "honest");
    world.talk(BOB, 0, "answer");
    world.talk(ALICE, 1, "healed");
    let secret = world.say(BOB, 0, "secret");
    let secret = envelope_for(&secret, world.id(ALICE));
    let forged = say_as_clone(&mut world, &stolen, "forged");
    assert_eq!(
        world.deliver(BOB, &forged).unwrap_err(),
        ReceiveError::Undecryptable
    );
    let heard = as_clone(&mut world, &stolen, |world| {
        world.deliver(ALICE, &secret).map(|_| ())
    });
    assert_eq!(heard, Err(ReceiveError::Undecryptable));
    assert!(world.deliver(ALICE, &secret).is_ok());
}

/// R-SES-4, R-SES-11, R-HS-7, R-ERR-1, R12: a restored peer is noticed, nothing is stored, and its repetition is paid for.
#[test]
fn first_message_of_a_restored_peer_is_stale_and_counts_as_failed() {
    let mut world = settled(3);
    let backup = world.own(ALICE).records.clone();
    world.initiate(ALICE, BOB);
    world.initiate(ALICE, BOB);
    world.talk(ALICE, 1, "generation 3");
    world.own(ALICE).records = backup;
    world.own(ALICE).restart();
    world.initiate(ALICE, BOB);
    let stale = envelope_for(&world.say(ALICE, 1, "generation 2"), world.id(BOB));
    let before = (
        world.own(BOB).records.clone(),
        world.own(BOB).prekeys.one_time_count(),
    );
    let expected = ReceiveError::StaleGeneration {
        confirmed: 3,
        received: 2,
    };
    for _ in 0..8 {
        assert_eq!(world.deliver(BOB, &stale).unwrap_err(), expected);
    }
    assert_eq!(
        world.deliver(BOB, &stale).unwrap_err(),
        ReceiveError::TooManyHandshakes
    );
    assert_eq!(
        before,
        (
            world.own(BOB).records.clone(),
            world.own(BOB).prekeys.one_time_count()
        )
    );
    assert_eq!(
        recover(&mut world, BOB, 1, RecoveryCause::StaleGeneration),
        Recovery::Reset
    );
    world.initiate(BOB, ALICE);
    world.talk(BOB, 0, "reset");
    world.talk(ALICE, 1, "together again");
    assert_eq!(world.peer(ALICE, BOB).current_session(), Some((4, true)));
}

/// R-HS-7, R-ERR-1: a first message that opens and says nothing readable keeps its prekey, and is paid for.
#[test]
fn unreadable_first_message_counts_as_failed() {
    let mut world = World::new(4, &[1, 1]);
    world.initiate(ALICE, BOB);
    let (bob, now) = (world.id(BOB), world.now);
    let (left, right) = world.people.split_at_mut(1);
    let own = &mut left[0].devices[0];
    let peer = own.peers.get_mut(&bob).unwrap();
    let id = support::message_id(1);
    let sealed = peer.seal(
        &own.device,
        &right[0].account,
        (id, b"no payload"),
        now,
        &mut world.rng,
    );
    let message = commit_to(&mut own.records, sealed.unwrap());
    let from = own.id();
    let envelope = twotick_protocol::wire::Envelope {
        from,
        to: bob,
        message_id: id,
        message: &message,
        body: &[],
    }
    .encode();
    for _ in 0..8 {
        assert_eq!(
            world.deliver(BOB, &envelope).unwrap_err(),
            ReceiveError::Undecryptable
        );
    }
    assert_eq!(
        world.deliver(BOB, &envelope).unwrap_err(),
        ReceiveError::TooManyHandshakes
    );
    assert_eq!(world.own(BOB).prekeys.one_time_count(), 4);
    world.pass(5 * MINUTE);
    assert_eq!(
        world.deliver(BOB, &envelope).unwrap_err(),
        ReceiveError::Undecryptable
    );
}

/// R-SES-9: first a retry request, then one reset an hour, and further retries only for ids not asked for yet.
#[test]
fn recovery_asks_then_starts_over_then_waits() {
    let mut world = settled(5);
    let cause = RecoveryCause::Undecryptable;
    assert_eq!(recover(&mut world, BOB, 1, cause), Recovery::Retry);
    world.own(BOB).restart();
    assert_eq!(recover(&mut world, BOB, 2, cause), Recovery::Reset);
    let before = world.own(BOB).snapshot();
    assert_eq!(
        recover(&mut world, BOB, 1, cause),
        Recovery::Nothing,
        "asked for already"
    );
    assert_eq!(world.own(BOB).snapshot(), before);
    assert_eq!(recover(&mut world, BOB, 3, cause), Recovery::Retry);
    world.talk(ALICE, 1, "opens");
    assert_eq!(recover(&mut world, BOB, 3, cause), Recovery::Nothing);
    assert_eq!(recover(&mut world, BOB, 4, cause), Recovery::Retry);
    world.pass(59 * MINUTE);
    assert_eq!(
        recover(&mut world, BOB, 4, RecoveryCause::StaleGeneration),
        Recovery::Nothing
    );
    world.pass(MINUTE);
    assert_eq!(
        recover(&mut world, BOB, 4, RecoveryCause::StaleGeneration),
        Recovery::Reset
    );
}

/// R-SES-9: without a session there is nothing to ask in, so the first failure starts over.
#[test]
fn without_a_session_recovery_starts_over() {
    let mut world = World::new(6, &[1, 1]);
    world.initiate(ALICE, BOB);
    let envelope = envelope_for(&world.say(ALICE, 1, "hello"), world.id(BOB));
    let last = envelope.len() - 5;
    let mut forged = envelope;
    forged[last] ^= 1;
    assert_eq!(
        world.deliver(BOB, &forged).unwrap_err(),
        ReceiveError::Undecryptable
    );
    assert_eq!(
        recover(&mut world, BOB, 1, RecoveryCause::Undecryptable),
        Recovery::Reset
    );
    assert_eq!(
        recover(&mut world, BOB, 2, RecoveryCause::Undecryptable),
        Recovery::Nothing
    );
}

/// R-SES-9, R-ERR-1, R14: ten thousand messages of garbage cost one reset and sixteen retry requests.
#[test]
fn garbage_costs_one_reset_and_sixteen_retries() {
    let mut world = settled(7);
    let honest = envelope_for(&world.say(ALICE, 1, "in between"), world.id(BOB));
    let sessions = world.own(BOB).snapshot();
    let (mut resets, mut retries) = (0, 0);
    for n in 0..10_000_u32 {
        let forged = flip(&honest, 15 + n as usize % 300);
        assert_eq!(
            world.deliver(BOB, &forged).unwrap_err(),
            ReceiveError::Undecryptable
        );
        let mut id = [0; 16];
        id[..4].copy_from_slice(&n.to_be_bytes());
        match recover_id(&mut world, BOB, MessageId::new(id), RecoveryCause::Undecryptable) {
            Recovery::Reset => resets += 1,
            Recovery::Retry => retries += 1,
            Recovery::Nothing => {}
        }
    }
    assert_eq!((resets, retries), (1, 16));
    assert_eq!(world.own(BOB).snapshot().len(), sessions.len());
    assert!(world.deliver(BOB, &honest).is_ok());
}

fn settled(seed: u64) -> World {
    let mut world = World::new(seed, &[1, 1]);
    world.talk(ALICE, 1, "hello");
    world.talk(BOB, 0, "hello yourself");
    world.talk(ALICE, 1, "settled");
    world
}

/// Does something with a copy of Alice's record of Bob in place of her own, and puts hers back.
fn as_clone<T>(world: &mut World, stolen: &[u8], act: impl FnOnce(&mut World) -> T) -> T {
    let (bob, records) = (world.id(BOB), world.own(ALICE).records.clone());
    let copy = PeerDevice::decode(stolen).unwrap();
    let honest = world.own(ALICE).peers.insert(bob, copy).unwrap();
    let result = act(world);
    world.own(ALICE).peers.insert(bob, honest);
    world.own(ALICE).records = records;
    result
}

fn say_as_clone(world: &mut World, stolen: &[u8], text: &str) -> Vec<u8> {
    let sent = as_clone(world, stolen, |world| world.say(ALICE, 1, text));
    envelope_for(&sent, world.id(BOB))
}

fn recover(world: &mut World, at: (usize, usize), n: u8, cause: RecoveryCause) -> Recovery {
    recover_id(world, at, support::message_id(n), cause)
}

fn recover_id(world: &mut World, at: (usize, usize), id: MessageId, cause: RecoveryCause) -> Recovery {
    let (now, alice) = (world.now, world.id(ALICE));
    let own = world.own(at);
    let staged = own.peers.get_mut(&alice).unwrap().recover(id, cause, now);
    commit_to(&mut own.records, staged)
}
