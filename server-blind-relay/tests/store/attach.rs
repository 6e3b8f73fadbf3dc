//! Attaching and lists, on every store.

use bytes::Bytes;
use twotick_relay::store::{Answer, MailboxItem, Op, SessionEpoch, StoreLimits};
use twotick_wire::{DeviceId, ErrorCode, ListHead};

use crate::keys::{bundles, publish, take, with_bob};
use crate::people::{Device, account, at, attach, capability, fetch, grant, granted, next_list};
use crate::world::{World, small};

const ALICE: Device = Device(0, 0);
const BOB: Device = Device(1, 0);

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
