//! Strict signatures (SPEC 3.2), and that no signature serves two purposes (SPEC 3.1).
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod household;

use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::scalar::Scalar;
use household::{DAY, NOW, Pen, Person, identity_key, unsigned};
use sha2::{Digest, Sha512};
use twotick_protocol::wire::{
    AccountKey, AccountRotation, DeviceCertificate, DeviceEntry, DeviceId, DeviceList, Label, ListHash,
    Signature,
};
use twotick_protocol::{
    Account, IdentityError, VerifiedCertificate, account_id, certificate_hash, list_hash,
};

/// R-PRM-2: with `A` and `R` of small order and `S = 0`, a lax verifier takes one signature for many texts.
#[test]
fn keys_and_points_of_small_order_sign_nothing() {
    let device = Pen::seeded(2);
    let honest = unsigned(&Pen::seeded(1), &device, identity_key(3));
    for key in SMALL_ORDER {
        let certificate = DeviceCertificate {
            account_key: AccountKey::new(bytes(key)),
            ..honest.clone()
        };
        for point in SMALL_ORDER {
            let signature: [u8; 64] = [bytes(point), [0; 32]].concat().try_into().unwrap();
            let forged = DeviceCertificate {
                account_signature: Signature::new(signature),
                ..certificate.clone()
            };
            assert_eq!(
                VerifiedCertificate::verify(forged, NOW),
                Err(IdentityError::BadAccountSignature)
            );
        }
    }
}

/// R-PRM-2: a signature has one encoding, so it cannot be changed into another that verifies.
#[test]
fn signature_with_a_larger_scalar_is_refused() {
    let mut list = Person::seeded(1).list;
    let expected = account_id(&list.account_key);
    let mut signature = list.signature.to_bytes();
    let order: [u8; 32] = bytes("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let mut carry = 0;
    for (byte, add) in signature[32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    list.signature = Signature::new(signature);
    let refused = Account::trust(expected, list, NOW).map(|_| ());
    assert_eq!(refused, Err(IdentityError::BadAccountSignature));
}

/// R-PRM-2: the equation is the one without cofactor. A key or an `R` with a component of small order fails it.
#[test]
fn signature_that_holds_only_up_to_the_cofactor_is_refused() {
    let (secret, nonce) = (Scalar::from(12_345_u64), Scalar::from(67_890_u64));
    let base = curve25519_dalek::constants::ED25519_BASEPOINT_POINT;
    let pen = Pen::seeded(1);
    for torsion in &EIGHT_TORSION[1..] {
        let (key, point) = (base * secret, base * nonce + torsion);
        let mut list = household::first_list(&pen, &pen.certify(&pen, unsigned(&pen, &pen, identity_key(3))));
        list.account_key = AccountKey::new(key.compress().to_bytes());
        let signed = [Label::SignDeviceList.framed(), &list.signing_input()].concat();
        let sign = |point: [u8; 32]| {
            let hash = Sha512::new()
                .chain_update(point)
                .chain_update(list.account_key.as_bytes());
            let challenge = Scalar::from_bytes_mod_order_wide(&hash.chain_update(&signed).finalize().into());
            let response = (nonce + challenge * secret).to_bytes();
            Signature::new([point, response].concat().try_into().unwrap())
        };
        let (honest, off) = (
            sign((base * nonce).compress().to_bytes()),
            sign(point.compress().to_bytes()),
        );
        let trust = |signature| {
            let list = DeviceList {
                signature,
                ..list.clone()
            };
            Account::trust(account_id(&list.account_key), list, NOW).map(|_| ())
        };
        assert_eq!(trust(honest), Ok(()), "the construction itself is sound");
        assert_eq!(trust(off), Err(IdentityError::BadAccountSignature));
    }
}

/// R-PRM-1, attack H4: every signature of every context, tried as every other. One pen holds all keys, so that only
/// the label keeps the contexts apart.
#[test]
fn signature_of_one_context_is_refused_in_every_other() {
    let pen = Pen::seeded(1);
    for (made_for, label) in SIGNING.iter().enumerate() {
        for (used_as, verify) in VERIFYING.iter().enumerate() {
            let accepted = verify(&pen, &|input: &[u8]| pen.sign(*label, input));
            assert_eq!(
                accepted,
                made_for == used_as,
                "{label:?} as {:?}",
                SIGNING[used_as]
            );
        }
    }
}

/// R-PRM-1, attack H4: neither does the signature of another object's bytes fit, under the label of that object.
#[test]
fn signature_over_another_object_is_refused() {
    let pen = Pen::seeded(1);
    let objects = objects(&pen);
    for (made_for, (label, bytes)) in objects.iter().enumerate() {
        for (used_as, verify) in VERIFYING.iter().enumerate() {
            let accepted = verify(&pen, &|_: &[u8]| pen.sign(*label, bytes));
            // The lists and the rotation are other ones than those verified, so nothing fits at all.
            assert!(
                !accepted,
                "{label:?} as {:?} ({made_for}, {used_as})",
                SIGNING[used_as]
            );
        }
    }
}

/// Verifies an object in which one signature, that of its context, is made by the given function.
type Verify = fn(&Pen, &dyn Fn(&[u8]) -> Signature) -> bool;

/// The contexts; the first five are verified below, the prekeys' where prekeys are.
const SIGNING: [Label; 7] = [
    Label::SignDeviceCertificate,
    Label::SignDeviceAcceptance,
    Label::SignDeviceList,
    Label::SignRotationOld,
    Label::SignRotationNew,
    Label::SignSignedPrekey,
    Label::SignOneTimePrekey,
];

const VERIFYING: [Verify; 5] = [
    |pen, sign| {
        let mut certificate = unsigned(pen, pen, identity_key(3));
        certificate.account_signature = sign(&certificate.account_signing_input());
        certificate.device_signature = pen.sign(SIGNING[1], &certificate.device_signing_input());
        VerifiedCertificate::verify(certificate, NOW).is_ok()
    },
    |pen, sign| {
        let mut certificate = unsigned(pen, pen, identity_key(3));
        certificate.account_signature = pen.sign(SIGNING[0], &certificate.account_signing_input());
        certificate.device_signature = sign(&certificate.device_signing_input());
        VerifiedCertificate::verify(certificate, NOW).is_ok()
    },
    |pen, sign| {
        let mut list = known_list(pen);
        list.signature = sign(&list.signing_input());
        Account::trust(account_id(&list.account_key), list, NOW).is_ok()
    },
    |pen, sign| {
        let (mut rotation, list) = rotation(pen);
        rotation.old_signature = sign(&rotation.old_signing_input());
        rotation.new_signature = Pen::seeded(2).sign(SIGNING[4], &rotation.new_signing_input());
        follows(pen, rotation, list)
    },
    |pen, sign| {
        // Here the context's key is the new one, so the signer's key is rotated *to*.
        let old = Pen::seeded(2);
        let (mut rotation, list) = rotation_between(&old, pen);
        rotation.old_signature = old.sign(SIGNING[3], &rotation.old_signing_input());
        rotation.new_signature = sign(&rotation.new_signing_input());
        follows(&old, rotation, list)
    },
];

fn known_list(pen: &Pen) -> DeviceList {
    household::first_list(pen, &pen.certify(pen, unsigned(pen, pen, identity_key(3))))
}

fn rotation(pen: &Pen) -> (AccountRotation, DeviceList) {
    rotation_between(pen, &Pen::seeded(2))
}

fn rotation_between(old: &Pen, new: &Pen) -> (AccountRotation, DeviceList) {
    let known = known_list(old);
    let rotation = AccountRotation {
        old_account_key: AccountKey::new(old.public()),
        new_account_key: AccountKey::new(new.public()),
        last_epoch: 1,
        last_list_hash: list_hash(&known),
        issued: NOW,
        old_signature: Signature::new([0; 64]),
        new_signature: Signature::new([0; 64]),
    };
    let certificate = new.certify(new, unsigned(new, new, identity_key(3)));
    let entry = DeviceEntry {
        device_id: certificate.device_id,
        certificate_hash: certificate_hash(&certificate),
    };
    let list = DeviceList {
        epoch: 2,
        previous: list_hash(&known),
        devices: vec![entry],
        ..known_list(new)
    };
    (rotation, new.sign_list(list))
}

fn follows(old: &Pen, rotation: AccountRotation, list: DeviceList) -> bool {
    let known = known_list(old);
    let mut account = Account::trust(account_id(&known.account_key), known, NOW).unwrap();
    account.follow(rotation, list, NOW).is_ok()
}

/// One object of each kind, other than those verified, with what is signed of it.
fn objects(pen: &Pen) -> Vec<(Label, Vec<u8>)> {
    let certificate = DeviceCertificate {
        device_id: DeviceId::new([9; 16]),
        ..unsigned(pen, pen, identity_key(4))
    };
    let certificate = pen.certify(pen, certificate);
    let list = household::first_list(pen, &certificate);
    let list = DeviceList {
        expires: list.issued.saturating_add(DAY),
        ..list
    };
    let rotation = AccountRotation {
        last_list_hash: ListHash::new([3; 32]),
        ..rotation(pen).0
    };
    vec![
        (SIGNING[0], certificate.account_signing_input().to_vec()),
        (SIGNING[1], certificate.device_signing_input().to_vec()),
        (SIGNING[2], list.signing_input()),
        (SIGNING[3], rotation.old_signing_input().to_vec()),
        (SIGNING[4], rotation.new_signing_input().to_vec()),
        (SIGNING[5], vec![4; 1684 - 64]),
        (SIGNING[6], vec![5; 1668 - 64]),
    ]
}

fn bytes(hex: &str) -> [u8; 32] {
    let digit = |index: usize| u8::from_str_radix(&hex[2 * index..2 * index + 2], 16).unwrap();
    core::array::from_fn(digit)
}

/// The table of SPEC 3.2.
const SMALL_ORDER: [&str; 14] = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
];
