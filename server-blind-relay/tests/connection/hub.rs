//! The hub by itself: who hears what, in bounded memory.

use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use twotick_relay::{
    connection::Frame,
    hub::{Hub, Member, Signal},
    store::{Hints, SessionEpoch, Wake},
};
use twotick_wire::{DeviceId, LinkChannel};

use super::delivery::stored;

const BOB: DeviceId = DeviceId::new([2; 16]);

fn subscribed(hub: &Hub, epoch: u64, receives: bool) -> Member {
    let member = hub.join();
    member.subscribe(BOB, SessionEpoch(epoch), receives);
    member
}

fn heard(member: &Member) -> Vec<Signal> {
    let mut signals = Vec::new();
    while let Some(signal) = member.try_next() {
        let is_end = matches!(signal, Signal::Fenced | Signal::Replaced);
        signals.push(signal);
        if is_end {
            break;
        }
    }
    signals
}

fn wake(hub: &Hub, seq: u64, length: usize) {
    let delivery = stored(seq, length);
    hub.wake(Wake::Envelope {
        mailbox: BOB,
        delivery,
    });
}

/// R-DLV-1: one connection of a mailbox receives; those that only send hear nothing of it.
#[test]
fn one_connection_receives() {
    let hub = Hub::default();
    let sending = subscribed(&hub, 1, false);
    let receiving = subscribed(&hub, 1, true);
    wake(&hub, 1, 500);
    hub.wake(Wake::Lane { mailbox: BOB });
    assert_eq!(heard(&sending), []);
    assert_eq!(
        heard(&receiving),
        [Signal::Envelope(stored(1, 500)), Signal::Lane]
    );
}

/// R-ATT-4: an earlier session ends, also if it subscribes late; a later one stays.
#[test]
fn earlier_sessions_end_in_whatever_order_they_come() {
    let hub = Hub::default();
    let second = subscribed(&hub, 2, true);
    let first = subscribed(&hub, 1, true);
    assert_eq!(heard(&first), [Signal::Fenced]);
    hub.wake(Wake::Fenced {
        mailbox: BOB,
        session_epoch: SessionEpoch(2),
    });
    assert_eq!(heard(&second), []);
    hub.wake(Wake::Fenced {
        mailbox: BOB,
        session_epoch: SessionEpoch(3),
    });
    assert_eq!(heard(&second), [Signal::Fenced]);
}

/// R-KEY-1: all connections of a removed device end.
#[test]
fn a_removed_device_keeps_no_connection() {
    let hub = Hub::default();
    let members = [subscribed(&hub, 4, true), subscribed(&hub, 4, false)];
    hub.wake(Wake::Removed { mailbox: BOB });
    assert!(members.iter().all(|member| heard(member) == [Signal::Fenced]));
}

/// R-ABU-1: what a connection does not take is dropped, and it is told once that it is behind.
#[test]
fn an_inbox_that_overflows_is_behind() {
    let hub = Hub::default();
    for length in [500, 60_000] {
        let member = subscribed(&hub, 1, true);
        for seq in 1..=100 {
            wake(&hub, seq, length);
        }
        assert_eq!(heard(&member), [Signal::Behind]);
        wake(&hub, 101, length);
        assert_eq!(heard(&member), [Signal::Envelope(stored(101, length))]);
    }
}

/// R-ABU-1: a mailbox has so many connections; the oldest gives way.
#[test]
fn connections_of_a_mailbox_are_bounded() {
    let hub = Hub::default();
    let members: Vec<Member> = (0..17).map(|_| subscribed(&hub, 1, false)).collect();
    assert_eq!(heard(&members[0]), [Signal::Replaced]);
    assert!(members[1..].iter().all(|member| heard(member).is_empty()));
}

/// R-EPH-1: ephemeral frames wait in bounded number, the newest of each device.
#[test]
fn ephemeral_frames_are_bounded() {
    let hub = Hub::default();
    let member = subscribed(&hub, 1, true);
    let frame = |number: u8| Frame(Bytes::from(vec![number; 100]));
    for number in 0..100 {
        hub.ephemeral(BOB, DeviceId::new([number; 16]), frame(number));
    }
    hub.ephemeral(BOB, DeviceId::new([3; 16]), frame(200));
    let heard = heard(&member);
    assert_eq!(heard.len(), 32);
    assert_eq!(
        heard[3],
        Signal::Ephemeral {
            from: DeviceId::new([3; 16]),
            frame: frame(200)
        }
    );
    drop(member);
    hub.ephemeral(BOB, DeviceId::new([1; 16]), frame(1));
}

/// R-EPH-2: what waits of channels is bounded, however many are opened one after the other.
#[test]
fn link_frames_are_bounded() {
    let hub = Hub::default();
    let (slow, fast) = (hub.join(), hub.join());
    for number in 0..10 {
        let channel = LinkChannel::new([number; 16]);
        slow.link_join(channel, true, Duration::ZERO).unwrap();
        fast.link_join(channel, false, Duration::ZERO).unwrap();
        for _ in 0..20 {
            fast.link_send(channel, Frame(Bytes::from_static(b"x")), Duration::ZERO)
                .unwrap();
        }
    }
    assert_eq!(heard(&slow).len(), 32);
}

/// R-DLV-1: whoever waits is woken, whatever other threads do: hints come in order, or it is told that it is behind.
#[test]
fn a_waiting_connection_is_always_woken() {
    const LAST: u64 = 20_000;
    let hub = Hub::default();
    let member = subscribed(&hub, 1, true);
    let waker = hub.clone();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            (1..=LAST).for_each(|seq| wake(&waker, seq, 100));
            waker.acked(BOB, LAST);
        });
        let (mut seen, mut is_behind, mut is_over) = (0, false, false);
        while !(is_over && (is_behind || seen == LAST)) {
            match runtime.block_on(member.next()) {
                Signal::Envelope(delivery) => {
                    assert!(is_behind || delivery.seq == seen + 1);
                    seen = delivery.seq;
                    is_behind = false;
                }
                Signal::Behind => is_behind = true,
                Signal::Acked(upto) => is_over = upto == LAST,
                other => panic!("nobody said {other:?}"),
            }
        }
    });
}

/// R-DLV-1: nothing is missed between looking and waiting.
#[test]
fn waiting_sees_what_came_before() {
    let hub = Hub::default();
    let member = subscribed(&hub, 1, true);
    assert_eq!(member.next().now_or_never(), None);
    wake(&hub, 1, 500);
    assert_eq!(
        member.next().now_or_never(),
        Some(Signal::Envelope(stored(1, 500)))
    );
    assert_eq!(member.next().now_or_never(), None);
}
