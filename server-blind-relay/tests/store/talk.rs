//! Alice and Bob, who write to each other.

use twotick_relay::store::{AccountOutcome, Answer, MailboxItem, Op, PublishedList, StoreLimits};
use twotick_wire::{ErrorCode, LaneItem};

use crate::people::{
    Device, at, attach, capability, grant, granted, message, next_list, send, send_id, to_account,
};
use crate::world::World;

pub(crate) const ALICE: Device = Device(0, 0);
pub(crate) const ALICES_LAPTOP: Device = Device(0, 1);
pub(crate) const BOB: Device = Device(1, 0);
pub(crate) const BOBS_LAPTOP: Device = Device(1, 1);

/// Alice and Bob, each with two devices and lists; Bob lets Alice send with capability 0, and Alice lets Bob.
pub(crate) struct Talk {
    pub(crate) world: World,
    pub(crate) alices: PublishedList,
    pub(crate) bobs: PublishedList,
}

pub(crate) fn talks(limits: StoreLimits) -> [Talk; 2] {
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
            assert!(matches!(world.submit(attach(device, at(0))), Answer::Attached(_)));
        }
        Talk { world, alices, bobs }
    })
}

impl Talk {
    /// Alice sends Bob a text, message and send id by its number.
    pub(crate) fn say(&self, number: u8, text: &str, now: u64) -> AccountOutcome {
        let part = to_account(
            &self.bobs,
            capability(0),
            send_id(number),
            &[BOB, BOBS_LAPTOP],
            text,
        );
        self.outcomes(send(ALICE, number, vec![part], at(now))).remove(0)
    }

    pub(crate) fn outcomes(&self, op: Op) -> Vec<AccountOutcome> {
        match self.world.submit(op) {
            Answer::Sent(outcomes) => outcomes,
            answer => panic!("a Send is answered with {answer:?}"),
        }
    }

    pub(crate) fn numbers(&self, device: Device) -> Vec<u64> {
        let items = self.world.all(device.id());
        let number = |item: &MailboxItem| match item {
            MailboxItem::Delivery(delivery) => Some(delivery.seq),
            MailboxItem::Gap { .. } => None,
        };
        items.iter().filter_map(number).collect()
    }

    pub(crate) fn lane(&self, device: Device) -> Vec<LaneItem> {
        self.world
            .lane(device.id(), 0, 100)
            .iter()
            .map(|entry| entry.item)
            .collect()
    }
}

pub(crate) fn code(outcome: &AccountOutcome) -> Option<ErrorCode> {
    match outcome {
        AccountOutcome::Stored => None,
        AccountOutcome::Refused { code, .. } => Some(*code),
    }
}

pub(crate) fn bounce(device: Device, number: u8, reason: ErrorCode) -> LaneItem {
    LaneItem::Bounce {
        device: device.id(),
        message_id: message(number),
        reason: reason.number(),
    }
}
