//! X25519 public keys, SPEC 3.3.

use proptest::prelude::*;
use twotick_wire::{
    DecodeError, DeviceCertificate, InitialHeader, KemPublicKey, LinkHello, LinkRequest, LinkReveal,
    OneTimePrekey, SignedPrekey, X25519PublicKey,
};

use crate::fixture;

/// R-PRM-3.
#[test]
fn points_of_small_order_are_refused_in_every_encoding() {
    for encoding in SMALL_ORDER.map(key) {
        assert_eq!(
            X25519PublicKey::decode(encoding),
            Err(DecodeError::BadKey),
            "{encoding:02x?}"
        );
        let mut high = encoding;
        high[31] |= 0x80;
        assert_eq!(
            X25519PublicKey::decode(high),
            Err(DecodeError::BadKey),
            "{high:02x?}"
        );
    }
}

/// R-PRM-3.
#[test]
fn the_largest_canonical_key_is_accepted_and_the_next_refused() {
    // 2^255 - 21 and on: the first is the last accepted one, 2^255 - 20 is of small order, the rest not canonical.
    for first in 0xeb..=0xff {
        let mut encoding = [0xff; 32];
        (encoding[0], encoding[31]) = (first, 0x7f);
        assert_eq!(
            X25519PublicKey::decode(encoding).is_ok(),
            first == 0xeb,
            "{first:#04x}"
        );
    }
}

/// R-PRM-3.
#[test]
fn bit_255_is_refused_and_not_masked() {
    let mut encoding = fixture::x25519(1).to_bytes();
    assert!(X25519PublicKey::decode(encoding).is_ok());
    encoding[31] |= 0x80;
    assert_eq!(X25519PublicKey::decode(encoding), Err(DecodeError::BadKey));
}

/// R-PRM-3: the key is refused when the structure that holds it is decoded.
#[test]
fn every_structure_refuses_a_bad_key() {
    fn refuses<T>(mut bytes: Vec<u8>, at: usize, decode: impl Fn(&[u8]) -> Result<T, DecodeError>) {
        assert!(decode(&bytes).is_ok());
        bytes[at..at + 32].copy_from_slice(&key(SMALL_ORDER[3]));
        assert_eq!(decode(&bytes).err(), Some(DecodeError::BadKey));
    }
    refuses(
        fixture::certificate().encode().to_vec(),
        84,
        DeviceCertificate::decode,
    );
    refuses(fixture::signed_prekey().encode(), 4, SignedPrekey::decode);
    refuses(fixture::one_time_prekey().encode(), 4, OneTimePrekey::decode);
    refuses(fixture::initial_header(None).encode(), 303, InitialHeader::decode);
    refuses(fixture::link_request().encode().to_vec(), 48, LinkRequest::decode);
    let (ephemeral, mac, nonce) = (fixture::x25519(2), [3; 32], [4; 32]);
    refuses(
        LinkHello { ephemeral, mac }.encode().to_vec(),
        2,
        LinkHello::decode,
    );
    refuses(
        LinkReveal { ephemeral, nonce }.encode().to_vec(),
        2,
        LinkReveal::decode,
    );
}

#[test]
fn a_kem_key_is_exactly_1568_bytes() {
    assert!(KemPublicKey::decode(&[7; 1568]).is_ok());
    assert_eq!(KemPublicKey::decode(&[7; 1567]), Err(DecodeError::Truncated));
    assert_eq!(
        KemPublicKey::decode(&[7; 1570]),
        Err(DecodeError::TrailingBytes { count: 2 })
    );
}

proptest! {
    /// R-PRM-3, against a comparison of whole numbers.
    #[test]
    fn keys_are_accepted_if_they_are_under_the_prime(
        low in any::<[u8; 2]>(),
        high in any::<[u8; 2]>(),
        ones in any::<bool>(),
    ) {
        let mut encoding = [if ones { 0xff } else { 0x5a }; 32];
        (encoding[0], encoding[1]) = (low[0], if ones { 0xff } else { low[1] });
        (encoding[30], encoding[31]) = (if ones { 0xff } else { high[0] }, high[1]);
        let mut prime = [0xff; 32];
        (prime[0], prime[31]) = (0xed, 0x7f);
        let under = encoding.iter().rev().lt(prime.iter().rev());
        let minus_one = encoding[0] == 0xec && ones && encoding[31] == 0x7f;
        prop_assert_eq!(X25519PublicKey::decode(encoding).is_ok(), under && !minus_one);
    }
}

/// The encodings of points of small order: five canonical ones, then those of 2^255 - 19 and more.
const SMALL_ORDER: [&str; 12] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "cdeb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b880",
    "4c9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f11d7",
    "d9ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "daffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "dbffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
];

fn key(hex: &str) -> [u8; 32] {
    assert_eq!(hex.len(), 64);
    core::array::from_fn(|index| u8::from_str_radix(&hex[2 * index..2 * index + 2], 16).unwrap_or_default())
}
