//! Delivery, SPEC 22.2 and 24.

use bytes::Bytes;
use futures_util::FutureExt;
use twotick_relay::{
    connection::Action,
    hub::Signal,
    store::{Delivery, MailboxItem, SealedBytes, Store, StoreError},
};
use twotick_wire::{
    ErrorCode, ListHead, MessageId, Receipt, ReceiptState, RelayFrame, RequestId, UnixTime,
    frame::{Ack, ReceiptFor, SendReceipts},
};

use super::{
    attaching::with_mail,
    person::{Attaching, CAPABILITY, Letter, ack},
    world::{START, World},
};

/// R-DLV-1: what waits, then Drained once, then each envelope as it is stored.
#[test]
fn the_backlog_comes_first_then_drained_then_the_rest() {
    let (mut world, bob) = with_mail(3);
    let mut peer = world.socket();
    let attach = Attaching::to(peer.nonce).by(&bob.devices[0]);
    peer.say(&world, &attach);
    peer.expect_hello();
    assert!(matches!(peer.take(), RelayFrame::Page(page) if page.deliveries.len() == 3));
    assert!(matches!(peer.take(), RelayFrame::Drained(drained) if drained.next == 4));
    let alice = world.person(1, 1);
    let mut sender = world.attached(&alice.devices[0]);
    sender.say(&world, &Letter::to(&bob, 9).frame(2));
    peer.work(&world);
    assert!(matches!(peer.take(), RelayFrame::Page(page) if page.deliveries[0].seq == 4));
    assert_eq!(peer.frames.len(), 0, "Drained is sent once");
}

/// R-DLV-1: an envelope that is handed over goes out without a read of the store.
#[test]
fn a_live_connection_reads_nothing_back() {
    let (mut world, bob) = with_mail(0);
    let mut peer = world.attached(&bob.devices[0]);
    peer.connection
        .on_signal(Signal::Envelope(stored(1, 500)), world.now);
    let actions = peer.connection.take_actions();
    assert!(actions.iter().all(|action| matches!(action, Action::Send(_))) && actions.len() == 1);
    world.wait(1);
}

/// R-DLV-5: lost, repeated and disordered hints change neither order nor number.
#[test]
fn hints_may_be_lost_repeated_and_out_of_order() {
    let (world, bob) = with_mail(4);
    let mut world = world;
    let mut peer = world.attached(&bob.devices[0]);
    let alice = world.person(1, 1);
    let mut sender = world.attached(&alice.devices[0]);
    for number in 10..14 {
        sender.say(&world, &Letter::to(&bob, number).frame(number.into()));
    }
    while peer.member.try_next().is_some() {}
    for seq in [8, 6, 6, 2] {
        peer.connection
            .on_signal(Signal::Envelope(stored(seq, 500)), world.now);
    }
    peer.connection.on_signal(Signal::Behind, world.now);
    peer.work(&world);
    assert_eq!(peer.numbers(), [5, 6, 7, 8]);
}

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

/// R-DLV-4: what was never sent cannot be acknowledged.
#[test]
fn an_ack_over_what_was_sent_is_refused() {
    let (mut world, bob) = with_mail(5);
    let mut peer = world.socket();
    let mut attaching = Attaching::to(peer.nonce);
    attaching.window_envelopes = 2;
    peer.say(&world, &attaching.by(&bob.devices[0]));
    let session = peer.expect_hello().session_epoch;
    peer.read();
    peer.say(&world, &ack(2, session, 3));
    assert_eq!(peer.refused_with(), ErrorCode::InvalidValue.number());
    peer.say(&world, &ack(3, session, 2));
    assert!(matches!(peer.take(), RelayFrame::Done(_)));
}

/// R-DLV-3, R-DLV-4: nothing is deleted before Done, and a cursor deletes nothing.
#[test]
fn only_an_ack_deletes() {
    let (mut world, bob) = with_mail(3);
    let mut peer = world.attached(&bob.devices[0]);
    let session = peer.hello.unwrap().session_epoch;
    world.is_broken = true;
    peer.say(&world, &ack(2, session, 3));
    assert_eq!(peer.refused_with(), ErrorCode::StoreUnavailable.number());
    world.is_broken = false;
    let mut again = world.socket();
    let attach = Attaching::to(again.nonce).by(&bob.devices[0]);
    again.say(&world, &attach);
    again.expect_hello();
    assert_eq!(again.numbers(), [1, 2, 3]);
}

/// R-DLV-6: a gap is announced in its place, before any later envelope.
#[test]
fn a_gap_stands_in_its_place() {
    let (mut world, bob) = with_mail(0);
    let mut peer = world.attached(&bob.devices[0]);
    peer.connection
        .on_signal(Signal::Envelope(stored(6, 500)), world.now);
    assert!(matches!(
        peer.connection.take_actions()[0],
        Action::ReadMailbox { after: 0, .. }
    ));
    let items = vec![
        MailboxItem::Delivery(stored(1, 500)),
        MailboxItem::Gap { from: 2, to: 4 },
        MailboxItem::Delivery(stored(5, 500)),
        MailboxItem::Delivery(stored(6, 500)),
    ];
    peer.connection.on_mailbox(Ok(items), world.now);
    peer.work(&world);
    assert!(matches!(peer.take(), RelayFrame::Page(page) if page.deliveries.len() == 1));
    assert!(matches!(peer.take(), RelayFrame::Gap(gap) if (gap.from, gap.to) == (2, 4)));
    assert!(matches!(peer.take(), RelayFrame::Page(page) if page.deliveries.len() == 2));
    world.wait(1);
}

/// R-DUR-3: a read that fails is tried again, and nothing is skipped.
#[test]
fn a_failed_read_is_tried_again() {
    let (mut world, bob) = with_mail(0);
    let mut peer = world.attached(&bob.devices[0]);
    peer.connection.on_signal(Signal::Behind, world.now);
    peer.connection.take_actions();
    peer.connection.on_mailbox(Err(StoreError::Damaged), world.now);
    peer.connection.on_lane(Err(StoreError::Damaged), world.now);
    assert!(peer.connection.take_actions().is_empty());
    world.wait(1);
    assert!(peer.connection.next_tick().unwrap() <= world.now.monotonic);
    peer.connection.on_tick(world.now);
    assert_eq!(peer.connection.take_actions().len(), 2);
}

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
    let alice = super::person::Person::seeded(1, 1);
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

/// R-DLV-1: a page has up to 64 envelopes and one frame's bytes.
#[test]
fn pages_are_bounded() {
    let (mut world, bob) = with_mail(0);
    let mut peer = world.attached(&bob.devices[0]);
    peer.connection.on_signal(Signal::Behind, world.now);
    peer.connection.take_actions();
    let items = (1..=130).map(|seq| MailboxItem::Delivery(stored(seq, 5_000)));
    peer.connection.on_mailbox(Ok(items.collect()), world.now);
    peer.connection.on_lane(Ok(vec![]), world.now);
    peer.work(&world);
    let mut expected = 1;
    for frame in peer.read() {
        let RelayFrame::Page(page) = frame else { continue };
        assert!(page.deliveries.len() <= 64);
        for delivery in page.deliveries {
            assert_eq!(delivery.seq, expected);
            expected += 1;
        }
    }
    assert_eq!(expected, 131);
    assert!(world.store.usage().now_or_never().unwrap().is_ok());
    world.wait(1);
}

fn stored(seq: u64, length: usize) -> Delivery {
    Delivery {
        seq,
        accepted: UnixTime::new(START),
        envelope: SealedBytes::new(Bytes::from(vec![0; length])),
    }
}
