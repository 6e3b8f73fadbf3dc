use alloc::vec;
use alloc::vec::Vec;

use twotick_wire::{AccountId, BodyHash, ConversationId, HistoryLink, ListHead};
use zeroize::Zeroizing;

use super::{BodyKey, Content, Message, Payload, PayloadContent, ReceiptKey};
use crate::secret::Secret;

const LENGTHS: [usize; 14] = [0, 1, 55, 56, 57, 100, 150, 186, 187, 188, 189, 190, 252, 65_535];

/// R-MSG-1: the answer is that of the encoder, for every length, kind, parent count and either form before.
#[test]
fn content_is_inline_exactly_if_the_payload_then_fits_the_smallest_bucket() {
    for length in LENGTHS {
        let filled = shapes(&|| inline(length)).into_iter();
        let before = [shapes(&|| inline(3)), shapes(&shared)];
        for ((content, a), b) in filled.zip(&before[0]).zip(&before[1]) {
            let bytes = Payload {
                own: ListHead::NONE,
                peer: ListHead::NONE,
                content,
            }
            .encode();
            let fits = bytes.len() <= 252;
            assert_eq!(a.fits_inline(length), fits, "{a:?} with {length}");
            assert_eq!(b.fits_inline(length), fits, "{b:?} with {length}");
            assert_eq!(Payload::decode(&bytes).is_ok(), fits);
        }
    }
}

/// R-MSG-1: an empty message fits even with everything else at its largest, and no length overflows.
#[test]
fn nothing_always_fits_and_the_largest_never() {
    assert!(shapes(&shared).iter().all(|content| content.fits_inline(0)));
    assert!(
        !shapes(&shared)
            .iter()
            .any(|content| content.fits_inline(usize::MAX))
    );
}

/// Every kind that has a short form, with 0 to 4 parents, with and without a receipt key.
fn shapes(content: &dyn Fn() -> Content) -> Vec<PayloadContent> {
    let conversation = ConversationId::new([4; 16]);
    let recipient = AccountId::new([9; 32]);
    let mut shapes = vec![PayloadContent::Ephemeral {
        conversation,
        content: content(),
    }];
    for parents in 0..=4 {
        for key in [false, true] {
            shapes.push(PayloadContent::Message(message(parents, key, content())));
            shapes.push(PayloadContent::SentCopy {
                recipient,
                message: message(parents, key, content()),
            });
        }
    }
    shapes
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
