//! What every backend decides in the same way: pure, without storage. The model and the embedded store share only this.

mod capability;
mod list;
mod page;
mod send;

use bytes::{Bytes, BytesMut};
use twotick_wire::{
    AccountId, CertificateHash, DeviceId, ErrorCode, Object, ReceiptState, UnixTime, VERSION,
};

use super::op::{Ack, Attachment, SessionEpoch};

pub(crate) use capability::Capability;
pub(crate) use list::{KnownList, Succession, succession};
pub(crate) use page::Page;
pub(crate) use send::{Facts, Room, Sent, Verdict, check_send};

/// Milliseconds after which a sender may try a full mailbox again. Less: idle retries; more: room stays unused.
pub(crate) const FULL_RETRY: u32 = 30_000;

/// True once what ends at `end` has ended (R-DUR-5).
pub(crate) fn has_ended(end: UnixTime, now: UnixTime) -> bool {
    now >= end
}

/// True if a receipt takes a new place beside `kept`, what its item says now (R-LNE-1).
pub(crate) fn is_news(kept: Option<ReceiptState>, state: ReceiptState) -> bool {
    kept.is_none_or(|kept| state > kept)
}

/// What a mailbox that is there requires of an attachment.
pub(crate) struct Owner {
    pub(crate) account: AccountId,
    pub(crate) certificate: CertificateHash,
}

/// The last two checks of R-ATT-2: the list of the account, if it has one, and the mailbox, if it is there.
pub(crate) fn may_attach(request: &Attachment, list: Option<&KnownList>, mailbox: Option<&Owner>) -> bool {
    let listed = list.map(|known| {
        let entry = known.list.entry(&request.device);
        entry.is_some_and(|entry| entry.certificate_hash == request.certificate_hash)
    });
    let own = mailbox.is_none_or(|owner| {
        owner.account == request.account
            && (listed.is_some() || owner.certificate == request.certificate_hash)
    });
    own && listed.unwrap_or(true) && !request.device.is_zero()
}

/// How far a mailbox and its lane are, for what an Ack may say.
pub(crate) struct Progress {
    pub(crate) account: AccountId,
    pub(crate) session_epoch: SessionEpoch,
    pub(crate) next: u64,
    pub(crate) lane_next: u64,
}

/// Whether an Ack may take effect (R-ATT-4, R-DLV-4). A mailbox that is gone is a session that is over.
pub(crate) fn check_ack(ack: &Ack, mailbox: Option<&Progress>) -> Result<(), ErrorCode> {
    match mailbox {
        Some(now) if now.account == ack.account && now.session_epoch == ack.session_epoch => {
            let is_beyond = ack.upto >= now.next || ack.lane_upto >= now.lane_next;
            let is_sorted = ack.rejected.is_sorted_by(|a, b| a < b);
            let is_within = ack.rejected.last().is_none_or(|last| *last <= ack.upto);
            if is_beyond || !is_sorted || !is_within {
                return Err(ErrorCode::InvalidValue);
            }
            Ok(())
        }
        _ => Err(ErrorCode::StaleSession),
    }
}

/// Encodes a PrekeyBundle (SPEC 8.3) of parts that were decoded and verified when they came in.
pub(crate) fn bundle(certificate: &[u8], signed: &[u8], one_time: Option<&[u8]>) -> Bytes {
    let length = 3 + certificate.len() + signed.len() + one_time.map_or(0, <[u8]>::len);
    let mut bundle = BytesMut::with_capacity(length);
    bundle.extend_from_slice(&[Object::PrekeyBundle.byte(), VERSION]);
    bundle.extend_from_slice(certificate);
    bundle.extend_from_slice(signed);
    bundle.extend_from_slice(&[u8::from(one_time.is_some())]);
    bundle.extend_from_slice(one_time.unwrap_or_default());
    bundle.freeze()
}

/// The devices of `devices` that are in the list, with their places there.
pub(crate) fn listed<'a>(
    known: &'a KnownList,
    devices: &'a [(DeviceId, bool)],
) -> impl Iterator<Item = (usize, DeviceId, bool)> + 'a {
    devices.iter().filter_map(|(device, may_take)| {
        let place = known
            .list
            .devices
            .iter()
            .position(|entry| entry.device_id == *device)?;
        Some((place, *device, *may_take))
    })
}
