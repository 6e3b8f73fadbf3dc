//! Keys, lists and capabilities, SPEC 26, as far as a connection decides it.

use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use twotick_protocol::{Device, Prekeys, one_time_prekey_id};
use twotick_relay::{limits::RelayLimits, verify};
use twotick_wire::{
    Capability, ErrorCode, OneTimePrekey, PrekeyBundle, RelayFrame, RequestId, SignedPrekey, UnixTime,
    frame::{Bundles, PublishPrekeys, TakePrekeys},
};

use super::{
    peer::Peer,
    person::{CAPABILITY, Person},
    world::{START, World},
};

fn prekeys(device: &Device, count: usize) -> (SignedPrekey, Vec<OneTimePrekey>) {
    let mut store = Prekeys::new();
    let mut rng = ChaCha20Rng::seed_from_u64(5);
    let staged = store
        .generate(device, true, count, UnixTime::new(START), &mut rng)
        .unwrap();
    let published = staged.commit(|_| Ok::<_, ()>(())).unwrap();
    (published.signed.unwrap(), published.one_time)
}

fn publish(request: u32, keys: &(SignedPrekey, Vec<OneTimePrekey>)) -> PublishPrekeys {
    PublishPrekeys {
        request: RequestId::new(request),
        signed_prekey: Some(keys.0.clone()),
        one_time_prekeys: keys.1.clone(),
    }
}

fn take(request: u32, person: &Person, capability: Capability) -> TakePrekeys {
    TakePrekeys {
        request: RequestId::new(request),
        account: person.id(),
        capability,
        devices: person.devices.iter().map(Device::device_id).collect(),
    }
}

fn bundles(peer: &mut Peer) -> Bundles<'static> {
    match peer.take() {
        RelayFrame::Bundles(bundles) => bundles,
        other => panic!("expected Bundles, not {:?}", other.kind()),
    }
}

/// R-KEY-2: what the device signed under its certificate is taken; the relay names a prekey as the protocol does.
#[test]
fn signed_prekeys_are_taken() {
    let mut world = World::new();
    let bob = world.person(2, 1);
    let keys = prekeys(&bob.devices[0], 3);
    let device = &bob.devices[0];
    let id = verify::one_time_prekey(
        &keys.1[0],
        &device.certificate().device_signing_key,
        &device.certificate_hash(),
    );
    assert_eq!(id, Ok(one_time_prekey_id(&keys.1[0])));
    let mut peer = world.attached(device);
    peer.ask(&world, publish(2, &keys).into());
    assert!(matches!(peer.take(), RelayFrame::PrekeysPublished(published) if published.available == 3));
}

/// R-KEY-2: one bad signature, or a prekey of another device, and none of the frame is taken; one that ended neither.
#[test]
fn badly_signed_prekeys_are_refused_as_a_whole() {
    let mut world = World::new();
    let bob = world.person(2, 2);
    let mut peer = world.attached(&bob.devices[0]);
    let mut keys = prekeys(&bob.devices[0], 2);
    let other = prekeys(&bob.devices[1], 1);
    peer.ask(&world, publish(2, &other).into());
    assert_eq!(peer.refused_with(), ErrorCode::BadPrekeySignature.number());
    keys.1.push(other.1[0].clone());
    peer.ask(&world, publish(3, &keys).into());
    assert_eq!(peer.refused_with(), ErrorCode::BadPrekeySignature.number());
    let keys = prekeys(&bob.devices[0], 0);
    world.now.wall = world.now.wall.saturating_add(15 * 86_400);
    peer.ask(&world, publish(4, &keys).into());
    assert_eq!(peer.refused_with(), ErrorCode::PrekeyExpired.number());
    let mut asker = world.attached(&bob.devices[1]);
    asker.ask(&world, take(2, &bob, Capability::NONE).into());
    assert_eq!(bundles(&mut asker).bundles.len(), 0);
}

/// R-KEY-3: an account over its limit gets a bundle without; who has no capability uses up nobody's limit.
#[test]
fn takers_of_prekeys_are_limited() {
    let mut world = World::new();
    let bob = world.person(2, 1);
    let alice = world.person(1, 1);
    let mut peer = world.attached(&bob.devices[0]);
    peer.ask(&world, publish(2, &prekeys(&bob.devices[0], 20)).into());
    peer.read();
    let mut asker = world.attached(&alice.devices[0]);
    for request in 1..=30 {
        asker.ask(&world, take(request, &bob, Capability::new([1; 16])).into());
        assert_eq!(asker.refused_with(), ErrorCode::Refused.number());
    }
    let mut given = Vec::new();
    for request in 1..=8 {
        asker.ask(&world, take(request, &bob, CAPABILITY).into());
        let bundles = bundles(&mut asker);
        given.push(PrekeyBundle::decode(&bundles.bundles[0]).unwrap().one_time_prekey);
    }
    let with = given.iter().take_while(|prekey| prekey.is_some()).count();
    assert_eq!(with, 6);
    assert!(given[with..].iter().all(Option::is_none));
    for (index, prekey) in given[..with].iter().enumerate() {
        assert!(!given[..index].contains(prekey), "at most once");
    }
}

/// R-KEY-3: the right to reach one account takes nothing from the limits of another's devices.
#[test]
fn a_capability_reaches_no_other_accounts_limits() {
    let mut world = World::new();
    let bob = world.person(2, 1);
    let carol = world.person(3, 1);
    let alice = world.person(1, 1);
    let mut peer = world.attached(&carol.devices[0]);
    peer.ask(&world, publish(2, &prekeys(&carol.devices[0], 20)).into());
    let mut asker = world.attached(&alice.devices[0]);
    let devices = vec![carol.device(0)];
    for request in 1..=10 {
        let take = TakePrekeys {
            devices: devices.clone(),
            ..take(request, &bob, CAPABILITY)
        };
        asker.ask(&world, take.into());
        assert_eq!(bundles(&mut asker).bundles.len(), 0);
    }
    asker.ask(&world, take(20, &carol, CAPABILITY).into());
    let given = bundles(&mut asker);
    assert!(
        PrekeyBundle::decode(&given.bundles[0])
            .unwrap()
            .one_time_prekey
            .is_some()
    );
}

/// R-FRM-4: what follows a TakePrekeys waits until its right has been looked at.
#[test]
fn taking_prekeys_keeps_its_place() {
    let mut world = World::new();
    let bob = world.person(2, 1);
    let mut peer = world.attached(&bob.devices[0]);
    peer.connection
        .on_frame(take(2, &bob, Capability::NONE).encode().into(), world.now);
    assert!(!peer.connection.wants_frame());
    peer.work(&world);
    assert!(peer.connection.wants_frame());
}

/// R-KEY-1: lists and prekeys of a device are published at a bounded rate.
#[test]
fn publishing_is_limited() {
    let mut world = World::new();
    let bob = world.person(2, 1);
    let mut peer = world.attached(&bob.devices[0]);
    let burst = RelayLimits::default().publications.burst;
    for request in 1..burst {
        peer.say(&world, &bob.publish_list(request));
        assert!(
            matches!(peer.take(), RelayFrame::Done(_)),
            "the same list again is no conflict"
        );
    }
    peer.say(&world, &bob.publish_list(90));
    assert_eq!(peer.expect_error().code, ErrorCode::RateLimited.number());
    world.wait(60);
    peer.say(&world, &bob.publish_list(91));
    assert!(matches!(peer.take(), RelayFrame::Done(_)));
}

/// R-KEY-1: the connections of a device that leaves its list end.
#[test]
fn a_removed_device_is_cut_off() {
    let mut world = World::new();
    let mut bob = world.person(2, 2);
    let mut first = world.attached(&bob.devices[0]);
    let mut second = world.attached(&bob.devices[1]);
    bob.remove(1);
    first.say(&world, &bob.publish_list(2));
    assert!(matches!(first.take(), RelayFrame::Done(_)));
    second.work(&world);
    assert_eq!(second.close, Some(twotick_relay::connection::Close::Fenced));
    assert_eq!(first.close, None);
}
