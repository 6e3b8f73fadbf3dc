//! Heartbeats, deadlines and going away, SPEC 22.3, 22.4 and 28.

use std::time::Duration;

use twotick_relay::connection::{Close, Connection, Drain};
use twotick_wire::{
    ErrorCode, RelayFrame, RequestId,
    frame::{FetchList, Ping, Pong},
};

use super::{
    attaching::with_mail,
    person::{Letter, Person},
    world::World,
};

/// R-ATT-7: silence is asked about after a heartbeat, and ends the connection after two questions.
#[test]
fn silence_ends_after_two_pings() {
    let mut world = World::new();
    let alice = Person::seeded(1, 1);
    let mut peer = world.attached(&alice.devices[0]);
    let heartbeat = u64::from(peer.hello.unwrap().heartbeat);
    world.wait(heartbeat - 1);
    peer.tick(&world);
    assert_eq!(peer.frames.len(), 0);
    let mut asked = Vec::new();
    for _ in 0..2 {
        world.wait(heartbeat);
        peer.tick(&world);
        match peer.take() {
            RelayFrame::Ping(Ping { request }) => asked.push(request),
            other => panic!("expected Ping, not {:?}", other.kind()),
        }
    }
    assert_ne!(asked[0], asked[1]);
    world.wait(heartbeat);
    peer.tick(&world);
    assert_eq!(peer.close, Some(Close::NoProgress));
}

/// R-ATT-7: whatever is heard counts as life.
#[test]
fn an_answer_is_life() {
    let mut world = World::new();
    let alice = Person::seeded(1, 1);
    let mut peer = world.attached(&alice.devices[0]);
    let heartbeat = u64::from(peer.hello.unwrap().heartbeat);
    for _ in 0..10 {
        world.wait(heartbeat);
        peer.tick(&world);
        let RelayFrame::Ping(Ping { request }) = peer.take() else {
            panic!("a ping");
        };
        peer.ask(&world, Pong { request }.into());
    }
    assert_eq!(peer.close, None);
}

/// R-ATT-7: the heartbeat is varied by a fifth, so that a fleet does not beat as one.
#[test]
fn heartbeats_are_spread() {
    let alice = Person::seeded(1, 1);
    let mut seen = Vec::new();
    for spread in [0, 100, 200, 400, 77_777_777] {
        let mut world = World::new();
        let mut opening = world.opening();
        opening.spread = spread;
        let nonce = opening.nonce.0;
        let connection = Connection::greet(world.settings.clone(), opening, world.now);
        let mut peer = super::peer::Peer::new(connection, world.hub.join(), nonce);
        peer.work(&world);
        peer.take();
        let attach = super::person::Attaching::to(nonce).by(&alice.devices[0]);
        peer.say(&world, &attach);
        let heartbeat = peer.expect_hello().heartbeat;
        assert!((36..=54).contains(&heartbeat));
        seen.push(heartbeat);
    }
    assert_eq!(seen[..4], [36, 40, 45, 54]);
}

/// R-ABU-1: a connection that does not attach in time ends (22.3).
#[test]
fn a_silent_visitor_is_turned_away() {
    let mut world = World::new();
    let mut peer = world.socket();
    world.wait(9);
    peer.tick(&world);
    assert_eq!(peer.close, None);
    world.wait(1);
    assert!(peer.connection.next_tick().unwrap() <= world.now.monotonic);
    peer.tick(&world);
    peer.ended_with(ErrorCode::AttachRequired, Close::AttachRefused);
}

/// R-ABU-1: a reader that takes nothing for 30 s is closed, not buffered for; one that takes something is not.
#[test]
fn a_reader_without_progress_is_closed() {
    let mut world = World::new();
    let bob = world.person(2, 1);
    let alice = world.person(1, 1);
    let mut peer = world.attached(&bob.devices[0]);
    let mut sender = world.attached(&alice.devices[0]);
    peer.is_slow = true;
    for number in 1..=2 {
        sender.say(&world, &Letter::to(&bob, number).frame(number.into()));
        peer.work(&world);
    }
    world.wait(29);
    peer.connection.on_sent(1, 100, world.now);
    world.wait(29);
    peer.tick(&world);
    assert_eq!(peer.close, None);
    world.wait(1);
    peer.tick(&world);
    assert_eq!(peer.close, Some(Close::NoProgress));
}

/// R-ATT-8: a relay that stops says when to come back, answers what it was asked, takes nothing more, and ends.
#[test]
fn going_away_finishes_what_is_under_way() {
    let (mut world, bob) = with_mail(0);
    let mut peer = world.attached(&bob.devices[0]);
    let fetch = FetchList {
        request: RequestId::new(5),
        account: bob.id(),
        capability: twotick_wire::Capability::NONE,
    };
    peer.connection.on_frame(fetch.encode().into(), world.now);
    let drain = Drain {
        wait_min: Duration::from_secs(1),
        wait_max: Duration::from_secs(30),
        linger: Duration::from_secs(5),
    };
    peer.drain(&world, drain);
    let frames = peer.read();
    let RelayFrame::GoAway(go_away) = frames[0] else {
        panic!("expected GoAway, not {:?}", frames[0].kind());
    };
    assert_eq!((go_away.wait_min, go_away.wait_max), (1_000, 30_000));
    assert!(matches!(frames[1], RelayFrame::Lists(_)));
    assert_eq!(peer.close, Some(Close::GoingAway));
    let mut slow = world.attached(&bob.devices[0]);
    slow.is_slow = true;
    slow.drain(&world, drain);
    assert!(slow.close.is_none() && !slow.connection.wants_frame());
    world.wait(5);
    slow.tick(&world);
    assert_eq!(slow.close, Some(Close::GoingAway));
}
