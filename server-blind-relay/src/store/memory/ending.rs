//! What ends by itself, and when (R-DUR-5).

use twotick_wire::{DeviceId, ErrorCode, LaneItem, OneTimePrekeyId, SendId, UnixTime};

use super::{Mailbox, State};
use crate::store::{Answer, Wake, rules};

/// Something with an end. Those of one moment end in this order, as in every backend.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ending {
    /// An envelope, by mailbox and number.
    Envelope(DeviceId, u64),
    /// An item of a lane, by its place.
    LaneItem(DeviceId, u64),
    /// The memory of a send id.
    Sent(DeviceId, SendId),
    /// The memory of a prekey that was handed out.
    Taken(DeviceId, OneTimePrekeyId),
    /// A mailbox that no list named when it was made.
    Orphan(DeviceId),
}

impl State {
    pub(super) fn expire(&mut self, budget: usize, wakes: &mut Vec<Wake>) -> Answer {
        let mut removed = 0;
        for _ in 0..budget {
            let Some(ending) = self.take_due() else {
                return Answer::Expired { removed, more: false };
            };
            removed += usize::from(self.end(ending, wakes));
        }
        Answer::Expired {
            removed,
            more: self.due().is_some(),
        }
    }

    fn due(&self) -> Option<(UnixTime, Ending)> {
        self.endings
            .first()
            .copied()
            .filter(|(end, _)| rules::has_ended(*end, self.now))
    }

    fn take_due(&mut self) -> Option<Ending> {
        let due = self.due()?;
        self.endings.remove(&due);
        Some(due.1)
    }

    /// Ends one thing; true if something was removed.
    fn end(&mut self, ending: Ending, wakes: &mut Vec<Wake>) -> bool {
        match ending {
            Ending::Envelope(device, seq) => {
                let Some(mailbox) = self.mailboxes.get_mut(&device) else {
                    return false;
                };
                let Some(waiting) = mailbox.envelopes.remove(&seq) else {
                    return false;
                };
                mailbox.forget_refusals_if_empty();
                self.bounce(&waiting, device, ErrorCode::BouncedExpired, wakes);
                true
            }
            Ending::LaneItem(device, place) => {
                let Some(mailbox) = self.mailboxes.get_mut(&device) else {
                    return false;
                };
                mailbox.take_lane_row(place).is_some()
            }
            Ending::Sent(device, id) => self.sent.remove(&(device, id)).is_some(),
            Ending::Taken(device, id) => {
                let Some(mailbox) = self.mailboxes.get_mut(&device) else {
                    return false;
                };
                mailbox.taken.remove(&id).is_some()
            }
            Ending::Orphan(device) => self.end_orphan(device, wakes),
        }
    }

    /// R-ATT-3: goes unless a list names it or it has published prekeys.
    fn end_orphan(&mut self, device: DeviceId, wakes: &mut Vec<Wake>) -> bool {
        let Some(mailbox) = self.mailboxes.get(&device) else {
            return false;
        };
        let account = mailbox.account;
        let list = self
            .accounts
            .get(&account)
            .and_then(|account| account.list.as_ref());
        let is_listed = list.is_some_and(|known| known.list.entry(&device).is_some());
        if is_listed || mailbox.has_prekeys() {
            return false;
        }
        let has_list = list.is_some();
        self.remove_mailbox(device, wakes);
        if !has_list && !self.mailboxes.values().any(|mailbox| mailbox.account == account) {
            self.accounts.remove(&account);
        }
        true
    }

    /// Empties a mailbox with bounces and closes it (R-KEY-1).
    pub(super) fn remove_mailbox(&mut self, device: DeviceId, wakes: &mut Vec<Wake>) {
        let Some(mailbox) = self.mailboxes.remove(&device) else {
            return;
        };
        for (seq, waiting) in &mailbox.envelopes {
            self.endings
                .remove(&(waiting.expires, Ending::Envelope(device, *seq)));
            self.bounce(waiting, device, ErrorCode::BouncedDeviceRemoved, wakes);
        }
        for (place, row) in &mailbox.lane {
            self.endings
                .remove(&(row.expires, Ending::LaneItem(device, *place)));
        }
        for (id, until) in &mailbox.taken {
            self.endings.remove(&(*until, Ending::Taken(device, *id)));
        }
        wakes.push(Wake::Removed { mailbox: device });
    }
}

impl Mailbox {
    pub(super) fn has_prekeys(&self) -> bool {
        self.signed.is_some() || !self.one_time.is_empty() || !self.taken.is_empty()
    }

    pub(super) fn forget_refusals_if_empty(&mut self) {
        if self.envelopes.is_empty() {
            self.refused = 0;
        }
    }

    /// Takes an item out of the lane, and what finds it.
    pub(super) fn take_lane_row(&mut self, place: u64) -> Option<super::LaneRow> {
        let row = self.lane.remove(&place)?;
        if let LaneItem::Receipt { account, receipt } = row.item {
            self.receipts.remove(&(receipt.message_id, account));
        }
        Some(row)
    }
}
