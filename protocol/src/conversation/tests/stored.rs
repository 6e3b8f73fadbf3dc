use proptest::prelude::*;

use super::*;
use crate::error::StateError;

/// R-STO-1, R-STO-2: the step is one record under the conversation's id, and happens when it is stored.
#[test]
fn a_step_happens_when_it_is_stored() {
    let mut alice = Participant::new(1);
    let before = alice.conversation.encode();
    let (step, _) = alice
        .conversation
        .plan_send(alice.device, &MessageId::new([1; 16]), b"text")
        .unwrap();
    let staged = Staged {
        transition: step.transition(&mut alice.conversation),
        output: (),
    };
    assert_eq!(staged.commit(|_| Err("disk full")), Err("disk full"));
    assert_eq!(alice.conversation.encode(), before);

    let (step, _) = alice
        .conversation
        .plan_send(alice.device, &MessageId::new([1; 16]), b"text")
        .unwrap();
    let staged = Staged {
        transition: step.transition(&mut alice.conversation),
        output: (),
    };
    let mut stored = Vec::new();
    let store = |key: RecordKey, value: &dyn Record| stored.push((key, value.encode()));
    let mut store = store;
    let committed = staged.commit(|changes| {
        changes.for_each(|change| match change {
            Change::Put { key, value } => store(key, value),
            Change::Delete { .. } => unreachable!("a conversation is not deleted"),
        });
        Ok::<_, ()>(())
    });
    assert_eq!(committed, Ok(()));
    assert_eq!(stored.len(), 1);
    assert_eq!(
        stored[0].0,
        RecordKey::new(RecordKind::Conversation, &[id().as_bytes()])
    );
    assert_eq!(Conversation::decode(&stored[0].1), Ok(alice.conversation));
}

/// SPEC 15.2: a stored conversation that no device wrote is `CorruptState`.
#[test]
fn a_damaged_record_is_refused() {
    let mut bob = Participant::new(2);
    for sequence in [4, 9, 20] {
        bob.gets_numbered(1, sequence);
    }
    let good = bob.conversation.encode();
    assert_eq!(Conversation::decode(&good).as_ref(), Ok(&bob.conversation));
    for length in 0..good.len() {
        assert_eq!(Conversation::decode(&good[..length]), Err(StateError::Corrupt));
    }
    assert_eq!(
        Conversation::decode(&[&good[..], &[0]].concat()),
        Err(StateError::Corrupt)
    );
    let changed = |index: usize, byte: u8| {
        let mut bad = good.to_vec();
        bad[index] = byte;
        Conversation::decode(&bad)
    };
    assert_eq!(changed(0, 0x88), Err(StateError::Corrupt));
    assert_eq!(changed(1, 2), Err(StateError::Unsupported));
    let (authors, highest, gaps, first_gap) = (30, 53, 57, 58);
    assert_eq!(
        changed(authors, 1),
        Err(StateError::Corrupt),
        "16 million authors"
    );
    assert_eq!(
        changed(highest, 19),
        Err(StateError::Corrupt),
        "a gap at the highest"
    );
    assert_eq!(changed(gaps, 65), Err(StateError::Corrupt), "a gap too many");
    assert_eq!(
        changed(first_gap + 3, 0),
        Err(StateError::Corrupt),
        "a gap at zero"
    );
    assert_eq!(
        changed(first_gap + 8, 2),
        Err(StateError::Corrupt),
        "neither true nor false"
    );
    assert_eq!(
        changed(first_gap + 9 + 3, 3),
        Err(StateError::Corrupt),
        "gaps that overlap"
    );
}

proptest! {
    /// SPEC 15.2: changed bytes are refused, or are another conversation in its one encoding.
    #[test]
    fn changed_records_are_refused_or_canonical(
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bob = Participant::new(2);
        for sequence in [3, 9, 20, 5] {
            bob.gets(&made_up(1, 1, sequence, [HistoryLink::new([7; 16])].into()));
        }
        let mut bytes = bob.conversation.encode().to_vec();
        for (index, byte) in edits {
            let index = index.index(bytes.len());
            bytes[index] = byte;
        }
        if let Ok(decoded) = Conversation::decode(&bytes) {
            prop_assert_eq!(&decoded.encode()[..], &bytes[..]);
        }
    }
}
