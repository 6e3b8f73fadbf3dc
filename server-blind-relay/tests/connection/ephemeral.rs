//! Ephemeral messages, R-EPH-1.

use twotick_wire::{
    Capability, Envelope, ErrorCode, MessageId, RelayFrame, RequestId,
    frame::{Ephemeral, Opaque},
};

use super::{
    person::{CAPABILITY, Person},
    world::World,
};

fn typing(request: u32, to: &Person, capability: Capability, mark: u8) -> Vec<u8> {
    let message = [mark; 351];
    Ephemeral {
        request: RequestId::new(request),
        account: to.id(),
        capability,
        message_id: MessageId::new([mark; 16]),
        messages: to.addressed(&message, &[]),
    }
    .encode()
}

fn mark(frame: RelayFrame<'static>) -> u8 {
    let RelayFrame::EphemeralDelivery(delivery) = frame else {
        panic!("expected EphemeralDelivery, not {:?}", frame.kind());
    };
    assert_ne!(delivery.envelope, Opaque::EMPTY);
    Envelope::decode(delivery.envelope.as_bytes()).unwrap().message[0]
}

/// R-EPH-1: it reaches the devices that are attached, and is stored for none of the others.
#[test]
fn typing_reaches_who_is_there_and_nobody_later() {
    let mut world = World::new();
    let bob = world.person(2, 2);
    let alice = world.person(1, 1);
    let mut here = world.attached(&bob.devices[0]);
    let mut sender = world.attached(&alice.devices[0]);
    sender.say(&world, &typing(2, &bob, CAPABILITY, 1));
    assert!(matches!(sender.take(), RelayFrame::Done(_)));
    here.work(&world);
    assert_eq!(mark(here.take()), 1);
    let away = world.attached(&bob.devices[1]);
    assert_eq!((away.frames.len(), away.hello.unwrap().next), (0, 1));
}

/// R-EPH-1, R-MSG-8: it reaches one's own other devices, and never the device that sent it.
#[test]
fn typing_reaches_ones_own_other_devices() {
    let mut world = World::new();
    let alice = world.person(1, 2);
    let mut other = world.attached(&alice.devices[1]);
    let mut sender = world.attached(&alice.devices[0]);
    sender.say(&world, &typing(2, &alice, Capability::NONE, 1));
    other.work(&world);
    assert_eq!(mark(other.take()), 1);
    assert!(matches!(sender.take(), RelayFrame::Done(_)));
    assert_eq!(sender.frames.len(), 0);
}

/// R-EPH-1: while one waits, a newer one from the same device takes its place.
#[test]
fn the_newest_replaces_what_waits() {
    let mut world = World::new();
    let bob = world.person(2, 1);
    let alice = world.person(1, 1);
    let mut peer = world.attached(&bob.devices[0]);
    let mut sender = world.attached(&alice.devices[0]);
    peer.is_slow = true;
    for number in 1..=5 {
        sender.say(&world, &typing(number.into(), &bob, CAPABILITY, number));
        if number != 3 {
            peer.work(&world);
        }
    }
    assert_eq!(peer.unwritten.len(), 1, "one was given to the writer at once");
    peer.catch_up(&world);
    assert_eq!(mark(peer.take()), 1);
    assert_eq!(mark(peer.take()), 5);
    assert_eq!(peer.frames.len(), 0);
}

/// R-EPH-1, R-BLD-3: Done says nothing about who is attached; without a capability there is no Done.
#[test]
fn done_says_nothing_about_presence() {
    let mut world = World::new();
    let bob = world.person(2, 1);
    let alice = world.person(1, 1);
    let mut sender = world.attached(&alice.devices[0]);
    sender.say(&world, &typing(2, &bob, CAPABILITY, 1));
    let away = sender.frames.pop_front();
    let _here = world.attached(&bob.devices[0]);
    sender.say(&world, &typing(2, &bob, CAPABILITY, 1));
    assert_eq!(sender.frames.pop_front(), away);
    sender.say(&world, &typing(3, &bob, Capability::new([1; 16]), 1));
    assert_eq!(sender.refused_with(), ErrorCode::Refused.number());
    let nobody = Person::seeded(9, 1);
    sender.say(&world, &typing(3, &nobody, CAPABILITY, 1));
    assert_eq!(sender.refused_with(), ErrorCode::Refused.number());
}

/// R-ABU-1: over its rate a device's ephemeral messages are dropped, and it is not told.
#[test]
fn a_flood_of_typing_is_dropped() {
    let mut world = World::new();
    let bob = world.person(2, 1);
    let alice = world.person(1, 1);
    let mut peer = world.attached(&bob.devices[0]);
    let mut sender = world.attached(&alice.devices[0]);
    for number in 1..=50 {
        sender.say(&world, &typing(number, &bob, CAPABILITY, 1));
        peer.work(&world);
    }
    assert!(
        sender
            .read()
            .iter()
            .all(|frame| matches!(frame, RelayFrame::Done(_)))
    );
    assert_eq!(peer.read().len(), 20);
}
