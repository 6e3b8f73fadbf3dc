//! Every Wycheproof case for the primitives of SPEC 3, against the crates the protocol links.
//!
//! Each test asserts how many cases ran: a file that is empty, or that changed, fails.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce, Tag};
use curve25519_dalek::montgomery::MontgomeryPoint;
use ed25519_dalek::{Signature, VerifyingKey};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use libcrux_ml_kem::mlkem1024 as libcrux;
use ml_kem::kem::{Decapsulate, KeyExport};
use ml_kem::ml_kem_1024::{DecapsulationKey, EncapsulationKey};
use sha2::Sha256;
use twotick_wire::X25519PublicKey;
use wycheproof::{TestResult, aead, eddsa, mac, mlkem, xdh};
use x25519_dalek::{PublicKey, StaticSecret};

/// R-PRM-3, R-PRM-4, R-PRM-5: what is refused is exactly what is not canonical or of small order, and then what is on
/// the twist; all else agrees.
#[test]
fn x25519() {
    let mut ran = Ran::default();
    for test in set(xdh::TestName::X25519, xdh::TestSet::load)
        .test_groups
        .into_iter()
        .flat_map(|group| group.tests)
    {
        let public: [u8; 32] = array(&test.public_key).expect("32 bytes, in every case");
        let secret = StaticSecret::from(array::<32>(&test.private_key).expect("32 bytes, in every case"));
        let shared = secret.diffie_hellman(&PublicKey::from(public));
        assert_eq!(
            shared.as_bytes()[..],
            test.shared_secret[..],
            "case {}",
            test.tc_id
        );

        let flagged = |flag| test.flags.contains(&flag);
        let is_zero = flagged(xdh::TestFlag::ZeroSharedSecret);
        assert_eq!(shared.was_contributory(), !is_zero, "case {}", test.tc_id);
        let is_canonical = !flagged(xdh::TestFlag::NonCanonicalPublic) && public[31] & 0x80 == 0;
        let accepted = X25519PublicKey::decode(public).is_ok();
        assert_eq!(accepted, is_canonical && !is_zero, "case {}", test.tc_id);
        if accepted {
            let is_on_curve = MontgomeryPoint(public).to_edwards(0).is_some();
            assert_eq!(is_on_curve, !flagged(xdh::TestFlag::Twist), "case {}", test.tc_id);
        }
        if test.result == TestResult::Valid {
            assert!(accepted, "case {}", test.tc_id);
        }
        ran.count(accepted);
    }
    assert_eq!(
        ran,
        Ran {
            accepted: 474,
            refused: 44
        }
    );
}

/// R-PRM-2: the strict verifier agrees with every case; none is a matter of taste.
#[test]
fn ed25519() {
    let mut ran = Ran::default();
    for group in set(eddsa::TestName::Ed25519, eddsa::TestSet::load).test_groups {
        let key = VerifyingKey::from_bytes(&array(&group.key.pk).expect("32 bytes")).expect("a point");
        for test in group.tests {
            let signature = array(&test.sig).map(|bytes| Signature::from_bytes(&bytes));
            let verified = signature.is_some_and(|it| key.verify_strict(&test.msg, &it).is_ok());
            assert_eq!(verified, test.result == TestResult::Valid, "case {}", test.tc_id);
            ran.count(verified);
        }
    }
    assert_eq!(
        ran,
        Ran {
            accepted: 88,
            refused: 63
        }
    );
}

/// R-PRM-7: 256-bit keys, 96-bit nonces, 128-bit tags, in place and detached as the protocol calls it.
#[test]
fn aes_256_gcm() {
    let mut ran = Ran::default();
    let groups = set(aead::TestName::AesGcm, aead::TestSet::load).test_groups;
    for group in groups
        .into_iter()
        .filter(|group| (group.key_size, group.nonce_size) == (256, 96))
    {
        assert_eq!(group.tag_size, 128);
        for test in group.tests {
            let cipher = Aes256Gcm::new_from_slice(&test.key).expect("256 bits");
            let nonce = Nonce::from(array::<12>(&test.nonce).expect("96 bits"));
            let tag = array::<16>(&test.tag).expect("128 bits");
            let mut opened = test.ct.to_vec();
            let result = cipher.decrypt_inout_detached(
                &nonce,
                &test.aad,
                opened.as_mut_slice().into(),
                &Tag::from(tag),
            );
            assert_eq!(
                result.is_ok(),
                test.result == TestResult::Valid,
                "case {}",
                test.tc_id
            );
            if result.is_ok() {
                assert_eq!(opened[..], test.pt[..], "case {}", test.tc_id);
                let made = cipher.encrypt_inout_detached(&nonce, &test.aad, opened.as_mut_slice().into());
                assert_eq!(made.expect("short input")[..], tag, "case {}", test.tc_id);
                assert_eq!(opened[..], test.ct[..], "case {}", test.tc_id);
            }
            ran.count(result.is_ok());
        }
    }
    assert_eq!(
        ran,
        Ran {
            accepted: 39,
            refused: 27
        }
    );
}

/// R-PRM-1: extract and expand; more than 8,160 bytes are refused.
#[test]
fn hkdf_sha_256() {
    let mut ran = Ran::default();
    let groups = set(
        wycheproof::hkdf::TestName::HkdfSha256,
        wycheproof::hkdf::TestSet::load,
    )
    .test_groups;
    for test in groups.into_iter().flat_map(|group| group.tests) {
        let salt = (!test.salt.is_empty()).then_some(&test.salt[..]);
        let mut out = vec![0; test.size];
        let expanded = Hkdf::<Sha256>::new(salt, &test.ikm).expand(&test.info, &mut out);
        assert_eq!(
            expanded.is_ok(),
            test.result == TestResult::Valid,
            "case {}",
            test.tc_id
        );
        if expanded.is_ok() {
            assert_eq!(out[..], test.okm[..], "case {}", test.tc_id);
        }
        ran.count(expanded.is_ok());
    }
    assert_eq!(
        ran,
        Ran {
            accepted: 83,
            refused: 3
        }
    );
}

/// R-PRM-1: whole tags and tags cut to 16 bytes, as receipts have them (SPEC 14.1).
#[test]
fn hmac_sha_256() {
    let mut ran = Ran::default();
    for group in set(mac::TestName::HmacSha256, mac::TestSet::load).test_groups {
        for test in group.tests {
            let mut state = Hmac::<Sha256>::new_from_slice(&test.key).expect("keys of any length");
            state.update(&test.msg);
            let is_good = match group.tag_size {
                256 => state.verify_slice(&test.tag).is_ok(),
                _ => state.verify_truncated_left(&test.tag).is_ok(),
            };
            assert_eq!(is_good, test.result == TestResult::Valid, "case {}", test.tc_id);
            ran.count(is_good);
        }
    }
    assert_eq!(
        ran,
        Ran {
            accepted: 66,
            refused: 108
        }
    );
}

/// R-PRM-6: a seed gives the key pair FIPS 203 says, from both crates.
#[test]
fn ml_kem_1024_key_generation() {
    let mut ran = Ran::default();
    for test in kem_tests(mlkem::TestName::MlKem1024KeyGenSeed) {
        let seed = array(&bytes(test.seed)).expect("64 bytes");
        let [public, expected] = [public_key(seed), bytes(test.encaps_key)];
        assert_eq!(public[..], expected[..], "case {}", test.tc_id);
        let (private, public) = libcrux::generate_key_pair(seed).into_parts();
        assert_eq!(public.as_slice()[..], expected[..], "case {}", test.tc_id);
        assert_eq!(
            private.as_slice()[..],
            bytes(test.decaps_key)[..],
            "case {}",
            test.tc_id
        );
        ran.count(true);
    }
    assert_eq!(
        ran,
        Ran {
            accepted: 100,
            refused: 0
        }
    );
}

/// R-PRM-6: seeds and ciphertexts of another length are refused; all others decapsulate, rejected implicitly or not.
#[test]
fn ml_kem_1024_decapsulation() {
    let mut ran = Ran::default();
    for test in kem_tests(mlkem::TestName::MlKem1024) {
        let input = array::<64>(&bytes(test.seed)).zip(array::<1568>(&bytes(test.ct)));
        assert_eq!(
            input.is_some(),
            test.result == TestResult::Valid,
            "case {}",
            test.tc_id
        );
        if let Some((seed, ciphertext)) = input {
            let expected = bytes(test.shared_secret);
            assert_eq!(
                public_key(seed)[..],
                bytes(test.encaps_key)[..],
                "case {}",
                test.tc_id
            );
            let shared = DecapsulationKey::from_seed(seed.into()).decapsulate(&ciphertext.into());
            assert_eq!(shared[..], expected[..], "case {}", test.tc_id);
            let (private, _) = libcrux::generate_key_pair(seed).into_parts();
            assert_eq!(
                libcrux::decapsulate(&private, &ciphertext.into())[..],
                expected[..],
                "case {}",
                test.tc_id
            );
        }
        ran.count(input.is_some());
    }
    assert_eq!(
        ran,
        Ran {
            accepted: 162,
            refused: 40
        }
    );
}

/// R-PRM-6: keys that fail the modulus check are refused by both crates; all others give the same ciphertext.
#[test]
fn ml_kem_1024_encapsulation() {
    let mut ran = Ran::default();
    for test in kem_tests(mlkem::TestName::MlKem1024Encaps) {
        let m = array::<32>(&bytes(test.msg)).expect("32 bytes");
        let key = array::<1568>(&bytes(test.encaps_key));
        let ours = key.and_then(|key| EncapsulationKey::new(&key.into()).ok());
        let theirs = key
            .map(libcrux::MlKem1024PublicKey::from)
            .filter(libcrux::validate_public_key);
        assert_eq!(
            ours.is_some(),
            test.result == TestResult::Valid,
            "case {}",
            test.tc_id
        );
        assert_eq!(
            theirs.is_some(),
            test.result == TestResult::Valid,
            "case {}",
            test.tc_id
        );
        ran.count(ours.is_some());
        if let Some((ours, theirs)) = ours.zip(theirs) {
            let expected = (bytes(test.ct), bytes(test.shared_secret));
            let (ciphertext, shared) = ours.encapsulate_deterministic(&m.into());
            assert_eq!(
                (ciphertext.to_vec(), shared.to_vec()),
                expected,
                "case {}",
                test.tc_id
            );
            let (ciphertext, shared) = libcrux::encapsulate(&theirs, m);
            assert_eq!(
                (ciphertext.as_slice().to_vec(), shared.to_vec()),
                expected,
                "case {}",
                test.tc_id
            );
        }
    }
    assert_eq!(
        ran,
        Ran {
            accepted: 133,
            refused: 136
        }
    );
}

/// R-PRM-6: the expanded key form, which the protocol does not store: libcrux checks its hash and decapsulates.
#[test]
fn ml_kem_1024_expanded_decapsulation() {
    let mut ran = Ran::default();
    for test in kem_tests(mlkem::TestName::MlKem1024SemiExpandedDecaps) {
        let input = array::<3168>(&bytes(test.decaps_key)).zip(array::<1568>(&bytes(test.ct)));
        let input = input.map(|(key, ciphertext)| {
            (
                libcrux::MlKem1024PrivateKey::from(key),
                libcrux::MlKem1024Ciphertext::from(ciphertext),
            )
        });
        let input = input.filter(|(key, ciphertext)| libcrux::validate_private_key(key, ciphertext));
        assert_eq!(
            input.is_some(),
            test.result == TestResult::Valid,
            "case {}",
            test.tc_id
        );
        ran.count(input.is_some());
        if let Some((key, ciphertext)) = input {
            let shared = libcrux::decapsulate(&key, &ciphertext);
            assert_eq!(shared[..], bytes(test.shared_secret)[..], "case {}", test.tc_id);
        }
    }
    assert_eq!(
        ran,
        Ran {
            accepted: 3,
            refused: 6
        }
    );
}

/// How many cases were accepted and refused.
#[derive(Debug, Default, PartialEq, Eq)]
struct Ran {
    accepted: usize,
    refused: usize,
}

impl Ran {
    fn count(&mut self, accepted: bool) {
        if accepted {
            self.accepted += 1;
        } else {
            self.refused += 1;
        }
    }
}

fn set<N, S>(name: N, load: fn(N) -> Result<S, wycheproof::WycheproofError>) -> S {
    load(name).expect("the crate's own data")
}

fn kem_tests(name: mlkem::TestName) -> impl Iterator<Item = mlkem::Test> {
    let groups = set(name, mlkem::TestSet::load).test_groups;
    groups.into_iter().flat_map(|group| group.tests)
}

fn public_key(seed: [u8; 64]) -> Vec<u8> {
    DecapsulationKey::from_seed(seed.into())
        .encapsulation_key()
        .to_bytes()
        .to_vec()
}

fn bytes(field: Option<wycheproof::ByteString>) -> Vec<u8> {
    field.map(|bytes| bytes.to_vec()).unwrap_or_default()
}

fn array<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    bytes.try_into().ok()
}
