//! Conversations, SPEC 13, as an application sees them.

use proptest::prelude::*;
use twotick_protocol::wire::{AccountId, ConversationId, DeviceId};
use twotick_protocol::{Conversation, OrderKey, Record, StateError, conversation_id};

proptest! {
    /// R-CON-1: a pair of accounts has one conversation, whoever asks, and shares it with no other pair.
    #[test]
    fn a_conversation_is_that_of_a_pair(a: [u8; 32], b: [u8; 32], c: [u8; 32]) {
        let [a, b, c] = [a, b, c].map(AccountId::new);
        prop_assert_eq!(conversation_id(&a, &b), conversation_id(&b, &a));
        prop_assert_eq!(conversation_id(&a, &b) == conversation_id(&a, &c), b == c);
        prop_assert_eq!(conversation_id(&a, &a) == conversation_id(&a, &b), a == b);
    }

    /// R-CON-2: the order of (clock, author, sequence) is total, and the clock decides first.
    #[test]
    fn the_order_of_messages_is_total(a: (u64, [u8; 16], u32), b: (u64, [u8; 16], u32)) {
        let key = |(lamport, author, sequence): (u64, [u8; 16], u32)| {
            OrderKey { lamport, author: DeviceId::new(author), sequence }
        };
        prop_assert_eq!(key(a).cmp(&key(b)), a.cmp(&b));
    }

    /// SPEC 15.2: no stored bytes make reading panic.
    #[test]
    fn hostile_records_are_refused_or_canonical(tail in proptest::collection::vec(any::<u8>(), 0..200)) {
        let bytes = [&[0x87, 1][..], &tail].concat();
        if let Ok(conversation) = Conversation::decode(&bytes) {
            prop_assert_eq!(&conversation.encode()[..], &bytes[..]);
        }
    }
}

#[test]
fn a_new_conversation_misses_nothing_and_is_stored() {
    let conversation = Conversation::new(ConversationId::new([1; 16]));
    assert_eq!(
        (conversation.lamport(), conversation.missing().is_empty()),
        (0, true)
    );
    assert_eq!(
        Conversation::decode(&conversation.encode()).as_ref(),
        Ok(&conversation)
    );
    assert_eq!(Conversation::decode(&[]), Err(StateError::Corrupt));
}
