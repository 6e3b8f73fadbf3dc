//! A device's own prekeys: made, renewed, drained, pushed out, and the handshakes they have accepted (SPEC 8, 9.5).
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeSet;
use std::convert::Infallible;

use rand_core::{TryCryptoRng, TryRng};
use support::{START, World, commit, commit_to, envelope_for, rng};
use twotick_protocol::wire::{PrekeyBundle, UnixTime};
use twotick_protocol::{
    AccountKeyPair, Device, DeviceKeys, HandshakeStrength, IdentityError, Prekeys, PublishedPrekeys,
    ReceiveError, RecordKey, RecordKind, one_time_prekey_id, signed_prekey_id,
};

const ALICE: (usize, usize) = (0, 0);
const BOB: (usize, usize) = (1, 0);
const DAY: u64 = 86_400;

/// R-PRE-1, H10: ids are content hashes; neither their order nor their bits follow the order of making.
#[test]
fn prekey_ids_carry_no_order() {
    let (device, mut prekeys, mut rng) = device(1);
    let made = commit(prekeys.generate(&device, true, 64, START, &mut rng).unwrap());
    let ids: Vec<_> = made.one_time.iter().map(one_time_prekey_id).collect();
    let distinct: BTreeSet<_> = ids.iter().collect();
    assert_eq!(distinct.len(), 64);
    let ascents = ids.windows(2).filter(|pair| pair[0] < pair[1]).count();
    assert!((16..48).contains(&ascents), "{ascents} of 63 ascend");
    for byte in 0..16 {
        let values: BTreeSet<_> = ids.iter().map(|id| id.as_bytes()[byte]).collect();
        assert!(values.len() > 32, "byte {byte} takes {} values", values.len());
    }
}

/// R-PRE-3: renewed after seven days, published for fourteen, erased after thirty, with its replay set.
#[test]
fn signed_prekey_is_renewed_and_its_private_half_erased() {
    let mut world = World::new(2, &[1, 1]);
    let later = |seconds| START.saturating_add(seconds);
    let envelope = mode_zero(&mut world);
    world.deliver(BOB, &envelope).unwrap();
    let bob = world.own(BOB);
    let signed = bob.bundle.signed_prekey.clone();
    assert_eq!((signed.not_before, signed.not_after), (START, later(14 * DAY)));
    assert!(!bob.prekeys.needs_renewal(later(7 * DAY - 1)));
    assert!(bob.prekeys.needs_renewal(later(7 * DAY)));
    assert_eq!(commit(bob.prekeys.expire(later(30 * DAY))), []);
    let erased = bob.prekeys.expire(later(30 * DAY + 1));
    assert_eq!(commit_to(&mut bob.records, erased), [signed_prekey_id(&signed)]);
    let gone = |kind| bob.records.0.keys().all(|key| key.kind() != kind);
    assert!(gone(RecordKind::SignedPrekey) && gone(RecordKind::ReplayEntry));
    assert!(bob.prekeys.needs_renewal(later(30 * DAY + 1)));
}

/// R-PRE-3: past its thirty days a private half is not used, erased or not.
#[test]
fn first_message_to_an_outdated_signed_prekey_is_refused() {
    for (age, opens) in [(30 * DAY, true), (30 * DAY + 1, false)] {
        let mut world = World::new(3, &[1, 1]);
        let envelope = mode_zero(&mut world);
        world.pass(age);
        let found = world.deliver(BOB, &envelope).map(|_| ());
        let expected = if opens {
            Ok(())
        } else {
            Err(ReceiveError::UnknownSignedPrekey)
        };
        assert_eq!(found, expected);
    }
}

/// R-PRE-3, R-LIM-1: beyond two hundred the oldest one-time prekeys give way, and are named.
#[test]
fn oldest_one_time_prekeys_give_way_and_are_reported() {
    let (device, mut prekeys, mut rng) = device(4);
    let mut make = |count, now| commit(prekeys.generate(&device, false, count, now, &mut rng).unwrap());
    let ids = |made: &PublishedPrekeys| {
        made.one_time
            .iter()
            .map(one_time_prekey_id)
            .collect::<BTreeSet<_>>()
    };
    let first = make(100, START);
    let second = make(100, START.saturating_add(1));
    assert_eq!((first.dropped.len(), second.dropped.len()), (0, 0));
    let third = make(30, START.saturating_add(2));
    assert_eq!(third.dropped.len(), 30);
    assert!(third.dropped.iter().all(|id| ids(&first).contains(id)));
    let fourth = make(205, START.saturating_add(3));
    assert_eq!((fourth.one_time.len(), fourth.dropped.len()), (200, 205));
    assert!(fourth.dropped.iter().all(|id| !ids(&fourth).contains(id)));
    assert_eq!(prekeys.one_time_count(), 200);
}

/// R-PRM-9, R-ERR-1: a generator that repeats itself ends the operation, for either half of a prekey.
#[test]
fn repeated_randomness_is_noticed() {
    let (device, mut prekeys, _) = device(5);
    let mut generate = |script: &[u8], now: UnixTime| {
        let mut script = Script(script.iter().copied().flat_map(|byte| [byte; 32]).collect());
        let made = prekeys.generate(&device, false, 1, now, &mut script).map(commit);
        (made.map(|made| made.one_time.len()), prekeys.one_time_count())
    };
    assert_eq!(generate(&[1, 2, 3], START), (Ok(1), 1));
    let refused = Err(IdentityError::RandomnessFailure);
    assert_eq!(generate(&[1, 4, 5], START), (refused.clone(), 1));
    assert_eq!(generate(&[6, 2, 3], START), (refused, 1));
    assert_eq!(generate(&[6, 4, 5], START), (Ok(1), 2));
    let mut script = Script(
        [7, 8, 9, 7, 10, 11]
            .into_iter()
            .flat_map(|byte| [byte; 32])
            .collect(),
    );
    let twice = prekeys
        .generate(&device, false, 2, START, &mut script)
        .map(|_| ());
    assert_eq!(twice, Err(IdentityError::RandomnessFailure));
}

/// R-PRM-9: an ephemeral key that a session has already is refused.
#[test]
fn repeated_ephemeral_key_is_noticed() {
    let mut world = World::new(6, &[1, 1]);
    let before = world.rng.clone();
    world.initiate(ALICE, BOB);
    world.rng = before;
    let (now, id, bundle) = (world.now, world.id(BOB), world.own(BOB).take_bundle());
    let (left, right) = world.people.split_at_mut(1);
    let (own, account) = (&mut left[0].devices[0], &right[0].account);
    let bundle = twotick_protocol::VerifiedBundle::verify(bundle, id, account, &own.device, now).unwrap();
    let peer = own.peers.get_mut(&id).unwrap();
    let found = peer
        .initiate(&own.device, account, &bundle, now, &mut world.rng)
        .map(|_| ());
    assert_eq!(found, Err(twotick_protocol::SendError::RandomnessFailure));
}

/// R-PRE-5, H7: a drained pool still gives a session; it is flagged at both ends and healed by a round trip.
#[test]
fn drained_pool_gives_a_flagged_session_that_a_round_trip_heals() {
    let mut world = World::new(7, &[1, 1]);
    world.own(BOB).one_time.clear();
    let bundle = world.own(BOB).take_bundle();
    let (strength, _) = world.initiate_with(ALICE, BOB, bundle);
    assert_eq!(strength, HandshakeStrength::SignedOnly);
    let sent = world.say(ALICE, 1, "hello");
    let thief = world.own(BOB).records.clone();
    let (received, _) = world.deliver(BOB, &envelope_for(&sent, world.id(BOB))).unwrap();
    assert_eq!(received.began, Some(HandshakeStrength::SignedOnly));
    world.talk(BOB, 0, "reply");
    world.talk(ALICE, 1, "again");
    let secret = envelope_for(&world.say(BOB, 0, "secret"), world.id(ALICE));
    let mine = envelope_for(&world.say(ALICE, 1, "secret"), world.id(BOB));
    world.own(BOB).records = thief;
    world.own(BOB).restart();
    assert_eq!(
        world.deliver(BOB, &mine).unwrap_err(),
        ReceiveError::Undecryptable
    );
    assert!(world.deliver(ALICE, &secret).is_ok());
}

/// R-HS-6, H8: a first message without one-time prekey is accepted once, before and after a restart.
#[test]
fn replayed_first_message_is_refused_across_a_restart() {
    let mut world = World::new(8, &[1, 1]);
    let envelope = mode_zero(&mut world);
    world.deliver(BOB, &envelope).unwrap();
    let consumed = ReceiveError::KeyConsumed { number: 0 };
    assert_eq!(world.deliver(BOB, &envelope).unwrap_err(), consumed);
    world.own(BOB).restart();
    assert_eq!(world.deliver(BOB, &envelope).unwrap_err(), consumed);
    world.own(BOB).peers.clear();
    assert_eq!(
        world.deliver(BOB, &envelope).unwrap_err(),
        ReceiveError::InitialMessageReplayed
    );
    world
        .own(BOB)
        .records
        .0
        .retain(|key, _| key.kind() != RecordKind::PeerDevice);
    world.own(BOB).restart();
    assert_eq!(
        world.deliver(BOB, &envelope).unwrap_err(),
        ReceiveError::InitialMessageReplayed
    );
}

/// R-HS-6, R-LIM-1, H8: a full replay set refuses, asks for renewal, and lets mode 1 and the next prekey pass.
#[test]
fn full_replay_set_refuses_and_asks_for_renewal() {
    let mut world = World::new(9, &[1, 1]);
    let envelope = mode_zero(&mut world);
    let id = signed_prekey_id(&world.own(BOB).bundle.signed_prekey);
    let fill = |world: &mut World, entries: std::ops::Range<u32>| {
        for entry in entries {
            let entry = [&entry.to_be_bytes()[..], &[0xee; 12]].concat();
            let key = RecordKey::new(RecordKind::ReplayEntry, &[id.as_bytes(), &entry]);
            world.own(BOB).prekeys.load(&key, &[0x84, 1]).unwrap();
        }
    };
    fill(&mut world, 0..65_535);
    assert!(!world.own(BOB).prekeys.needs_renewal(START));
    fill(&mut world, 65_535..65_536);
    assert_eq!(
        world.deliver(BOB, &envelope).unwrap_err(),
        ReceiveError::ReplaySetFull
    );
    assert!(world.own(BOB).prekeys.needs_renewal(START));
    world.initiate(ALICE, BOB);
    world.talk(ALICE, 1, "with a one-time prekey");
}

fn mode_zero(world: &mut World) -> Vec<u8> {
    let bundle = PrekeyBundle {
        one_time_prekey: None,
        ..world.own(BOB).bundle.clone()
    };
    world.initiate_with(ALICE, BOB, bundle);
    envelope_for(&world.say(ALICE, 1, "hello"), world.id(BOB))
}

fn device(seed: u64) -> (Device, Prekeys, rand_chacha::ChaCha20Rng) {
    let mut rng = rng(seed);
    let key = AccountKeyPair::generate(&mut rng);
    (
        DeviceKeys::generate(&mut rng).certify(&key, START),
        Prekeys::new(),
        rng,
    )
}

/// A generator that says what it is told to.
struct Script(Vec<u8>);

impl TryRng for Script {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)
            .map(|()| u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)
            .map(|()| u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.copy_from_slice(&self.0.drain(..bytes.len()).collect::<Vec<_>>());
        Ok(())
    }
}

impl TryCryptoRng for Script {}
