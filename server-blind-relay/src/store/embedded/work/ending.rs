//! What ends by itself, and mailboxes that close (R-DUR-5, R-ATT-3, R-KEY-1).

use twotick_wire::{DeviceId, ErrorCode, ListHead, OneTimePrekeyId, UnixTime};

use super::{Mailbox, Work, layout, mail::NEVER};
use crate::store::{
    Answer, StoreError, Wake,
    embedded::layout::{Ending, EnvelopeKey, Key, SentRow, Table, TakenRow},
    rules,
};

impl Work<'_> {
    pub(super) fn expire(&mut self, budget: usize) -> Result<Answer, StoreError> {
        let (mut first, last) = Ending::due(self.now());
        let (mut removed, mut looked_at) = (0, 0);
        while looked_at < budget {
            let Some(key) = self.first_key(&first, &last)? else {
                return Ok(Answer::Expired { removed, more: false });
            };
            self.delete(key.clone());
            let ended = self.end(&key)?;
            removed += ended;
            looked_at += ended.max(1);
            // What comes to be while others end, ends later than they do.
            first = key;
        }
        let more = self.first_key(&first, &last)?.is_some();
        Ok(Answer::Expired { removed, more })
    }

    fn first_key(&self, first: &Key, last: &Key) -> Result<Option<Key>, StoreError> {
        self.keys((first.clone(), last.clone())).next().transpose()
    }

    /// Ends what has ended; how many things were removed.
    fn end(&mut self, key: &Key) -> Result<usize, StoreError> {
        // A row that does not decode names nothing that could end: scrub reports it.
        let Ok((at, ending)) = Ending::decode(key) else {
            return Ok(0);
        };
        match ending {
            Ending::Mailbox(device) => self.end_envelopes(&device),
            ending => self.end_one(at, ending).map(usize::from),
        }
    }

    /// R-DUR-5, R-DLV-7: ends what has expired in a mailbox, and sees when to look again.
    fn end_envelopes(&mut self, device: &DeviceId) -> Result<usize, StoreError> {
        let Some(mut mailbox) = self.mailbox(device)? else {
            return Ok(0);
        };
        let keys = self.keys(EnvelopeKey::range(device, mailbox.acked + 1, u64::MAX));
        let keys = keys.collect::<Result<Vec<_>, _>>()?;
        let (mut ended, mut next) = (Vec::new(), None);
        for key in keys {
            let envelope = EnvelopeKey::decode(&key).map_err(|_| StoreError::Damaged)?;
            if rules::has_ended(envelope.expires, self.now()) {
                self.take_envelope(&mut mailbox, &envelope);
                ended.push(envelope.sender);
            } else {
                next = Some(next.map_or(envelope.expires, |next: UnixTime| next.min(envelope.expires)));
            }
        }
        mailbox.due = NEVER;
        if let Some(next) = next {
            self.look_at(device, &mut mailbox, next);
        }
        mailbox.forget_refusals_if_empty();
        self.set_mailbox(device, &mailbox);
        for sender in &ended {
            self.bounce(sender, device, ErrorCode::BouncedExpired)?;
        }
        Ok(ended.len())
    }

    /// Ends one thing that is no envelope; true if it was there.
    fn end_one(&mut self, at: UnixTime, ending: Ending) -> Result<bool, StoreError> {
        match ending {
            Ending::Mailbox(_) => Ok(false),
            Ending::LaneItem(device, place) => {
                let Some(mut mailbox) = self.mailbox(&device)? else {
                    return Ok(false);
                };
                let is_removed = self.take_lane_row(&device, &mut mailbox, place)?;
                self.set_mailbox(&device, &mailbox);
                Ok(is_removed)
            }
            Ending::Sent(device, id) => {
                let key = layout::sent(&device, &id);
                let is_due = self.row::<SentRow>(&key)?.is_some_and(|row| row.until <= at);
                if is_due {
                    self.delete(key);
                }
                Ok(is_due)
            }
            Ending::Taken(device, id) => {
                let key = layout::taken(&device, &id);
                let is_due = self.row::<TakenRow>(&key)?.is_some_and(|row| row.until <= at);
                if let Some(mut mailbox) = self.mailbox(&device)?.filter(|_| is_due) {
                    self.delete(key);
                    mailbox.taken = mailbox.taken.saturating_sub(1);
                    self.set_mailbox(&device, &mailbox);
                }
                Ok(is_due)
            }
            Ending::Orphan(device) => self.end_orphan(&device),
        }
    }

    /// R-ATT-3: goes unless a list names it or it has published prekeys.
    fn end_orphan(&mut self, device: &DeviceId) -> Result<bool, StoreError> {
        let Some(mailbox) = self.mailbox(device)? else {
            return Ok(false);
        };
        let known = self.known_list(&mailbox.account)?;
        let is_listed = known.is_some_and(|known| known.list.entry(device).is_some());
        if is_listed || mailbox.signed > 0 || mailbox.one_time > 0 || mailbox.taken > 0 {
            return Ok(false);
        }
        self.remove_mailbox(device)?;
        let account = self.account(&mailbox.account)?;
        if account.mailboxes == 0 && account.list == ListHead::NONE {
            self.delete(layout::account(&mailbox.account));
            self.delete_under(Table::Capability, mailbox.account.as_bytes())?;
        }
        Ok(true)
    }

    /// Empties a mailbox with bounces and closes it (R-KEY-1).
    pub(super) fn remove_mailbox(&mut self, device: &DeviceId) -> Result<(), StoreError> {
        let Some(mut mailbox) = self.mailbox(device)? else {
            return Ok(());
        };
        self.delete(layout::mailbox(device));
        let mut senders = Vec::new();
        let envelopes = self.keys(EnvelopeKey::range(device, mailbox.acked + 1, u64::MAX));
        for key in envelopes.collect::<Result<Vec<_>, _>>()? {
            let envelope = EnvelopeKey::decode(&key).map_err(|_| StoreError::Damaged)?;
            self.take_envelope(&mut mailbox, &envelope);
            senders.push(envelope.sender);
        }
        if mailbox.due != NEVER {
            self.delete(Ending::Mailbox(*device).key(mailbox.due));
        }
        let last = mailbox.lane_next.saturating_sub(1);
        self.acknowledge_lane(device, &mut mailbox, last)?;
        self.remove_prekeys(device, &mut mailbox)?;
        for key in self.keys_under(Table::Taken, device.as_bytes())? {
            if let Some(row) = self.row::<TakenRow>(&key)? {
                let id = OneTimePrekeyId::new(key.last_chunk().copied().ok_or(StoreError::Damaged)?);
                self.delete(Ending::Taken(*device, id).key(row.until));
            }
            self.delete(key);
        }
        let mut account = self.account(&mailbox.account)?;
        account.mailboxes = account.mailboxes.saturating_sub(1);
        self.put(layout::account(&mailbox.account), &account);
        self.commit.mailboxes = self.commit.mailboxes.saturating_sub(1);
        for sender in senders {
            self.bounce(&sender, device, ErrorCode::BouncedDeviceRemoved)?;
        }
        self.wakes.push(Wake::Removed { mailbox: *device });
        Ok(())
    }

    /// Removes all prekeys that wait; those handed out are remembered.
    pub(super) fn remove_prekeys(
        &mut self,
        device: &DeviceId,
        mailbox: &mut Mailbox,
    ) -> Result<(), StoreError> {
        if mailbox.signed > 0 {
            self.delete(layout::signed(device));
        }
        if mailbox.one_time > 0 {
            self.delete_under(Table::OneTime, device.as_bytes())?;
        }
        (mailbox.signed, mailbox.one_time) = (0, 0);
        Ok(())
    }

    fn keys_under(&self, table: Table, prefix: &[u8]) -> Result<Vec<Key>, StoreError> {
        self.keys(layout::under(table, &[prefix])).collect()
    }

    fn delete_under(&mut self, table: Table, prefix: &[u8]) -> Result<(), StoreError> {
        for key in self.keys_under(table, prefix)? {
            self.delete(key);
        }
        Ok(())
    }
}
