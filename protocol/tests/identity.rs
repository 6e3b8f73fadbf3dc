//! Accounts, devices and certificates (SPEC 5.1, 5.2).
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod household;

use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::montgomery::MontgomeryPoint;
use household::{DAY, NOW, Pen, Person, after, before, identity_key, rng, unsigned};
use rand_chacha::rand_core::Rng;
use sha2::{Digest, Sha256};
use twotick_protocol::wire::{AccountKey, DecodeError, DeviceCertificate, Label, UnixTime, X25519PublicKey};
use twotick_protocol::{
    AccountKeyPair, Device, DeviceKeys, IdentityError, Record, Secret, StateError, VerifiedCertificate,
    account_id, certificate_hash,
};

/// R-IDN-4, R-PRM-1, attack D5: the id is a hash of a typed structure, under a label of its own.
#[test]
fn account_id_is_the_labelled_hash_of_the_key() {
    let key = AccountKey::new([7; 32]);
    let expected = Sha256::new_with_prefix(b"\x16Twotick/1/hash/account")
        .chain_update([7; 32])
        .finalize();
    assert_eq!(account_id(&key).as_bytes()[..], expected[..]);
}

/// R-PRM-8: a scripted generator reproduces every key; device id, signing seed and identity key, in this order.
#[test]
fn keys_are_drawn_in_the_stated_order() {
    let mut drawn = [0; 80];
    rng(3).fill_bytes(&mut drawn);
    let account = AccountKeyPair::generate(&mut rng(4));
    let device = DeviceKeys::generate(&mut rng(3)).certify(&account, NOW);

    let seed: [u8; 32] = drawn[16..48].try_into().unwrap();
    let private: [u8; 32] = drawn[48..].try_into().unwrap();
    let certificate = device.certificate();
    assert_eq!(certificate.device_id.as_bytes()[..], drawn[..16]);
    assert_eq!(
        certificate.device_signing_key.to_bytes(),
        Pen(ed25519_dalek::SigningKey::from_bytes(&seed)).public()
    );
    assert_eq!(
        certificate.device_identity_key.to_bytes(),
        MontgomeryPoint::mul_base_clamped(private).to_bytes()
    );
}

#[test]
fn certified_device_verifies_under_its_account() {
    let alice = Person::seeded(1);
    let verified = VerifiedCertificate::verify(alice.certificate(0), NOW).unwrap();
    assert_eq!(verified.account_id(), alice.key.account_id());
    assert_eq!(verified.device_id(), alice.devices[0].device_id());
    assert_eq!(verified.hash(), certificate_hash(verified.certificate()));
    assert_eq!(verified.hash(), alice.devices[0].certificate_hash());
    assert_eq!(verified.certificate().expires.saturating_since(NOW), 365 * DAY);
}

/// R-IDN-1: bit 0 of `suites` is needed, whatever others there are.
#[test]
fn certificate_without_the_suite_is_refused() {
    let (account, device) = (Pen::seeded(1), Pen::seeded(2));
    let with_suites = |suites| {
        let certificate = DeviceCertificate {
            suites,
            ..unsigned(&account, &device, identity_key(3))
        };
        VerifiedCertificate::verify(account.certify(&device, certificate), NOW)
    };
    assert!(with_suites(0x0001).is_ok());
    assert!(with_suites(0x8001).is_ok(), "later suites are ignored");
    let refused = IdentityError::Decode(DecodeError::UnsupportedSuite { found: 0x8000 });
    assert_eq!(with_suites(0x8000), Err(refused));
}

/// R-IDN-2: the account's signature first, then the device's, then the subgroup, then the dates.
#[test]
fn first_defect_decides_the_error() {
    let (account, device) = (Pen::seeded(1), Pen::seeded(2));
    let torsioned = plus_torsion(&identity_key(3), 1);
    let expired = DeviceCertificate {
        expires: before(1),
        ..unsigned(&account, &device, torsioned)
    };

    let mut all_wrong = account.certify(&device, expired);
    assert_eq!(
        VerifiedCertificate::verify(all_wrong.clone(), NOW),
        Err(IdentityError::BadKey)
    );
    all_wrong.device_signature =
        Pen::seeded(9).sign(Label::SignDeviceAcceptance, &all_wrong.device_signing_input());
    assert_eq!(
        VerifiedCertificate::verify(all_wrong.clone(), NOW),
        Err(IdentityError::BadDeviceSignature)
    );
    all_wrong.account_signature =
        Pen::seeded(9).sign(Label::SignDeviceCertificate, &all_wrong.account_signing_input());
    assert_eq!(
        VerifiedCertificate::verify(all_wrong, NOW),
        Err(IdentityError::BadAccountSignature)
    );
}

/// R-IDN-2: no bit of a certificate can change.
#[test]
fn every_changed_bit_is_noticed() {
    let certificate = Person::seeded(1).certificate(0);
    let bytes = certificate.encode();
    for bit in 0..8 * bytes.len() {
        let mut changed = bytes;
        changed[bit / 8] ^= 1 << (bit % 8);
        if let Ok(changed) = DeviceCertificate::decode(&changed) {
            assert!(VerifiedCertificate::verify(changed, NOW).is_err(), "bit {bit}");
        }
    }
}

/// R-IDN-2, attack H5: Mallory's account certifies the keys of Bob's device as her own.
#[test]
fn keys_of_another_account_cannot_be_certified() {
    let (bob, mallory) = (Person::seeded(1), Pen::seeded(6));
    let stolen = DeviceCertificate {
        account_key: AccountKey::new(mallory.public()),
        ..bob.certificate(0)
    };
    // She has Bob's counter-signature on another certificate, and can make one only with a key of her own.
    let mut with_his_signature = stolen.clone();
    with_his_signature.account_signature =
        mallory.sign(Label::SignDeviceCertificate, &stolen.account_signing_input());
    let with_hers = mallory.certify(&mallory, stolen);
    for certificate in [with_his_signature, with_hers] {
        assert_eq!(
            VerifiedCertificate::verify(certificate, NOW),
            Err(IdentityError::BadDeviceSignature)
        );
    }
}

/// R-IDN-3: each bound, at it and one second past it.
#[test]
fn certificate_dates_hold_to_the_second() {
    let (account, device) = (Pen::seeded(1), Pen::seeded(2));
    let check = |created: UnixTime, expires: UnixTime| {
        let certificate = DeviceCertificate {
            created,
            expires,
            ..unsigned(&account, &device, identity_key(3))
        };
        VerifiedCertificate::verify(account.certify(&device, certificate), NOW).map(|_| ())
    };
    assert_eq!(check(NOW, after(366 * DAY)), Ok(()));
    assert_eq!(
        check(NOW, after(366 * DAY + 1)),
        Err(IdentityError::ValidityTooLong)
    );
    assert_eq!(check(after(2), after(1)), Err(IdentityError::ValidityTooLong));
    assert_eq!(check(after(DAY), after(2 * DAY)), Ok(()));
    assert_eq!(
        check(after(DAY + 1), after(2 * DAY)),
        Err(IdentityError::NotYetValid)
    );
    assert_eq!(check(before(DAY), NOW), Ok(()));
    assert_eq!(check(before(DAY), before(1)), Err(IdentityError::Expired));
    assert_eq!(
        check(UnixTime::new(0), UnixTime::new(u64::MAX)),
        Err(IdentityError::ValidityTooLong)
    );
}

/// R-PRM-4, attack H2: a key and a point of small order give the same secrets under other bytes.
#[test]
fn identity_key_outside_the_prime_order_subgroup_is_refused() {
    let (account, device) = (Pen::seeded(1), Pen::seeded(2));
    for seed in 0..8 {
        let honest = identity_key(100 + seed);
        for index in 0..8 {
            let certificate = unsigned(&account, &device, plus_torsion(&honest, index));
            let verified = VerifiedCertificate::verify(account.certify(&device, certificate), NOW);
            let expected = if index == 0 {
                Ok(honest)
            } else {
                Err(IdentityError::BadKey)
            };
            assert_eq!(
                verified.map(|v| v.certificate().device_identity_key),
                expected,
                "torsion {index}"
            );
        }
    }
}

/// R-PRM-4: a point of the twist is not on the curve.
#[test]
fn identity_key_on_the_twist_is_refused() {
    let (account, device) = (Pen::seeded(1), Pen::seeded(2));
    let on_the_twist =
        (2..).map(|u| MontgomeryPoint([[u].as_slice(), &[0; 31]].concat().try_into().unwrap()));
    for point in on_the_twist
        .take(40)
        .filter(|point| point.to_edwards(0).is_none())
    {
        let certificate = unsigned(
            &account,
            &device,
            X25519PublicKey::decode(point.to_bytes()).unwrap(),
        );
        let verified = VerifiedCertificate::verify(account.certify(&device, certificate), NOW);
        assert_eq!(verified, Err(IdentityError::BadKey));
    }
}

#[test]
fn renewed_device_keeps_its_keys_under_a_later_certificate() {
    let alice = Person::seeded(1);
    let renewed = alice.devices[0].renew(&alice.key, after(200 * DAY));
    let (old, new) = (alice.devices[0].certificate(), renewed.certificate());
    assert_eq!(new.device_identity_key, old.device_identity_key);
    assert_eq!(new.created, after(200 * DAY));
    assert!(VerifiedCertificate::verify(new.clone(), after(500 * DAY)).is_ok());
}

#[test]
fn stored_device_and_account_key_come_back_the_same() {
    let alice = Person::seeded(1);
    let key = AccountKeyPair::decode(&alice.key.encode()).unwrap();
    assert_eq!(key.encode(), alice.key.encode());
    assert_eq!(key.account_id(), alice.key.account_id());
    let device = Device::decode(&alice.devices[0].encode()).unwrap();
    assert_eq!(device.encode(), alice.devices[0].encode());
    assert_eq!(device.certificate(), alice.devices[0].certificate());
}

#[test]
fn stored_device_with_keys_of_another_is_corrupt() {
    let (alice, bob) = (Person::seeded(1), Person::seeded(2));
    let mut mixed = alice.devices[0].encode();
    let certificate = mixed.len() - DeviceCertificate::LENGTH;
    mixed[certificate..].copy_from_slice(&bob.certificate(0).encode());
    assert_eq!(Device::decode(&mixed).map(|_| ()), Err(StateError::Corrupt));

    let mut later = alice.devices[0].encode();
    later[1] = 2;
    assert_eq!(Device::decode(&later).map(|_| ()), Err(StateError::Unsupported));
    assert_eq!(
        Device::decode(&alice.key.encode()).map(|_| ()),
        Err(StateError::Corrupt)
    );
}

/// R-STO-4: what prints a device or an account key shows public parts only.
#[test]
fn debug_output_holds_no_secret() {
    let account = AccountKeyPair::from_seed(Secret::from_bytes([0xab; 32]));
    let keys = DeviceKeys::generate(&mut rng(3));
    let printed = format!("{account:?} {keys:?}");
    assert!(printed.contains(&account.account_id().to_string()));
    assert!(!printed.contains("abab"));
    assert!(!printed.contains("171, 171"));
}

fn plus_torsion(key: &X25519PublicKey, index: usize) -> X25519PublicKey {
    let point = MontgomeryPoint(key.to_bytes()).to_edwards(0).unwrap() + EIGHT_TORSION[index];
    X25519PublicKey::decode(point.to_montgomery().to_bytes()).unwrap()
}
