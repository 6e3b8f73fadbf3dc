use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use twotick_wire::{BodyHash, MAX_BODY, MessageId, SharedBody, bucket_for, is_bucket};

use super::{BodyRefused, ContentTooLong, HEADER_LENGTH, associated, body_hash, commitment, sealing_key};
use super::{open_body, seal_body};
use crate::error::SendError;
use crate::padding::write_padded;
use crate::payload::BodyKey;
use crate::primitive::aead::{self, TAG_LENGTH};

mod salamander;

const ID: MessageId = MessageId::new([7; 16]);

/// R-MSG-6, R-PRM-7: what was sealed opens, under a 16-byte tag.
#[test]
fn a_body_opens_with_its_key_hash_and_message() {
    let key = key(1);
    let (body, hash) = seal_body(&key, &ID, b"a long text").unwrap();
    assert_eq!(body.len(), 36 + 256 + 16);
    assert_eq!(&open_body(&key, &hash, &ID, &body).unwrap()[..], b"a long text");
}

/// R-MSG-3, D11: lengths on both sides of each bucket, sealed.
#[test]
fn sealed_lengths_are_buckets_and_too_long_content_is_refused() {
    let key = key(2);
    let buckets = [256, 512, 1024, 2048]
        .into_iter()
        .chain((1..=16).map(|count| count * 4096));
    for length in buckets.flat_map(|bucket| [bucket - 5, bucket - 4, bucket - 3, bucket]) {
        let content = vec![0x11; length];
        match seal_body(&key, &ID, &content) {
            Ok((body, hash)) => {
                let sealed = SharedBody::decode(&body).unwrap().sealed.len();
                assert!(is_bucket(sealed - 16, MAX_BODY));
                assert_eq!(bucket_for(length, MAX_BODY), Some(sealed - 16));
                assert_eq!(open_body(&key, &hash, &ID, &body).as_deref(), Ok(&content));
            }
            Err(ContentTooLong) => assert!(length > 65_532),
        }
    }
    assert_eq!(SendError::from(ContentTooLong), SendError::ContentTooLong);
}

/// R-MSG-6: another hash, key, message id, or one changed bit anywhere, gives the same one refusal (R11).
#[test]
fn whatever_is_wrong_it_is_the_same_refusal() {
    let key = key(3);
    let (body, hash) = seal_body(&key, &ID, b"text").unwrap();
    let refused = |key: &BodyKey, hash: &BodyHash, id: &MessageId, body: &[u8]| {
        assert_eq!(open_body(key, hash, id, body), Err(BodyRefused));
    };
    refused(&key, &BodyHash::new([0; 32]), &ID, &body);
    refused(&self::key(4), &hash, &ID, &body);
    refused(&key, &hash, &MessageId::new([8; 16]), &body);
    refused(&key, &hash, &ID, &body[..body.len() - 1]);
    refused(&key, &hash, &ID, &[]);
    for index in 0..body.len() {
        let mut changed = body.clone();
        changed[index] ^= 1;
        refused(&key, &hash, &ID, &changed);
        refused(&key, &body_hash(&changed), &ID, &changed);
    }
}

/// R-MSG-4, R11: the tag verifies, the padding does not; it is refused as if the tag had not.
#[test]
fn bad_padding_under_a_good_tag_is_the_same_refusal() {
    let key = key(5);
    let mut padded = vec![0; 256];
    write_padded(b"text", &mut padded);
    assert_eq!(open_sealed(&key, &padded).as_deref(), Some(&b"text"[..]));
    for (index, byte) in [(0, 1), (2, 1), (3, 253), (3, 3), (8, 1), (255, 1)] {
        let mut bad = padded.clone();
        bad[index] = byte;
        assert_eq!(open_sealed(&key, &bad), None, "byte {index}");
    }
    padded.resize(512, 0);
    assert_eq!(open_sealed(&key, &padded), None);
}

/// R-MSG-6, R10: AES-GCM opens a crafted body under two keys, with good padding; only the commitment tells them apart.
#[test]
fn a_body_crafted_for_two_keys_opens_under_the_committed_one_only() {
    let (alice, bob) = (key(6), key(7));
    for (committed, allowed) in [(&alice, false), (&bob, true)] {
        let header = header(committed);
        let ad = associated(&header, &ID);
        let mut text = vec![0; 256 + TAG_LENGTH];
        write_padded(&[0x42; 252], &mut text[..256]);
        aead::seal(&sealing_key(&bob), &[0; 12], &ad, &mut text);
        text.truncate(256);
        let sealed = salamander::craft(&sealing_key(&alice), &sealing_key(&bob), &ad, text);
        for key in [&alice, &bob] {
            assert!(aead::open(&sealing_key(key), &[0; 12], &ad, &mut sealed.clone()).is_ok());
        }
        let body = [&header[..], &sealed].concat();
        assert_eq!(open_body(&bob, &body_hash(&body), &ID, &body).is_ok(), allowed);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// R-MSG-6: sealing and opening give back the content, and only under the key it was sealed with.
    #[test]
    fn sealing_then_opening_gives_the_content(seed: u64, content in proptest::collection::vec(any::<u8>(), 0..9000)) {
        let key = key(seed);
        let (body, hash) = seal_body(&key, &ID, &content).unwrap();
        let opened = open_body(&key, &hash, &ID, &body);
        prop_assert_eq!(opened.as_deref(), Ok(&content));
        prop_assert!(open_body(&self::key(seed.wrapping_add(1)), &hash, &ID, &body).is_err());
    }

    /// R-MSG-6: no input makes opening panic.
    #[test]
    fn garbage_is_refused(bytes in proptest::collection::vec(any::<u8>(), 0..700)) {
        prop_assert_eq!(open_body(&key(0), &body_hash(&bytes), &ID, &bytes), Err(BodyRefused));
    }
}

fn key(seed: u64) -> BodyKey {
    BodyKey::generate(&mut ChaCha20Rng::seed_from_u64(seed))
}

fn header(key: &BodyKey) -> [u8; HEADER_LENGTH] {
    SharedBody {
        commitment: *commitment(key).expose(),
        sealed: &[],
    }
    .header_bytes()
}

/// Opens `padded` after sealing it, with a hash, commitment and tag that are right.
fn open_sealed(key: &BodyKey, padded: &[u8]) -> Option<Vec<u8>> {
    let header = header(key);
    let mut sealed = [padded, &[0; TAG_LENGTH]].concat();
    aead::seal(
        &sealing_key(key),
        &[0; 12],
        &associated(&header, &ID),
        &mut sealed,
    );
    let body = [&header[..], &sealed].concat();
    open_body(key, &body_hash(&body), &ID, &body)
        .ok()
        .map(|content| content.to_vec())
}
