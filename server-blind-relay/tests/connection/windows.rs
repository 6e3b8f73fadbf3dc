//! Windows and queues, R-DLV-2.

use bytes::Bytes;
use twotick_relay::{connection::Action, hub::Signal};
use twotick_wire::RelayFrame;

use super::{
    attaching::with_mail,
    delivery::stored,
    person::{Attaching, Letter, ack},
    world::World,
};

/// R-DLV-2: what is not acknowledged never exceeds the window, in envelopes.
#[test]
fn a_window_of_envelopes_is_kept() {
    let (mut world, bob) = with_mail(7);
    let mut peer = world.socket();
    let mut attaching = Attaching::to(peer.nonce);
    attaching.window_envelopes = 3;
    peer.say(&world, &attaching.by(&bob.devices[0]));
    let session = peer.expect_hello().session_epoch;
    assert_eq!(peer.numbers(), [1, 2, 3]);
    peer.say(&world, &ack(2, session, 2));
    assert_eq!(peer.numbers(), [4, 5]);
    peer.say(&world, &ack(2, session, 2));
    assert_eq!(peer.numbers(), [0; 0], "the same again makes no room");
    peer.say(&world, &ack(2, session, 5));
    let frames = peer.read();
    assert!(matches!(frames[0], RelayFrame::Done(_)));
    assert!(matches!(frames[2], RelayFrame::Drained(_)), "once all is sent");
}

/// R-DLV-2: an envelope that is handed over waits for the window like any other.
#[test]
fn a_full_window_takes_nothing_that_is_handed_over() {
    let (mut world, bob) = with_mail(1);
    let mut peer = world.socket();
    let mut attaching = Attaching::to(peer.nonce);
    (attaching.window_envelopes, attaching.window_bytes) = (3, 71_737);
    peer.say(&world, &attaching.by(&bob.devices[0]));
    assert_eq!(peer.read().len(), 2, "Hello and a page");
    let mut hand = |delivery| {
        peer.connection.on_signal(Signal::Envelope(delivery), world.now);
        peer.connection.take_actions().len()
    };
    assert_eq!(hand(stored(2, 71_737)), 0, "bytes");
    let (mut world, bob) = with_mail(1);
    let mut peer = world.socket();
    attaching = Attaching::to(peer.nonce);
    attaching.window_envelopes = 2;
    peer.say(&world, &attaching.by(&bob.devices[0]));
    peer.read();
    let mut hand = |delivery| {
        peer.connection.on_signal(Signal::Envelope(delivery), world.now);
        peer.connection.take_actions().len()
    };
    assert_eq!((hand(stored(2, 500)), hand(stored(3, 500))), (1, 0), "envelopes");
}

/// R-DLV-2: and in bytes; one is always allowed.
#[test]
fn a_window_of_bytes_is_kept() {
    let mut world = World::new();
    let bob = world.person(2, 1);
    let alice = world.person(1, 1);
    let mut sender = world.attached(&alice.devices[0]);
    let body = vec![0; 65_588];
    for number in 1..=3 {
        let letter = Letter {
            body: &body,
            ..Letter::to(&bob, number)
        };
        sender.say(&world, &letter.frame(number.into()));
    }
    let mut peer = world.socket();
    let mut attaching = Attaching::to(peer.nonce);
    attaching.window_bytes = 71_737;
    peer.say(&world, &attaching.by(&bob.devices[0]));
    let session = peer.expect_hello().session_epoch;
    for seq in 1..=3 {
        assert_eq!(peer.numbers(), [seq]);
        peer.say(&world, &ack(2, session, seq));
    }
}

/// R-DLV-2: beyond the window the store is not read, whatever is stored meanwhile.
#[test]
fn a_full_window_reads_nothing() {
    let (mut world, bob) = with_mail(3);
    let mut peer = world.socket();
    let mut attaching = Attaching::to(peer.nonce);
    attaching.window_envelopes = 1;
    peer.say(&world, &attaching.by(&bob.devices[0]));
    peer.read();
    for seq in 4..50 {
        peer.connection
            .on_signal(Signal::Envelope(stored(seq, 500)), world.now);
        peer.connection.on_signal(Signal::Behind, world.now);
    }
    let mailbox = |action: &Action| matches!(action, Action::ReadMailbox { .. } | Action::Send(_));
    assert!(!peer.connection.take_actions().iter().any(mailbox));
}

/// R-DLV-2: a reader that takes nothing has 32 frames and 1 MiB waiting, and gets the rest in order afterwards.
#[test]
fn a_slow_reader_costs_no_more_than_the_queue() {
    let mut world = World::new();
    let bob = world.person(2, 1);
    let mut peer = world.attached(&bob.devices[0]);
    peer.is_slow = true;
    let alice = world.person(1, 1);
    let mut sender = world.attached(&alice.devices[0]);
    let body = vec![0; 32_820];
    for number in 1..=59 {
        let letter = Letter {
            body: &body,
            ..Letter::to(&bob, number)
        };
        sender.say(&world, &letter.frame(number.into()));
        peer.work(&world);
    }
    let waiting: usize = peer.unwritten.iter().map(Bytes::len).sum();
    assert!(peer.unwritten.len() <= 32 && waiting <= 1 << 20);
    peer.catch_up(&world);
    assert_eq!(peer.numbers(), (1..=59).collect::<Vec<_>>());
}
