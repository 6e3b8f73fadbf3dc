//! Attaching, sending, acknowledging, receipts.

use std::{collections::BTreeMap, sync::Arc};

use twotick_wire::{
    AccountId, CapabilityHash, CertificateHash, DeviceId, ErrorCode, LaneItem, ListHead, SendId,
};

use super::{Ending, LaneRow, Mailbox, State, Waiting};
use crate::store::{
    AccountOutcome, AccountSend, Ack, Answer, Attached, Attachment, Delivery, MailboxItem, PageBounds,
    ReceiptFor, SendRequest, SessionEpoch, StoreError, Wake,
    rules::{self, Capability, Facts, KnownList, Owner, Page, Progress, Room, Sent, Verdict},
};

impl State {
    pub(super) fn attach(&mut self, request: &Attachment, wakes: &mut Vec<Wake>) -> Answer {
        let list = self
            .accounts
            .get(&request.account)
            .and_then(|account| account.list.clone());
        let owner = self.mailboxes.get(&request.device).map(|mailbox| Owner {
            account: mailbox.account,
            certificate: mailbox.certificate,
        });
        if !rules::may_attach(request, list.as_deref(), owner.as_ref()) {
            return Answer::Refused(ErrorCode::AttachRefused);
        }
        let is_new = owner.is_none();
        if is_new && !request.may_create {
            return Answer::Refused(ErrorCode::RateLimited);
        }
        if is_new && list.is_none() {
            let end = request.now.saturating_add(self.limits.orphan);
            self.endings.insert((end, Ending::Orphan(request.device)));
        }
        self.accounts.entry(request.account).or_default();
        let mailbox = self
            .mailboxes
            .entry(request.device)
            .or_insert_with(|| Mailbox::new(request.account, request.certificate_hash));
        mailbox.certificate = request.certificate_hash;
        if request.receives {
            mailbox.session_epoch.0 += 1;
            if !is_new {
                wakes.push(Wake::Fenced {
                    mailbox: request.device,
                    session_epoch: mailbox.session_epoch,
                });
            }
        }
        Answer::Attached(mailbox.hello(list.map_or(ListHead::NONE, |known| known.head), is_new))
    }

    pub(super) fn send(
        &mut self,
        request: &SendRequest,
        wakes: &mut Vec<Wake>,
    ) -> Result<Answer, StoreError> {
        let (limits, admission) = (self.limits, Arc::clone(&self.admission));
        let mut outcomes = Vec::with_capacity(request.accounts.len());
        for send in &request.accounts {
            outcomes.push(
                match rules::check_send(request, send, &limits, admission.as_ref(), self)? {
                    Verdict::Repeated => AccountOutcome::Stored,
                    Verdict::Store => {
                        self.store(request, send, wakes);
                        AccountOutcome::Stored
                    }
                    Verdict::Refuse {
                        code,
                        retry_after,
                        list,
                        full,
                    } => {
                        for full in full {
                            if let Some(mailbox) = self.mailboxes.get_mut(&full) {
                                mailbox.refused = mailbox.refused.saturating_add(1);
                            }
                        }
                        AccountOutcome::Refused {
                            code,
                            retry_after,
                            list,
                        }
                    }
                },
            );
        }
        Ok(Answer::Sent(outcomes))
    }

    fn store(&mut self, request: &SendRequest, send: &AccountSend, wakes: &mut Vec<Wake>) {
        let expires = request.now.saturating_add(u64::from(request.lifetime));
        for (device, envelope) in &send.envelopes {
            let Some(mailbox) = self.mailboxes.get_mut(device) else {
                continue;
            };
            let seq = mailbox.next;
            mailbox.next += 1;
            let waiting = Waiting {
                from: request.from,
                message_id: request.message_id,
                accepted: request.now,
                expires,
                envelope: envelope.clone(),
            };
            let delivery = waiting.delivery(seq);
            mailbox.envelopes.insert(seq, waiting);
            self.look_at(*device, expires);
            wakes.push(Wake::Envelope {
                mailbox: *device,
                delivery,
            });
        }
        let granted = self
            .accounts
            .get_mut(&send.account)
            .filter(|_| send.account != request.from_account)
            .and_then(|account| account.capabilities.get_mut(&send.capability));
        if let Some(capability) = granted {
            capability.use_for(request.from_account, send.envelopes.len());
        }
        let until = request.now.saturating_add(self.limits.send_id);
        let key = (request.from, send.send_id);
        if let Some(old) = self.sent.insert(
            key,
            Sent {
                digest: send.digest,
                until,
            },
        ) {
            self.endings.remove(&(old.until, Ending::Sent(key.0, key.1)));
        }
        self.endings.insert((until, Ending::Sent(key.0, key.1)));
    }

    pub(super) fn ack(&mut self, ack: &Ack, wakes: &mut Vec<Wake>) -> Answer {
        let progress = self.mailboxes.get(&ack.mailbox).map(Mailbox::progress);
        if let Err(code) = rules::check_ack(ack, progress.as_ref()) {
            return Answer::Refused(code);
        }
        let mut bounced = Vec::new();
        if let Some(mailbox) = self.mailboxes.get_mut(&ack.mailbox) {
            let kept = mailbox.envelopes.split_off(&(ack.upto + 1));
            for (seq, waiting) in std::mem::replace(&mut mailbox.envelopes, kept) {
                if ack.rejected.contains(&seq) {
                    bounced.push(waiting);
                }
            }
            mailbox.acked = mailbox.acked.max(ack.upto);
            mailbox.forget_refusals_if_empty();
            let places: Vec<u64> = mailbox
                .lane
                .range(..=ack.lane_upto)
                .map(|(place, _)| *place)
                .collect();
            for place in places {
                if let Some(row) = mailbox.take_lane_row(place) {
                    self.endings
                        .remove(&(row.expires, Ending::LaneItem(ack.mailbox, place)));
                }
            }
        }
        for waiting in &bounced {
            self.bounce(waiting, ack.mailbox, ErrorCode::BouncedRejected, wakes);
        }
        self.receipts(ack.account, &ack.receipts, wakes);
        Answer::Done
    }

    pub(super) fn receipts(&mut self, from: AccountId, receipts: &[ReceiptFor], wakes: &mut Vec<Wake>) {
        for ReceiptFor {
            account,
            capability,
            receipt,
        } in receipts
        {
            let Some(to) = self.accounts.get(account) else {
                continue;
            };
            let capability = to.capabilities.get(capability);
            let serves = capability.is_some_and(|capability| capability.serves(&from, 1, self.now));
            let Some(list) = to.list.clone().filter(|_| serves || *account == from) else {
                continue;
            };
            for entry in &list.list.devices {
                let Some(mailbox) = self.mailboxes.get(&entry.device_id) else {
                    continue;
                };
                let place = mailbox.receipts.get(&(receipt.message_id, from)).copied();
                let kept = place.and_then(|place| match mailbox.lane.get(&place)?.item {
                    LaneItem::Receipt { receipt, .. } => Some(receipt.state),
                    LaneItem::Bounce { .. } => None,
                });
                if rules::is_news(kept, receipt.state) {
                    self.drop_lane_row(entry.device_id, place);
                    let item = LaneItem::Receipt {
                        account: from,
                        receipt: *receipt,
                    };
                    self.put_in_lane(entry.device_id, item, wakes);
                }
            }
        }
    }

    /// Tells the sender of an envelope that it ended (R-DLV-7).
    pub(super) fn bounce(
        &mut self,
        waiting: &Waiting,
        device: DeviceId,
        reason: ErrorCode,
        wakes: &mut Vec<Wake>,
    ) {
        let item = LaneItem::Bounce {
            device,
            message_id: waiting.message_id,
            reason: reason.number(),
        };
        self.put_in_lane(waiting.from, item, wakes);
    }

    /// The oldest of its kind gives way to it if the lane is full (R-LNE-3).
    fn put_in_lane(&mut self, device: DeviceId, item: LaneItem, wakes: &mut Vec<Wake>) {
        let Some(mailbox) = self.mailboxes.get(&device) else {
            return;
        };
        let is_same_kind = |row: &LaneRow| std::mem::discriminant(&row.item) == std::mem::discriminant(&item);
        let alike = || mailbox.lane.iter().filter(|(_, row)| is_same_kind(row));
        let is_full = alike().count() >= usize::try_from(self.limits.lane).unwrap_or(usize::MAX);
        let oldest = alike().next().map(|(place, _)| *place);
        self.drop_lane_row(device, oldest.filter(|_| is_full));
        let expires = self.now.saturating_add(self.limits.lane_lifetime);
        let Some(mailbox) = self.mailboxes.get_mut(&device) else {
            return;
        };
        let place = mailbox.lane_next;
        mailbox.lane_next += 1;
        if let LaneItem::Receipt { account, receipt } = item {
            mailbox.receipts.insert((receipt.message_id, account), place);
        }
        mailbox.lane.insert(place, LaneRow { expires, item });
        self.endings.insert((expires, Ending::LaneItem(device, place)));
        wakes.push(Wake::Lane { mailbox: device });
    }

    fn drop_lane_row(&mut self, device: DeviceId, place: Option<u64>) {
        let row = place.and_then(|place| {
            let row = self.mailboxes.get_mut(&device)?.take_lane_row(place)?;
            Some((row.expires, Ending::LaneItem(device, place)))
        });
        if let Some(ending) = row {
            self.endings.remove(&ending);
        }
    }
}

impl Facts for State {
    fn sent(&mut self, device: &DeviceId, id: &SendId) -> Result<Option<Sent>, StoreError> {
        Ok(self.sent.get(&(*device, *id)).copied())
    }

    fn is_device(&mut self, device: &DeviceId, account: &AccountId) -> Result<bool, StoreError> {
        Ok(self
            .mailboxes
            .get(device)
            .is_some_and(|mailbox| mailbox.account == *account))
    }

    fn capability(
        &mut self,
        account: &AccountId,
        hash: &CapabilityHash,
    ) -> Result<Option<Capability>, StoreError> {
        Ok(self
            .accounts
            .get(account)
            .and_then(|account| account.capabilities.get(hash))
            .copied())
    }

    fn list(&mut self, account: &AccountId) -> Result<Option<Arc<KnownList>>, StoreError> {
        Ok(self
            .accounts
            .get(account)
            .and_then(|account| account.list.clone()))
    }

    fn room(&mut self, mailbox: &DeviceId) -> Result<Room, StoreError> {
        Ok(self.mailboxes.get(mailbox).map(Mailbox::room).unwrap_or_default())
    }
}

impl Mailbox {
    pub(super) fn new(account: AccountId, certificate: CertificateHash) -> Self {
        Self {
            account,
            certificate,
            session_epoch: SessionEpoch(0),
            acked: 0,
            next: 1,
            refused: 0,
            envelopes: BTreeMap::new(),
            due: None,
            lane_next: 1,
            lane: BTreeMap::new(),
            receipts: BTreeMap::new(),
            signed: None,
            one_time: BTreeMap::new(),
            taken: BTreeMap::new(),
        }
    }

    pub(super) fn room(&self) -> Room {
        let bytes = self
            .envelopes
            .values()
            .map(|waiting| waiting.envelope.len() as u64)
            .sum();
        Room {
            envelopes: u32::try_from(self.envelopes.len()).unwrap_or(u32::MAX),
            bytes,
        }
    }

    pub(super) fn page(&self, after: u64, bounds: PageBounds) -> Vec<MailboxItem> {
        let mut page = Page::new(after, self.acked, bounds);
        for (seq, waiting) in self.envelopes.range(page.start()..) {
            if !page.has_room(waiting.envelope.len()) {
                return page.cut();
            }
            page.push(waiting.delivery(*seq));
        }
        page.finish(self.next)
    }

    fn progress(&self) -> Progress {
        Progress {
            account: self.account,
            session_epoch: self.session_epoch,
            next: self.next,
            lane_next: self.lane_next,
        }
    }

    fn hello(&self, list: ListHead, is_new: bool) -> Attached {
        let room = self.room();
        Attached {
            session_epoch: self.session_epoch,
            acked: self.acked,
            next: self.next,
            backlog_envelopes: room.envelopes,
            backlog_bytes: room.bytes,
            refused: self.refused,
            prekeys: u16::try_from(self.one_time.len()).unwrap_or(u16::MAX),
            list,
            is_new,
        }
    }
}

impl Waiting {
    fn delivery(&self, seq: u64) -> Delivery {
        Delivery {
            seq,
            accepted: self.accepted,
            envelope: self.envelope.clone(),
        }
    }
}
