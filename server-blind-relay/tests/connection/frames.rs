//! Frames, SPEC 21: what is answered, and what ends a connection.

use std::time::Duration;

use twotick_relay::{
    connection::Close,
    limits::{Rate, RelayLimits},
};
use twotick_wire::{
    AccountId, Capability, ErrorCode, MAX_FRAME, RelayFrame, RequestId,
    frame::{Done, FetchList, Ping, Pong},
};

use super::{
    attaching::with_mail,
    person::{Attaching, Letter, Person, ack, send},
    world::World,
};

fn fetch(request: u32, account: AccountId) -> FetchList {
    FetchList {
        request: RequestId::new(request),
        account,
        capability: Capability::NONE,
    }
}

/// R-FRM-1: bytes that do not decode are answered with their code and number 0, and end the connection.
#[test]
fn bytes_that_do_not_decode_end_a_connection() {
    let mut world = World::new();
    let alice = Person::seeded(1, 1);
    let cases: [(Vec<u8>, ErrorCode, Close); 5] = [
        (vec![], ErrorCode::Truncated, Close::Undecodable),
        (vec![0xff; 20], ErrorCode::WrongObject, Close::Undecodable),
        (vec![0xa1, 2], ErrorCode::UnsupportedVersion, Close::Undecodable),
        (
            vec![0xbe, 1, 0, 0, 0, 1, 0],
            ErrorCode::TrailingBytes,
            Close::Undecodable,
        ),
        (
            vec![0xa2; MAX_FRAME + 1],
            ErrorCode::FrameTooLarge,
            Close::TooLarge,
        ),
    ];
    for (bytes, code, close) in cases {
        let mut peer = world.attached(&alice.devices[0]);
        peer.say(&world, &bytes);
        assert_eq!(peer.frames[0][2..6], [0; 4]);
        peer.ended_with(code, close);
    }
}

/// R-FRM-2: a number that is in use is refused; an answer repeats the number it answers.
#[test]
fn a_number_is_used_once_at_a_time() {
    let mut world = World::new();
    let alice = world.person(1, 1);
    let mut peer = world.attached(&alice.devices[0]);
    peer.ask(&world, fetch(70_000, alice.id()).into());
    assert!(matches!(peer.take(), RelayFrame::Lists(lists) if lists.request.number() == 70_000));
    peer.ask(&world, fetch(70_000, alice.id()).into());
    assert!(
        matches!(peer.take(), RelayFrame::Lists(_)),
        "free again once answered"
    );
    let frame = fetch(5, alice.id()).encode();
    peer.connection.on_frame(frame.clone().into(), world.now);
    peer.connection.on_frame(frame.into(), world.now);
    let actions = peer.connection.take_actions();
    let sent = actions.iter().filter(|action| {
        matches!(
            action,
            twotick_relay::connection::Action::Close(Close::Undecodable)
        )
    });
    assert_eq!(sent.count(), 1);
}

/// R-FRM-3: frames of the other direction, and those that the state does not allow, end a connection.
#[test]
fn frames_out_of_place_end_a_connection() {
    let mut world = World::new();
    let alice = Person::seeded(1, 1);
    let done = Done {
        request: RequestId::new(1),
    }
    .encode();
    let mut peer = world.attached(&alice.devices[0]);
    peer.say(&world, &done);
    peer.ended_with(ErrorCode::UnexpectedFrame, Close::Undecodable);
    let mut greeted = world.socket();
    greeted.say(&world, &ack(1, 0, 0));
    greeted.ended_with(ErrorCode::UnexpectedFrame, Close::Undecodable);
}

/// R-FRM-3: before its Attach a connection may ask whether the relay is there (22.3).
#[test]
fn a_greeted_connection_may_ping() {
    let mut world = World::new();
    let mut peer = world.socket();
    peer.ask(
        &world,
        Ping {
            request: RequestId::new(3),
        }
        .into(),
    );
    assert!(matches!(peer.take(), RelayFrame::Pong(Pong { request }) if request.number() == 3));
    peer.ask(
        &world,
        Pong {
            request: RequestId::new(4),
        }
        .into(),
    );
    assert_eq!((peer.frames.len(), peer.close), (0, None));
}

/// R-FRM-4: each request gets one answer, and takes effect in the order sent.
#[test]
fn requests_are_submitted_in_order_and_answered_once() {
    let (mut world, bob) = with_mail(0);
    let alice = world.person(1, 1);
    let mut sender = world.attached(&alice.devices[0]);
    for number in 1..=20 {
        let frame = Letter::to(&bob, number).frame(number.into());
        sender.connection.on_frame(frame.into(), world.now);
    }
    sender.work(&world);
    let mut answered: Vec<u32> = sender
        .read()
        .iter()
        .map(|frame| frame.request().number())
        .collect();
    answered.sort_unstable();
    assert_eq!(answered, (1..=20).collect::<Vec<_>>());
    let mut peer = world.attached(&bob.devices[0]);
    assert_eq!(peer.hello.unwrap().backlog_envelopes, 20);
    peer.tick(&world);
}

/// R-ABU-1: so many requests are under way, and then nothing more is read; each refusal is paid for, and 64 are too many.
#[test]
fn requests_and_refusals_are_bounded() {
    let mut world = World::new();
    let alice = Person::seeded(1, 1);
    let limits = world.settings.limiter.limits().clone();
    let mut peer = world.attached(&alice.devices[0]);
    let mut asked = 0;
    while peer.connection.wants_frame() {
        asked += 1;
        peer.connection
            .on_frame(fetch(asked, alice.id()).encode().into(), world.now);
    }
    assert!(usize::try_from(asked).unwrap() <= limits.requests);
    peer.work(&world);
    assert!(peer.connection.wants_frame() && peer.connection.is_idle());
    let answered = peer.read();
    assert!(
        answered.iter().all(|frame| matches!(frame, RelayFrame::Error(_))),
        "there is no list"
    );
    let mut refused = answered.len();
    while peer.close.is_none() {
        peer.ask(&world, fetch(1_000, alice.id()).into());
        refused += 1;
    }
    assert_eq!(refused, usize::try_from(limits.refusals.burst).unwrap() + 1);
    assert_eq!(peer.close, Some(Close::TooMany));
}

/// R-ABU-1: what requests hold, and what their answers may have, is bounded too.
#[test]
fn large_requests_are_bounded_by_their_bytes() {
    let plenty = Rate::new(10_000, Duration::from_nanos(1));
    let mut world = World::limited(RelayLimits {
        account_sends: plenty,
        ..RelayLimits::default()
    });
    let alice = world.person(1, 1);
    let crowd = Person::seeded(5, 16);
    let body = vec![0; 65_588];
    let mut peer = world.attached(&alice.devices[0]);
    let mut sent = 0;
    while peer.connection.wants_frame() {
        sent += 1;
        let letter = Letter {
            body: &body,
            ..Letter::to(&crowd, sent)
        };
        peer.connection
            .on_frame(letter.frame(sent.into()).into(), world.now);
    }
    assert_eq!(sent, 4, "a mebibyte each");
    let people: Vec<Person> = (10..26).map(|seed| Person::seeded(seed, 1)).collect();
    let mut peer = world.attached(&alice.devices[0]);
    let mut sent = 0;
    while peer.connection.wants_frame() {
        sent += 1;
        let parts = people
            .iter()
            .map(|person| Letter::to(person, sent).part())
            .collect();
        peer.connection
            .on_frame(send(sent.into(), sent, &[], parts).into(), world.now);
    }
    assert_eq!(sent, 30, "each answer may have sixteen lists");
}

/// R-FRM-4: while the store looks at an Attach, nothing else is read.
#[test]
fn an_attach_is_waited_for() {
    let mut world = World::new();
    let alice = Person::seeded(1, 1);
    let mut peer = world.socket();
    let attach = Attaching::to(peer.nonce).by(&alice.devices[0]);
    peer.connection.on_frame(attach.into(), world.now);
    assert!(!peer.connection.wants_frame());
    peer.work(&world);
    assert!(peer.connection.wants_frame());
}
