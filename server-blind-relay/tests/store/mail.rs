//! Sending, acknowledging, receipts, expiry, on every store.

use std::time::Duration;

use twotick_relay::store::{
    AccountOutcome, AccountSend, Answer, MailboxItem, Op, SealedBytes, SessionEpoch, StoreLimits,
};
use twotick_wire::ErrorCode;

use crate::people::{Device, ack, at, attach, capability, envelope, send, send_id, strange_head, to_account};
use crate::talk::{ALICE, ALICES_LAPTOP, BOB, BOBS_LAPTOP, code, talks};
use crate::world::small;

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
        let Answer::Attached(hello) = talk.world.submit(attach(BOB, at(2))) else {
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
        let Answer::Attached(hello) = talk.world.submit(attach(BOB, at(4))) else {
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
        let mut expect = |change: &mut dyn FnMut(&mut AccountSend), expected| {
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
            talk.world.submit(attach(BOB, at(3))),
            Answer::Attached(_)
        ));
        assert_eq!(answer(1, 3), Answer::Refused(ErrorCode::StaleSession));
        assert_eq!(talk.numbers(BOB), [3]);
        assert_eq!(answer(2, 3), Answer::Done);
        assert_eq!(talk.numbers(BOB), []);
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
