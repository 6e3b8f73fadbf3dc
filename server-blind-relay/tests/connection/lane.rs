//! The lane on a connection, SPEC 25: receipts and bounces come back, and Drained waits for them.

use std::time::Duration;

use futures_util::FutureExt;
use twotick_relay::{
    connection::{Action, Now},
    hub::Signal,
    limits::RelayLimits,
    store::{LaneEntry, Store},
};
use twotick_wire::{
    DeviceId, LaneItem, ListHead, MessageId, Receipt, ReceiptState, RelayFrame, RequestId, UnixTime,
    frame::{Ack, ReceiptFor, SendReceipts},
};

use super::{
    attaching::with_mail,
    peer::Peer,
    person::{Attaching, CAPABILITY, Person},
    world::{START, World},
};

/// R-LNE-1, R-DLV-4: receipts in an Ack reach the lane of the sender, as they were given.
#[test]
fn receipts_come_back_by_the_lane() {
    let (mut world, bob) = with_mail(1);
    let alice = world.person(1, 1);
    let mut sender = world.attached(&alice.devices[0]);
    let mut peer = world.attached(&bob.devices[0]);
    let receipt = |state| ReceiptFor {
        account: alice.id(),
        capability: CAPABILITY,
        receipt: Receipt {
            state,
            message_id: MessageId::new([1; 16]),
            tag: [4; 16],
        },
    };
    let ack = Ack {
        request: RequestId::new(2),
        session_epoch: peer.hello.unwrap().session_epoch,
        upto: 1,
        lane_upto: 0,
        rejected: vec![],
        receipts: vec![receipt(ReceiptState::Delivered)],
    };
    peer.ask(&world, ack.into());
    assert!(matches!(peer.take(), RelayFrame::Done(_)));
    sender.work(&world);
    let RelayFrame::LanePage(first) = sender.take() else {
        panic!("a lane page");
    };
    let read = SendReceipts {
        request: RequestId::new(3),
        receipts: vec![receipt(ReceiptState::Read)],
    };
    peer.ask(&world, read.into());
    sender.work(&world);
    let RelayFrame::LanePage(second) = sender.take() else {
        panic!("a lane page");
    };
    assert!(first.items[0].place < second.items[0].place);
}

/// R-DLV-7: a rejected envelope comes back to its sender as a bounce.
#[test]
fn a_rejection_bounces() {
    let (mut world, bob) = with_mail(1);
    let alice = Person::seeded(1, 1);
    let mut sender = world.attached(&alice.devices[0]);
    let mut peer = world.attached(&bob.devices[0]);
    let ack = Ack {
        request: RequestId::new(2),
        session_epoch: peer.hello.unwrap().session_epoch,
        upto: 1,
        lane_upto: 0,
        rejected: vec![1],
        receipts: vec![],
    };
    peer.ask(&world, ack.into());
    sender.work(&world);
    assert!(matches!(sender.take(), RelayFrame::LanePage(page) if page.items.len() == 1));
    assert_ne!(alice.head(), ListHead::NONE);
}

/// R-DLV-1: Drained waits for the lane, all of it.
#[test]
fn the_lane_is_drained_too() {
    let mut peer = looking(RelayLimits::default());
    peer.connection.on_mailbox(Ok(vec![]), NOW);
    assert!(peer.connection.take_actions().is_empty());
    peer.connection.on_lane(Ok((1..=64).map(bounce).collect()), NOW);
    let actions = peer.connection.take_actions();
    assert!(matches!(actions[0], Action::Send(_)) && actions.len() == 2);
    assert!(matches!(actions[1], Action::ReadLane { after: 64, .. }));
    peer.connection.on_lane(Ok(vec![bounce(65)]), NOW);
    let actions = peer.connection.take_actions();
    assert!(actions.iter().all(|action| matches!(action, Action::Send(_))) && actions.len() == 2);
}

/// R-DLV-1: also if it grew while there was no room to read it.
#[test]
fn a_lane_that_grows_is_drained_too() {
    let mut peer = looking(RelayLimits {
        queue_frames: 1,
        ..RelayLimits::default()
    });
    peer.connection.on_signal(Signal::Lane, NOW);
    peer.connection.on_lane(Ok(vec![bounce(1)]), NOW);
    peer.connection.on_mailbox(Ok(vec![]), NOW);
    assert_eq!(peer.connection.take_actions().len(), 1, "the page");
    peer.connection.on_sent(1, 100, NOW);
    let actions = peer.connection.take_actions();
    assert!(matches!(actions[0], Action::ReadLane { after: 1, .. }) && actions.len() == 1);
}

const NOW: Now = Now {
    wall: UnixTime::new(START),
    monotonic: Duration::from_secs(1),
};

/// A connection that has attached, taken Hello, and looks at mailbox and lane.
fn looking(limits: RelayLimits) -> Peer {
    let mut world = World::limited(limits);
    let bob = Person::seeded(2, 1);
    let mut peer = world.socket();
    let attach = Attaching::to(peer.nonce).by(&bob.devices[0]);
    peer.connection.on_frame(attach.into(), NOW);
    let Some(Action::Submit(ticket, op)) = peer.connection.take_actions().pop_front() else {
        panic!("an attach is submitted");
    };
    let answer = world.store.submit(op).now_or_never().unwrap();
    peer.connection.on_answer(ticket, answer, NOW);
    peer.connection.on_sent(1, 95, NOW);
    peer.connection.take_actions();
    peer
}

fn bounce(place: u64) -> LaneEntry {
    let item = LaneItem::Bounce {
        device: DeviceId::new([1; 16]),
        message_id: MessageId::new([2; 16]),
        reason: 920,
    };
    LaneEntry { place, item }
}
