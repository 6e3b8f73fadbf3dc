//! Attaching, sending, acknowledging.

use std::sync::Arc;

use bytes::Bytes;
use twotick_wire::{
    AccountId, CapabilityHash, CertificateHash, DeviceId, ErrorCode, ListHead, SendId, UnixTime,
};

use super::{Mailbox, Work, layout};
use crate::store::{
    AccountOutcome, AccountSend, Ack, Answer, Attached, Attachment, Delivery, SealedBytes, SendRequest,
    SessionEpoch, StoreError, Wake,
    embedded::layout::{Ending, EnvelopeKey, Sender, SentRow},
    rules::{self, Capability, Facts, KnownList, Owner, Progress, Room, Sent, Verdict},
};

impl Work<'_> {
    pub(super) fn attach(&mut self, request: &Attachment) -> Result<Answer, StoreError> {
        let list = self.known_list(&request.account)?;
        let found = self.mailbox(&request.device)?;
        let owner = found.map(|mailbox| Owner {
            account: mailbox.account,
            certificate: mailbox.certificate,
        });
        if !rules::may_attach(request, list.as_deref(), owner.as_ref()) {
            return Ok(Answer::Refused(ErrorCode::AttachRefused));
        }
        let is_new = found.is_none();
        if is_new && !request.may_create {
            return Ok(Answer::Refused(ErrorCode::RateLimited));
        }
        let mut mailbox = match found {
            Some(mailbox) => mailbox,
            None => self.new_mailbox(&request.device, &request.account, list.is_some())?,
        };
        mailbox.certificate = request.certificate_hash;
        mailbox.attached = u32::try_from(request.now.seconds() / DAY).unwrap_or(u32::MAX);
        if request.receives {
            mailbox.session_epoch.0 += 1;
            if !is_new {
                let session_epoch = mailbox.session_epoch;
                self.wakes.push(Wake::Fenced {
                    mailbox: request.device,
                    session_epoch,
                });
            }
        }
        self.set_mailbox(&request.device, &mailbox);
        Ok(Answer::Attached(Attached {
            session_epoch: mailbox.session_epoch,
            acked: mailbox.acked,
            next: mailbox.next,
            backlog_envelopes: mailbox.envelopes,
            backlog_bytes: mailbox.bytes,
            refused: mailbox.refused,
            prekeys: u16::try_from(mailbox.one_time).unwrap_or(u16::MAX),
            list: list.map_or(ListHead::NONE, |known| known.head),
            is_new,
        }))
    }

    /// A mailbox that is counted, for the caller to store; one that no list names may not stay (R-ATT-3).
    pub(super) fn new_mailbox(
        &mut self,
        device: &DeviceId,
        account: &AccountId,
        is_listed: bool,
    ) -> Result<Mailbox, StoreError> {
        let mut row = self.account(account)?;
        row.mailboxes += 1;
        self.put(layout::account(account), &row);
        self.commit.mailboxes += 1;
        if !is_listed {
            let end = self.now().saturating_add(self.limits().orphan);
            self.put_bytes(Ending::Orphan(*device).key(end), &[]);
        }
        Ok(Mailbox {
            account: *account,
            certificate: CertificateHash::new([0; 32]),
            session_epoch: SessionEpoch(0),
            attached: 0,
            acked: 0,
            next: 1,
            envelopes: 0,
            bytes: 0,
            due: NEVER,
            refused: 0,
            lane_first: 1,
            lane_next: 1,
            lane_receipts: 0,
            lane_bounces: 0,
            signed: 0,
            one_time: 0,
            taken: 0,
        })
    }

    pub(super) fn send(
        &mut self,
        request: &SendRequest,
        send: &AccountSend,
    ) -> Result<AccountOutcome, StoreError> {
        let (limits, admission) = (*self.limits(), Arc::clone(&self.ground.admission));
        Ok(
            match rules::check_send(request, send, &limits, admission.as_ref(), self)? {
                Verdict::Repeated => AccountOutcome::Stored,
                Verdict::Store => {
                    self.store(request, send)?;
                    AccountOutcome::Stored
                }
                Verdict::Refuse {
                    code,
                    retry_after,
                    list,
                    full,
                } => {
                    for device in full {
                        if let Some(mut mailbox) = self.mailbox(&device)? {
                            mailbox.refused = mailbox.refused.saturating_add(1);
                            self.set_mailbox(&device, &mailbox);
                        }
                    }
                    AccountOutcome::Refused {
                        code,
                        retry_after,
                        list,
                    }
                }
            },
        )
    }

    fn store(&mut self, request: &SendRequest, send: &AccountSend) -> Result<(), StoreError> {
        let expires = request.now.saturating_add(u64::from(request.lifetime));
        for (device, envelope) in &send.envelopes {
            let mut mailbox = self.mailbox(device)?.ok_or(StoreError::Damaged)?;
            let length = u32::try_from(envelope.len()).map_err(|_| StoreError::Damaged)?;
            let sender = Sender {
                from: request.from,
                message_id: request.message_id,
            };
            let (mailbox_id, seq) = (*device, mailbox.next);
            let key = EnvelopeKey {
                mailbox: mailbox_id,
                seq,
                expires,
                length,
                sender,
            };
            let encoded = key.encode();
            let value = layout::close_with(&encoded, 8 + envelope.len(), |writer| {
                request.now.encode_to(writer);
                writer.bytes(envelope.as_bytes());
            });
            self.change(encoded, Some(value));
            self.look_at(device, &mut mailbox, expires);
            mailbox.next += 1;
            mailbox.envelopes += 1;
            mailbox.bytes += u64::from(length);
            self.commit.envelopes += 1;
            self.commit.bytes += u64::from(length);
            self.set_mailbox(device, &mailbox);
            let delivery = Delivery {
                seq: key.seq,
                accepted: request.now,
                envelope: envelope.clone(),
            };
            self.wakes.push(Wake::Envelope {
                mailbox: *device,
                delivery,
            });
        }
        let key = layout::capability(&send.account, &send.capability);
        let granted = if send.account == request.from_account {
            None
        } else {
            self.row(&key)?
        };
        if let Some(before) = granted {
            let mut capability: Capability = before;
            capability.use_for(request.from_account, send.envelopes.len());
            if capability != before {
                self.put(key, &capability);
            }
        }
        self.remember(request.from, send.send_id, send.digest);
        Ok(())
    }

    /// Sees to it that the mailbox is looked at when an envelope ends.
    pub(super) fn look_at(&mut self, device: &DeviceId, mailbox: &mut Mailbox, end: UnixTime) {
        if mailbox.due != NEVER && mailbox.due <= end {
            return;
        }
        if mailbox.due != NEVER {
            self.delete(Ending::Mailbox(*device).key(mailbox.due));
        }
        mailbox.due = end;
        self.put_bytes(Ending::Mailbox(*device).key(end), &[]);
    }

    /// Keeps the answer to a send id (R-SND-3).
    fn remember(&mut self, device: DeviceId, id: SendId, digest: [u8; 16]) {
        let key = layout::sent(&device, &id);
        // The check of the send id has read this row.
        if let Some(old) = self.sent_before.take() {
            self.delete(Ending::Sent(device, id).key(old.until));
        }
        let until = self.now().saturating_add(self.limits().send_id);
        self.put(key, &SentRow { digest, until });
        self.put_bytes(Ending::Sent(device, id).key(until), &[]);
    }

    pub(super) fn ack(&mut self, ack: &Ack) -> Result<Answer, StoreError> {
        let found = self.mailbox(&ack.mailbox)?;
        let progress = found.map(|mailbox| Progress {
            account: mailbox.account,
            session_epoch: mailbox.session_epoch,
            next: mailbox.next,
            lane_next: mailbox.lane_next,
        });
        let mut mailbox = match (rules::check_ack(ack, progress.as_ref()), found) {
            (Ok(()), Some(mailbox)) => mailbox,
            (Err(code), _) => return Ok(Answer::Refused(code)),
            (Ok(()), None) => return Ok(Answer::Refused(ErrorCode::StaleSession)),
        };
        let bounced = self.acknowledge(&mut mailbox, ack)?;
        self.acknowledge_lane(&ack.mailbox, &mut mailbox, ack.lane_upto)?;
        self.set_mailbox(&ack.mailbox, &mailbox);
        for sender in bounced {
            self.bounce(&sender, &ack.mailbox, ErrorCode::BouncedRejected)?;
        }
        self.receipts(ack.account, &ack.receipts)?;
        Ok(Answer::Done)
    }

    /// Deletes what is acknowledged, and gives who is to be told of a rejection.
    fn acknowledge(&mut self, mailbox: &mut Mailbox, ack: &Ack) -> Result<Vec<Sender>, StoreError> {
        let mut bounced = Vec::new();
        if ack.upto > mailbox.acked {
            let range = EnvelopeKey::range(&ack.mailbox, mailbox.acked + 1, ack.upto);
            let keys = self.keys(range).collect::<Result<Vec<_>, _>>()?;
            let is_complete = keys.len() as u64 == ack.upto - mailbox.acked;
            for key in keys {
                let envelope = EnvelopeKey::decode(&key).map_err(|_| StoreError::Damaged)?;
                self.take_envelope(mailbox, &envelope);
                bounced.extend(ack.rejected.contains(&envelope.seq).then_some(envelope.sender));
            }
            mailbox.acked = ack.upto;
            if !is_complete {
                self.recount(&ack.mailbox, mailbox)?;
            }
        }
        mailbox.forget_refusals_if_empty();
        Ok(bounced)
    }

    /// Deletes an envelope; its value is not read.
    pub(super) fn take_envelope(&mut self, mailbox: &mut Mailbox, envelope: &EnvelopeKey) {
        self.delete(envelope.encode());
        let length = u64::from(envelope.length);
        mailbox.envelopes = mailbox.envelopes.saturating_sub(1);
        mailbox.bytes = mailbox.bytes.saturating_sub(length);
        self.commit.envelopes = self.commit.envelopes.saturating_sub(1);
        self.commit.bytes = self.commit.bytes.saturating_sub(length);
    }

    /// Ends those of these envelopes that cannot be read, and tells their senders.
    pub(super) fn lose(&mut self, device: &DeviceId, seqs: &[u64]) -> Result<(), StoreError> {
        for seq in seqs {
            let range = EnvelopeKey::range(device, *seq, *seq);
            let Some(key) = self.keys(range).next().transpose()? else {
                continue;
            };
            let Some(mut mailbox) = self.mailbox(device)? else {
                return Ok(());
            };
            if let (Err(_), Ok(envelope)) = (self.body(&key), EnvelopeKey::decode(&key)) {
                self.take_envelope(&mut mailbox, &envelope);
                mailbox.forget_refusals_if_empty();
                self.set_mailbox(device, &mailbox);
                self.bounce(&envelope.sender, device, ErrorCode::BouncedLost)?;
            }
        }
        Ok(())
    }

    /// As [`Self::recount`], and stores what has changed.
    pub(super) fn recount_row(&mut self, device: &DeviceId) -> Result<(), StoreError> {
        let Some(before) = self.mailbox(device)? else {
            return Ok(());
        };
        let mut mailbox = before;
        self.recount(device, &mut mailbox)?;
        if mailbox != before {
            self.set_mailbox(device, &mailbox);
        }
        Ok(())
    }

    /// Counts what is there after `acked`: numbers that were lost must not fill a mailbox for ever.
    pub(super) fn recount(&mut self, device: &DeviceId, mailbox: &mut Mailbox) -> Result<(), StoreError> {
        let (mut envelopes, mut bytes) = (0_u32, 0_u64);
        for key in self.keys(EnvelopeKey::range(device, mailbox.acked + 1, u64::MAX)) {
            let key = EnvelopeKey::decode(&key?).map_err(|_| StoreError::Damaged)?;
            envelopes += 1;
            bytes += u64::from(key.length);
        }
        let adjust = |total: u64, old: u64, new: u64| total.saturating_sub(old).saturating_add(new);
        self.commit.envelopes = adjust(
            self.commit.envelopes,
            u64::from(mailbox.envelopes),
            u64::from(envelopes),
        );
        self.commit.bytes = adjust(self.commit.bytes, mailbox.bytes, bytes);
        (mailbox.envelopes, mailbox.bytes) = (envelopes, bytes);
        Ok(())
    }
}

impl Facts for Work<'_> {
    fn sent(&mut self, device: &DeviceId, id: &SendId) -> Result<Option<Sent>, StoreError> {
        self.sent_before = self.row(&layout::sent(device, id))?;
        Ok(self.sent_before.map(|row| Sent {
            digest: row.digest,
            until: row.until,
        }))
    }

    fn is_device(&mut self, device: &DeviceId, account: &AccountId) -> Result<bool, StoreError> {
        Ok(self
            .mailbox(device)?
            .is_some_and(|mailbox| mailbox.account == *account))
    }

    fn capability(
        &mut self,
        account: &AccountId,
        hash: &CapabilityHash,
    ) -> Result<Option<Capability>, StoreError> {
        self.row(&layout::capability(account, hash))
    }

    fn list(&mut self, account: &AccountId) -> Result<Option<Arc<KnownList>>, StoreError> {
        self.known_list(account)
    }

    fn room(&mut self, mailbox: &DeviceId) -> Result<Room, StoreError> {
        let mailbox = self.mailbox(mailbox)?.ok_or(StoreError::Damaged)?;
        Ok(Room {
            envelopes: mailbox.envelopes,
            bytes: mailbox.bytes,
        })
    }
}

impl Mailbox {
    /// Refusals are counted since a mailbox was last empty (SPEC 21.2, Hello).
    pub(super) fn forget_refusals_if_empty(&mut self) {
        if self.envelopes == 0 {
            self.refused = 0;
        }
    }
}

/// The time in the body of an envelope, and the rest of it.
pub(in crate::store::embedded) fn accepted(body: &Bytes) -> Result<(UnixTime, SealedBytes), StoreError> {
    let (time, _) = body.split_first_chunk().ok_or(StoreError::Damaged)?;
    Ok((
        UnixTime::new(u64::from_be_bytes(*time)),
        SealedBytes::new(body.slice(8..)),
    ))
}

/// The seconds of a day: the grain in which a last attach is kept (SPEC 29).
const DAY: u64 = 86_400;

/// The time at which a mailbox is looked at that has nothing to look for.
pub(super) const NEVER: UnixTime = UnixTime::new(0);
