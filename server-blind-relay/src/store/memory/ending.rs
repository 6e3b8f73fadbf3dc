//! What ends by itself, and when (R-DUR-5).

use twotick_wire::{DeviceId, ErrorCode, LaneItem, OneTimePrekeyId, SendId, UnixTime};

use super::{Mailbox, State, Waiting};
use crate::store::{Answer, Wake, rules};

/// Something with an end. Those of one moment end in this order, as in every backend.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ending {
    /// The first of the envelopes in a mailbox, or one that was there before it.
    Mailbox(DeviceId),
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
        let (mut removed, mut looked_at) = (0, 0);
        while looked_at < budget {
            let Some(ending) = self.take_due() else {
                return Answer::Expired { removed, more: false };
            };
            let ended = match ending {
                Ending::Mailbox(device) => self.end_envelopes(device, wakes),
                ending => usize::from(self.end_one(ending, wakes)),
            };
            removed += ended;
            looked_at += ended.max(1);
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

    /// Sees to it that the mailbox is looked at when an envelope ends.
    pub(super) fn look_at(&mut self, device: DeviceId, end: UnixTime) {
        let Some(mailbox) = self.mailboxes.get_mut(&device) else {
            return;
        };
        if mailbox.due.is_none_or(|due| end < due) {
            if let Some(due) = mailbox.due.replace(end) {
                self.endings.remove(&(due, Ending::Mailbox(device)));
            }
            self.endings.insert((end, Ending::Mailbox(device)));
        }
    }

    /// Ends what has expired in a mailbox, and sees when to look again; how many there were.
    fn end_envelopes(&mut self, device: DeviceId, wakes: &mut Vec<Wake>) -> usize {
        let Some(mailbox) = self.mailboxes.get_mut(&device) else {
            return 0;
        };
        let now = self.now;
        let is_over = |_: &u64, waiting: &mut Waiting| rules::has_ended(waiting.expires, now);
        let ended: Vec<_> = mailbox.envelopes.extract_if(.., is_over).collect();
        let next = mailbox.envelopes.values().map(|waiting| waiting.expires).min();
        mailbox.due = None;
        mailbox.forget_refusals_if_empty();
        if let Some(next) = next {
            self.look_at(device, next);
        }
        for (_, waiting) in &ended {
            self.bounce(waiting, device, ErrorCode::BouncedExpired, wakes);
        }
        ended.len()
    }

    /// Ends one thing that is no envelope; true if it was there.
    fn end_one(&mut self, ending: Ending, wakes: &mut Vec<Wake>) -> bool {
        match ending {
            Ending::Mailbox(_) => false,
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
        if let Some(due) = mailbox.due {
            self.endings.remove(&(due, Ending::Mailbox(device)));
        }
        for waiting in mailbox.envelopes.values() {
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
