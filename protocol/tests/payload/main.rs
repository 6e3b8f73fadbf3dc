//! Payloads, SPEC 11.1.

use twotick_protocol::wire::{
    AccountId, BodyHash, ConversationId, DecodeError, HistoryLink, ListHead, ListHeadHash, MessageId,
};
use twotick_protocol::{BodyKey, Content, Message, Payload, PayloadContent, ReceiptKey, Secret};
use zeroize::Zeroizing;

mod properties;

/// R-MSG-2, R-ENC-3: the layout of SPEC 11.1, field by field.
#[test]
fn a_message_is_laid_out_as_specified() {
    let head = |epoch, byte| ListHead {
        epoch,
        hash: ListHeadHash::new([byte; 16]),
    };
    let content = PayloadContent::Message(message(2, true, inline(b"hi")));
    let payload = Payload {
        own: head(3, 0xaa),
        peer: head(4, 0xbb),
        content,
    };
    let expected = [
        &[0x60, 1, 1, 1][..],
        &[0, 0, 0, 3],
        &[0xaa; 16],
        &[0, 0, 0, 4],
        &[0xbb; 16],
        &[1; 16],
        &[0, 0, 0, 0, 0, 0, 0, 5],
        &[0, 0, 0, 6],
        &[0, 0, 0, 0, 0, 0, 0, 7],
        &[8; 16],
        &[2],
        &[0; 16],
        &[1; 16],
        &[1, 0, 2],
        b"hi",
    ];
    assert_eq!(payload.encode()[..], expected.concat());
}

/// R-MSG-2, R-STO-4: the encoding has its exact size from the start, so it never moves and leaves nothing behind.
#[test]
fn encoding_allocates_once() {
    for payload in one_of_each() {
        let bytes = payload.encode();
        assert_eq!(
            (bytes.len(), bytes.capacity()),
            (payload.encoded_len(), payload.encoded_len())
        );
    }
}

/// R-MSG-2, R-ENC-2: every prefix, and every prolongation.
#[test]
fn a_payload_is_consumed_exactly() {
    for payload in one_of_each() {
        let bytes = payload.encode();
        for length in 0..bytes.len() {
            assert_eq!(
                Payload::decode(&bytes[..length]).err(),
                Some(DecodeError::Truncated),
                "{payload:?}"
            );
        }
        let longer = [&bytes[..], &[0]].concat();
        assert_eq!(
            Payload::decode(&longer).err(),
            Some(DecodeError::TrailingBytes { count: 1 })
        );
    }
}

/// R-MSG-2, R-CON-2: each field of the head and of a message refuses what it must.
#[test]
fn fields_out_of_their_sets_are_refused() {
    use DecodeError::{InvalidValue, LengthOutOfRange, NonZeroReserved, NotSorted, WrongObject};
    let good = encode(PayloadContent::Message(message(2, false, inline(b"hi"))));
    let cases: [(usize, &[u8], DecodeError); 13] = [
        (0, &[0x61], WrongObject { found: 0x61 }),
        (1, &[2], DecodeError::UnsupportedVersion { found: 2 }),
        (2, &[0], InvalidValue),
        (2, &[7], InvalidValue),
        (3, &[2], NonZeroReserved),
        (3, &[0x81], NonZeroReserved),
        (60, &[0; 8], InvalidValue),
        (68, &[0; 4], InvalidValue),
        (80, &[5], LengthOutOfRange),
        (81, &[1; 16], NotSorted),
        (81, &[2; 16], NotSorted),
        (113, &[0], InvalidValue),
        (113, &[3], InvalidValue),
    ];
    for (offset, bytes, error) in cases {
        let mut bad = good.clone();
        bad[offset..offset + bytes.len()].copy_from_slice(bytes);
        assert_eq!(Payload::decode(&bad).err(), Some(error), "offset {offset}");
    }
}

/// R-MSG-2: a receipt key can follow with kinds 1 and 2 only.
#[test]
fn a_receipt_key_belongs_to_messages() {
    for payload in one_of_each() {
        let mut bytes = payload.encode();
        let message = matches!(
            payload.content,
            PayloadContent::Message(_) | PayloadContent::SentCopy { .. }
        );
        if !message {
            bytes[3] = 1;
            assert_eq!(Payload::decode(&bytes).err(), Some(DecodeError::InvalidValue));
        }
    }
}

/// R-MSG-2: a retry request names 1 to 8 messages, ascending.
#[test]
fn a_retry_request_is_short_and_sorted() {
    let request = |ids: &[u8]| {
        let ids = ids.iter().map(|&id| MessageId::new([id; 16])).collect();
        Payload::decode(&encode(PayloadContent::RetryRequest(ids)))
            .map(|_| ())
            .err()
    };
    assert_eq!(request(&[1]), None);
    assert_eq!(request(&[0, 1, 2, 3, 4, 5, 6, 7]), None);
    assert_eq!(request(&[]), Some(DecodeError::LengthOutOfRange));
    assert_eq!(
        request(&[0, 1, 2, 3, 4, 5, 6, 7, 8]),
        Some(DecodeError::LengthOutOfRange)
    );
    assert_eq!(request(&[1, 1]), Some(DecodeError::NotSorted));
    assert_eq!(request(&[2, 1]), Some(DecodeError::NotSorted));
}

/// R-ENC-6: counted elements are all there before their order is looked at.
#[test]
fn missing_elements_come_before_their_order() {
    let parents = |parents: &[u8]| {
        let mut bytes = encode(PayloadContent::Message(message(0, false, inline(b""))));
        bytes.truncate(80);
        bytes.push(3);
        bytes.extend(parents.iter().flat_map(|&parent| [parent; 16]));
        Payload::decode(&bytes).err()
    };
    assert_eq!(parents(&[2, 1]), Some(DecodeError::Truncated));
    assert_eq!(parents(&[2, 1, 3]), Some(DecodeError::NotSorted));
    let mut request = encode(PayloadContent::RetryRequest(vec![
        MessageId::new([2; 16]),
        MessageId::new([1; 16]),
    ]));
    request[44] = 3;
    assert_eq!(Payload::decode(&request).err(), Some(DecodeError::Truncated));
}

/// R-MSG-1: a message has no long inline content, device sync no shared one.
#[test]
fn the_form_is_that_of_the_length() {
    let decode = |content| Payload::decode(&encode(content)).map(|_| ()).err();
    let ephemeral = |length| PayloadContent::Ephemeral {
        conversation: ConversationId::new([1; 16]),
        content: inline(&vec![0; length]),
    };
    let refused = Some(DecodeError::InvalidValue);
    assert_eq!(decode(ephemeral(252 - 63)), None);
    assert_eq!(decode(ephemeral(252 - 62)), refused);
    assert_eq!(
        decode(PayloadContent::Message(message(0, false, inline(&[0; 253 - 84])))),
        refused
    );
    assert_eq!(decode(PayloadContent::DeviceSync(inline(&[0; 4092 - 47]))), None);
    assert_eq!(
        decode(PayloadContent::DeviceSync(inline(&[0; 4093 - 47]))),
        Some(DecodeError::LengthOutOfRange)
    );
    assert_eq!(decode(PayloadContent::DeviceSync(shared())), refused);
    let recipient = AccountId::new([9; 32]);
    let largest = PayloadContent::SentCopy {
        recipient,
        message: message(4, true, shared()),
    };
    assert_eq!(decode(largest), None);
}

/// R-MSG-7: a body belongs to form 2 and to nothing else.
#[test]
fn a_body_is_needed_for_shared_content_only() {
    let needed = one_of_each()
        .into_iter()
        .filter(|payload| payload.content.needs_body())
        .count();
    assert_eq!(needed, 3);
    assert!(!PayloadContent::Reset.needs_body() && PayloadContent::Reset.content().is_none());
}

/// R-STO-4, R-ERR-3: printing shows neither content nor keys.
#[test]
fn debug_output_has_no_secrets() {
    let payload = |content| Payload {
        own: ListHead::NONE,
        peer: ListHead::NONE,
        content,
    };
    let text = format!(
        "{:?}",
        payload(PayloadContent::Message(message(1, true, inline(b"secret plan"))))
    );
    assert!(
        text.contains("Inline { length: 11 }") && text.contains("ReceiptKey { .. }"),
        "{text}"
    );
    assert!(
        !text.contains("secret plan") && !text.contains("115, 101"),
        "{text}"
    );
    let text = format!(
        "{:?}",
        payload(PayloadContent::Message(message(1, true, shared())))
    );
    assert!(!text.contains("0909") && !text.contains("9, 9"), "{text}");
}

fn one_of_each() -> Vec<Payload> {
    let recipient = AccountId::new([9; 32]);
    let conversation = ConversationId::new([1; 16]);
    let contents = vec![
        PayloadContent::Message(message(4, true, inline(b"hi"))),
        PayloadContent::Message(message(0, false, shared())),
        PayloadContent::SentCopy {
            recipient,
            message: message(1, true, inline(b"")),
        },
        PayloadContent::SentCopy {
            recipient,
            message: message(4, true, shared()),
        },
        PayloadContent::Ephemeral {
            conversation,
            content: inline(b"is typing"),
        },
        PayloadContent::Ephemeral {
            conversation,
            content: shared(),
        },
        PayloadContent::RetryRequest(vec![MessageId::new([1; 16]), MessageId::new([2; 16])]),
        PayloadContent::Reset,
        PayloadContent::DeviceSync(inline(&[5; 300])),
    ];
    let payload = |content| Payload {
        own: ListHead::NONE,
        peer: ListHead::NONE,
        content,
    };
    contents.into_iter().map(payload).collect()
}

fn encode(content: PayloadContent) -> Vec<u8> {
    Payload {
        own: ListHead::NONE,
        peer: ListHead::NONE,
        content,
    }
    .encode()
    .to_vec()
}

fn message(parents: u8, key: bool, content: Content) -> Message {
    Message {
        conversation: ConversationId::new([1; 16]),
        lamport: 5,
        sequence: 6,
        sent_at: 7,
        receipt_key: key.then(|| ReceiptKey::from(Secret::from_bytes([8; 16]))),
        parents: (0..parents)
            .map(|parent| HistoryLink::new([parent; 16]))
            .collect(),
        content,
    }
}

fn inline(content: &[u8]) -> Content {
    Content::Inline(Zeroizing::new(content.to_vec()))
}

fn shared() -> Content {
    Content::Shared {
        key: BodyKey::from(Secret::from_bytes([9; 32])),
        hash: BodyHash::new([10; 32]),
    }
}
