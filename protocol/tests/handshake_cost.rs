//! What a flood of forged first messages costs, counted in operations (SPEC 9.5).
#![cfg(feature = "operation-counts")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use support::tamper::{self, flip, put};
use support::{World, envelope_for};
use twotick_protocol::wire::PrekeyBundle;
use twotick_protocol::{ReceiveError, VerifiedBundle, take_counts};

const ALICE: (usize, usize) = (0, 0);
const BOB: (usize, usize) = (1, 0);

/// R-HS-4, H13: what fails a look-up costs no agreement, no decapsulation, no derivation, no opening.
#[test]
fn forgery_that_fails_a_look_up_costs_hashing_only() {
    let (mut world, envelope) = first_message(1, false);
    world.deliver(BOB, &envelope).unwrap();
    world.own(BOB).peers.clear();
    for (forged, expected) in [
        (
            flip(&envelope, tamper::CERTIFICATE + 263),
            ReceiveError::NotInDeviceList,
        ),
        (
            flip(&envelope, tamper::SIGNED_PREKEY_ID),
            ReceiveError::UnknownSignedPrekey,
        ),
        (
            flip(&envelope, tamper::ONE_TIME_PREKEY_ID),
            ReceiveError::UnknownOneTimePrekey,
        ),
        (envelope.clone(), ReceiveError::InitialMessageReplayed),
    ] {
        let (error, cost) = refused(&mut world, &forged);
        assert_eq!((error, cost), (expected, [0; 5]));
    }
}

/// R-HS-7, H13: eight forgeries cost a handshake each, the ninth nothing; one more is allowed after five minutes.
#[test]
fn eight_forgeries_cost_work_and_the_ninth_none() {
    let (mut world, envelope) = first_message(2, true);
    for n in 0..8 {
        let (error, cost) = refused(&mut world, &flip(&envelope, tamper::KEM_CIPHERTEXT + n));
        assert_eq!(error, ReceiveError::Undecryptable);
        assert_eq!(
            cost,
            [5, 0, 1, 1, 1],
            "subgroup check, four agreements, decapsulation, extraction, one header key"
        );
    }
    for _ in 0..100 {
        let (error, cost) = refused(&mut world, &flip(&envelope, tamper::KEM_CIPHERTEXT));
        assert_eq!((error, cost), (ReceiveError::TooManyHandshakes, [0; 5]));
    }
    world.pass(299);
    assert_eq!(refused(&mut world, &envelope).0, ReceiveError::TooManyHandshakes);
    world.pass(1);
    assert!(world.deliver(BOB, &envelope).is_ok());
}

/// R-HS-4, R-HS-7: a spent budget does not stand in the way of a session that exists.
#[test]
fn spent_budget_leaves_existing_sessions_alone() {
    let (mut world, envelope) = first_message(3, true);
    world.deliver(BOB, &envelope).unwrap();
    let again = envelope_for(&world.say(ALICE, 1, "again"), world.id(BOB));
    world.initiate(ALICE, BOB);
    let second = envelope_for(&world.say(ALICE, 1, "second session"), world.id(BOB));
    for _ in 0..8 {
        let forged = flip(&second, tamper::KEM_CIPHERTEXT);
        assert_eq!(refused(&mut world, &forged).0, ReceiveError::Undecryptable);
    }
    assert_eq!(refused(&mut world, &second).0, ReceiveError::TooManyHandshakes);
    assert!(world.deliver(BOB, &again).is_ok());
}

/// R-HS-4, R-PRM-4, H2: a torsioned ephemeral key is found out before any agreement; the check itself is counted as one.
#[test]
fn torsion_is_checked_before_the_agreement() {
    let (mut world, envelope) = first_message(4, true);
    let message = twotick_protocol::wire::Envelope::decode(&envelope)
        .unwrap()
        .message;
    let key: [u8; 32] = message[tamper::EPHEMERAL..][..32].try_into().unwrap();
    let forged = put(&envelope, tamper::EPHEMERAL, &tamper::torsioned(&key)[0]);
    assert_eq!(refused(&mut world, &forged).1, [1, 0, 0, 0, 0]);
}

/// R-PRE-4: a bundle with a bad signature costs one signature check more than those before it, and no agreement.
#[test]
fn bundle_is_checked_signature_first() {
    let mut world = World::new(5, &[1, 1]);
    let mut bundle: PrekeyBundle = world.own(BOB).bundle.clone();
    let mut signature = bundle.signed_prekey.signature.to_bytes();
    signature[40] ^= 1;
    bundle.signed_prekey.signature = twotick_protocol::wire::Signature::new(signature);
    let (id, us) = (world.id(BOB), &world.people[0].devices[0].device);
    take_counts();
    assert!(VerifiedBundle::verify(bundle, id, &world.people[1].account, us, world.now).is_err());
    let counts = take_counts();
    assert_eq!(
        (counts.verify, counts.agreement),
        (3, 1),
        "two signatures and the key of the certificate, then one"
    );
}

fn first_message(seed: u64, with_one_time: bool) -> (World, Vec<u8>) {
    let mut world = World::new(seed, &[1, 1]);
    let mut bundle = world.own(BOB).take_bundle();
    bundle.one_time_prekey = bundle.one_time_prekey.filter(|_| with_one_time);
    world.initiate_with(ALICE, BOB, bundle);
    let sent = world.say(ALICE, 1, "hello");
    let envelope = envelope_for(&sent, world.id(BOB));
    (world, envelope)
}

/// The error, and agreements, key pairs, KEM operations, extractions and openings it took.
fn refused(world: &mut World, envelope: &[u8]) -> (ReceiveError, [u64; 5]) {
    let id = world.id(ALICE);
    if !world.own(BOB).peers.contains_key(&id) {
        let certificate = world.own(ALICE).device.certificate().clone();
        let certificate = twotick_protocol::VerifiedCertificate::verify(certificate, world.now).unwrap();
        let peer = twotick_protocol::PeerDevice::new(&certificate);
        world.own(BOB).peers.insert(id, peer);
    }
    take_counts();
    let error = world.deliver(BOB, envelope).unwrap_err();
    let counts = take_counts();
    let cost = [
        counts.agreement,
        counts.key_pair,
        counts.kem,
        counts.extract,
        counts.open,
    ];
    (error, cost)
}
