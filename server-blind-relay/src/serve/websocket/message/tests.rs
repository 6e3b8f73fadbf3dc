//! What a client may send and how it is read, whole and in pieces.

use proptest::prelude::*;

use super::*;

/// R-TRN-4: a message is the same whether its bytes arrive at once or one by one, whole or in fragments.
#[test]
fn messages_are_the_same_in_any_pieces() {
    proptest!(|(payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..70_000), 1..4),
                fragments in 1_usize..4, piece in 1_usize..9_000, mask in any::<[u8; 4]>())| {
        let bytes: Vec<u8> = payloads.iter().flat_map(|payload| fragmented(payload, fragments, mask)).collect();
        let (mut decoder, mut incoming) = (Decoder::default(), VecDeque::new());
        for piece in bytes.chunks(piece) {
            decoder.feed(piece, &mut incoming).expect("a good message");
        }
        let expected: VecDeque<_> = payloads.into_iter().map(|payload| Incoming::Frame(payload.into())).collect();
        prop_assert_eq!(incoming, expected);
        prop_assert!(decoder.partial.is_empty() && decoder.partial.capacity() == 0);
    });
}

/// R-TRN-4, R-FRM-1: arbitrary bytes give messages or a violation, and hold no more than a frame.
#[test]
fn arbitrary_bytes_are_taken_or_refused() {
    proptest!(|(bytes in prop::collection::vec(any::<u8>(), 0..600), piece in 1_usize..50)| {
        let (mut decoder, mut incoming) = (Decoder::default(), VecDeque::new());
        for piece in bytes.chunks(piece) {
            if decoder.feed(piece, &mut incoming).is_err() {
                break;
            }
            prop_assert!(decoder.partial.len() <= MAX_FRAME + 14);
        }
    });
}

/// R-TRN-4: each of these is closed with 4400.
#[test]
fn what_rfc_6455_forbids_is_malformed() {
    let cases: [(&str, &[u8]); 10] = [
        ("a text message", &[0x81, 0x80, 0, 0, 0, 0]),
        ("no mask", &[0x82, 0x01, 0]),
        ("a reserved bit", &[0xc2, 0x80, 0, 0, 0, 0]),
        ("an opcode that does not exist", &[0x83, 0x80, 0, 0, 0, 0]),
        ("a continuation of nothing", &[0x80, 0x80, 0, 0, 0, 0]),
        (
            "a new message within a message",
            &[0x02, 0x80, 0, 0, 0, 0, 0x82, 0x80, 0, 0, 0, 0],
        ),
        ("a ping in fragments", &[0x09, 0x80, 0, 0, 0, 0]),
        ("a long ping", &[0x89, 0xfe, 0, 126, 0, 0, 0, 0]),
        (
            "a length that is longer than needed",
            &[0x82, 0xfe, 0, 125, 0, 0, 0, 0],
        ),
        (
            "a length that is much longer than needed",
            &[0x82, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0],
        ),
    ];
    for (what, bytes) in cases {
        let outcome = Decoder::default().feed(bytes, &mut VecDeque::new());
        assert_eq!(outcome, Err(Violation::Malformed), "{what}");
    }
}

/// R-FRM-1: the limit counts for a whole message, and is known from its head: nothing is held for what is too large.
#[test]
fn one_byte_over_the_limit_is_too_large() {
    let (mut decoder, mut incoming) = (Decoder::default(), VecDeque::new());
    decoder
        .feed(&fragmented(&vec![1; MAX_FRAME], 1, [9; 4]), &mut incoming)
        .expect("the limit");
    decoder
        .feed(&fragmented(&vec![1; MAX_FRAME], 3, [9; 4]), &mut incoming)
        .expect("the limit");
    assert_eq!(incoming.len(), 2);
    for fragments in [1, 3] {
        let over = fragmented(&vec![1; MAX_FRAME + 1], fragments, [9; 4]);
        assert_eq!(decoder.feed(&over, &mut incoming), Err(Violation::TooLarge));
        decoder = Decoder::default();
    }
    let head = [0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0];
    assert_eq!(decoder.feed(&head, &mut incoming), Err(Violation::TooLarge));
    assert_eq!(decoder.partial.capacity(), 0);
}

#[test]
fn what_goes_out_has_the_shortest_head_and_is_written_in_any_pieces() {
    proptest!(|(length in prop_oneof![0_usize..300, 65_500_usize..65_600], piece in 1_usize..999)| {
        let payload = Bytes::from(vec![7; length]);
        let mut outgoing = Outgoing::frame(payload.clone());
        let (mut written, mut of_payload) = (Vec::new(), 0);
        prop_assert!(outgoing.is_untouched());
        while !outgoing.is_written() {
            let rest = outgoing.rest().concat();
            let mut step = piece;
            of_payload += outgoing.advance(&mut step);
            written.extend_from_slice(&rest[..piece - step]);
        }
        let head = if length < 126 { 2 } else if length < 65_536 { 4 } else { 10 };
        prop_assert_eq!(written.len(), head + length);
        prop_assert_eq!(of_payload, length);
        prop_assert_eq!(written[0], 0x82);
    });
}

/// A client's message in so many fragments.
fn fragmented(payload: &[u8], fragments: usize, mask: [u8; 4]) -> Vec<u8> {
    let size = payload.len().div_ceil(fragments).max(1);
    let mut parts: Vec<&[u8]> = payload.chunks(size).collect();
    if parts.is_empty() {
        parts.push(&[]);
    }
    let last = parts.len() - 1;
    let mut bytes = Vec::new();
    for (index, part) in parts.into_iter().enumerate() {
        bytes.push(if index == 0 { 0x02 } else { 0x00 } | if index == last { 0x80 } else { 0 });
        match part.len() {
            length @ 0..=125 => bytes.push(0x80 | u8::try_from(length).expect("short")),
            length @ 126..=65_535 => {
                bytes.push(0x80 | 126);
                bytes.extend(u16::try_from(length).expect("short").to_be_bytes());
            }
            length => {
                bytes.push(0x80 | 127);
                bytes.extend((length as u64).to_be_bytes());
            }
        }
        bytes.extend(mask);
        bytes.extend(
            part.iter()
                .zip(mask.iter().cycle())
                .map(|(byte, mask)| byte ^ mask),
        );
    }
    bytes
}
