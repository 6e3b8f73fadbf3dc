//! Each frame field by field, written out as SPEC 21 has it, R-ENC-1.

use twotick_wire::frame::{Attach, Hello, Page, ReceiptFor};
use twotick_wire::{Envelope, Grant};

use super::{sample, sample_relay};
use crate::fixture::{bytes, device, many, one_time_prekey, signed_prekey};

/// R-ENC-1, R-ATT-1, SPEC 21.1 and 22.1.
#[test]
fn attach() {
    let unsigned = [
        &[0xa0, 1, 1, 2, 3, 4],
        bytes::<32>(100).as_slice(),
        &many(101, 264),
        &bytes::<16>(102),
        &[0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18],
        &[0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28],
        &[0x01, 0x32],
        &[0x00, 0x14, 0x24, 0x34],
        &[1],
    ]
    .concat();
    let attach = sample::attach();
    let input = [&[13], b"relay.example".as_slice(), &unsigned].concat();
    assert_eq!(attach.signing_input(b"relay.example"), input);
    assert_eq!(attach.encode(), [unsigned.as_slice(), &bytes::<64>(103)].concat());
    assert_eq!(attach.encode().len(), Attach::LENGTH);
    let longest = attach.signing_input(&[b'a'; 255]);
    assert_eq!((longest[0], longest.len()), (255, 1 + 255 + 405 - 64));
}

/// R-ENC-1, SPEC 21.1.
#[test]
fn ack_and_receipts() {
    let receipt_for = [
        &bytes::<32>(106),
        bytes::<16>(107).as_slice(),
        &[0x20, 1, 2],
        &bytes::<16>(108),
        &bytes::<16>(109),
    ]
    .concat();
    assert_eq!(receipt_for.len(), ReceiptFor::LENGTH);
    let expected = [
        &[0xa1, 1, 1, 2, 3, 4, 1, 2, 3, 4, 5, 6, 7, 8],
        [0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18].as_slice(),
        &[0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28],
        &[0, 3, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3, 4],
        &[0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0, 2],
        &receipt_for,
        &receipt_for,
    ]
    .concat();
    assert_eq!(sample::ack().encode(), expected);
    let expected = [&[0xa9, 1, 1, 2, 3, 4, 0, 2], receipt_for.as_slice(), &receipt_for].concat();
    assert_eq!(sample::send_receipts().encode(), expected);
}

/// R-ENC-1, SPEC 21.1.
#[test]
fn send_and_ephemeral() {
    let messages = [
        &[0, 2],
        device(0).as_bytes().as_slice(),
        &[0, 0, 1, 0x5f],
        &many(0, 351),
        device(1).as_bytes(),
        &[0, 0, 1, 0x60],
        &many(1, 352),
    ]
    .concat();
    let account = |number: u8| {
        [
            &[number],
            [0xbb; 31].as_slice(),
            &bytes::<16>(110),
            &bytes::<16>(111),
            &[0, 0, 1, 9],
            &bytes::<16>(105),
            &[1],
            &messages,
        ]
        .concat()
    };
    let expected = [
        &[0xa2, 1, 1, 2, 3, 4],
        bytes::<16>(112).as_slice(),
        &[0, 0x12, 0x13, 0x14],
        &[0, 0, 1, 0x34],
        &many(113, 308),
        &[0, 2],
        &account(1),
        &account(2),
    ]
    .concat();
    assert_eq!(sample::send().encode(), expected);
    let expected = [
        &[0xa3, 1, 1, 2, 3, 4],
        bytes::<32>(114).as_slice(),
        &bytes::<16>(115),
        &bytes::<16>(116),
        &messages,
    ]
    .concat();
    assert_eq!(sample::ephemeral().encode(), expected);
}

/// R-ENC-1, SPEC 21.1 and 21.2.
#[test]
fn prekeys() {
    let mut frame = sample::publish_prekeys();
    let expected = [
        &[0xa4, 1, 1, 2, 3, 4, 1],
        signed_prekey().encode().as_slice(),
        &[0, 1],
        &one_time_prekey().encode(),
    ]
    .concat();
    assert_eq!(frame.encode(), expected);
    (frame.signed_prekey, frame.one_time_prekeys) = (None, vec![]);
    assert_eq!(frame.encode(), [0xa4, 1, 1, 2, 3, 4, 0, 0, 0]);
    let devices = [1, 2, 3].map(|number| device(number).to_bytes());
    let expected = [
        &[0xa5, 1, 1, 2, 3, 4],
        bytes::<32>(117).as_slice(),
        &bytes::<16>(118),
        &[0, 3],
        devices.as_flattened(),
    ]
    .concat();
    assert_eq!(sample::take_prekeys().encode(), expected);
    assert_eq!(encoded(10), [0xc8, 1, 1, 2, 3, 4, 0x0b, 0x0c]);
    let expected = [
        &[0xc9, 1, 1, 2, 3, 4, 0, 0, 0, 202],
        many(132, 202).as_slice(),
        &[0, 2, 0, 0, 7, 0x9f],
        &many(133, 1951),
        &[0, 0, 14, 0x23],
        &many(134, 3619),
    ]
    .concat();
    assert_eq!(sample_relay::bundles().encode(), expected);
}

/// R-ENC-1, SPEC 21.1 and 21.2.
#[test]
fn lists_and_capabilities() {
    let expected = [
        &[0xa6, 1, 1, 2, 3, 4, 0, 0, 0, 250],
        many(119, 250).as_slice(),
        &[0, 2],
        &bytes::<264>(0),
        &bytes::<264>(1),
    ]
    .concat();
    assert_eq!(sample::publish_list().encode(), expected);
    let expected = [
        &[0xa7, 1, 1, 2, 3, 4],
        bytes::<32>(120).as_slice(),
        &bytes::<16>(121),
    ]
    .concat();
    assert_eq!(sample::fetch_list().encode(), expected);
    let hash = |number: u8| [[number].as_slice(), &[0xcc; 31]].concat();
    let terms = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
    let expected = [
        &[0xa8, 1, 1, 2, 3, 4, 0, 2],
        hash(1).as_slice(),
        &hash(2),
        &[0, 2],
        &hash(3),
        &terms,
        &hash(4),
        &terms,
    ]
    .concat();
    assert_eq!(sample::change_capabilities().encode(), expected);
    assert_eq!(hash(3).len() + terms.len(), Grant::LENGTH);
    let expected = [
        &[0xca, 1, 1, 2, 3, 4, 0, 0, 0, 203],
        many(135, 203).as_slice(),
        &[0, 1],
        &bytes::<264>(0),
    ]
    .concat();
    assert_eq!(sample_relay::lists().encode(), expected);
}

/// R-ENC-1, SPEC 21.1 and 21.2.
#[test]
fn linking() {
    let expected = [&[0xaa, 1, 1, 2, 3, 4], bytes::<16>(122).as_slice()].concat();
    assert_eq!(sample::link_join().encode(), expected);
    let expected = [
        &[0xab, 1, 1, 2, 3, 4],
        bytes::<16>(123).as_slice(),
        &[1, 0x2c],
        &many(124, 300),
    ]
    .concat();
    assert_eq!(sample::link_send().encode(), expected);
    let expected = [&[0xd1, 1, 0, 0, 0, 0], bytes::<16>(137).as_slice(), &[0, 1, 138]].concat();
    assert_eq!(encoded(15), expected);
}

/// R-ENC-1, SPEC 21.2.
#[test]
fn challenge_hello_and_token() {
    let expected = [
        &[0xc0, 1, 0, 0, 0, 0],
        bytes::<32>(125).as_slice(),
        &[1, 2, 3, 4, 5, 6, 7, 8, 13],
        b"relay.example",
    ]
    .concat();
    assert_eq!(sample_relay::challenge().encode(), expected);
    let expected = [
        &[0xc1, 1, 1, 2, 3, 4],
        bytes::<16>(104).as_slice(),
        &[0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38],
        &[0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48],
        &[0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58],
        &[0x61, 0x62, 0x63, 0x64],
        &[0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78],
        &[0x81, 0x82, 0x83, 0x84, 0x91, 0x92, 0, 0, 1, 9],
        &bytes::<16>(105),
        &[0xa1, 0xa2, 0xb1, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7, 0xb8, 2],
    ]
    .concat();
    assert_eq!(sample_relay::hello().encode(), expected);
    assert_eq!(sample_relay::hello().encode().len(), Hello::LENGTH);
    let expected = [
        &[0xcb, 1, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8],
        bytes::<64>(136).as_slice(),
    ]
    .concat();
    assert_eq!(sample_relay::token().encode(), expected);
}

/// R-ENC-1, SPEC 21.2.
#[test]
fn pages() {
    let accepted = [0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18];
    let expected = [
        &[0xc2, 1, 0, 0, 0, 0, 0, 2],
        [0, 0, 0, 0, 0, 0, 0, 0xff].as_slice(),
        &accepted,
        &[0, 0, 1, 0x99],
        &many(126, 409),
        &[0, 0, 0, 0, 0, 0, 1, 0],
        &accepted,
        &[0, 0, 1, 0x9a],
        &many(126, 410),
    ]
    .concat();
    assert_eq!(sample_relay::page().encode(), expected);
    assert_eq!(Envelope::MIN_LENGTH, 409);
    assert_eq!(
        sample_relay::page().encode().len(),
        Page::OVERHEAD + 2 * 20 + 409 + 410
    );
    assert_eq!(encoded(5), [0xc3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2]);
    assert_eq!(
        encoded(6),
        [
            0xc4, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 4
        ]
    );
    let expected = [
        &[0xc5, 1, 0, 0, 0, 0, 0, 2],
        [0, 0, 0, 0, 0, 0, 1, 2, 1].as_slice(),
        &bytes::<32>(127),
        &sample::receipt().encode(),
        &[0, 0, 0, 0, 0, 0, 3, 4, 2],
        &bytes::<16>(128),
        &bytes::<16>(129),
        &920_u16.to_be_bytes(),
    ]
    .concat();
    assert_eq!(sample_relay::lane_page().encode(), expected);
    let expected = [&[0xd0, 1, 0, 0, 0, 0, 0, 0, 1, 0x99], many(139, 409).as_slice()].concat();
    assert_eq!(encoded(14), expected);
}

/// R-ENC-1, SPEC 21.2.
#[test]
fn answers_and_signals() {
    let expected = [
        &[0xc7, 1, 1, 2, 3, 4, 0, 2],
        bytes::<32>(130).as_slice(),
        &907_u16.to_be_bytes(),
        &[1, 2, 3, 4, 0, 0, 0, 0, 202],
        &many(131, 202),
        &bytes::<32>(129),
        &[0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0],
    ]
    .concat();
    assert_eq!(sample_relay::send_result().encode(), expected);
    assert_eq!(encoded(0), [0xbe, 1, 1, 2, 3, 4]);
    assert_eq!(encoded(1), [0xbf, 1, 1, 2, 3, 4]);
    assert_eq!(encoded(8), [0xc6, 1, 1, 2, 3, 4]);
    assert_eq!(encoded(16), [0xd2, 1, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    assert_eq!(encoded(17), [0xd3, 1, 1, 2, 3, 4, 1, 2, 3, 4, 5, 6]);
}

/// The bytes of one of the relay's samples.
fn encoded(index: usize) -> Vec<u8> {
    sample_relay::relay()[index].encode()
}
