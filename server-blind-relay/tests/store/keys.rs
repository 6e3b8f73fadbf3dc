//! Attaching, lists, prekeys, capabilities, on every store.

use std::collections::BTreeSet;

use bytes::Bytes;
use twotick_relay::store::{
    Answer, CapabilityChange, MailboxItem, Op, PublishedPrekeys, SessionEpoch, StoreLimits, TakePrekeys,
};
use twotick_wire::{DeviceId, ErrorCode, Grant, ListHead, OneTimePrekeyId, UnixTime};

use crate::people::{
    Device, account, at, attach, capability, certificate, envelope, fetch, grant, granted, next_list, send,
    send_id, to_account,
};
use crate::world::{World, small};

const ALICE: Device = Device(0, 0);
const BOB: Device = Device(1, 0);

fn id(number: u8) -> OneTimePrekeyId {
    OneTimePrekeyId::new([number; 16])
}

fn publish(device: Device, ids: impl IntoIterator<Item = u8>, now: UnixTime) -> Op {
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

fn take(by: u8, may_take: bool, now: UnixTime) -> Op {
    let devices = vec![(BOB.id(), may_take)];
    Op::TakePrekeys(TakePrekeys {
        fetch: fetch(1, by, capability(0), now),
        devices,
    })
}

fn bundles(answer: Answer) -> Vec<Bytes> {
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
fn with_bob(world: &World) {
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

/// R-ATT-2: who is in no list, has another certificate, or another account's mailbox, is refused without a reason.
#[test]
fn only_the_listed_device_attaches() {
    for world in World::both(small()) {
        let refused = Answer::Refused(ErrorCode::AttachRefused);
        let with = |device: Device, owner: u8, version: u8| {
            let Op::Attach(mut attachment) = attach(device, at(1)) else {
                panic!("an Attach")
            };
            attachment.account = account(owner);
            attachment.certificate_hash = device.certificate(version);
            world.submit(Op::Attach(attachment))
        };
        assert!(matches!(with(ALICE, 0, 0), Answer::Attached(_)));
        assert_eq!(with(ALICE, 1, 0), refused);
        assert_eq!(with(ALICE, 0, 1), refused);
        assert_eq!(
            world.submit(Op::PublishList(next_list(0, None, &[(ALICE, 1)]))),
            Answer::Done
        );
        assert_eq!(with(ALICE, 0, 0), refused);
        assert!(matches!(with(ALICE, 0, 1), Answer::Attached(hello) if hello.list != ListHead::NONE));
        assert_eq!(with(Device(0, 1), 0, 0), refused);
    }
}

/// R-ATT-4: each attach that receives fences those before it, also over a crash; the others leave it as it is.
#[test]
fn session_epochs_grow_durably() {
    for mut world in World::both(small()) {
        let session = |world: &World, receives| {
            let Op::Attach(mut attachment) = attach(ALICE, at(1)) else {
                panic!("an Attach")
            };
            attachment.receives = receives;
            match world.submit(Op::Attach(attachment)) {
                Answer::Attached(hello) => hello.session_epoch,
                answer => panic!("{answer:?}"),
            }
        };
        assert_eq!(session(&world, true), SessionEpoch(1));
        world.again(false);
        assert_eq!(session(&world, false), SessionEpoch(1));
        assert_eq!(session(&world, true), SessionEpoch(2));
        let fenced = format!(
            "Fenced {{ mailbox: {:?}, session_epoch: SessionEpoch(2) }}",
            ALICE.id()
        );
        world.again(true);
        assert_eq!(world.hints.take(), [fenced]);
    }
}

/// R-ATT-3: a mailbox that no list names goes after a day, unless it has prekeys; a listed one stays.
#[test]
fn unlisted_mailboxes_go_after_their_time() {
    for world in World::both(small()) {
        for device in [ALICE, BOB, Device(2, 0)] {
            world.submit(attach(device, at(1)));
        }
        world.submit(granted(0, vec![grant(0)], at(1)));
        world.submit(publish(BOB, [1], at(1)));
        world.submit(Op::PublishList(next_list(2, None, &[(Device(2, 0), 0)])));
        assert_eq!(world.usage().mailboxes, 3);
        let expire = |now| {
            world.submit(Op::Expire {
                now: at(now),
                budget: 9,
            })
        };
        assert_eq!(
            expire(small().orphan),
            Answer::Expired {
                removed: 0,
                more: false
            }
        );
        assert_eq!(
            expire(small().orphan + 1),
            Answer::Expired {
                removed: 1,
                more: false
            }
        );
        assert_eq!(world.usage().mailboxes, 2);
        // The account is gone with it: its capability, too.
        world.submit(Op::PublishList(next_list(0, None, &[(ALICE, 0)])));
        let look = world.submit(Op::Reach(fetch(0, 1, capability(0), at(500))));
        assert_eq!(look, Answer::Refused(ErrorCode::Refused));
    }
}

/// R-ATT-3: an address that has used up its new mailboxes makes none, and attaches where there is one.
#[test]
fn a_mailbox_is_made_only_where_it_may_be() {
    for world in World::both(small()) {
        let try_with = |may_create| {
            let Op::Attach(mut attachment) = attach(ALICE, at(1)) else {
                panic!("an Attach")
            };
            attachment.may_create = may_create;
            world.submit(Op::Attach(attachment))
        };
        assert_eq!(try_with(false), Answer::Refused(ErrorCode::RateLimited));
        assert!(matches!(try_with(true), Answer::Attached(hello) if hello.is_new));
        assert!(matches!(try_with(false), Answer::Attached(hello) if !hello.is_new));
    }
}

/// R-KEY-1: a device that another account's mailbox has cannot be listed.
#[test]
fn a_list_takes_over_no_mailbox_of_another() {
    for world in World::both(small()) {
        world.submit(attach(BOB, at(1)));
        let theft = next_list(0, None, &[(ALICE, 0), (BOB, 0)]);
        assert_eq!(
            world.submit(Op::PublishList(theft)),
            Answer::Refused(ErrorCode::WrongAccount)
        );
        assert_eq!(world.usage().mailboxes, 1);
    }
}

/// R-KEY-1: a certificate that is renewed voids the prekeys signed under the old one.
#[test]
fn a_new_certificate_voids_prekeys() {
    for world in World::both(small()) {
        with_bob(&world);
        world.submit(publish(BOB, [1], at(1)));
        let renewed = next_list(1, Some(&next_list(1, None, &[(BOB, 0)])), &[(BOB, 1)]);
        assert_eq!(world.submit(Op::PublishList(renewed)), Answer::Done);
        assert_eq!(bundles(world.submit(take(0, true, at(2)))), Vec::<Bytes>::new());
        assert_eq!(
            world.submit(publish(BOB, [1], at(3))),
            Answer::Prekeys { available: 1 }
        );
    }
}

/// R-KEY-1: the answers to lists that do not follow, and what is left as it was.
#[test]
fn a_list_that_does_not_follow_changes_nothing() {
    for mut world in World::both(StoreLimits::default()) {
        let first = next_list(1, None, &[(BOB, 0), (Device(1, 1), 0)]);
        let second = next_list(1, Some(&first), &[(BOB, 0)]);
        assert_eq!(world.submit(Op::PublishList(first.clone())), Answer::Done);
        assert_eq!(world.submit(Op::PublishList(second.clone())), Answer::Done);
        world.again(false);
        assert_eq!(world.submit(Op::PublishList(second.clone())), Answer::Done);
        let conflict = Answer::Refused(ErrorCode::ListConflict);
        assert_eq!(world.submit(Op::PublishList(first)), conflict);
        let returning = next_list(1, Some(&second), &[(BOB, 0), (Device(1, 1), 0)]);
        let returned = Answer::Refused(ErrorCode::BrokenListChain);
        let mut dropped = returning.clone();
        dropped.list.revoked.clear();
        assert_eq!(world.submit(Op::PublishList(dropped)), returned);
        let devices = world.submit(Op::Reach(fetch(1, 1, capability(0), at(1))));
        assert_eq!(devices, Answer::Devices(vec![BOB.id()]));
        assert_eq!(world.all(DeviceId::new([3; 16])), Vec::<MailboxItem>::new());
    }
}
