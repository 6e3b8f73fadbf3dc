//! Stories: people with several devices talk, through losses and reorderings.

mod support;

use support::{World, envelope_for, got_text};

/// R-MSG-5, R-SES-8: all devices of the recipient and the sender's others get it; answers confirm the sessions.
#[test]
fn a_message_reaches_every_device() {
    let mut world = World::new(1, &[2, 2]);
    world.talk((0, 0), 1, "hello");
    world.talk((1, 1), 0, "hello yourself");
    world.talk((0, 1), 1, "me too, from the laptop");
    world.talk((0, 0), 1, &"long ".repeat(400));
    assert_eq!(world.peer((0, 0), (1, 1)).current_session(), Some((1, true)));
}

/// R-DR-9: late messages open, once, after the chain has moved on.
#[test]
fn late_messages_open_once_and_only_once() {
    let mut world = World::new(2, &[1, 1]);
    world.talk((0, 0), 1, "first");
    world.talk((1, 0), 0, "reply");
    let bob = world.id((1, 0));
    let late: Vec<_> = (0..5)
        .map(|n| envelope_for(&world.say((0, 0), 1, &format!("late {n}")), bob))
        .collect();
    world.talk((0, 0), 1, "now");
    world.talk((1, 0), 0, "turn");
    world.talk((0, 0), 1, "turned");
    for (n, envelope) in late.iter().enumerate().rev() {
        let (received, report) = world.deliver((1, 0), envelope).unwrap();
        assert_eq!(got_text(&received), format!("late {n}"));
        assert!(report.unwrap().found);
        assert!(world.deliver((1, 0), envelope).is_err());
    }
}

/// R-MSG-1: every length arrives on every device, whichever form it takes; short messages cost one bucket.
#[test]
fn every_length_around_the_inline_limit_arrives() {
    let mut world = World::new(3, &[2, 1]);
    world.talk((0, 0), 1, "start");
    world.talk((1, 0), 0, "answer");
    world.talk((0, 1), 1, "from the other device");
    for length in (0..300).step_by(7) {
        let text = "x".repeat(length);
        let sent = world.say((0, 0), 1, &text);
        let sizes: Vec<_> = sent.envelopes.iter().map(|(_, bytes)| bytes.len()).collect();
        assert!(
            sizes.iter().all(|size| *size == sizes[0]) || length == 0,
            "{sizes:?}"
        );
        for got in world.deliver_all(&sent) {
            assert_eq!(got_text(&got.unwrap().0), text);
        }
    }
}
