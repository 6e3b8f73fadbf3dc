//! Sending: envelopes that are stored, and those that are not, SPEC 23 and 27.

use bytes::Bytes;
use sha2::{Digest, Sha256};
use twotick_wire::{
    DeviceId, Envelope, ErrorCode, MessageId, Writer,
    frame::{self, AccountResult, Ephemeral, EphemeralDelivery, MessageTo, Opaque, Send, SendResult},
};

use super::{
    AttachedDevice, Connection, Frame, Now,
    pending::{Awaits, SendSlot},
    request::fetch,
};
use crate::{
    store::{AccountOutcome, AccountSend, Op, SealedBytes, SendRequest, StoreError},
    verify,
};

impl Connection {
    /// Makes the envelopes, each from the attached device (R-SND-1), for the accounts within the sender's rates.
    pub(super) fn send(&mut self, send: &Send<'_>, device: &AttachedDevice, now: Now) {
        let limiter = &self.settings.limiter;
        let messages = send.accounts.iter().flat_map(|account| &account.messages);
        let held: usize = messages.map(|message| envelope_length(message, &send.body)).sum();
        if held > limiter.limits().request_bytes {
            return self.refuse(send.request, ErrorCode::LengthOutOfRange, 0, now);
        }
        let limited = |account: &frame::AccountSend<'_>| {
            limiter.send(device.device, account.account, now.monotonic).err()
        };
        let slots: Vec<SendSlot> = send
            .accounts
            .iter()
            .map(|account| SendSlot {
                account: account.account,
                limited: limited(account).map(|limited| limited.retry_after),
            })
            .collect();
        let body_hash = Sha256::digest(send.body.as_bytes());
        let passed = send
            .accounts
            .iter()
            .zip(&slots)
            .filter(|(_, slot)| slot.limited.is_none());
        let accounts: Vec<AccountSend> = passed
            .map(|(account, _)| account_send(send, account, &body_hash, device))
            .collect();
        if accounts.is_empty() {
            return self.sent(send.request, &slots, Ok(Vec::new()), now);
        }
        let op = Op::Send(SendRequest {
            from: device.device,
            from_account: device.account,
            message_id: send.message_id,
            lifetime: send.lifetime,
            accounts,
            now: now.wall,
        });
        self.submit(send.request, Awaits::Sent(slots), held, op);
    }

    /// One result per account, in the order of the Send (R-SND-4).
    pub(super) fn sent(
        &mut self,
        request: twotick_wire::RequestId,
        slots: &[SendSlot],
        outcomes: Result<Vec<AccountOutcome>, StoreError>,
        now: Now,
    ) {
        let outcomes = outcomes.unwrap_or_default();
        let mut outcomes = outcomes.iter();
        let results: Vec<AccountResult<'_>> = slots
            .iter()
            .map(|slot| match slot.limited {
                Some(retry_after) => refused(slot, ErrorCode::RateLimited, retry_after, &None),
                None => match outcomes.next() {
                    Some(AccountOutcome::Stored) => AccountResult {
                        durability: Some(self.settings.store.durability),
                        ..result(slot, 0, 0, Opaque::EMPTY)
                    },
                    Some(AccountOutcome::Refused {
                        code,
                        retry_after,
                        list,
                    }) => refused(slot, *code, *retry_after, list),
                    // Nothing is promised; the same ids find out.
                    None => refused(
                        slot,
                        ErrorCode::StoreUnavailable,
                        super::answer::STORE_RETRY,
                        &None,
                    ),
                },
            })
            .collect();
        let counts = |result: &AccountResult<'_>| COUNTED.iter().any(|code| code.number() == result.status);
        let is_counted = results.iter().any(counts);
        self.queue.answer(SendResult { request, results }.encode());
        if is_counted {
            self.count_refusal(now);
        }
    }

    /// Frames that go to the devices of the account that are attached, once it is known who may be reached (R-EPH-1).
    pub(super) fn ephemeral(&mut self, ephemeral: &Ephemeral<'_>, device: &AttachedDevice, now: Now) {
        if self
            .settings
            .limiter
            .ephemeral(device.device, now.monotonic)
            .is_err()
        {
            return self.done(ephemeral.request);
        }
        // Nobody writes to themselves: no envelope is from and to one device (R-MSG-8).
        let others = ephemeral
            .messages
            .iter()
            .filter(|message| message.to != device.device);
        let frames = others.map(|message| {
            let envelope = envelope(device.device, message, ephemeral.message_id, Opaque::EMPTY);
            let delivery = EphemeralDelivery {
                envelope: Opaque::new(envelope.as_bytes()),
            };
            (message.to, Frame(delivery.encode().into()))
        });
        let awaits = Awaits::Reach(frames.collect());
        let fetch = fetch(ephemeral.account, &ephemeral.capability, device, now);
        self.submit(ephemeral.request, awaits, 0, Op::Reach(fetch));
    }
}

fn account_send(
    send: &Send<'_>,
    account: &frame::AccountSend<'_>,
    body_hash: &[u8],
    device: &AttachedDevice,
) -> AccountSend {
    let messages = account.messages.iter();
    let envelopes = messages.map(|message| {
        let envelope = envelope(device.device, message, send.message_id, send.body);
        (message.to, envelope)
    });
    AccountSend {
        account: account.account,
        capability: verify::capability_hash(&account.capability),
        send_id: account.send_id,
        digest: digest(send, account, body_hash),
        list: account.list,
        is_partial: account.is_partial,
        envelopes: envelopes.collect(),
    }
}

/// Tells a repetition from another request (R-SND-3): a hash of all that is sent to the account, seen by nobody else.
fn digest(send: &Send<'_>, account: &frame::AccountSend<'_>, body_hash: &[u8]) -> [u8; 16] {
    let mut fixed = Writer::default();
    send.message_id.encode_to(&mut fixed);
    fixed.u32(send.lifetime);
    account.account.encode_to(&mut fixed);
    account.capability.encode_to(&mut fixed);
    account.send_id.encode_to(&mut fixed);
    account.list.encode_to(&mut fixed);
    fixed.u8(account.is_partial.into());
    fixed.count(account.messages.len());
    let mut hash = Sha256::new_with_prefix(fixed.as_slice());
    for message in &account.messages {
        let length = u64::try_from(message.message.len()).unwrap_or(u64::MAX);
        hash.update(message.to.as_bytes());
        hash.update(length.to_be_bytes());
        hash.update(message.message.as_bytes());
    }
    hash.update(body_hash);
    let mut digest = [0; 16];
    digest.copy_from_slice(&hash.finalize()[..16]);
    digest
}

fn envelope(from: DeviceId, message: &MessageTo<'_>, message_id: MessageId, body: Opaque<'_>) -> SealedBytes {
    let envelope = Envelope {
        from,
        to: message.to,
        message_id,
        message: message.message.as_bytes(),
        body: body.as_bytes(),
    };
    SealedBytes::new(envelope.encode().into())
}

/// Bytes of the envelope that a message makes.
fn envelope_length(message: &MessageTo<'_>, body: &Opaque<'_>) -> usize {
    ENVELOPE_OVERHEAD + message.message.len() + body.len()
}

fn refused<'a>(
    slot: &SendSlot,
    code: ErrorCode,
    retry_after: u32,
    list: &'a Option<Bytes>,
) -> AccountResult<'a> {
    let list = list.as_deref().map_or(Opaque::EMPTY, Opaque::new);
    result(slot, code.number(), retry_after, list)
}

fn result<'a>(slot: &SendSlot, status: u16, retry_after: u32, list: Opaque<'a>) -> AccountResult<'a> {
    AccountResult {
        account: slot.account,
        status,
        retry_after,
        durability: None,
        list,
    }
}

/// What counts as a refusal of the connection: not what happens to an honest sender whose peer changed or is full.
const COUNTED: [ErrorCode; 3] = [
    ErrorCode::Refused,
    ErrorCode::RateLimited,
    ErrorCode::SendIdReused,
];

/// Bytes of an envelope over its message and body (SPEC 11.5).
const ENVELOPE_OVERHEAD: usize = 58;
