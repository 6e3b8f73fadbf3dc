//! Buckets, SPEC 11.2.

use proptest::prelude::*;
use twotick_wire::{DecodeError, MAX_BODY, MAX_PAYLOAD, RatchetMessage, SharedBody, bucket_for, is_bucket};

use crate::fixture;

/// R-MSG-3.
#[test]
fn buckets_are_powers_of_two_up_to_4096_then_multiples_of_it() {
    let buckets: Vec<usize> = (0..=20_480)
        .filter(|&length| is_bucket(length, MAX_BODY))
        .collect();
    assert_eq!(
        buckets,
        [256, 512, 1024, 2048, 4096, 8192, 12_288, 16_384, 20_480]
    );
    assert!(is_bucket(65_536, MAX_BODY) && !is_bucket(69_632, MAX_BODY));
    assert!(is_bucket(4096, MAX_PAYLOAD) && !is_bucket(8192, MAX_PAYLOAD));
}

/// R-MSG-3.
#[test]
fn content_goes_to_the_smallest_bucket_that_holds_it_and_its_length() {
    for (content, bucket) in [
        (0, 256),
        (252, 256),
        (253, 512),
        (508, 512),
        (509, 1024),
        (2044, 2048),
        (2045, 4096),
        (4092, 4096),
        (4093, 8192),
        (65_532, 65_536),
    ] {
        assert_eq!(bucket_for(content, MAX_BODY), Some(bucket), "{content}");
    }
    assert_eq!(bucket_for(4093, MAX_PAYLOAD), None);
    assert_eq!(bucket_for(65_533, MAX_BODY), None);
    assert_eq!(bucket_for(usize::MAX, usize::MAX), None);
    assert_eq!(bucket_for(usize::MAX - 4, usize::MAX), None);
}

/// R-MSG-3.
#[test]
fn sealed_lengths_that_are_no_bucket_are_refused() {
    for length in (0..=8300).chain(65_400..65_700).chain([69_632, 131_072]) {
        let body = fixture::shared_body(length);
        let expected = if is_bucket(length, MAX_BODY) {
            None
        } else {
            Some(DecodeError::NotABucket)
        };
        assert_eq!(SharedBody::decode(&body).err(), expected, "body of {length}");
        if length <= 8300 {
            let message = fixture::ratchet_message(length);
            let expected = if is_bucket(length, MAX_PAYLOAD) {
                None
            } else {
                Some(DecodeError::NotABucket)
            };
            assert_eq!(
                RatchetMessage::decode(&message).err(),
                expected,
                "message of {length}"
            );
        }
    }
}

proptest! {
    /// R-MSG-3.
    #[test]
    fn the_bucket_holds_the_content_and_no_smaller_one_does(content in 0..70_000_usize) {
        let smallest = (0..=MAX_BODY).step_by(256).find(|&length| is_bucket(length, MAX_BODY) && length >= content + 4);
        prop_assert_eq!(bucket_for(content, MAX_BODY), smallest);
    }
}
