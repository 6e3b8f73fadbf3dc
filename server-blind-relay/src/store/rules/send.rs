//! The checks of a Send that need the store, in their order (R-SND-3 to R-SND-5).

use std::sync::Arc;

use bytes::Bytes;
use twotick_wire::{AccountId, CapabilityHash, DeviceId, ErrorCode, SendId, UnixTime};

use super::super::op::{AccountSend, SendRequest, StoreLimits};
use super::super::{Admission, StoreError};
use super::{Capability, FULL_RETRY, KnownList, has_ended};

/// A request that was stored before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sent {
    /// The hash over everything in it.
    pub(crate) digest: [u8; 16],
    /// When it is forgotten.
    pub(crate) until: UnixTime,
}

/// What waits in a mailbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Room {
    pub(crate) envelopes: u32,
    pub(crate) bytes: u64,
}

/// What a store knows that decides about a Send.
pub(crate) trait Facts {
    /// What the sending device stored under this id.
    fn sent(&mut self, device: &DeviceId, id: &SendId) -> Result<Option<Sent>, StoreError>;
    /// True if the device has a mailbox and is this account's.
    fn is_device(&mut self, device: &DeviceId, account: &AccountId) -> Result<bool, StoreError>;
    /// A capability that the account grants.
    fn capability(
        &mut self,
        account: &AccountId,
        hash: &CapabilityHash,
    ) -> Result<Option<Capability>, StoreError>;
    /// The account's list.
    fn list(&mut self, account: &AccountId) -> Result<Option<Arc<KnownList>>, StoreError>;
    /// What waits in a mailbox that a list names.
    fn room(&mut self, mailbox: &DeviceId) -> Result<Room, StoreError>;
}

/// What becomes of an [`AccountSend`].
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is stored.
    Store,
    /// It was stored before, by the same bytes.
    Repeated,
    /// It is not.
    Refuse {
        code: ErrorCode,
        retry_after: u32,
        /// With `DeviceSetMismatch` and `OldDeviceList`.
        list: Option<Bytes>,
        /// The mailboxes without room, with `MailboxFull`.
        full: Vec<DeviceId>,
    },
}

/// R-SND-4, from the send id on: the first check to fail decides.
pub(crate) fn check_send(
    request: &SendRequest,
    send: &AccountSend,
    limits: &StoreLimits,
    admission: &dyn Admission,
    facts: &mut impl Facts,
) -> Result<Verdict, StoreError> {
    if let Some(sent) = facts
        .sent(&request.from, &send.send_id)?
        .filter(|sent| !has_ended(sent.until, request.now))
    {
        return Ok(if sent.digest == send.digest {
            Verdict::Repeated
        } else {
            refuse(ErrorCode::SendIdReused)
        });
    }
    // All are looked up before any is judged: a refusal takes the same work whatever its reason (R-CAP-1).
    let is_device = facts.is_device(&request.from, &request.from_account)?;
    let capability = facts.capability(&send.account, &send.capability)?;
    let list = facts.list(&send.account)?;
    let is_own = send.account == request.from_account;
    let serves = capability.is_some_and(|capability| {
        capability.serves(&request.from_account, send.envelopes.len(), request.now)
    });
    let Some(list) = list.filter(|_| is_device && (is_own || serves)) else {
        return Ok(refuse(ErrorCode::Refused));
    };
    if let Err(code) = check_devices(&list, &request.from, send) {
        return Ok(Verdict::Refuse {
            code,
            retry_after: 0,
            list: Some(list.encoded.clone()),
            full: Vec::new(),
        });
    }
    for (mailbox, envelope) in &send.envelopes {
        if let Err(retry_after) = admission.admit(mailbox, envelope.len()) {
            let (list, full) = (None, Vec::new());
            return Ok(Verdict::Refuse {
                code: ErrorCode::RateLimited,
                retry_after,
                list,
                full,
            });
        }
    }
    let mut full = Vec::new();
    for (mailbox, envelope) in &send.envelopes {
        if !has_room(facts.room(mailbox)?, envelope.len(), limits) {
            full.push(*mailbox);
        }
    }
    Ok(if full.is_empty() {
        Verdict::Store
    } else {
        Verdict::Refuse {
            code: ErrorCode::MailboxFull,
            retry_after: FULL_RETRY,
            list: None,
            full,
        }
    })
}

/// R-SND-5: the devices first, then the list that the sender knows.
fn check_devices(known: &KnownList, from: &DeviceId, send: &AccountSend) -> Result<(), ErrorCode> {
    let expected = || {
        known
            .list
            .devices
            .iter()
            .map(|entry| entry.device_id)
            .filter(|device| device != from)
    };
    let is_sorted = send.envelopes.is_sorted_by(|a, b| a.0 < b.0);
    let are_known = send
        .envelopes
        .iter()
        .all(|(device, _)| expected().any(|known| known == *device));
    let are_enough = send.is_partial || expected().count() == send.envelopes.len();
    if !is_sorted || !are_known || !are_enough || send.envelopes.is_empty() {
        return Err(ErrorCode::DeviceSetMismatch);
    }
    if send.list == known.head {
        Ok(())
    } else {
        Err(ErrorCode::OldDeviceList)
    }
}

fn has_room(waiting: Room, length: usize, limits: &StoreLimits) -> bool {
    let length = u64::try_from(length).unwrap_or(u64::MAX);
    waiting.envelopes < limits.envelopes && waiting.bytes.saturating_add(length) <= limits.bytes
}

fn refuse(code: ErrorCode) -> Verdict {
    Verdict::Refuse {
        code,
        retry_after: 0,
        list: None,
        full: Vec::new(),
    }
}
