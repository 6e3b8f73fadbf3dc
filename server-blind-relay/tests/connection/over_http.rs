//! The same connection over HTTP, SPEC 30: attach, requests, polls and event streams apart from each other.

use std::{sync::Arc, time::Duration};

use twotick_relay::{
    connection::{Action, AttachedDevice, Close, Connection, Resumption, Window},
    hub::Signal,
    store::MailboxItem,
};
use twotick_wire::{
    ErrorCode, LinkChannel, RelayFrame, RequestId,
    frame::{LinkJoin, Ping},
};

use super::{
    attaching::with_mail,
    delivery::stored,
    person::{Attaching, Letter, Person, ack},
    {peer::Peer, world::World},
};

fn attach(world: &mut World, person: &Person) -> AttachedDevice {
    let opening = world.opening();
    let nonce = opening.nonce.0;
    let connection = Connection::attach_only(Arc::clone(&world.settings), opening, world.now);
    let mut peer = Peer::new(connection, world.hub.join(), nonce);
    let attach = Attaching::to(nonce).by(&person.devices[0]);
    peer.say(world, &attach);
    peer.expect_hello();
    assert_eq!((peer.frames.len(), peer.close), (0, Some(Close::Finished)));
    let device = *peer.connection.attached().unwrap();
    world
        .hub
        .remember(device, world.now.monotonic + Duration::from_secs(900));
    device
}

fn poll(cursor: u64, wait: u64) -> Resumption {
    Resumption::Poll {
        cursor,
        lane_cursor: 0,
        wait: Duration::from_secs(wait),
    }
}

const EVENTS: Resumption = Resumption::Events {
    cursor: 0,
    lane_cursor: 0,
};

/// R-TRN-1: an Attach over HTTP is answered with Hello and ends; its session is remembered for a time, or until fenced.
#[test]
fn a_session_over_http_is_remembered_until_it_is_fenced() {
    let (mut world, bob) = with_mail(0);
    let device = attach(&mut world, &bob);
    let known = |world: &World, device: &AttachedDevice| {
        world
            .hub
            .remembered(device.device, device.session_epoch, world.now.monotonic)
    };
    assert_eq!(known(&world, &device), Some(device));
    let later = attach(&mut world, &bob);
    assert_eq!(
        (known(&world, &device), known(&world, &later)),
        (None, Some(later))
    );
    world.wait(900);
    assert_eq!(known(&world, &later), None);
    world.hub.sweep(world.now.monotonic);
    let last = attach(&mut world, &bob);
    let _socket = world.attached(&bob.devices[0]);
    assert_eq!(known(&world, &last), None);
}

/// R-TRN-2: requests are answered, and nothing of the mailbox comes with them.
#[test]
fn requests_come_without_delivery() {
    let (mut world, bob) = with_mail(2);
    let device = attach(&mut world, &bob);
    let mut peer = world.resumed(device, Resumption::Requests);
    peer.say(&world, &ack(5, device.session_epoch.0, 2));
    peer.ask(
        &world,
        Ping {
            request: RequestId::new(6),
        }
        .into(),
    );
    let answered: Vec<u32> = peer.read().iter().map(|frame| frame.request().number()).collect();
    assert_eq!(answered, [5, 6]);
    assert!(peer.connection.is_idle() && peer.close.is_none());
    peer.ask(
        &world,
        LinkJoin {
            request: RequestId::new(7),
            channel: LinkChannel::new([1; 16]),
        }
        .into(),
    );
    assert_eq!(peer.refused_with(), ErrorCode::Refused.number());
}

/// R-TRN-2: a poll answers at once with what is there, one Page at most, and ends.
#[test]
fn a_poll_has_one_page() {
    let (mut world, bob) = with_mail(3);
    let mut device = attach(&mut world, &bob);
    let mut peer = world.resumed(device, poll(1, 25));
    assert_eq!(peer.close, Some(Close::Finished));
    let frames = peer.read();
    assert!(matches!(&frames[0], RelayFrame::Page(page) if page.deliveries[0].seq == 2));
    assert!(matches!(&frames[1], RelayFrame::Drained(drained) if drained.next == 4));
    device.window = Window {
        envelopes: 2,
        bytes: 71_737,
    };
    let mut peer = world.resumed(device, poll(0, 25));
    assert_eq!(peer.close, Some(Close::Finished));
    let frames = peer.read();
    assert!(matches!(&frames[0], RelayFrame::Page(page) if page.deliveries.len() == 2));
    assert_eq!(frames.len(), 1, "more is there");
}

/// R-TRN-2: what is stored while a poll still looks at the lane is for the next one.
#[test]
fn a_poll_that_has_its_page_takes_no_other() {
    let (mut world, bob) = with_mail(0);
    let device = attach(&mut world, &bob);
    let mut connection = Connection::resume(Arc::clone(&world.settings), device, poll(0, 25), world.now);
    assert_eq!(
        connection.take_actions().len(),
        3,
        "it subscribes, then reads mailbox and lane"
    );
    connection.on_mailbox(Ok(vec![MailboxItem::Delivery(stored(1, 500))]), world.now);
    assert!(matches!(connection.take_actions()[0], Action::Send(_)));
    connection.on_signal(Signal::Envelope(stored(2, 500)), world.now);
    assert!(connection.take_actions().is_empty());
    connection.on_lane(Ok(vec![]), world.now);
    let actions = connection.take_actions();
    assert!(matches!(actions[0], Action::Close(Close::Finished)) && actions.len() == 1);
}

/// R-TRN-2: a cursor beyond all there can be finds nothing, and breaks nothing.
#[test]
fn a_cursor_may_be_anything() {
    let (mut world, bob) = with_mail(3);
    let device = attach(&mut world, &bob);
    let alice = world.person(1, 1);
    for cursor in [4, u64::MAX - 1, u64::MAX] {
        let what = Resumption::Events {
            cursor,
            lane_cursor: cursor,
        };
        let mut events = world.resumed(device, what);
        let mut sender = world.attached(&alice.devices[0]);
        let number = 20 + u8::try_from(cursor % 7).unwrap();
        sender.say(&world, &Letter::to(&bob, number).frame(2));
        events.connection.on_signal(Signal::Behind, world.now);
        events.work(&world);
        assert!(events.numbers().iter().all(|number| *number > cursor));
        assert_eq!(events.close, None);
        world.wait(10);
    }
}

/// R-TRN-2: with nothing there a poll waits, ends at its time, and earlier if something comes.
#[test]
fn a_poll_waits_for_something() {
    let (mut world, bob) = with_mail(1);
    let alice = world.person(1, 1);
    let device = attach(&mut world, &bob);
    let mut peer = world.resumed(device, poll(1, 25));
    assert_eq!((peer.frames.len(), peer.close), (0, None));
    let mut sender = world.attached(&alice.devices[0]);
    sender.say(&world, &Letter::to(&bob, 9).frame(2));
    peer.work(&world);
    assert_eq!(peer.close, Some(Close::Finished));
    assert_eq!(peer.numbers(), [2]);
    let mut idle = world.resumed(device, poll(2, 25));
    assert_eq!(
        idle.connection.next_tick(),
        Some(world.now.monotonic + Duration::from_secs(25))
    );
    world.wait(25);
    idle.tick(&world);
    assert_eq!((idle.frames.len(), idle.close), (0, Some(Close::Finished)));
}

/// R-TRN-2: the last poll or event stream of a device ends the one before it.
#[test]
fn a_later_reader_takes_over() {
    let (mut world, bob) = with_mail(0);
    let device = attach(&mut world, &bob);
    let mut first = world.resumed(device, EVENTS);
    let mut second = world.resumed(device, poll(0, 25));
    first.work(&world);
    assert_eq!((first.close, second.close), (Some(Close::Finished), None));
    let mut socket = world.attached(&bob.devices[0]);
    second.work(&world);
    assert_eq!((second.close, socket.close), (Some(Close::Fenced), None));
    socket.tick(&world);
}

/// R-TRN-2, R-DLV-2: an event stream goes on, within its window, which acknowledgements by request move.
#[test]
fn an_event_stream_keeps_its_window() {
    let (mut world, bob) = with_mail(5);
    let mut device = attach(&mut world, &bob);
    device.window.envelopes = 2;
    let mut events = world.resumed(device, EVENTS);
    assert_eq!(events.numbers(), [1, 2]);
    let mut requests = world.resumed(device, Resumption::Requests);
    requests.say(&world, &ack(5, device.session_epoch.0, 2));
    events.work(&world);
    assert_eq!(events.numbers(), [3, 4]);
    requests.say(&world, &ack(6, device.session_epoch.0, 4));
    events.work(&world);
    let frames = events.read();
    assert!(matches!(&frames[0], RelayFrame::Page(page) if page.deliveries[0].seq == 5));
    assert!(matches!(frames[1], RelayFrame::Drained(_)));
}

/// R-TRN-2: what was acknowledged by request before it was read is not looked for again.
#[test]
fn what_is_acknowledged_elsewhere_is_not_missed() {
    let (mut world, bob) = with_mail(0);
    let device = attach(&mut world, &bob);
    let mut events = world.resumed(device, EVENTS);
    events.read();
    events
        .connection
        .on_signal(Signal::Envelope(stored(3, 500)), world.now);
    assert!(matches!(
        events.connection.take_actions()[0],
        Action::ReadMailbox { after: 0, .. }
    ));
    events.connection.on_mailbox(Ok(vec![]), world.now);
    assert!(events.connection.take_actions().is_empty());
    events
        .connection
        .on_signal(Signal::Envelope(stored(4, 500)), world.now);
    events.work(&world);
    assert_eq!(events.numbers(), [4]);
    world.wait(1);
}

/// R-ATT-7: on an event stream Ping only keeps it open.
#[test]
fn an_event_stream_is_kept_open() {
    let (mut world, bob) = with_mail(0);
    let device = attach(&mut world, &bob);
    let mut events = world.resumed(device, EVENTS);
    events.read();
    for _ in 0..10 {
        world.wait(60);
        events.tick(&world);
        assert!(matches!(events.take(), RelayFrame::Ping(_)));
    }
    assert_eq!(events.close, None);
}

/// R-TRN-4: each way to end has its code.
#[test]
fn close_codes_are_those_of_the_specification() {
    let all = [
        (Close::Undecodable, 4400),
        (Close::AttachRefused, 4401),
        (Close::NoProgress, 4408),
        (Close::Fenced, 4409),
        (Close::TooLarge, 4413),
        (Close::TooMany, 4429),
        (Close::GoingAway, 4503),
        (Close::Finished, 1000),
    ];
    assert!(all.iter().all(|(close, code)| close.code() == *code));
}
