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
