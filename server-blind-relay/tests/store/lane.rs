//! Bounces, expiry, receipts, on every store.

use twotick_relay::store::{Answer, MailboxItem, Op};
use twotick_wire::{ErrorCode, LaneItem, ReceiptState};

use crate::people::{account, ack, at, capability, message, next_list, receipt};
use crate::talk::{ALICE, ALICES_LAPTOP, BOB, BOBS_LAPTOP, Talk, bounce, talks};
use crate::world::small;

/// R-DLV-7: what is rejected, what expires and what was in a removed device's mailbox bounces once.
#[test]
fn whatever_ends_undelivered_bounces_exactly_once() {
    for mut talk in talks(small()) {
        talk.say(1, "rejected", 1);
        talk.say(2, "expires", 1);
        talk.say(3, "device removed", 500);
        let mut rejecting = ack(BOB, 1, 1, at(501));
        rejecting.rejected = vec![1];
        for _ in 0..2 {
            assert_eq!(talk.world.submit(Op::Ack(rejecting.clone())), Answer::Done);
        }
        assert_eq!(talk.lane(ALICE), [bounce(BOB, 1, ErrorCode::BouncedRejected)]);
        let upto = |number| Op::Ack(ack(BOBS_LAPTOP, 1, number, at(501)));
        assert_eq!(talk.world.submit(upto(1)), Answer::Done);
        let next = next_list(1, Some(&talk.bobs), &[(BOB, 0)]);
        let mut removing = next.clone();
        removing.now = at(1_001);
        talk.world.hints.take();
        let expire = Op::Expire {
            now: at(1_001),
            budget: 100,
        };
        assert!(matches!(
            talk.world.submit(expire),
            Answer::Expired { more: false, .. }
        ));
        assert_eq!(talk.world.submit(Op::PublishList(removing)), Answer::Done);
        talk.world.again(false);
        let expired = bounce(BOB, 2, ErrorCode::BouncedExpired);
        let expired_too = bounce(BOBS_LAPTOP, 2, ErrorCode::BouncedExpired);
        let removed = bounce(BOBS_LAPTOP, 3, ErrorCode::BouncedDeviceRemoved);
        assert_eq!(talk.lane(ALICE), [expired, expired_too, removed]);
        let wakes = talk.world.hints.take();
        assert!(wakes.contains(&format!("Removed {{ mailbox: {:?} }}", BOBS_LAPTOP.id())));
        assert_eq!(talk.world.all(BOBS_LAPTOP.id()), []);
    }
}

/// R-DLV-6: where something has expired there is a gap, before what comes later.
#[test]
fn what_has_expired_is_a_gap_in_its_place() {
    for talk in talks(small()) {
        talk.say(1, "expires", 1);
        talk.say(2, "stays", 400);
        assert_eq!(
            talk.world.submit(Op::Expire {
                now: at(1_001),
                budget: 100
            }),
            Answer::Expired {
                removed: 4,
                more: false
            }
        );
        let items = talk.world.all(BOB.id());
        assert_eq!(items.len(), 2);
        assert_eq!(items[0], MailboxItem::Gap { from: 1, to: 1 });
        assert!(matches!(&items[1], MailboxItem::Delivery(delivery) if delivery.seq == 2));
        // Both numbers are acknowledged together: the numbers that wait are those that are there.
        assert_eq!(
            talk.world.submit(Op::Ack(ack(BOB, 1, 2, at(1_002)))),
            Answer::Done
        );
        assert_eq!(talk.world.all(BOB.id()), []);
    }
}

/// R-DUR-5: an end is kept to the second, and a clock that runs backwards brings nothing back and ends nothing.
#[test]
fn expiry_follows_the_latest_time_only() {
    for mut talk in talks(small()) {
        talk.say(1, "text", 10);
        let expire = |talk: &Talk, now| {
            talk.world.submit(Op::Expire {
                now: at(now),
                budget: 100,
            })
        };
        expire(&talk, 1_009);
        assert_eq!(talk.numbers(BOB), [1]);
        talk.say(2, "sent by a clock that went back", 5);
        talk.world.again(false);
        expire(&talk, 1_500);
        assert_eq!(talk.numbers(BOB), [2]);
        expire(&talk, 2_009);
        assert_eq!(talk.numbers(BOB), []);
    }
}

/// R-DUR-5: a budget bounds the work of an expiry, and says that there is more.
#[test]
fn an_expiry_keeps_to_its_budget() {
    for talk in talks(small()) {
        for number in 1..=3 {
            talk.say(number, "text", 1);
        }
        let expire = |budget| {
            talk.world.submit(Op::Expire {
                now: at(1_001),
                budget,
            })
        };
        // Three send ids ended before the envelopes; a mailbox that is begun is done.
        assert_eq!(
            expire(4),
            Answer::Expired {
                removed: 6,
                more: true
            }
        );
        assert_eq!(
            expire(4),
            Answer::Expired {
                removed: 3,
                more: false
            }
        );
        assert_eq!(talk.numbers(BOB), []);
    }
}

/// R-LNE-1, R-LNE-2: one item for a message and an account, the highest state, in a new place; deleted by its place.
#[test]
fn receipts_coalesce_and_are_gone_once_acknowledged() {
    for mut talk in talks(small()) {
        let tell = |talk: &Talk, number, state| {
            let receipts = vec![receipt(0, capability(0), number, state)];
            assert_eq!(
                talk.world.submit(Op::Receipts {
                    from: account(1),
                    receipts,
                    now: at(1)
                }),
                Answer::Done
            );
        };
        tell(&talk, 1, ReceiptState::Delivered);
        tell(&talk, 2, ReceiptState::Delivered);
        tell(&talk, 1, ReceiptState::Delivered);
        tell(&talk, 1, ReceiptState::Read);
        tell(&talk, 1, ReceiptState::Delivered);
        talk.world.again(false);
        for device in [ALICE, ALICES_LAPTOP] {
            let lane = talk.world.lane(device.id(), 0, 100);
            assert_eq!(lane.iter().map(|entry| entry.place).collect::<Vec<_>>(), [2, 3]);
            assert!(matches!(
                lane[1].item,
                LaneItem::Receipt { account: by, receipt }
                    if by == account(1) && receipt.state == ReceiptState::Read && receipt.message_id == message(1)
            ));
        }
        let mut upto = ack(ALICE, 1, 0, at(2));
        upto.lane_upto = 3;
        assert_eq!(talk.world.submit(Op::Ack(upto.clone())), Answer::Done);
        assert_eq!(talk.lane(ALICE), []);
        assert_eq!(talk.lane(ALICES_LAPTOP).len(), 2);
        upto.lane_upto = 4;
        assert_eq!(
            talk.world.submit(Op::Ack(upto)),
            Answer::Refused(ErrorCode::InvalidValue)
        );
    }
}

/// R-LNE-1: a receipt without a good capability, or to nobody, is dropped, and looks the same.
#[test]
fn receipts_without_a_right_are_dropped_without_a_sign() {
    for talk in talks(small()) {
        for (to, shown) in [(0, 1), (2, 0)] {
            let receipts = vec![receipt(to, capability(shown), 1, ReceiptState::Read)];
            let op = Op::Receipts {
                from: account(1),
                receipts,
                now: at(1),
            };
            assert_eq!(talk.world.submit(op), Answer::Done);
        }
        assert_eq!(talk.lane(ALICE), []);
    }
}

/// R-LNE-3: a full lane loses its oldest receipt, never a bounce for a receipt, and takes no room of the mailbox.
#[test]
fn a_full_lane_gives_up_its_oldest_receipt() {
    for mut talk in talks(small()) {
        talk.say(1, "rejected", 1);
        let mut rejecting = ack(BOB, 1, 1, at(1));
        rejecting.rejected = vec![1];
        assert_eq!(talk.world.submit(Op::Ack(rejecting)), Answer::Done);
        for number in 1..=5 {
            let receipts = vec![receipt(0, capability(0), number, ReceiptState::Read)];
            talk.world.submit(Op::Receipts {
                from: account(1),
                receipts,
                now: at(1),
            });
        }
        talk.world.again(true);
        let lane = talk.world.lane(ALICE.id(), 0, 100);
        assert_eq!(
            lane.iter().map(|entry| entry.place).collect::<Vec<_>>(),
            [1, 4, 5, 6]
        );
        assert_eq!(talk.world.usage().envelopes, 1);
        // After its time all of it goes.
        let now = at(1 + small().lane_lifetime);
        assert!(matches!(
            talk.world.submit(Op::Expire { now, budget: 100 }),
            Answer::Expired { .. }
        ));
        assert_eq!(talk.lane(ALICE), []);
    }
}
