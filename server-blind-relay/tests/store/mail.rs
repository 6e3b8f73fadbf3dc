//! Sending, acknowledging, receipts, expiry, on every store.

use std::time::Duration;

use twotick_relay::store::{
    AccountOutcome, Answer, MailboxItem, Op, PublishedList, SealedBytes, SessionEpoch, StoreLimits,
};
use twotick_wire::{ErrorCode, LaneItem, ReceiptState};

use crate::people;
use crate::people::{
    Device, account, ack, at, capability, envelope, grant, granted, message, next_list, receipt, send,
    send_id, strange_head, to_account,
};
use crate::world::{World, small};

const ALICE: Device = Device(0, 0);
const ALICES_LAPTOP: Device = Device(0, 1);
const BOB: Device = Device(1, 0);
const BOBS_LAPTOP: Device = Device(1, 1);

/// Alice and Bob, each with two devices and lists; Bob lets Alice send with capability 0, and Alice lets Bob.
struct Talk {
    world: World,
    alices: PublishedList,
    bobs: PublishedList,
}

fn talks(limits: StoreLimits) -> [Talk; 2] {
    World::both(limits).map(|world| {
        let alices = next_list(0, None, &[(ALICE, 0), (ALICES_LAPTOP, 0)]);
        let bobs = next_list(1, None, &[(BOB, 0), (BOBS_LAPTOP, 0)]);
        for list in [&alices, &bobs] {
            assert_eq!(world.submit(Op::PublishList(list.clone())), Answer::Done);
        }
        for number in 0..2 {
            assert_eq!(world.submit(granted(number, vec![grant(0)], at(0))), Answer::Done);
        }
        for device in [ALICE, ALICES_LAPTOP, BOB, BOBS_LAPTOP] {
            assert!(matches!(
                world.submit(people::attach(device, at(0))),
                Answer::Attached(_)
            ));
        }
        Talk { world, alices, bobs }
    })
}

impl Talk {
    /// Alice sends Bob a text, message and send id by its number.
    fn say(&self, number: u8, text: &str, now: u64) -> AccountOutcome {
        let part = to_account(
            &self.bobs,
            capability(0),
            send_id(number),
            &[BOB, BOBS_LAPTOP],
            text,
        );
        self.outcomes(send(ALICE, number, vec![part], at(now))).remove(0)
    }

    fn outcomes(&self, op: Op) -> Vec<AccountOutcome> {
        match self.world.submit(op) {
            Answer::Sent(outcomes) => outcomes,
            answer => panic!("a Send is answered with {answer:?}"),
        }
    }

    fn numbers(&self, device: Device) -> Vec<u64> {
        let items = self.world.all(device.id());
        let number = |item: &MailboxItem| match item {
            MailboxItem::Delivery(delivery) => Some(delivery.seq),
            MailboxItem::Gap { .. } => None,
        };
        items.iter().filter_map(number).collect()
    }

    fn lane(&self, device: Device) -> Vec<LaneItem> {
        self.world
            .lane(device.id(), 0, 100)
            .iter()
            .map(|entry| entry.item)
            .collect()
    }
}

fn code(outcome: &AccountOutcome) -> Option<ErrorCode> {
    match outcome {
        AccountOutcome::Stored => None,
        AccountOutcome::Refused { code, .. } => Some(*code),
    }
}

fn bounce(device: Device, number: u8, reason: ErrorCode) -> LaneItem {
    LaneItem::Bounce {
        device: device.id(),
        message_id: message(number),
        reason: reason.number(),
    }
}

/// R-SND-3: the same bytes are stored once, also over a crash; other bytes under the same id are told so.
#[test]
fn a_repetition_gets_the_stored_answer_over_a_restart() {
    for mut talk in talks(small()) {
        assert_eq!(talk.say(1, "hello", 1), AccountOutcome::Stored);
        for in_order in [true, false] {
            talk.world.again(in_order);
            assert_eq!(talk.say(1, "hello", 2), AccountOutcome::Stored);
            assert_eq!(code(&talk.say(1, "other", 2)), Some(ErrorCode::SendIdReused));
        }
        assert_eq!(talk.numbers(BOB), [1]);
        // After its time the id is free again.
        assert_eq!(talk.say(1, "other", 1 + small().send_id), AccountOutcome::Stored);
        assert_eq!(talk.numbers(BOB), [1, 2]);
    }
}

/// R-SND-1: one full mailbox keeps all of its account's devices empty, and nobody else's.
#[test]
fn an_account_is_stored_for_all_its_devices_or_none() {
    for talk in talks(small()) {
        for number in 1..=4 {
            let mut part = to_account(
                &talk.bobs,
                capability(0),
                send_id(number),
                &[BOBS_LAPTOP],
                "laptop only",
            );
            part.is_partial = true;
            assert_eq!(
                talk.outcomes(send(ALICE, number, vec![part], at(1))),
                [AccountOutcome::Stored]
            );
        }
        let to_self = to_account(&talk.alices, capability(9), send_id(6), &[ALICES_LAPTOP], "copy");
        let to_bob = to_account(&talk.bobs, capability(0), send_id(7), &[BOB, BOBS_LAPTOP], "text");
        let outcomes = talk.outcomes(send(ALICE, 9, vec![to_self, to_bob], at(1)));
        assert_eq!(
            outcomes.iter().map(code).collect::<Vec<_>>(),
            [None, Some(ErrorCode::MailboxFull)]
        );
        assert_eq!(talk.numbers(BOB), []);
        assert_eq!(talk.numbers(ALICES_LAPTOP), [1]);
    }
}

/// R-SND-7: what is new is refused, counted for the recipient, and forgotten once the mailbox is empty.
#[test]
fn a_full_mailbox_keeps_what_it_has_and_counts_what_it_refused() {
    for talk in talks(small()) {
        for number in 1..=6 {
            let outcome = talk.say(number, "text", 1);
            assert_eq!(code(&outcome), (number > 4).then_some(ErrorCode::MailboxFull));
        }
        assert_eq!(talk.numbers(BOB), [1, 2, 3, 4]);
        let Answer::Attached(hello) = talk.world.submit(people::attach(BOB, at(2))) else {
            panic!("Bob attaches");
        };
        assert_eq!(
            (hello.refused, hello.backlog_envelopes, hello.backlog_bytes),
            (2, 4, 1_200)
        );
        let SessionEpoch(session) = hello.session_epoch;
        assert_eq!(
            talk.world.submit(Op::Ack(ack(BOB, session, 4, at(3)))),
            Answer::Done
        );
        let Answer::Attached(hello) = talk.world.submit(people::attach(BOB, at(4))) else {
            panic!("Bob attaches");
        };
        assert_eq!((hello.refused, hello.acked, hello.next), (0, 4, 5));
    }
}

/// R-SND-4: of all that is wrong, the first in the order is told.
#[test]
fn the_first_check_to_fail_is_the_status() {
    for talk in talks(small()) {
        for number in 1..=4 {
            assert_eq!(talk.say(number, "text", 1), AccountOutcome::Stored);
        }
        let everything_wrong = || {
            let mut part = to_account(&talk.bobs, capability(8), send_id(1), &[BOB], "other");
            part.list = strange_head();
            part
        };
        talk.world.gate.leave(0);
        let mut part = everything_wrong();
        let mut expect = |change: &mut dyn FnMut(&mut twotick_relay::store::AccountSend), expected| {
            change(&mut part);
            let outcomes = talk.outcomes(send(ALICE, 9, vec![part.clone()], at(2)));
            assert_eq!(code(&outcomes[0]), Some(expected));
        };
        expect(&mut |_| (), ErrorCode::SendIdReused);
        expect(&mut |part| part.send_id = send_id(9), ErrorCode::Refused);
        expect(
            &mut |part| part.capability = capability(0),
            ErrorCode::DeviceSetMismatch,
        );
        expect(
            &mut |part| {
                part.envelopes
                    .push((BOBS_LAPTOP.id(), SealedBytes::new(envelope("x"))))
            },
            ErrorCode::OldDeviceList,
        );
        expect(&mut |part| part.list = talk.bobs.head, ErrorCode::RateLimited);
        talk.world.gate.leave(2);
        expect(&mut |_| (), ErrorCode::MailboxFull);
    }
}

/// R-SND-5: both refusals carry the list, and no other does.
#[test]
fn only_refusals_about_devices_carry_the_list() {
    for talk in talks(small()) {
        let list_of = |part| match talk.outcomes(send(ALICE, 1, vec![part], at(1))).remove(0) {
            AccountOutcome::Refused { code, list, .. } => (code, list),
            AccountOutcome::Stored => panic!("stored"),
        };
        let part = |devices: &[Device]| to_account(&talk.bobs, capability(0), send_id(1), devices, "text");
        let encoded = Some(talk.bobs.encoded.clone());
        assert_eq!(
            list_of(part(&[BOB])),
            (ErrorCode::DeviceSetMismatch, encoded.clone())
        );
        assert_eq!(
            list_of(part(&[BOB, BOBS_LAPTOP, Device(1, 2)])).0,
            ErrorCode::DeviceSetMismatch
        );
        let mut old = part(&[BOB, BOBS_LAPTOP]);
        old.list = strange_head();
        assert_eq!(list_of(old), (ErrorCode::OldDeviceList, encoded));
        let mut refused = part(&[BOB, BOBS_LAPTOP]);
        refused.capability = capability(1);
        assert_eq!(list_of(refused), (ErrorCode::Refused, None));
    }
}

/// R-DLV-4, R-ATT-4: acknowledging is cumulative and idempotent, within what there is, in the last session only.
#[test]
fn an_ack_is_cumulative_and_fenced() {
    for talk in talks(small()) {
        for number in 1..=3 {
            talk.say(number, "text", 1);
        }
        let answer = |session, upto| talk.world.submit(Op::Ack(ack(BOB, session, upto, at(2))));
        assert_eq!(answer(1, 4), Answer::Refused(ErrorCode::InvalidValue));
        assert_eq!(answer(1, 2), Answer::Done);
        assert_eq!(answer(1, 1), Answer::Done);
        assert_eq!(talk.numbers(BOB), [3]);
        assert!(matches!(
            talk.world.submit(people::attach(BOB, at(3))),
            Answer::Attached(_)
        ));
        assert_eq!(answer(1, 3), Answer::Refused(ErrorCode::StaleSession));
        assert_eq!(talk.numbers(BOB), [3]);
        assert_eq!(answer(2, 3), Answer::Done);
        assert_eq!(talk.numbers(BOB), []);
    }
}

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
        // Three send ids ended before six envelopes.
        assert_eq!(
            expire(4),
            Answer::Expired {
                removed: 4,
                more: true
            }
        );
        assert_eq!(
            expire(5),
            Answer::Expired {
                removed: 5,
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

/// R-SND-2, R-FRM-4: operations given at once take effect in the order given, and are readable when answered.
#[test]
fn operations_take_effect_in_the_order_submitted() {
    for talk in talks(StoreLimits::default()) {
        let op = |number: u8| {
            let part = to_account(
                &talk.bobs,
                capability(0),
                send_id(number),
                &[BOB, BOBS_LAPTOP],
                "text",
            );
            send(ALICE, number, vec![part], at(u64::from(number)))
        };
        let answers = talk.world.submit_together((1..=200).map(op).collect());
        assert!(
            answers
                .iter()
                .all(|answer| *answer == Answer::Sent(vec![AccountOutcome::Stored]))
        );
        let accepted: Vec<_> = talk
            .world
            .all(BOB.id())
            .into_iter()
            .map(|item| match item {
                MailboxItem::Delivery(delivery) => (delivery.seq, delivery.accepted),
                MailboxItem::Gap { .. } => panic!("a gap"),
            })
            .collect();
        let expected: Vec<_> = (1..=200).map(|number| (number, at(number))).collect();
        assert_eq!(accepted, expected);
    }
}

/// R-DUR-1, R-DUR-6: reading everything finds a sound store sound, and a purge changes nothing that is there.
#[test]
fn a_scrub_finds_nothing_and_a_purge_keeps_everything() {
    let [_, mut talk] = talks(small());
    for number in 1..=3 {
        talk.say(number, "text", 1);
    }
    talk.world.submit(Op::Ack(ack(BOB, 1, 1, at(2))));
    let before = talk.world.all(BOB.id());
    for _ in 0..2 {
        let report = talk
            .world
            .embedded_store()
            .scrub(Duration::ZERO)
            .expect("a scrub");
        assert!(report.is_clean(), "{report}");
        talk.world.embedded_store().purge().expect("a purge");
        talk.world.again(false);
        assert_eq!(talk.world.all(BOB.id()), before);
    }
}
