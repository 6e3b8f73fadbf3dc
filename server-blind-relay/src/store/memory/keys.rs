//! Prekeys, lists, capabilities.

use std::sync::Arc;

use bytes::Bytes;
use twotick_wire::{AccountId, ErrorCode};

use super::{Account, Ending, Mailbox, State};
use crate::store::{
    Answer, CapabilityChange, Fetch, PublishedList, PublishedPrekeys, TakePrekeys, Wake,
    rules::{self, Capability, KnownList, Succession},
};

impl State {
    pub(super) fn publish_prekeys(&mut self, published: &PublishedPrekeys) -> Answer {
        let now = self.now;
        let Some(mailbox) = self.mailboxes.get_mut(&published.device) else {
            return Answer::Refused(ErrorCode::StaleSession);
        };
        let mut one_time = mailbox.one_time.clone();
        for (id, prekey) in &published.one_time {
            let is_taken = mailbox
                .taken
                .get(id)
                .is_some_and(|until| !rules::has_ended(*until, now));
            if !is_taken {
                one_time.entry(*id).or_insert_with(|| prekey.clone());
            }
        }
        let Some(available) = u16::try_from(one_time.len())
            .ok()
            .filter(|count| *count <= self.limits.prekeys)
        else {
            return Answer::Refused(ErrorCode::TooManyPrekeys);
        };
        mailbox.one_time = one_time;
        if let Some(signed) = &published.signed {
            mailbox.signed = Some(signed.clone());
        }
        Answer::Prekeys { available }
    }

    pub(super) fn take_prekeys(&mut self, take: &TakePrekeys) -> Answer {
        let Some(known) = self.viewed(&take.fetch) else {
            return Answer::Refused(ErrorCode::Refused);
        };
        let certificates = self.certificates(&take.fetch.account);
        let until = self.now.saturating_add(self.limits.send_id);
        let mut bundles = Vec::new();
        for (place, device, may_take) in rules::listed(&known, &take.devices) {
            let Some(mailbox) = self.mailboxes.get_mut(&device) else {
                continue;
            };
            let (Some(signed), Some(certificate)) = (mailbox.signed.clone(), certificates.get(place)) else {
                continue;
            };
            let one_time = may_take.then(|| mailbox.one_time.pop_first()).flatten();
            if let Some((id, _)) = &one_time {
                if let Some(old) = mailbox.taken.insert(*id, until) {
                    self.endings.remove(&(old, Ending::Taken(device, *id)));
                }
                self.endings.insert((until, Ending::Taken(device, *id)));
            }
            let one_time = one_time.as_ref().map(|(_, prekey)| prekey.as_ref());
            bundles.push(rules::bundle(certificate, &signed, one_time));
        }
        Answer::Bundles {
            list: known.encoded.clone(),
            bundles,
        }
    }

    pub(super) fn publish_list(&mut self, published: PublishedList, wakes: &mut Vec<Wake>) -> Answer {
        let known = self
            .accounts
            .get(&published.account)
            .and_then(|account| account.list.clone());
        let change = match rules::succession(known.as_deref(), &published) {
            Ok(Succession::Next(change)) => change,
            Ok(Succession::Same) => return Answer::Done,
            Err(code) => return Answer::Refused(code),
        };
        let is_anothers = |device| {
            self.mailboxes
                .get(device)
                .is_some_and(|mailbox: &Mailbox| mailbox.account != published.account)
        };
        if change.certified.iter().any(|entry| is_anothers(&entry.device_id)) {
            return Answer::Refused(ErrorCode::WrongAccount);
        }
        for entry in &change.certified {
            let mailbox = self
                .mailboxes
                .entry(entry.device_id)
                .or_insert_with(|| Mailbox::new(published.account, entry.certificate_hash));
            if mailbox.certificate != entry.certificate_hash {
                mailbox.certificate = entry.certificate_hash;
                mailbox.signed = None;
                mailbox.one_time.clear();
            }
        }
        let PublishedList {
            account,
            list,
            head,
            encoded,
            certificates,
            ..
        } = published;
        let kept = self.accounts.entry(account).or_default();
        kept.list = Some(Arc::new(KnownList { list, head, encoded }));
        kept.certificates = certificates;
        for device in change.removed {
            self.remove_mailbox(device, wakes);
        }
        Answer::Done
    }

    pub(super) fn fetch_list(&self, fetch: &Fetch) -> Answer {
        self.viewed(fetch)
            .map_or(Answer::Refused(ErrorCode::Refused), |known| Answer::Lists {
                list: known.encoded.clone(),
                certificates: self.certificates(&fetch.account),
            })
    }

    pub(super) fn reach(&self, fetch: &Fetch) -> Answer {
        self.viewed(fetch)
            .map_or(Answer::Refused(ErrorCode::Refused), |known| {
                Answer::Devices(known.list.devices.iter().map(|entry| entry.device_id).collect())
            })
    }

    pub(super) fn change_capabilities(&mut self, change: &CapabilityChange) -> Answer {
        let account = self.accounts.entry(change.account).or_default();
        let mut capabilities = account.capabilities.clone();
        for hash in &change.revoked {
            capabilities.remove(hash);
        }
        for grant in &change.granted {
            // The terms are new; the binding is that from before this change, unless it revokes.
            let granted = Capability::granted(grant, capabilities.get(&grant.hash));
            capabilities.insert(grant.hash, granted);
        }
        if capabilities.len() > usize::try_from(self.limits.capabilities).unwrap_or(usize::MAX) {
            return Answer::Refused(ErrorCode::TooManyCapabilities);
        }
        account.capabilities = capabilities;
        Answer::Done
    }

    /// The list of an account, for somebody who may see it (R-CAP-1).
    fn viewed(&self, fetch: &Fetch) -> Option<Arc<KnownList>> {
        let account: &Account = self.accounts.get(&fetch.account)?;
        let capability = account.capabilities.get(&fetch.capability);
        let serves = capability.is_some_and(|capability| capability.serves(&fetch.by, 1, self.now));
        account
            .list
            .clone()
            .filter(|_| serves || fetch.by == fetch.account)
    }

    fn certificates(&self, account: &AccountId) -> Vec<Bytes> {
        self.accounts
            .get(account)
            .map(|account| account.certificates.clone())
            .unwrap_or_default()
    }
}
