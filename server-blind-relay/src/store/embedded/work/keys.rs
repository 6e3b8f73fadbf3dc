//! Prekeys, lists, capabilities (SPEC 26).

use std::sync::Arc;

use bytes::Bytes;
use twotick_wire::{DeviceId, ErrorCode, OneTimePrekeyId};

use super::{Mailbox, Work, layout};
use crate::store::{
    Answer, CapabilityChange, Fetch, PublishedList, PublishedPrekeys, StoreError, TakePrekeys,
    embedded::layout::{Ending, ListRow, Table, TakenRow},
    rules::{self, Capability, KnownList, Succession},
};

impl Work<'_> {
    pub(super) fn publish_prekeys(&mut self, published: &PublishedPrekeys) -> Result<Answer, StoreError> {
        let device = &published.device;
        let Some(mut mailbox) = self.mailbox(device)? else {
            return Ok(Answer::Refused(ErrorCode::StaleSession));
        };
        for (id, prekey) in &published.one_time {
            let taken: Option<TakenRow> = self.row(&layout::taken(device, id))?;
            let is_taken = taken.is_some_and(|taken| !rules::has_ended(taken.until, published.now));
            let key = layout::one_time(device, id);
            if !is_taken && self.body(&key)?.is_none() {
                self.put_bytes(key, prekey);
                mailbox.one_time += 1;
            }
        }
        let Some(available) = u16::try_from(mailbox.one_time)
            .ok()
            .filter(|count| *count <= self.limits().prekeys)
        else {
            return Ok(Answer::Refused(ErrorCode::TooManyPrekeys));
        };
        if let Some(signed) = &published.signed {
            self.put_bytes(layout::signed(device), signed);
            mailbox.signed = 1;
        }
        self.set_mailbox(device, &mailbox);
        Ok(Answer::Prekeys { available })
    }

    pub(super) fn take_prekeys(&mut self, take: &TakePrekeys) -> Result<Answer, StoreError> {
        let Some(known) = self.viewed(&take.fetch)? else {
            return Ok(Answer::Refused(ErrorCode::Refused));
        };
        let certificates = self.list_row(&take.fetch.account)?.certificates;
        let mut bundles = Vec::new();
        for (place, device, may_take) in rules::listed(&known, &take.devices) {
            let Some(mut mailbox) = self.mailbox(&device)? else {
                continue;
            };
            let signed = self.body(&layout::signed(&device))?;
            let (Some(signed), Some(certificate)) = (signed, certificates.get(place)) else {
                continue;
            };
            let one_time = if may_take {
                self.take_one(&device, &mut mailbox)?
            } else {
                None
            };
            bundles.push(rules::bundle(certificate, &signed, one_time.as_deref()));
        }
        Ok(Answer::Bundles {
            list: known.encoded.clone(),
            bundles,
        })
    }

    /// Takes a one-time prekey out, and remembers that (R-KEY-2, R-KEY-3). One that is damaged is passed over.
    fn take_one(&mut self, device: &DeviceId, mailbox: &mut Mailbox) -> Result<Option<Bytes>, StoreError> {
        loop {
            let range = layout::under(Table::OneTime, &[device.as_bytes()]);
            let Some(key) = self.keys(range).next().transpose()? else {
                return Ok(None);
            };
            let prekey = self.body(&key);
            let id = OneTimePrekeyId::new(key.last_chunk().copied().ok_or(StoreError::Damaged)?);
            self.delete(key);
            mailbox.one_time = mailbox.one_time.saturating_sub(1);
            let taken = layout::taken(device, &id);
            match self.row::<TakenRow>(&taken)? {
                Some(old) => self.delete(Ending::Taken(*device, id).key(old.until)),
                None => mailbox.taken += 1,
            }
            let until = self.now().saturating_add(self.limits().send_id);
            self.put(taken, &TakenRow { until });
            self.put_bytes(Ending::Taken(*device, id).key(until), &[]);
            self.set_mailbox(device, mailbox);
            if let Ok(prekey) = prekey {
                return Ok(prekey);
            }
        }
    }

    pub(super) fn publish_list(&mut self, published: PublishedList) -> Result<Answer, StoreError> {
        let known = self.known_list(&published.account)?;
        let change = match rules::succession(known.as_deref(), &published) {
            Ok(Succession::Next(change)) => change,
            Ok(Succession::Same) => return Ok(Answer::Done),
            Err(code) => return Ok(Answer::Refused(code)),
        };
        for entry in &change.certified {
            let mut mailbox = match self.mailbox(&entry.device_id)? {
                Some(mailbox) if mailbox.account != published.account => {
                    return Ok(Answer::Refused(ErrorCode::WrongAccount));
                }
                Some(mailbox) => mailbox,
                None => {
                    let new = self.new_mailbox(&entry.device_id, &published.account, true)?;
                    Mailbox {
                        certificate: entry.certificate_hash,
                        ..new
                    }
                }
            };
            if mailbox.certificate != entry.certificate_hash {
                mailbox.certificate = entry.certificate_hash;
                self.remove_prekeys(&entry.device_id, &mut mailbox)?;
            }
            self.set_mailbox(&entry.device_id, &mailbox);
        }
        let mut account = self.account(&published.account)?;
        account.list = published.head;
        self.put(layout::account(&published.account), &account);
        let list = ListRow {
            list: published.encoded,
            certificates: published.certificates,
        };
        self.put(layout::list(&published.account), &list);
        for device in &change.removed {
            self.remove_mailbox(device)?;
        }
        Ok(Answer::Done)
    }

    pub(super) fn fetch_list(&self, fetch: &Fetch) -> Result<Answer, StoreError> {
        if self.viewed(fetch)?.is_none() {
            return Ok(Answer::Refused(ErrorCode::Refused));
        }
        let ListRow { list, certificates } = self.list_row(&fetch.account)?;
        Ok(Answer::Lists { list, certificates })
    }

    pub(super) fn reach(&self, fetch: &Fetch) -> Result<Answer, StoreError> {
        Ok(self
            .viewed(fetch)?
            .map_or(Answer::Refused(ErrorCode::Refused), |known| {
                Answer::Devices(known.list.devices.iter().map(|entry| entry.device_id).collect())
            }))
    }

    pub(super) fn change_capabilities(&mut self, change: &CapabilityChange) -> Result<Answer, StoreError> {
        let mut account = self.account(&change.account)?;
        for hash in &change.revoked {
            let key = layout::capability(&change.account, hash);
            if self.row::<Capability>(&key)?.is_some() {
                self.delete(key);
                account.capabilities = account.capabilities.saturating_sub(1);
            }
        }
        for grant in &change.granted {
            let key = layout::capability(&change.account, &grant.hash);
            let before: Option<Capability> = self.row(&key)?;
            account.capabilities += u32::from(before.is_none());
            self.put(key, &Capability::granted(grant, before.as_ref()));
        }
        if account.capabilities > self.limits().capabilities {
            return Ok(Answer::Refused(ErrorCode::TooManyCapabilities));
        }
        self.put(layout::account(&change.account), &account);
        Ok(Answer::Done)
    }

    /// The list of an account, for somebody who may see it. Both rows are read before it is decided (R-CAP-1).
    fn viewed(&self, fetch: &Fetch) -> Result<Option<Arc<KnownList>>, StoreError> {
        let key = layout::capability(&fetch.account, &fetch.capability);
        let capability: Option<Capability> = self.row(&key)?;
        let serves = capability.is_some_and(|capability| capability.serves(&fetch.by, 1, self.now()));
        Ok(self
            .known_list(&fetch.account)?
            .filter(|_| serves || fetch.by == fetch.account))
    }
}
