//! Any payload, and any bytes.

use proptest::prelude::*;
use twotick_protocol::wire::{AccountId, ConversationId, HistoryLink, ListHead, ListHeadHash, MessageId};
use twotick_protocol::{Content, Message, Payload, PayloadContent, ReceiptKey, Secret};

use super::{inline, shared};

proptest! {
    /// R-ENC-3: one encoding for each value.
    #[test]
    fn decoding_inverts_encoding(payload in payload()) {
        let bytes = payload.encode();
        let decoded = Payload::decode(&bytes).unwrap();
        prop_assert_eq!(&decoded.encode()[..], &bytes[..]);
        prop_assert_eq!(format!("{decoded:?}"), format!("{payload:?}"));
    }

    /// R-MSG-2, R-ENC-3: whatever a peer sends is refused, or is what an encoder writes.
    #[test]
    fn hostile_bytes_are_refused_or_canonical(
        payload in payload(),
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
        shorten: bool,
    ) {
        let mut bytes = payload.encode().to_vec();
        for (index, byte) in edits {
            let index = index.index(bytes.len());
            bytes[index] = byte;
        }
        if shorten {
            bytes.truncate(cut.index(bytes.len() + 1));
        }
        if let Ok(decoded) = Payload::decode(&bytes) {
            prop_assert_eq!(&decoded.encode()[..], &bytes[..]);
        }
    }
}

fn payload() -> impl Strategy<Value = Payload> {
    (any::<(u32, u32, [u8; 16])>(), content()).prop_map(|((own, peer, hash), content)| {
        let head = |epoch| ListHead {
            epoch,
            hash: ListHeadHash::new(hash),
        };
        Payload {
            own: head(own),
            peer: head(peer),
            content,
        }
    })
}

fn content() -> impl Strategy<Value = PayloadContent> {
    let ids = proptest::collection::btree_set(any::<[u8; 16]>(), 1..=8);
    let sync = proptest::collection::vec(any::<u8>(), 0..=4045);
    prop_oneof![
        any_message().prop_map(PayloadContent::Message),
        (any::<[u8; 32]>(), any_message()).prop_map(|(recipient, message)| PayloadContent::SentCopy {
            recipient: AccountId::new(recipient),
            message
        }),
        (any::<[u8; 16]>(), any_content()).prop_map(|(conversation, content)| PayloadContent::Ephemeral {
            conversation: ConversationId::new(conversation),
            content
        }),
        ids.prop_map(|ids| PayloadContent::RetryRequest(ids.into_iter().map(MessageId::new).collect())),
        Just(()).prop_map(|()| PayloadContent::Reset),
        sync.prop_map(|content| PayloadContent::DeviceSync(inline(&content))),
    ]
}

fn any_message() -> impl Strategy<Value = Message> {
    let parents = proptest::collection::btree_set(any::<[u8; 16]>(), 0..=4);
    let numbers = (1..=u64::MAX, 1..=u32::MAX, any::<u64>());
    (
        any::<[u8; 16]>(),
        numbers,
        any::<Option<[u8; 16]>>(),
        parents,
        any_content(),
    )
        .prop_map(
            |(conversation, (lamport, sequence, sent_at), key, parents, content)| Message {
                conversation: ConversationId::new(conversation),
                lamport,
                sequence,
                sent_at,
                receipt_key: key.map(|key| ReceiptKey::from(Secret::from_bytes(key))),
                parents: parents.into_iter().map(HistoryLink::new).collect(),
                content,
            },
        )
}

fn any_content() -> impl Strategy<Value = Content> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..=56).prop_map(|content| inline(&content)),
        Just(()).prop_map(|()| shared()),
    ]
}
