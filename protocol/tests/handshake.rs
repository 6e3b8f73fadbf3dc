//! First messages under attack: changed, stripped, moved, replayed (SPEC 9).
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use support::tamper::{self, LOW_ORDER, bytes, edit, flip, put, redirected, renamed, torsioned};
use support::{World, envelope_for, got_text};
use twotick_protocol::wire::{DecodeError, PrekeyBundle, SUITE};
use twotick_protocol::{HandshakeStrength, IdentityError, ReceiveError};

const ALICE: (usize, usize) = (0, 0);
const BOB: (usize, usize) = (1, 0);
const MALLORY: (usize, usize) = (2, 0);

/// R-HS-5, R-ERR-1, H9: a forged first message leaves sessions, one-time prekey and stored bytes as they were.
#[test]
fn forged_first_message_leaves_the_one_time_prekey_usable() {
    let (mut world, envelope) = first_message(1, true);
    let before = (
        world.own(BOB).records.clone(),
        world.own(BOB).prekeys.one_time_count(),
    );
    let last = tamper::BODY + 256 + 15;
    for offset in [
        tamper::KEM_CIPHERTEXT,
        tamper::SALT,
        tamper::HEADER,
        tamper::BODY,
        last,
    ] {
        let forged = flip(&envelope, offset);
        assert_eq!(error(&mut world, &forged), ReceiveError::Undecryptable);
    }
    let after = (
        world.own(BOB).records.clone(),
        world.own(BOB).prekeys.one_time_count(),
    );
    assert_eq!(before, after);
    assert_eq!(world.peer(BOB, ALICE).current_session(), None);
    let (received, _) = world.deliver(BOB, &envelope).unwrap();
    assert_eq!(received.began, Some(HandshakeStrength::OneTime));
    assert_eq!(got_text(&received), "hello");
}

/// R-HS-5, R-PRE-1: session and erased prekey are one batch; a store that fails keeps neither.
#[test]
fn one_time_prekey_is_erased_in_the_batch_that_stores_the_session() {
    let (mut world, envelope) = first_message(2, true);
    let before = world.own(BOB).records.0.len();
    world.deliver(BOB, &envelope).unwrap();
    let records = &world.own(BOB).records.0;
    let count = |kind| records.keys().filter(|key| key.kind() == kind).count();
    assert_eq!(count(twotick_protocol::RecordKind::OneTimePrekey), 3);
    assert_eq!(count(twotick_protocol::RecordKind::PeerDevice), 1);
    assert_eq!(
        records.len(),
        before + 1,
        "one prekey less, a peer and a conversation more"
    );
    assert_eq!(world.own(BOB).prekeys.one_time_count(), 3);
    world.own(BOB).peers.clear();
    assert_eq!(error(&mut world, &envelope), ReceiveError::UnknownOneTimePrekey);
}

/// R-HS-2, R-ERR-1: one bit anywhere in the initial message, and it is refused, and nothing has changed.
#[test]
fn every_field_of_the_first_message_is_bound() {
    for with_one_time in [true, false] {
        let (mut world, envelope) = first_message(3, with_one_time);
        let before = world.own(BOB).records.clone();
        let length = tamper::BODY + 256 + 16;
        let header = (0..tamper::KEM_CIPHERTEXT).step_by(5);
        for offset in header.chain((tamper::KEM_CIPHERTEXT..length).step_by(131)) {
            assert!(
                world.deliver(BOB, &flip(&envelope, offset)).is_err(),
                "offset {offset}"
            );
            world.own(BOB).peers.clear();
        }
        assert_eq!(world.own(BOB).records, before);
        assert!(world.deliver(BOB, &envelope).is_ok());
    }
}

/// R-HS-2: generation and message id are bound, though nothing but the transcript and the route hold them.
#[test]
fn generation_and_message_id_are_bound() {
    let (mut world, envelope) = first_message(4, true);
    let other = put(&envelope, tamper::GENERATION, &2_u32.to_be_bytes());
    assert_eq!(error(&mut world, &other), ReceiveError::Undecryptable);
    assert_eq!(
        error(&mut world, &renamed(&envelope, 9)),
        ReceiveError::Undecryptable
    );
}

/// R-HS-1: generations count from one.
#[test]
fn generation_zero_is_refused() {
    let (mut world, envelope) = first_message(5, true);
    let zero = put(&envelope, tamper::GENERATION, &[0; 4]);
    assert_eq!(error(&mut world, &zero), DecodeError::InvalidValue.into());
}

/// R-HS-2, H6: a relay cannot strip the one-time prekey from a message, nor put one in.
#[test]
fn mode_cannot_be_changed_on_the_way() {
    let (mut world, envelope) = first_message(6, true);
    let stripped = put(&envelope, tamper::ONE_TIME_PREKEY_ID, &[0; 16]);
    assert_eq!(error(&mut world, &stripped), ReceiveError::Undecryptable);
    let (mut world, envelope) = first_message(6, false);
    let one_time = world.own(BOB).one_time[0].clone();
    let id = twotick_protocol::one_time_prekey_id(&one_time);
    let added = put(&envelope, tamper::ONE_TIME_PREKEY_ID, id.as_bytes());
    assert_eq!(error(&mut world, &added), ReceiveError::Undecryptable);
    assert_eq!(world.own(BOB).prekeys.one_time_count(), 4);
}

/// R-HS-2, R-PRM-6, H3: another key of the same device, and a ciphertext from another handshake, give other keys.
#[test]
fn kem_ciphertext_opens_under_its_own_key_and_handshake_only() {
    let (mut world, envelope) = first_message(7, true);
    let other = world.own(BOB).one_time[0].clone();
    let id = twotick_protocol::one_time_prekey_id(&other);
    let moved = put(&envelope, tamper::ONE_TIME_PREKEY_ID, id.as_bytes());
    assert_eq!(error(&mut world, &moved), ReceiveError::Undecryptable);
    let mut second = World::new(7, &[1, 1]);
    second.rng = support::rng(70);
    let second = first_from(&mut second, ALICE, true);
    let ciphertext = message(&second)[tamper::KEM_CIPHERTEXT..tamper::SALT].to_vec();
    let swapped = put(&envelope, tamper::KEM_CIPHERTEXT, &ciphertext);
    assert_eq!(error(&mut world, &swapped), ReceiveError::Undecryptable);
    assert!(world.deliver(BOB, &envelope).is_ok());
}

/// R-PRM-3, R-PRM-4, H1, H2: the ephemeral key is canonical, on the curve, and of prime order.
#[test]
fn ephemeral_key_of_small_order_or_with_torsion_is_refused() {
    let (mut world, envelope) = first_message(8, true);
    for encoding in LOW_ORDER.map(bytes) {
        let forged = put(&envelope, tamper::EPHEMERAL, &encoding);
        assert_eq!(error(&mut world, &forged), DecodeError::BadKey.into());
    }
    let key: [u8; 32] = message(&envelope)[tamper::EPHEMERAL..][..32].try_into().unwrap();
    for encoding in torsioned(&key) {
        let forged = put(&envelope, tamper::EPHEMERAL, &encoding);
        assert_eq!(
            error(&mut world, &forged),
            ReceiveError::Identity(IdentityError::BadKey)
        );
    }
    assert!(world.deliver(BOB, &envelope).is_ok());
}

/// H11: no other suite exists, whatever the value.
#[test]
fn every_other_suite_is_refused() {
    let (mut world, envelope) = first_message(9, true);
    for suite in (0..=u16::MAX).filter(|suite| *suite != SUITE).step_by(7) {
        let forged = put(&envelope, tamper::SUITE, &suite.to_be_bytes());
        let code = error(&mut world, &forged).code();
        assert_eq!(code, twotick_protocol::wire::ErrorCode::UnsupportedSuite);
    }
}

/// R-HS-4: the claimed device is checked before anything else is.
#[test]
fn first_message_of_a_wrong_or_unlisted_device_is_refused() {
    let mut world = World::new(10, &[1, 1, 1]);
    let envelope = first_from(&mut world, ALICE, true);
    let theirs = world.own(MALLORY).device.certificate().encode();
    let ours = world.own(BOB).device.certificate().encode();
    let wrong = put(&envelope, tamper::CERTIFICATE, &theirs);
    assert_eq!(error(&mut world, &wrong), ReceiveError::WrongDevice);
    let own = put(&envelope, tamper::CERTIFICATE, &ours);
    assert_eq!(error(&mut world, &own), ReceiveError::OwnDevice);
    let unlisted = flip(&envelope, tamper::CERTIFICATE + 263);
    assert_eq!(error(&mut world, &unlisted), ReceiveError::NotInDeviceList);
    let bob = world.id(BOB);
    let misdelivered = world.deliver(MALLORY, &envelope).unwrap_err();
    assert_eq!(misdelivered, ReceiveError::WrongDevice);
    assert!(world.deliver(MALLORY, &redirected(&envelope, bob)).is_err());
}

/// R-HS-4: prekeys that are not here are named, and cost nothing.
#[test]
fn unknown_prekeys_are_refused_by_look_up() {
    let (mut world, envelope) = first_message(11, true);
    let signed = flip(&envelope, tamper::SIGNED_PREKEY_ID);
    let one_time = flip(&envelope, tamper::ONE_TIME_PREKEY_ID);
    for _ in 0..20 {
        assert_eq!(error(&mut world, &signed), ReceiveError::UnknownSignedPrekey);
        assert_eq!(error(&mut world, &one_time), ReceiveError::UnknownOneTimePrekey);
    }
    assert!(world.deliver(BOB, &envelope).is_ok());
}

/// H5: Mallory hands out Bob's prekeys as her own. What Alice tells her does not open at Bob as said to him.
#[test]
fn message_to_mallory_does_not_open_at_bob_though_the_prekeys_are_his() {
    let mut world = World::new(12, &[1, 1, 1]);
    let stolen = world.own(BOB).bundle.clone();
    let bundle = PrekeyBundle {
        certificate: world.own(MALLORY).device.certificate().clone(),
        ..stolen
    };
    let bundle = tamper::Pen::of(&world.own(MALLORY).device).sign_bundle(bundle);
    world.initiate_with(ALICE, MALLORY, bundle);
    let sent = world.try_say(ALICE, 2, b"for mallory").unwrap();
    let envelope = envelope_for(&sent, world.id(MALLORY));
    let bob = world.id(BOB);
    assert_eq!(error(&mut world, &envelope), ReceiveError::WrongDevice);
    assert_eq!(
        error(&mut world, &redirected(&envelope, bob)),
        ReceiveError::Undecryptable
    );
    assert_eq!(world.own(BOB).prekeys.one_time_count(), 4);
}

/// R-ERR-2: header, body and an unknown session fail with the same error.
#[test]
fn failures_to_open_are_alike() {
    let (mut world, envelope) = first_message(13, true);
    world.deliver(BOB, &envelope).unwrap();
    let reply = world.say(BOB, 0, "reply");
    let reply = envelope_for(&reply, world.id(ALICE));
    for offset in [3, 15, 79, 79 + 256] {
        let forged = flip(&reply, offset);
        assert_eq!(
            world.deliver(ALICE, &forged).unwrap_err(),
            ReceiveError::Undecryptable
        );
    }
    world.deliver(ALICE, &reply).unwrap();
    world.own(ALICE).peers.clear();
    assert_eq!(
        world.deliver(ALICE, &reply).unwrap_err(),
        ReceiveError::Undecryptable
    );
    let short = edit(&envelope, |message| message.truncate(tamper::BODY + 200));
    assert_eq!(error(&mut world, &short), DecodeError::NotABucket.into());
}

fn first_message(seed: u64, with_one_time: bool) -> (World, Vec<u8>) {
    let mut world = World::new(seed, &[1, 1]);
    let envelope = first_from(&mut world, ALICE, with_one_time);
    (world, envelope)
}

fn first_from(world: &mut World, from: (usize, usize), with_one_time: bool) -> Vec<u8> {
    let mut bundle = world.own(BOB).bundle.clone();
    bundle.one_time_prekey = with_one_time.then(|| world.own(BOB).one_time.remove(0));
    world.initiate_with(from, BOB, bundle);
    let sent = world.try_say(from, 1, b"hello").unwrap();
    envelope_for(&sent, world.id(BOB))
}

fn error(world: &mut World, envelope: &[u8]) -> ReceiveError {
    world.deliver(BOB, envelope).unwrap_err()
}

fn message(envelope: &[u8]) -> &[u8] {
    twotick_protocol::wire::Envelope::decode(envelope)
        .unwrap()
        .message
}
