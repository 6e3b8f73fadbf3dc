use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;
use twotick_wire::{MAX_BODY, MAX_PAYLOAD, bucket_for, is_bucket};
use zeroize::Zeroizing;

use super::{unpad, unpad_in_place, write_padded};

/// R-MSG-3, D11: a length on the wire says which bucket it is and nothing else.
#[test]
fn every_length_up_to_70_000_becomes_a_bucket_or_is_refused() {
    let content = vec![0x5a; 70_000];
    let mut seen = Vec::new();
    for length in 0..=70_000 {
        let Some(bucket) = bucket_for(length, MAX_BODY) else {
            assert!(length + 4 > MAX_BODY);
            continue;
        };
        assert!(is_bucket(bucket, MAX_BODY));
        let padded = padded(&content[..length], MAX_BODY);
        assert_eq!(padded.len(), bucket);
        assert_eq!(unpad(&padded, MAX_BODY), Some(&content[..length]));
        if seen.last() != Some(&bucket) {
            seen.push(bucket);
        }
    }
    let multiples = (1..=16).map(|count| count * 4096);
    assert_eq!(
        seen,
        [256, 512, 1024, 2048]
            .into_iter()
            .chain(multiples)
            .collect::<Vec<_>>()
    );
}

/// R-MSG-4: one bit anywhere behind the content, or a bucket that is larger than it must be.
#[test]
fn padding_that_is_not_zero_or_not_minimal_is_refused() {
    let good = padded(b"ticks", MAX_PAYLOAD);
    for index in 9..good.len() {
        let mut bad = good.clone();
        bad[index] = 0x80;
        assert_eq!(unpad(&bad, MAX_PAYLOAD), None, "byte {index}");
    }
    let mut roomy = good.clone();
    roomy.resize(512, 0);
    assert_eq!(unpad(&roomy, MAX_PAYLOAD), None);
    assert_eq!(unpad(&good[..255], MAX_PAYLOAD), None);
}

/// R-MSG-4: the length inside is checked against what is there, and against the largest bucket.
#[test]
fn a_length_that_is_not_there_is_refused() {
    for length in [253, 256, 4092, u32::MAX - 3, u32::MAX] {
        let mut bad = vec![0; 256];
        bad[..4].copy_from_slice(&length.to_be_bytes());
        assert_eq!(unpad(&bad, MAX_PAYLOAD), None, "length {length}");
    }
    assert_eq!(unpad(&[], MAX_PAYLOAD), None);
    assert_eq!(unpad(&[0, 0, 0], MAX_PAYLOAD), None);
    let body = padded(&[1; 5000], MAX_BODY);
    assert_eq!(unpad(&body, MAX_PAYLOAD), None);
}

/// R-STO-4: the plaintext is moved inside the buffer it was opened in.
#[test]
fn unpadding_in_place_keeps_the_buffer() {
    let buffer = Zeroizing::new(padded(b"content", MAX_PAYLOAD));
    let place = buffer.as_ptr();
    let content = unpad_in_place(buffer, MAX_PAYLOAD).unwrap();
    assert_eq!(&content[..], b"content");
    assert_eq!(content.as_ptr(), place);
}

proptest! {
    /// R-MSG-4: what unpads was padded by the one rule there is.
    #[test]
    fn unpadding_inverts_padding_only(mut bytes in proptest::collection::vec(any::<u8>(), 0..600), tidy: bool) {
        if tidy && bytes.len() > 256 {
            bytes.truncate(256);
            bytes[..3].fill(0);
            let length = usize::from(bytes[3]).min(252);
            bytes[4 + length..].fill(0);
        }
        if let Some(content) = unpad(&bytes, MAX_PAYLOAD) {
            prop_assert_eq!(padded(content, MAX_PAYLOAD), bytes);
        }
    }
}

fn padded(content: &[u8], maximum: usize) -> Vec<u8> {
    let mut out = vec![0xff; bucket_for(content.len(), maximum).unwrap()];
    write_padded(content, &mut out);
    out
}
