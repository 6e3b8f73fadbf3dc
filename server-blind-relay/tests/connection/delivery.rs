//! Delivery, SPEC 22.2 and 24.

use bytes::Bytes;
use twotick_relay::{
    connection::Action,
    hub::Signal,
    store::{Delivery, MailboxItem, SealedBytes, StoreError},
};
use twotick_wire::{ErrorCode, RelayFrame, UnixTime};

use super::{
    attaching::with_mail,
    person::{Attaching, Letter, ack},
    world::START,
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

/// R-DLV-1: a page has up to 64 envelopes and one frame's bytes.
#[test]
fn pages_are_bounded() {
    for length in [500, 5_000] {
        let (mut world, bob) = with_mail(0);
        let mut peer = world.attached(&bob.devices[0]);
        peer.connection.on_signal(Signal::Behind, world.now);
        peer.connection.take_actions();
        let items = (1..=130).map(|seq| MailboxItem::Delivery(stored(seq, length)));
        peer.connection.on_mailbox(Ok(items.collect()), world.now);
        peer.connection.on_lane(Ok(vec![]), world.now);
        peer.work(&world);
        assert_eq!(peer.numbers(), (1..=130).collect::<Vec<_>>());
        world.wait(1);
    }
}

/// R-DLV-1: the numbers of a page are consecutive, also when some were acknowledged between two reads.
#[test]
fn a_page_has_no_hole() {
    let (mut world, bob) = with_mail(0);
    let mut peer = world.attached(&bob.devices[0]);
    peer.connection.on_signal(Signal::Behind, world.now);
    peer.connection.take_actions();
    let items = [5, 6, 9].map(|seq| MailboxItem::Delivery(stored(seq, 500)));
    peer.connection.on_mailbox(Ok(items.to_vec()), world.now);
    peer.work(&world);
    assert!(matches!(peer.take(), RelayFrame::Page(page) if page.deliveries.len() == 2));
    assert!(matches!(peer.take(), RelayFrame::Page(page) if page.deliveries.len() == 1));
    world.wait(1);
}

/// An envelope that is handed over.
pub fn stored(seq: u64, length: usize) -> Delivery {
    Delivery {
        seq,
        accepted: UnixTime::new(START),
        envelope: SealedBytes::new(Bytes::from(vec![0; length])),
    }
}
