//! Dodis, Grubbs, Ristenpart, Woodage: one AES-GCM ciphertext and tag that verify under two keys.
//!
//! GHASH is linear: with all blocks but one chosen, that one follows from the two equations for one tag.

use alloc::vec::Vec;

use crate::primitive::aead;
use crate::secret::Secret;

/// Replaces the second block of `text` and adds the tag, so that it opens under both keys with nonce zero.
pub(super) fn craft(
    first: &Secret<32>,
    second: &Secret<32>,
    associated: &[u8],
    mut text: Vec<u8>,
) -> Vec<u8> {
    let keys = [Authenticator::of(first), Authenticator::of(second)];
    text[16..32].fill(0);
    let [a, b] = [0, 1].map(|index: usize| keys[index].tag(associated, &text));
    let exponent = text.len() / 16;
    let slope = power(keys[0].h, exponent) ^ power(keys[1].h, exponent);
    text[16..32].copy_from_slice(&multiply(a ^ b, inverse(slope)).to_be_bytes());
    let tag = keys[0].tag(associated, &text);
    assert_eq!(tag, keys[1].tag(associated, &text));
    text.extend_from_slice(&tag.to_be_bytes());
    text
}

/// What authenticates under one key and nonce zero, found from outside by two seals of nothing.
struct Authenticator {
    h: u128,
    mask: u128,
}

impl Authenticator {
    fn of(key: &Secret<32>) -> Self {
        let mask = tag_of_nothing(key, &[]);
        let one_zero_block = tag_of_nothing(key, &[0; 16]);
        Self {
            h: multiply(one_zero_block ^ mask, inverse(128 << 64)),
            mask,
        }
    }

    fn tag(&self, associated: &[u8], text: &[u8]) -> u128 {
        let lengths = (8 * associated.len() as u128) << 64 | (8 * text.len() as u128);
        let blocks = associated
            .chunks(16)
            .chain(text.chunks(16))
            .map(block)
            .chain([lengths]);
        blocks.fold(0, |sum, block| multiply(sum ^ block, self.h)) ^ self.mask
    }
}

fn tag_of_nothing(key: &Secret<32>, associated: &[u8]) -> u128 {
    let mut tag = [0; 16];
    aead::seal(key, &[0; 12], associated, &mut tag);
    u128::from_be_bytes(tag)
}

fn block(bytes: &[u8]) -> u128 {
    let mut block = [0; 16];
    block[..bytes.len()].copy_from_slice(bytes);
    u128::from_be_bytes(block)
}

/// Multiplication in GHASH's field (SP 800-38D, algorithm 1): the leftmost bit is the constant term.
fn multiply(x: u128, mut y: u128) -> u128 {
    let mut product = 0;
    for bit in (0..128).rev() {
        if x >> bit & 1 == 1 {
            product ^= y;
        }
        y = if y & 1 == 1 { y >> 1 ^ 0xe1 << 120 } else { y >> 1 };
    }
    product
}

fn power(x: u128, exponent: usize) -> u128 {
    (0..exponent).fold(1 << 127, |product, _| multiply(product, x))
}

/// `x^(2^128 - 2)`.
fn inverse(x: u128) -> u128 {
    let mut square = x;
    (1..128).fold(1 << 127, |product, _| {
        square = multiply(square, square);
        multiply(product, square)
    })
}
