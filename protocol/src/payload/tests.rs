use alloc::vec;
use alloc::vec::Vec;

use twotick_wire::{AccountId, BodyHash, ConversationId, HistoryLink, ListHead};
use zeroize::Zeroizing;

use super::{BodyKey, Content, Message, Payload, PayloadContent, ReceiptKey};
use crate::secret::Secret;

/// R-MSG-1: the answer is that of the encoder, for every length, kind, parent count and either form before.
#[test]
fn content_is_inline_exactly_if_the_payload_then_fits_the_smallest_bucket() {
    for content in shapes() {
        let payload = Payload {
            own: ListHead::NONE,
            peer: ListHead::NONE,
            content,
        };
        for length in [
            0,
            1,
            55,
            56,
            57,
            100,
            150,
            186,
            187,
            188,
            189,
            190,
            252,
            253,
            65_535,
            usize::MAX,
        ] {
            let fits = payload.content.fits_inline(length);
            if length < 65_536 {
                let inline = with_content(&payload, length);
                assert_eq!(fits, inline.encode().len() <= 252, "{payload:?} with {length}");
                assert_eq!(fits, Payload::decode(&inline.encode()).is_ok());
            } else {
                assert!(!fits);
            }
        }
    }
}

/// R-MSG-1: an empty message fits even with everything else at its largest.
#[test]
fn nothing_always_fits() {
    assert!(shapes().iter().all(|content| content.fits_inline(0)));
}

#[test]
fn a_duplicate_has_the_same_bytes() {
    for content in [inline(9), shared()] {
        let message = message(3, true, content);
        let copy = message.duplicate();
        assert_eq!(encode(message), encode(copy));
    }
}

fn shapes() -> Vec<PayloadContent> {
    let mut shapes = Vec::new();
    for parents in 0..=4 {
        for key in [false, true] {
            for content in [inline, |_| shared()] {
                let recipient = AccountId::new([9; 32]);
                shapes.push(PayloadContent::Message(message(parents, key, content(3))));
                shapes.push(PayloadContent::SentCopy {
                    recipient,
                    message: message(parents, key, content(3)),
                });
            }
        }
    }
    for content in [inline(3), shared()] {
        shapes.push(PayloadContent::Ephemeral {
            conversation: ConversationId::new([4; 16]),
            content,
        });
    }
    shapes
}

fn with_content(payload: &Payload, length: usize) -> Payload {
    let replaced = |message: &Message| Message {
        content: inline(length),
        ..message.duplicate()
    };
    let content = match &payload.content {
        PayloadContent::Message(message) => PayloadContent::Message(replaced(message)),
        PayloadContent::SentCopy { recipient, message } => PayloadContent::SentCopy {
            recipient: *recipient,
            message: replaced(message),
        },
        PayloadContent::Ephemeral { conversation, .. } => PayloadContent::Ephemeral {
            conversation: *conversation,
            content: inline(length),
        },
        _ => unreachable!("no other shape is made here"),
    };
    Payload { content, ..*payload }
}

fn encode(message: Message) -> Zeroizing<Vec<u8>> {
    Payload {
        own: ListHead::NONE,
        peer: ListHead::NONE,
        content: PayloadContent::Message(message),
    }
    .encode()
}

fn message(parents: u8, key: bool, content: Content) -> Message {
    Message {
        conversation: ConversationId::new([1; 16]),
        lamport: 1,
        sequence: 1,
        sent_at: 1_700_000_000_000,
        receipt_key: key.then(|| ReceiptKey(Secret::from_bytes([2; 16]))),
        parents: (0..parents)
            .map(|parent| HistoryLink::new([parent; 16]))
            .collect(),
        content,
    }
}

fn inline(length: usize) -> Content {
    Content::Inline(Zeroizing::new(vec![0x41; length]))
}

fn shared() -> Content {
    Content::Shared {
        key: BodyKey(Secret::from_bytes([3; 32])),
        hash: BodyHash::new([4; 32]),
    }
}
