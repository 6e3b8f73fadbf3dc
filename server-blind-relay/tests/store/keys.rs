//! Attaching, lists, prekeys, capabilities, on every store.

use std::collections::BTreeSet;

use bytes::Bytes;
use twotick_relay::store::{Answer, CapabilityChange, Op, PublishedPrekeys, TakePrekeys};
use twotick_wire::{ErrorCode, Grant, OneTimePrekeyId, UnixTime};

use crate::people::{
    Device, account, at, capability, certificate, envelope, fetch, grant, granted, next_list, send, send_id,
    to_account,
};
use crate::world::{World, small};

const ALICE: Device = Device(0, 0);
const BOB: Device = Device(1, 0);

pub(crate) fn id(number: u8) -> OneTimePrekeyId {
    OneTimePrekeyId::new([number; 16])
}

pub(crate) fn publish(device: Device, ids: impl IntoIterator<Item = u8>, now: UnixTime) -> Op {
    let one_time = ids
        .into_iter()
        .map(|number| (id(number), envelope(&format!("one-time {number}"))));
    Op::PublishPrekeys(PublishedPrekeys {
        device: device.id(),
        signed: Some(envelope("signed")),
        one_time: one_time.collect(),
        now,
    })
}

pub(crate) fn take(by: u8, may_take: bool, now: UnixTime) -> Op {
    let devices = vec![(BOB.id(), may_take)];
    Op::TakePrekeys(TakePrekeys {
        fetch: fetch(1, by, capability(0), now),
        devices,
    })
}

pub(crate) fn bundles(answer: Answer) -> Vec<Bytes> {
    match answer {
        Answer::Bundles { bundles, .. } => bundles,
        answer => panic!("{answer:?} instead of bundles"),
    }
}

fn expected_bundle(one_time: Option<u8>) -> Vec<u8> {
    let mut bundle = vec![0x06, 1];
    bundle.extend_from_slice(&certificate(BOB, 0));
    bundle.extend_from_slice(&envelope("signed"));
    bundle.push(u8::from(one_time.is_some()));
    bundle.extend(
        one_time
            .map(|number| envelope(&format!("one-time {number}")))
            .unwrap_or_default(),
    );
    bundle
}

/// Bob with a list and a capability for everybody.
pub(crate) fn with_bob(world: &World) {
    assert_eq!(
        world.submit(Op::PublishList(next_list(1, None, &[(BOB, 0)]))),
        Answer::Done
    );
    assert_eq!(world.submit(granted(1, vec![grant(0)], at(0))), Answer::Done);
}

/// R-KEY-3: of 64 who ask at once, as many as there are prekeys get one, each another; all get the signed one.
#[test]
fn a_one_time_prekey_has_one_taker_among_64() {
    for mut world in World::both(small()) {
        with_bob(&world);
        assert_eq!(
            world.submit(publish(BOB, 1..=3, at(1))),
            Answer::Prekeys { available: 3 }
        );
        let answers = world.submit_together((0..64).map(|_| take(0, true, at(2))).collect());
        let taken: Vec<Bytes> = answers.into_iter().flat_map(bundles).collect();
        assert_eq!(taken.len(), 64);
        let with_one_time: BTreeSet<_> = taken
            .iter()
            .filter(|bundle| **bundle != expected_bundle(None))
            .collect();
        assert_eq!(with_one_time.len(), 3);
        assert_eq!(
            taken
                .iter()
                .filter(|bundle| **bundle == expected_bundle(None))
                .count(),
            61
        );
        // Durably: after a crash none of them comes back.
        world.again(false);
        assert_eq!(
            bundles(world.submit(take(0, true, at(3)))),
            [expected_bundle(None)]
        );
    }
}

/// R-KEY-2: what is there, and what was handed out in the last 72 h, is passed over; too many are not taken at all.
#[test]
fn published_prekeys_are_counted_and_never_come_back() {
    for mut world in World::both(small()) {
        with_bob(&world);
        assert_eq!(
            world.submit(publish(BOB, 1..=2, at(1))),
            Answer::Prekeys { available: 2 }
        );
        assert_eq!(
            bundles(world.submit(take(0, true, at(2)))),
            [expected_bundle(Some(1))]
        );
        world.again(false);
        assert_eq!(
            world.submit(publish(BOB, 1..=3, at(3))),
            Answer::Prekeys { available: 2 }
        );
        assert_eq!(
            world.submit(publish(BOB, 4..=6, at(3))),
            Answer::Refused(ErrorCode::TooManyPrekeys)
        );
        assert_eq!(
            world.submit(publish(BOB, [], at(3))),
            Answer::Prekeys { available: 2 }
        );
        let later = at(2 + small().send_id);
        assert_eq!(
            world.submit(publish(BOB, [1], later)),
            Answer::Prekeys { available: 3 }
        );
    }
}

/// R-KEY-3: who is over a limit gets a bundle without; a device without a signed prekey gives none.
#[test]
fn a_limit_costs_the_one_time_prekey_only() {
    for world in World::both(small()) {
        with_bob(&world);
        assert_eq!(bundles(world.submit(take(0, true, at(1)))), Vec::<Bytes>::new());
        world.submit(publish(BOB, [1], at(1)));
        assert_eq!(
            bundles(world.submit(take(0, false, at(2)))),
            [expected_bundle(None)]
        );
        assert_eq!(
            bundles(world.submit(take(0, true, at(2)))),
            [expected_bundle(Some(1))]
        );
    }
}

/// R-CAP-1: an unknown account, an unknown capability and one that has ended are one and the same refusal.
#[test]
fn refusals_of_a_look_are_told_apart_by_nothing() {
    for world in World::both(small()) {
        with_bob(&world);
        let ended = Grant {
            expires: at(5),
            ..grant(1)
        };
        world.submit(granted(1, vec![ended], at(0)));
        for (of, shown) in [(2, 0), (1, 7), (1, 1)] {
            for op in [
                Op::FetchList(fetch(of, 0, capability(shown), at(6))),
                Op::Reach(fetch(of, 0, capability(shown), at(6))),
            ] {
                assert_eq!(world.submit(op), Answer::Refused(ErrorCode::Refused));
            }
        }
        let answer = world.submit(Op::Reach(fetch(1, 0, capability(0), at(6))));
        assert_eq!(answer, Answer::Devices(vec![BOB.id()]));
        // One's own needs none.
        let own = world.submit(Op::FetchList(fetch(1, 1, capability(9), at(6))));
        assert!(matches!(own, Answer::Lists { certificates, .. } if certificates == [certificate(BOB, 0)]));
    }
}

/// R-CAP-2: a single capability is bound by its first use, a quota counts envelopes, both over a crash.
#[test]
fn bindings_and_quotas_survive_a_crash() {
    for mut world in World::both(small()) {
        with_bob(&world);
        for (number, device) in [(0, ALICE), (2, Device(2, 0))] {
            world.submit(Op::PublishList(next_list(number, None, &[(device, 0)])));
        }
        let bobs = next_list(1, None, &[(BOB, 0)]);
        let terms = Grant {
            is_single: true,
            envelopes: 2,
            ..grant(1)
        };
        world.submit(granted(1, vec![terms], at(0)));
        let say = |world: &World, from: Device, number| {
            let part = to_account(&bobs, capability(1), send_id(number), &[BOB], "text");
            world.submit(send(from, number, vec![part], at(1)))
        };
        let stored = Answer::Sent(vec![twotick_relay::store::AccountOutcome::Stored]);
        assert_eq!(say(&world, ALICE, 1), stored);
        world.again(false);
        assert_ne!(say(&world, Device(2, 0), 2), stored);
        assert_eq!(say(&world, ALICE, 3), stored);
        world.again(false);
        assert_ne!(say(&world, ALICE, 4), stored);
        // Granted again: new terms, the same binding.
        world.submit(granted(1, vec![terms], at(2)));
        assert_ne!(say(&world, Device(2, 0), 5), stored);
        assert_eq!(say(&world, ALICE, 6), stored);
    }
}

/// R-CAP-2: one too many is refused as a whole; revoking what is not there is no error.
#[test]
fn an_account_grants_only_so_many() {
    for world in World::both(small()) {
        with_bob(&world);
        let change = |revoked: &[u8], granted: &[u8]| {
            Op::ChangeCapabilities(CapabilityChange {
                account: account(1),
                revoked: revoked.iter().map(|number| capability(*number)).collect(),
                granted: granted.iter().map(|number| grant(*number)).collect(),
                now: at(1),
            })
        };
        assert_eq!(world.submit(change(&[9], &[1, 2])), Answer::Done);
        let refused = Answer::Refused(ErrorCode::TooManyCapabilities);
        assert_eq!(world.submit(change(&[1], &[3, 4])), refused);
        let look = |shown| world.submit(Op::Reach(fetch(1, 0, capability(shown), at(1))));
        assert!(matches!(look(1), Answer::Devices(_)));
        assert_eq!(look(3), Answer::Refused(ErrorCode::Refused));
        assert_eq!(world.submit(change(&[1], &[3])), Answer::Done);
    }
}
