//! Public keys and signatures, SPEC 3.

use alloc::boxed::Box;
use core::fmt;

use crate::{
    DecodeError, Reader, Writer,
    bytes::{Hex, byte_access, byte_formatting, byte_newtypes},
    codec::decode_all,
};

/// Bytes of an ML-KEM-1024 encapsulation key.
pub const KEM_PUBLIC_KEY_LENGTH: usize = 1568;

/// Bytes of an ML-KEM-1024 ciphertext.
pub const KEM_CIPHERTEXT_LENGTH: usize = 1568;

byte_newtypes! {
    /// An account's Ed25519 public key, SPEC 5.1. Unchecked: strict verification refuses bad ones (R-PRM-2).
    AccountKey[32];
    /// A device's Ed25519 public key, SPEC 5.2. Unchecked: strict verification refuses bad ones (R-PRM-2).
    DeviceSigningKey[32];
    /// An Ed25519 signature, not yet verified.
    Signature[64];
}

/// An X25519 public key that is canonical and not of small order, SPEC 3.3.
///
/// Whether it lies in the prime-order subgroup of the curve (R-PRM-4) is a check of the protocol, not of the format.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct X25519PublicKey([u8; 32]);

impl X25519PublicKey {
    /// How many bytes it has.
    pub const LENGTH: usize = 32;

    /// Accepts canonical encodings of points that are not of small order; others are `BadKey`, R-PRM-3.
    pub fn decode(bytes: [u8; 32]) -> Result<Self, DecodeError> {
        if is_canonical(&bytes) && !SMALL_ORDER.contains(&bytes) {
            Ok(Self(bytes))
        } else {
            Err(DecodeError::BadKey)
        }
    }

    byte_access!(32);

    /// Reads it as a field.
    pub fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Self::decode(reader.array()?)
    }
}

byte_formatting!(X25519PublicKey);

/// An ML-KEM-1024 encapsulation key of the right length, SPEC 3.4.
///
/// The modulus check (R-PRM-6) is left to the protocol, which has the arithmetic.
#[derive(Clone, PartialEq, Eq)]
pub struct KemPublicKey(Box<[u8; KEM_PUBLIC_KEY_LENGTH]>);

impl KemPublicKey {
    /// Copies exactly [`KEM_PUBLIC_KEY_LENGTH`] bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        decode_all(bytes, Self::decode_from)
    }

    /// Borrows the bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; KEM_PUBLIC_KEY_LENGTH] {
        &self.0
    }

    /// Reads it as a field.
    pub fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.array_ref().map(|bytes| Self(boxed(bytes)))
    }

    /// Writes it as a field.
    pub fn encode_to(&self, writer: &mut Writer) {
        writer.bytes(self.as_bytes());
    }
}

impl fmt::Debug for KemPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KemPublicKey({}..)", Hex(&self.0[..8]))
    }
}

/// Copies to the heap.
pub(crate) fn boxed<const N: usize>(bytes: &[u8; N]) -> Box<[u8; N]> {
    Box::new(*bytes)
}

/// Bit 255 is clear and the rest is under `2^255 - 19`.
fn is_canonical(bytes: &[u8; 32]) -> bool {
    let [first, middle @ .., last] = bytes;
    match *last {
        0x80.. => false,
        0x7f => *first < 0xed || middle.iter().any(|&byte| byte != 0xff),
        _ => true,
    }
}

/// The five canonical encodings of small order of SPEC 3.3: 0, 1, `2^255 - 20` and the two of order eight.
const SMALL_ORDER: [[u8; 32]; 5] = [
    [0; 32],
    little(1, 0, 0),
    little(0xec, 0xff, 0x7f),
    [
        0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda,
        0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00,
    ],
    [
        0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef, 0x5b, 0x04,
        0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57,
    ],
];

/// 32 bytes whose inner thirty are equal.
const fn little(first: u8, middle: u8, last: u8) -> [u8; 32] {
    let mut bytes = [middle; 32];
    bytes[0] = first;
    bytes[31] = last;
    bytes
}
