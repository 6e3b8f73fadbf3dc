//! Accounts, devices, lists and requests, small and made without keys: a store verifies no signature.

use std::collections::BTreeSet;

use bytes::Bytes;
use sha2::{Digest, Sha256};
use twotick_relay::store::{
    AccountSend, Ack, Attachment, CapabilityChange, Fetch, Op, PublishedList, ReceiptFor, SealedBytes,
    SendRequest, SessionEpoch,
};
use twotick_wire::{
    AccountId, AccountKey, CapabilityHash, CertificateHash, DeviceEntry, DeviceId, DeviceList, Grant,
    ListHash, ListHead, ListHeadHash, MessageId, Receipt, ReceiptState, Revocation, SendId, Signature,
    UnixTime,
};

/// A time, well after the beginning.
pub(crate) fn at(seconds: u64) -> UnixTime {
    UnixTime::new(1_000_000 + seconds)
}

pub(crate) fn account(number: u8) -> AccountId {
    AccountId::new([0x40 + number; 32])
}

/// A device: its account and its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Device(pub(crate) u8, pub(crate) u8);

impl Device {
    pub(crate) fn id(self) -> DeviceId {
        DeviceId::new([self.0 * 16 + self.1 + 1; 16])
    }

    pub(crate) fn account(self) -> AccountId {
        account(self.0)
    }

    /// The hash of its certificate, of which there may be several.
    pub(crate) fn certificate(self, version: u8) -> CertificateHash {
        let mut hash = [version; 32];
        hash[..16].copy_from_slice(self.id().as_bytes());
        CertificateHash::new(hash)
    }
}

pub(crate) fn capability(number: u8) -> CapabilityHash {
    CapabilityHash::new([number; 32])
}

pub(crate) fn message(number: u8) -> MessageId {
    MessageId::new([number; 16])
}

pub(crate) fn send_id(number: u8) -> SendId {
    SendId::new([number; 16])
}

/// The list after `last` with these devices and certificates; who is not in it any more is revoked.
pub(crate) fn next_list(number: u8, last: Option<&PublishedList>, devices: &[(Device, u8)]) -> PublishedList {
    let devices: BTreeSet<_> = devices.iter().collect();
    let entries: Vec<DeviceEntry> = devices
        .iter()
        .map(|(device, version)| DeviceEntry {
            device_id: device.id(),
            certificate_hash: device.certificate(*version),
        })
        .collect();
    let epoch = last.map_or(1, |last| last.list.epoch + 1);
    let mut revoked = last.map(|last| last.list.revoked.clone()).unwrap_or_default();
    for old in last.iter().flat_map(|last| &last.list.devices) {
        if entries.iter().all(|entry| entry.device_id != old.device_id) {
            revoked.push(Revocation {
                device_id: old.device_id,
                epoch,
            });
        }
    }
    revoked.sort_by_key(|revocation| revocation.device_id);
    let list = DeviceList {
        account_key: AccountKey::new([number; 32]),
        epoch,
        previous: last.map_or(ListHash::new([0; 32]), |last| hash(&last.encoded)),
        issued: at(0),
        expires: at(1),
        devices: entries,
        revoked,
        signature: Signature::new([0; 64]),
    };
    let encoded = Bytes::from(list.encode());
    let certificates = devices
        .iter()
        .map(|(device, version)| certificate(*device, *version));
    PublishedList {
        account: account(number),
        head: ListHead {
            epoch,
            hash: hash(&encoded).head(),
        },
        encoded,
        certificates: certificates.collect(),
        list,
        now: at(0),
    }
}

/// Stands for a certificate: as long as one, told apart by its first bytes.
pub(crate) fn certificate(device: Device, version: u8) -> Bytes {
    let mut bytes = vec![version; 264];
    bytes[..16].copy_from_slice(device.id().as_bytes());
    bytes.into()
}

fn hash(list: &[u8]) -> ListHash {
    ListHash::new(Sha256::digest(list).into())
}

/// The head of no list that there is.
pub(crate) fn strange_head() -> ListHead {
    ListHead {
        epoch: 99,
        hash: ListHeadHash::new([9; 16]),
    }
}

pub(crate) fn attach(device: Device, now: UnixTime) -> Op {
    Op::Attach(Attachment {
        device: device.id(),
        account: device.account(),
        certificate_hash: device.certificate(0),
        receives: true,
        may_create: true,
        now,
    })
}

/// What stands for a sealed envelope.
pub(crate) fn envelope(text: &str) -> Bytes {
    Bytes::from(format!("{text:.<300}"))
}

/// One account's part of a Send: the same text to each device.
pub(crate) fn to_account(
    list: &PublishedList,
    shown: CapabilityHash,
    id: SendId,
    devices: &[Device],
    text: &str,
) -> AccountSend {
    let digest = Sha256::digest(text);
    AccountSend {
        account: list.account,
        capability: shown,
        send_id: id,
        digest: digest[..16].try_into().expect("half a hash"),
        list: list.head,
        is_partial: false,
        envelopes: devices
            .iter()
            .map(|device| (device.id(), SealedBytes::new(envelope(text))))
            .collect(),
    }
}

pub(crate) fn send(from: Device, number: u8, accounts: Vec<AccountSend>, now: UnixTime) -> Op {
    Op::Send(SendRequest {
        from: from.id(),
        from_account: from.account(),
        message_id: message(number),
        lifetime: 1_000,
        accounts,
        now,
    })
}

pub(crate) fn ack(mailbox: Device, session_epoch: u64, upto: u64, now: UnixTime) -> Ack {
    Ack {
        mailbox: mailbox.id(),
        account: mailbox.account(),
        session_epoch: SessionEpoch(session_epoch),
        upto,
        lane_upto: 0,
        rejected: Vec::new(),
        receipts: Vec::new(),
        now,
    }
}

pub(crate) fn receipt(to: u8, shown: CapabilityHash, number: u8, state: ReceiptState) -> ReceiptFor {
    let receipt = Receipt {
        state,
        message_id: message(number),
        tag: [7; 16],
    };
    ReceiptFor {
        account: account(to),
        capability: shown,
        receipt,
    }
}

pub(crate) fn grant(number: u8) -> Grant {
    Grant {
        hash: capability(number),
        is_single: false,
        envelopes: 0,
        expires: UnixTime::new(0),
    }
}

pub(crate) fn granted(to: u8, grants: Vec<Grant>, now: UnixTime) -> Op {
    Op::ChangeCapabilities(CapabilityChange {
        account: account(to),
        revoked: Vec::new(),
        granted: grants,
        now,
    })
}

pub(crate) fn fetch(of: u8, by: u8, shown: CapabilityHash, now: UnixTime) -> Fetch {
    Fetch {
        account: account(of),
        by: account(by),
        capability: shown,
        now,
    }
}
