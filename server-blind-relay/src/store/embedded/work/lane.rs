//! Receipts and bounces (SPEC 25).

use std::mem::discriminant;

use twotick_wire::{AccountId, DeviceId, ErrorCode, LaneItem};

use super::{Mailbox, Work, layout};
use crate::store::{
    ReceiptFor, StoreError, Wake,
    embedded::layout::{Ending, LaneRow, ReceiptRow, Sender},
    rules::{self, Capability},
};

impl Work<'_> {
    pub(super) fn receipts(&mut self, from: AccountId, receipts: &[ReceiptFor]) -> Result<(), StoreError> {
        for ReceiptFor {
            account,
            capability,
            receipt,
        } in receipts
        {
            let capability: Option<Capability> = self.row(&layout::capability(account, capability))?;
            let serves = capability.is_some_and(|capability| capability.serves(&from, 1, self.now()));
            let Some(known) = self.known_list(account)?.filter(|_| serves || *account == from) else {
                continue;
            };
            for entry in &known.list.devices {
                let Some(mut mailbox) = self.mailbox(&entry.device_id)? else {
                    continue;
                };
                let key = layout::receipt(&entry.device_id, &receipt.message_id, &from);
                let kept: Option<ReceiptRow> = self.row(&key)?;
                if rules::is_news(kept.map(|kept| kept.state), receipt.state) {
                    if let Some(kept) = kept {
                        self.take_lane_row(&entry.device_id, &mut mailbox, kept.place)?;
                    }
                    let item = LaneItem::Receipt {
                        account: from,
                        receipt: *receipt,
                    };
                    self.put_in_lane(&entry.device_id, mailbox, item)?;
                }
            }
        }
        Ok(())
    }

    /// Tells the sender of an envelope that it ended (R-DLV-7). A sender whose mailbox is gone is told nothing.
    pub(super) fn bounce(
        &mut self,
        sender: &Sender,
        device: &DeviceId,
        reason: ErrorCode,
    ) -> Result<(), StoreError> {
        let Some(mailbox) = self.mailbox(&sender.from)? else {
            return Ok(());
        };
        let (device, message_id) = (*device, sender.message_id);
        let item = LaneItem::Bounce {
            device,
            message_id,
            reason: reason.number(),
        };
        self.put_in_lane(&sender.from, mailbox, item)
    }

    /// The oldest of its kind gives way to it if the lane is full (R-LNE-3).
    fn put_in_lane(
        &mut self,
        device: &DeviceId,
        mut mailbox: Mailbox,
        item: LaneItem,
    ) -> Result<(), StoreError> {
        if *mailbox.count_of(&item) >= self.limits().lane
            && let Some(place) = self.oldest(device, &mailbox, &item)?
        {
            self.take_lane_row(device, &mut mailbox, place)?;
        }
        let place = mailbox.lane_next;
        mailbox.lane_next += 1;
        *mailbox.count_of(&item) += 1;
        if let LaneItem::Receipt { account, receipt } = item {
            let key = layout::receipt(device, &receipt.message_id, &account);
            self.put(
                key,
                &ReceiptRow {
                    place,
                    state: receipt.state,
                },
            );
        }
        let expires = self.now().saturating_add(self.limits().lane_lifetime);
        self.put(layout::lane(device, place), &LaneRow { expires, item });
        self.put_bytes(Ending::LaneItem(*device, place).key(expires), &[]);
        self.set_mailbox(device, &mailbox);
        self.wakes.push(Wake::Lane { mailbox: *device });
        Ok(())
    }

    /// The place of the oldest item of the same kind.
    fn oldest(
        &self,
        device: &DeviceId,
        mailbox: &Mailbox,
        item: &LaneItem,
    ) -> Result<Option<u64>, StoreError> {
        for key in self.keys((
            layout::lane(device, mailbox.lane_first),
            layout::lane(device, u64::MAX),
        )) {
            let key = key?;
            let row: Option<LaneRow> = self.row(&key)?;
            if row.is_some_and(|row| discriminant(&row.item) == discriminant(item)) {
                return place(&key).map(Some);
            }
        }
        Ok(None)
    }

    /// Takes an item out of a lane, with what finds it and its end; true if it was there.
    pub(super) fn take_lane_row(
        &mut self,
        device: &DeviceId,
        mailbox: &mut Mailbox,
        place: u64,
    ) -> Result<bool, StoreError> {
        let key = layout::lane(device, place);
        let Some(row) = self.row::<LaneRow>(&key)? else {
            return Ok(false);
        };
        self.delete(key);
        self.delete(Ending::LaneItem(*device, place).key(row.expires));
        if let LaneItem::Receipt { account, receipt } = row.item {
            self.delete(layout::receipt(device, &receipt.message_id, &account));
        }
        let count = mailbox.count_of(&row.item);
        *count = count.saturating_sub(1);
        if place == mailbox.lane_first {
            mailbox.lane_first = place + 1;
        }
        Ok(true)
    }

    /// Deletes what a device has of its lane.
    pub(super) fn acknowledge_lane(
        &mut self,
        device: &DeviceId,
        mailbox: &mut Mailbox,
        upto: u64,
    ) -> Result<(), StoreError> {
        if upto < mailbox.lane_first {
            return Ok(());
        }
        let range = (
            layout::lane(device, mailbox.lane_first),
            layout::lane(device, upto),
        );
        for key in self.keys(range).collect::<Result<Vec<_>, _>>()? {
            self.take_lane_row(device, mailbox, place(&key)?)?;
        }
        mailbox.lane_first = upto + 1;
        Ok(())
    }
}

impl Mailbox {
    fn count_of(&mut self, item: &LaneItem) -> &mut u32 {
        match item {
            LaneItem::Receipt { .. } => &mut self.lane_receipts,
            LaneItem::Bounce { .. } => &mut self.lane_bounces,
        }
    }
}

/// The place in the key of a lane's row.
pub(in crate::store::embedded) fn place(key: &[u8]) -> Result<u64, StoreError> {
    key.last_chunk()
        .map(|place| u64::from_be_bytes(*place))
        .ok_or(StoreError::Damaged)
}
