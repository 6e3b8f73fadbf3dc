//! Prekey bundles: what an initiator verifies before it uses one (SPEC 8.3), and which keys it refuses (SPEC 3.3, 3.4).
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use support::tamper::{LOW_ORDER, Pen, bytes, torsioned};
use support::{START, World};
use twotick_protocol::wire::{
    DecodeError, DeviceCertificate, ErrorCode, KemPublicKey, Label, PrekeyBundle, UnixTime, X25519PublicKey,
};
use twotick_protocol::{
    AccountKeyPair, BundleError, HandshakeStrength, IdentityError, Record, VerifiedBundle,
};

const ALICE: (usize, usize) = (0, 0);
const BOB: (usize, usize) = (1, 0);
const DAY: u64 = 86_400;

/// R-PRE-5, H6: whether a one-time prekey protects the handshake is visible before it is used.
#[test]
fn missing_one_time_prekey_is_visible_as_signed_only() {
    let mut world = World::new(1, &[1, 1]);
    let bundle = world.own(BOB).bundle.clone();
    let strength =
        |bundle| verify(&mut World::new(1, &[1, 1]), bundle, START).map(|bundle| bundle.strength());
    assert_eq!(strength(bundle.clone()), Ok(HandshakeStrength::OneTime));
    let stripped = PrekeyBundle {
        one_time_prekey: None,
        ..bundle
    };
    assert_eq!(strength(stripped), Ok(HandshakeStrength::SignedOnly));
}

/// R-PRE-4: a bundle of another device than the one asked for, or of our own.
#[test]
fn bundle_of_another_device_or_our_own_is_refused() {
    let mut world = World::new(2, &[2, 1]);
    let (bob, alice) = (world.own(BOB).bundle.clone(), world.own(ALICE).bundle.clone());
    let (us, other) = (world.id(ALICE), world.id((0, 1)));
    let person = &world.people[0];
    let verify = |bundle, wanted| {
        let device = &person.devices[0].device;
        VerifiedBundle::verify(bundle, wanted, &person.account, device, START).map(|_| ())
    };
    assert_eq!(verify(bob.clone(), other), Err(BundleError::WrongDevice));
    assert_eq!(verify(alice, us), Err(BundleError::OwnDevice));
    let refused = verify(bob.clone(), bob.certificate.device_id);
    assert_eq!(refused, Err(IdentityError::NotInDeviceList.into()));
}

/// R-PRE-4, H6: dates of the signed prekey, each on both sides of its limit.
#[test]
fn signed_prekey_is_used_within_its_dates_only() {
    let mut world = World::new(3, &[1, 1]);
    let dated = |world: &mut World, not_before: UnixTime, not_after: UnixTime| {
        let mut bundle = world.own(BOB).bundle.clone();
        bundle.signed_prekey.not_before = not_before;
        bundle.signed_prekey.not_after = not_after;
        let bundle = Pen::of(&world.own(BOB).device).sign_bundle(bundle);
        verify(world, bundle, START).map(|_| ())
    };
    let (later, earlier) = (
        |seconds| START.saturating_add(seconds),
        |seconds| UnixTime::new(START.seconds() - seconds),
    );
    let world = &mut world;
    assert_eq!(dated(world, earlier(DAY), START), Ok(()));
    assert_eq!(
        dated(world, earlier(DAY), earlier(1)),
        Err(BundleError::PrekeyExpired)
    );
    assert_eq!(dated(world, later(DAY), later(2 * DAY)), Ok(()));
    let early = dated(world, later(DAY + 1), later(2 * DAY));
    assert_eq!(early, Err(BundleError::PrekeyNotYetValid));
    assert_eq!(dated(world, START, later(30 * DAY)), Ok(()));
    let too_long = Err(IdentityError::ValidityTooLong.into());
    assert_eq!(dated(world, START, later(30 * DAY + 1)), too_long);
    assert_eq!(dated(world, later(1), START), too_long);
    let published = world.own(BOB).bundle.clone();
    let at = |world: &mut World, seconds| verify(world, published.clone(), later(seconds)).map(|_| ());
    assert_eq!(at(world, 14 * DAY), Ok(()));
    assert_eq!(at(world, 14 * DAY + 1), Err(BundleError::PrekeyExpired));
}

/// R-PRE-2, H4: a prekey signature is good for its kind of prekey, its keys and its device's certificate only.
#[test]
fn prekey_signature_of_another_kind_key_or_certificate_is_refused() {
    let mut world = World::new(4, &[1, 1]);
    let pen = Pen::of(&world.own(BOB).device);
    let bundle = world.own(BOB).bundle.clone();
    let hash = twotick_protocol::certificate_hash(&bundle.certificate);
    let other = twotick_protocol::certificate_hash(world.own(ALICE).device.certificate());
    let refused = |world: &mut World, change: &dyn Fn(&mut PrekeyBundle)| {
        let mut bundle = bundle.clone();
        change(&mut bundle);
        let found = verify(world, bundle, START).map(|_| ());
        assert_eq!(found, Err(BundleError::BadPrekeySignature));
    };
    let one_time = bundle.one_time_prekey.clone().unwrap();
    refused(&mut world, &|bundle| {
        let input = bundle.signed_prekey.signing_input(&hash);
        bundle.signed_prekey.signature = pen.sign(Label::SignOneTimePrekey, &input);
    });
    refused(&mut world, &|bundle| {
        let signature = pen.sign(Label::SignSignedPrekey, &one_time.signing_input(&hash));
        bundle.one_time_prekey.as_mut().unwrap().signature = signature;
    });
    refused(&mut world, &|bundle| {
        let input = bundle.signed_prekey.signing_input(&other);
        bundle.signed_prekey.signature = pen.sign(Label::SignSignedPrekey, &input);
    });
    refused(&mut world, &|bundle| {
        let signature = pen.sign(Label::SignOneTimePrekey, &one_time.signing_input(&other));
        bundle.one_time_prekey.as_mut().unwrap().signature = signature;
    });
    refused(&mut world, &|bundle| {
        bundle.signed_prekey.kem = one_time.kem.clone()
    });
    refused(&mut world, &|bundle| {
        let signed = bundle.signed_prekey.diffie_hellman;
        bundle.one_time_prekey.as_mut().unwrap().diffie_hellman = signed;
    });
}

/// R-PRE-4, H12: a key that stands twice in the bundle, or is our own, is refused however well it is signed.
#[test]
fn key_that_occurs_twice_or_is_our_own_is_refused() {
    let mut world = World::new(5, &[1, 1]);
    let pen = Pen::of(&world.own(BOB).device);
    let bundle = world.own(BOB).bundle.clone();
    let ours = world.own(ALICE).device.certificate().device_identity_key;
    let theirs = bundle.certificate.device_identity_key;
    let mut refused = |change: &dyn Fn(&mut PrekeyBundle)| {
        let mut bundle = bundle.clone();
        change(&mut bundle);
        let found = verify(&mut world, pen.sign_bundle(bundle), START).map(|_| ());
        assert_eq!(found, Err(IdentityError::DuplicateKey.into()));
    };
    for key in [ours, theirs] {
        refused(&|bundle| bundle.signed_prekey.diffie_hellman = key);
        refused(&|bundle| bundle.one_time_prekey.as_mut().unwrap().diffie_hellman = key);
    }
    refused(&|bundle| {
        bundle.signed_prekey.diffie_hellman = bundle.one_time_prekey.as_ref().unwrap().diffie_hellman;
    });
    refused(&|bundle| bundle.signed_prekey.kem = bundle.one_time_prekey.as_ref().unwrap().kem.clone());
}

/// R-PRM-3, R-PRM-5, R-HS-3, H1: the twelve encodings with which every agreement is zero are not keys, in any position.
#[test]
fn encodings_of_small_order_are_refused_in_every_position() {
    let bundle = World::new(6, &[1, 1]).own(BOB).bundle.clone();
    let encoded = bundle.encode();
    for encoding in LOW_ORDER.map(bytes) {
        let point = curve25519_dalek::MontgomeryPoint(encoding);
        assert_eq!(point.mul_clamped([7; 32]).to_bytes(), [0; 32]);
        assert_eq!(X25519PublicKey::decode(encoding), Err(DecodeError::BadKey));
        for key in [
            bundle.certificate.device_identity_key,
            bundle.signed_prekey.diffie_hellman,
            bundle.one_time_prekey.as_ref().unwrap().diffie_hellman,
        ] {
            let mut forged = encoded.clone();
            let at = forged
                .windows(32)
                .position(|window| window == key.as_bytes())
                .unwrap();
            forged[at..at + 32].copy_from_slice(&encoding);
            assert_eq!(PrekeyBundle::decode(&forged), Err(DecodeError::BadKey));
        }
    }
}

/// R-PRM-4, H2: a key with a component of small order, and one on the twist, are refused in every position.
#[test]
fn keys_outside_the_prime_order_subgroup_are_refused_in_every_position() {
    let mut world = World::new(7, &[1, 1]);
    let pen = Pen::of(&world.own(BOB).device);
    let bundle = world.own(BOB).bundle.clone();
    let twist = X25519PublicKey::decode([vec![2], vec![0; 31]].concat().try_into().unwrap()).unwrap();
    let off = |key: &X25519PublicKey| {
        let keys = torsioned(key.as_bytes()).into_iter();
        keys.map(|key| X25519PublicKey::decode(key).unwrap())
            .chain([twist])
    };
    let bad = Err(BundleError::Identity(IdentityError::BadKey));
    for key in off(&bundle.signed_prekey.diffie_hellman) {
        let mut bundle = bundle.clone();
        bundle.signed_prekey.diffie_hellman = key;
        assert_eq!(
            verify(&mut world, pen.sign_bundle(bundle), START).map(|_| ()),
            bad
        );
    }
    for key in off(&bundle.one_time_prekey.as_ref().unwrap().diffie_hellman) {
        let mut bundle = bundle.clone();
        bundle.one_time_prekey.as_mut().unwrap().diffie_hellman = key;
        assert_eq!(
            verify(&mut world, pen.sign_bundle(bundle), START).map(|_| ()),
            bad
        );
    }
    for key in off(&bundle.certificate.device_identity_key) {
        let certificate = recertify(&world, |certificate| certificate.device_identity_key = key);
        let found = twotick_protocol::VerifiedCertificate::verify(certificate, START);
        assert_eq!(found.map(|_| ()), Err(IdentityError::BadKey));
    }
}

/// R-PRM-3, H2: `u + p` and the high bit are other encodings of the same key, and are not decoded.
#[test]
fn key_has_one_encoding() {
    for low in 2..19_u8 {
        let mut encoding = [0xff; 32];
        (encoding[0], encoding[31]) = (0xed + low - 1, 0x7f);
        assert_eq!(X25519PublicKey::decode(encoding), Err(DecodeError::BadKey));
    }
    let key = World::new(8, &[1, 1])
        .own(BOB)
        .bundle
        .signed_prekey
        .diffie_hellman;
    let mut encoding = key.to_bytes();
    encoding[31] |= 0x80;
    assert_eq!(X25519PublicKey::decode(encoding), Err(DecodeError::BadKey));
}

/// R-PRM-6: a KEM key with a coefficient that is not reduced is refused, in both prekeys.
#[test]
fn kem_key_that_fails_the_modulus_check_is_refused() {
    let mut world = World::new(9, &[1, 1]);
    let pen = Pen::of(&world.own(BOB).device);
    let bundle = world.own(BOB).bundle.clone();
    let spoil = |key: &KemPublicKey, at: usize| {
        let mut bytes = key.as_bytes().to_vec();
        bytes[at..at + 3].copy_from_slice(&[0x01, 0xfd, 0xff]);
        KemPublicKey::decode(&bytes).unwrap()
    };
    for at in [0, 1_533] {
        let (mut signed, mut one_time) = (bundle.clone(), bundle.clone());
        signed.signed_prekey.kem = spoil(&bundle.signed_prekey.kem, at);
        let prekey = one_time.one_time_prekey.as_mut().unwrap();
        prekey.kem = spoil(&prekey.kem, at);
        for bundle in [signed, one_time] {
            let found = verify(&mut world, pen.sign_bundle(bundle), START).map(|_| ());
            assert_eq!(found, Err(IdentityError::BadKey.into()));
        }
    }
}

/// H11: there is one suite; a prekey of any other is refused, and so is a certificate without it.
#[test]
fn every_other_suite_is_refused() {
    let bundle = World::new(10, &[1, 1]).own(BOB).bundle.clone();
    let (signed, one_time) = (
        bundle.signed_prekey.encode(),
        bundle.one_time_prekey.unwrap().encode(),
    );
    for suite in (0..=u16::MAX).filter(|suite| *suite != 1) {
        let (mut signed, mut one_time) = (signed.clone(), one_time.clone());
        signed[2..4].copy_from_slice(&suite.to_be_bytes());
        one_time[2..4].copy_from_slice(&suite.to_be_bytes());
        let found = twotick_protocol::wire::SignedPrekey::decode(&signed);
        assert!(matches!(found, Err(error) if error.code() == ErrorCode::UnsupportedSuite));
        let found = twotick_protocol::wire::OneTimePrekey::decode(&one_time);
        assert!(matches!(found, Err(error) if error.code() == ErrorCode::UnsupportedSuite));
    }
}

fn verify(world: &mut World, bundle: PrekeyBundle, now: UnixTime) -> Result<VerifiedBundle, BundleError> {
    let id = world.id(BOB);
    let (alice, bob) = (&world.people[0].devices[0], &world.people[1]);
    VerifiedBundle::verify(bundle, id, &bob.account, &alice.device, now)
}

/// Bob's certificate, changed and signed again by both of his keys.
fn recertify(world: &World, change: impl FnOnce(&mut DeviceCertificate)) -> DeviceCertificate {
    let bob = &world.people[1];
    let mut certificate = bob.devices[0].device.certificate().clone();
    change(&mut certificate);
    let account = account_pen(&bob.key);
    let input = certificate.account_signing_input();
    certificate.account_signature = account.sign(Label::SignDeviceCertificate, &input);
    let input = certificate.device_signing_input();
    certificate.device_signature = Pen::of(&bob.devices[0].device).sign(Label::SignDeviceAcceptance, &input);
    certificate
}

fn account_pen(key: &AccountKeyPair) -> Pen {
    Pen::from_record(&Record::encode(key))
}
