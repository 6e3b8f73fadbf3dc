use super::*;

/// R-CON-5: the clock goes on from the highest value seen, and at its end nothing is sent.
#[test]
fn sending_ends_with_the_clock() {
    let mut alice = Participant::new(1);
    alice.conversation.lamport = constants::LAMPORT_END - 1;
    assert_eq!(alice.says("the last").message.lamport, constants::LAMPORT_END);
    let ended = alice
        .conversation
        .plan_send(alice.device, &MessageId::new([1; 16]), b"")
        .map(|_| ());
    assert_eq!(ended, Err(LamportExhausted));
    assert_eq!(
        crate::SendError::from(LamportExhausted),
        crate::SendError::ChainExhausted
    );
    alice.gets(&made_up(2, u64::MAX, 1, Vec::new()));
    assert_eq!(
        alice.conversation.lamport(),
        constants::LAMPORT_END + constants::LAMPORT_STEP
    );
    alice.conversation.lamport = u64::MAX;
    alice.gets(&made_up(2, u64::MAX, 2, Vec::new()));
    assert_eq!(alice.conversation.lamport(), u64::MAX);
}

#[test]
fn sending_ends_with_the_sequence() {
    let mut alice = Participant::new(1);
    alice.conversation.sequence = u32::MAX;
    let ended = alice
        .conversation
        .plan_send(alice.device, &MessageId::new([1; 16]), b"")
        .map(|_| ());
    assert_eq!(ended, Err(LamportExhausted));
}

/// R-CON-5: one message moves the clock by 2^20 at most; R-CON-2: it still stands where its sender says.
#[test]
fn one_message_cannot_spend_the_clock() {
    let mut bob = Participant::new(2);
    bob.gets(&made_up(1, u64::MAX, 1, Vec::new()));
    assert_eq!(bob.conversation.lamport(), 1 << 20);
    bob.gets(&made_up(1, 5, 2, Vec::new()));
    assert_eq!(bob.conversation.lamport(), 1 << 20);
    assert_eq!(bob.says("on").message.lamport, (1 << 20) + 1);
}

/// R-CON-2: an answer stands after what it answers, and ties are the same on every device.
#[test]
fn order_is_by_clock_then_author_then_sequence() {
    let key = |lamport, author, sequence| OrderKey {
        lamport,
        author: DeviceId::new([author; 16]),
        sequence,
    };
    let sorted = [
        key(1, 9, 9),
        key(2, 1, 3),
        key(2, 1, 4),
        key(2, 2, 1),
        key(3, 1, 1),
    ];
    assert!(sorted.is_sorted());
    let (mut alice, mut bob) = (Participant::new(9), Participant::new(1));
    let question = alice.says("?");
    bob.gets(&question);
    let answer = bob.says("!");
    let place = |sent: &Sent| OrderKey {
        lamport: sent.message.lamport,
        author: sent.author,
        sequence: sent.message.sequence,
    };
    assert!(place(&question) < place(&answer));
}
