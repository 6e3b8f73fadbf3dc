//! Identifiers, times and fields, read and written one by one.

use proptest::prelude::*;
use twotick_wire::{
    DecodeError, DeviceId, KemPublicKey, ListHash, ListHead, ListHeadHash, Object, Reader, Signature,
    UnixTime, Writer,
};

use crate::fixture;

/// R-ENC-1.
#[test]
fn integers_are_big_endian_and_of_fixed_width() {
    let mut writer = Writer::with_capacity(15);
    writer.u8(0x01);
    writer.u16(0x0203);
    writer.u32(0x0405_0607);
    writer.u64(0x0809_0a0b_0c0d_0e0f);
    assert_eq!(
        writer.as_slice(),
        [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]
    );
    let bytes = writer.into_vec();
    let mut reader = Reader::new(&bytes);
    assert_eq!(reader.u8(), Ok(0x01));
    assert_eq!(reader.u16(), Ok(0x0203));
    assert_eq!(reader.u32(), Ok(0x0405_0607));
    assert_eq!((reader.position(), reader.remaining()), (7, 8));
    assert_eq!(reader.u64(), Ok(0x0809_0a0b_0c0d_0e0f));
    assert_eq!(reader.u8(), Err(DecodeError::Truncated));
    assert_eq!(reader.finish(), Ok(()));
}

/// R-ENC-5.
#[test]
fn reserved_bytes_are_zero_or_refused() {
    assert_eq!(Reader::new(&[0, 0, 0]).reserved(3), Ok(()));
    assert_eq!(
        Reader::new(&[0, 0, 1]).reserved(3),
        Err(DecodeError::NonZeroReserved)
    );
    assert_eq!(
        Reader::new(&[0x80]).reserved(1),
        Err(DecodeError::NonZeroReserved)
    );
    assert_eq!(Reader::new(&[0, 0]).reserved(3), Err(DecodeError::Truncated));
}

/// R-ENC-4, R-ENC-9.
#[test]
fn object_version_and_suite_are_read_as_they_are_written() {
    let mut writer = Writer::default();
    writer.object(Object::Payload);
    writer.version();
    writer.suite();
    assert_eq!(writer.as_slice(), [0x60, 0x01, 0x00, 0x01]);
    let mut reader = Reader::new(writer.as_slice());
    assert_eq!(
        reader.clone().object(Object::Receipt),
        Err(DecodeError::WrongObject { found: 0x60 })
    );
    assert_eq!(reader.object(Object::Payload), Ok(()));
    assert_eq!(reader.version(), Ok(()));
    assert_eq!(reader.suite(), Ok(()));
    assert_eq!(reader.finish(), Ok(()));
}

#[test]
fn identifiers_print_as_lower_hex() {
    let id = DeviceId::new([0x0a, 0x1b, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff]);
    assert_eq!(id.to_string(), "0a1b00000000000000000000000000ff");
    assert_eq!(format!("{id:?}"), "DeviceId(0a1b00000000000000000000000000ff)");
    assert_eq!(
        format!("{:?}", Signature::new([0xab; 64])),
        format!("Signature({})", "ab".repeat(64))
    );
    assert_eq!(
        format!("{:?}", KemPublicKey::decode(&[1; 1568])),
        "Ok(KemPublicKey(0101010101010101..))"
    );
}

#[test]
fn readers_and_writers_do_not_print_what_they_hold() {
    let mut writer = Writer::default();
    writer.bytes(&[0xee; 5]);
    assert_eq!(format!("{writer:?}"), "Writer { length: 5, .. }");
    assert_eq!(
        format!("{:?}", Reader::new(&[0xee; 5])),
        "Reader { position: 0, remaining: 5 }"
    );
}

#[test]
fn an_offer_does_not_print_its_secret() {
    let printed = format!("{:?}", fixture::link_offer());
    assert!(
        printed.starts_with("LinkOffer { secret: hidden, account_id: AccountId("),
        "{printed}"
    );
}

#[test]
fn a_list_head_is_the_epoch_and_half_of_the_hash() {
    let hash = ListHash::new(fixture::bytes(1));
    let head = ListHead {
        epoch: 9,
        hash: hash.head(),
    };
    let mut writer = Writer::default();
    head.encode_to(&mut writer);
    assert_eq!(
        writer.as_slice(),
        [&[0, 0, 0, 9], &hash.as_bytes()[..16]].concat()
    );
    assert_eq!(
        ListHead::decode_from(&mut Reader::new(writer.as_slice())),
        Ok(head)
    );
    assert_eq!(
        ListHead::decode_from(&mut Reader::new(&[0; 20])),
        Ok(ListHead::NONE)
    );
    assert_eq!(ListHead::NONE.hash, ListHeadHash::new([0; 16]));
}

#[test]
fn times_do_not_wrap() {
    let (early, late) = (UnixTime::new(10), UnixTime::new(25));
    assert_eq!(late.saturating_since(early), 15);
    assert_eq!(early.saturating_since(late), 0);
    assert_eq!(early.saturating_add(15), late);
    assert_eq!(late.saturating_add(u64::MAX), UnixTime::new(u64::MAX));
    assert!(early < late);
}

proptest! {
    #[test]
    fn identifiers_are_ordered_by_their_bytes(left in any::<[u8; 16]>(), right in any::<[u8; 16]>()) {
        prop_assert_eq!(DeviceId::new(left).cmp(&DeviceId::new(right)), left.cmp(&right));
    }
}
