//! Link channels, R-EPH-2.

use twotick_relay::{connection::Close, limits::RelayLimits};
use twotick_wire::{
    ErrorCode, LinkChannel, RelayFrame, RequestId,
    frame::{LinkJoin, LinkSend, Opaque},
};

use super::{peer::Peer, world::World};

const CHANNEL: LinkChannel = LinkChannel::new([0x11; 16]);

fn join(world: &World, peer: &mut Peer, channel: LinkChannel) -> bool {
    let request = RequestId::new(7);
    peer.ask(world, LinkJoin { request, channel }.into());
    is_done(peer)
}

fn send(world: &World, peer: &mut Peer, data: &[u8]) -> bool {
    let request = RequestId::new(8);
    let data = Opaque::new(data);
    peer.ask(
        world,
        LinkSend {
            request,
            channel: CHANNEL,
            data,
        }
        .into(),
    );
    is_done(peer)
}

fn is_done(peer: &mut Peer) -> bool {
    match peer.take() {
        RelayFrame::Done(_) => true,
        RelayFrame::Error(error) => {
            assert_eq!(error.code, ErrorCode::Refused.number());
            false
        }
        other => panic!("expected Done or Error, not {:?}", other.kind()),
    }
}

fn hears(world: &World, peer: &mut Peer) -> Vec<u8> {
    peer.work(world);
    match peer.take() {
        RelayFrame::LinkDelivery(delivery) => {
            assert_eq!(delivery.channel, CHANNEL);
            delivery.data.as_bytes().to_vec()
        }
        other => panic!("expected LinkDelivery, not {:?}", other.kind()),
    }
}

fn pair(world: &mut World) -> (Peer, Peer) {
    let alice = world.person(1, 1);
    let mut existing = world.attached(&alice.devices[0]);
    assert!(join(world, &mut existing, CHANNEL));
    let mut new = world.socket();
    assert!(join(world, &mut new, CHANNEL));
    (existing, new)
}

/// R-EPH-2: what one sends the other gets, before the new device has an account.
#[test]
fn two_devices_meet_on_a_channel() {
    let mut world = World::new();
    let (mut existing, mut new) = pair(&mut world);
    assert!(send(&world, &mut new, b"hello"));
    assert_eq!(hears(&world, &mut existing), b"hello");
    assert!(send(&world, &mut existing, b"commitment"));
    assert_eq!(hears(&world, &mut new), b"commitment");
}

/// R-EPH-2: only an attached device opens a channel, two take part, and nobody speaks from outside.
#[test]
fn other_uses_are_refused() {
    let mut world = World::new();
    let mut stranger = world.socket();
    assert!(!join(&world, &mut stranger, CHANNEL));
    let (existing, new) = pair(&mut world);
    assert!(!join(&world, &mut stranger, CHANNEL));
    assert!(!send(&world, &mut stranger, b"x"));
    drop(new);
    let mut existing = existing;
    assert!(
        !send(&world, &mut existing, b"x"),
        "a channel ends with either connection"
    );
    assert!(join(&world, &mut existing, CHANNEL));
    assert!(!send(&world, &mut existing, b"x"), "nobody is there to hear");
    assert!(!join(&world, &mut existing, CHANNEL), "nobody meets themselves");
}

/// R-EPH-2: a channel ends after 32 messages.
#[test]
fn a_channel_carries_32_messages() {
    let mut world = World::new();
    let (mut existing, mut new) = pair(&mut world);
    for number in 0..32 {
        let (from, to) = if number % 2 == 0 {
            (&mut existing, &mut new)
        } else {
            (&mut new, &mut existing)
        };
        assert!(send(&world, from, &[number]));
        assert_eq!(hears(&world, to), [number]);
    }
    assert!(!send(&world, &mut existing, b"x"));
}

/// R-EPH-2: and after 300 s; until then the new device is not turned away for want of an Attach (22.3).
#[test]
fn a_channel_lasts_300_seconds() {
    let mut world = World::new();
    let (mut existing, mut new) = pair(&mut world);
    for _ in 0..7 {
        world.wait(40);
        new.tick(&world);
        assert!(send(&world, &mut new, b"x"));
        hears(&world, &mut existing);
    }
    world.wait(20);
    assert!(!send(&world, &mut existing, b"x"));
    new.tick(&world);
    new.read();
    assert_eq!(new.close, Some(Close::AttachRefused));
}

/// R-EPH-2: a connection is in one channel at a time; joining another ends the one before.
#[test]
fn joining_another_ends_the_one_before() {
    let mut world = World::new();
    let (mut existing, mut new) = pair(&mut world);
    assert!(join(&world, &mut existing, LinkChannel::new([0x22; 16])));
    assert!(!send(&world, &mut new, b"x"));
}

/// R-ABU-1: there are so many channels at once, and a full relay refuses more until one ends.
#[test]
fn channels_are_bounded() {
    let limits = RelayLimits {
        link_channels: 1,
        ..RelayLimits::default()
    };
    let mut world = World::limited(limits);
    let (existing, _new) = pair(&mut world);
    let bob = super::person::Person::seeded(2, 1);
    let mut other = world.attached(&bob.devices[0]);
    assert!(!join(&world, &mut other, LinkChannel::new([0x22; 16])));
    drop(existing);
    assert!(join(&world, &mut other, LinkChannel::new([0x22; 16])));
    world.hub.sweep(world.now.monotonic);
}
