//! People with devices, made by the protocol itself, and what they say to a relay.

use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use twotick_protocol::{
    AccountKeyPair, Device, DeviceKeys, Prekeys, PublishedPrekeys, capability_hash, list_head,
};
use twotick_wire::frame::{
    AccountSend, Ack, Attach, Capability, Certificates, ChangeCapabilities, Ephemeral, Grant, MessageTo,
    Opaque, PublishList, PublishPrekeys, ReceiptFor, RequestId, Send, SendReceipts, TakePrekeys,
};
use twotick_wire::{
    AccountId, DeviceId, DeviceList, ListHead, MessageId, Receipt, ReceiptState, SendId, Signature,
    StoreEpoch, UnixTime,
};

/// An account with devices and a list of them.
pub(crate) struct Person {
    pub(crate) account: AccountKeyPair,
    pub(crate) devices: Vec<Device>,
    pub(crate) list: DeviceList,
    pub(crate) now: UnixTime,
}

impl Person {
    /// With so many devices, on one list.
    pub(crate) fn seeded(seed: u64, devices: usize, now: UnixTime) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let account = AccountKeyPair::generate(&mut rng);
        let mut devices: Vec<Device> = (0..devices)
            .map(|_| DeviceKeys::generate(&mut rng).certify(&account, now))
            .collect();
        devices.sort_by_key(Device::device_id);
        let mut list = account
            .sign_first_list(devices[0].certificate(), now)
            .expect("a certificate of its own");
        let others: Vec<_> = devices[1..].iter().map(Device::certificate).collect();
        if !others.is_empty() {
            list = account
                .sign_next_list(&list, &others, &[], now)
                .expect("room in the list");
        }
        Self {
            account,
            devices,
            list,
            now,
        }
    }

    pub(crate) fn id(&self) -> AccountId {
        self.account.account_id()
    }

    pub(crate) fn head(&self) -> ListHead {
        list_head(&self.list)
    }

    pub(crate) fn device(&self, index: usize) -> DeviceId {
        self.devices[index].device_id()
    }

    pub(crate) fn publish_list(&self, request: u32) -> Vec<u8> {
        let of = |id: DeviceId| {
            self.devices
                .iter()
                .find(|device| device.device_id() == id)
                .expect("a device")
        };
        let entries = self.list.devices.iter();
        let certificates: Vec<_> = entries
            .map(|entry| of(entry.device_id).certificate().encode())
            .collect();
        let list = self.list.encode();
        PublishList {
            request: RequestId::new(request),
            list: Opaque::new(&list),
            certificates: Certificates::new(&certificates),
        }
        .encode()
    }

    /// Grants [`CAPABILITY`] for any number of envelopes.
    pub(crate) fn grant(request: u32) -> Vec<u8> {
        let hash = capability_hash(CAPABILITY.as_bytes());
        let grant = Grant {
            hash,
            is_single: false,
            envelopes: 0,
            expires: UnixTime::new(0),
        };
        ChangeCapabilities {
            request: RequestId::new(request),
            revoked: vec![],
            granted: vec![grant],
        }
        .encode()
    }

    /// Takes [`CAPABILITY`] back.
    pub(crate) fn revoke(request: u32) -> Vec<u8> {
        let hash = capability_hash(CAPABILITY.as_bytes());
        ChangeCapabilities {
            request: RequestId::new(request),
            revoked: vec![hash],
            granted: vec![],
        }
        .encode()
    }

    /// A signed prekey and one-time prekeys of a device.
    pub(crate) fn publish_prekeys(&self, device: usize, request: u32, one_time: usize) -> Vec<u8> {
        let mut rng = ChaCha20Rng::seed_from_u64(request.into());
        let mut prekeys = Prekeys::new();
        let staged = prekeys
            .generate(&self.devices[device], true, one_time, self.now, &mut rng)
            .expect("prekeys");
        let stored = staged.commit(|_| Ok::<_, std::convert::Infallible>(()));
        let PublishedPrekeys { signed, one_time, .. } = stored.expect("stored");
        PublishPrekeys {
            request: RequestId::new(request),
            signed_prekey: signed,
            one_time_prekeys: one_time,
        }
        .encode()
    }

    pub(crate) fn take_prekeys(&self, request: u32) -> Vec<u8> {
        TakePrekeys {
            request: RequestId::new(request),
            account: self.id(),
            capability: CAPABILITY,
            devices: self.devices.iter().map(Device::device_id).collect(),
        }
        .encode()
    }

    /// An ephemeral message to all devices.
    pub(crate) fn ephemeral(&self, request: u32, number: u8) -> Vec<u8> {
        Ephemeral {
            request: RequestId::new(request),
            account: self.id(),
            capability: CAPABILITY,
            message_id: MessageId::new([number; 16]),
            messages: self.messages(&MESSAGE),
        }
        .encode()
    }

    /// A message of this person's devices to receive, by number.
    pub(crate) fn letter(&self, request: u32, number: u8) -> Vec<u8> {
        self.letter_of(request, number, &MESSAGE, &[])
    }

    pub(crate) fn letter_of(&self, request: u32, number: u8, message: &[u8], body: &[u8]) -> Vec<u8> {
        let account = AccountSend {
            account: self.id(),
            capability: CAPABILITY,
            send_id: SendId::new([number; 16]),
            list: self.head(),
            is_partial: false,
            messages: self.messages(message),
        };
        Send {
            request: RequestId::new(request),
            message_id: MessageId::new([number; 16]),
            lifetime: 3_600,
            body: Opaque::new(body),
            accounts: vec![account],
        }
        .encode()
    }

    fn messages<'a>(&self, message: &'a [u8]) -> Vec<MessageTo<'a>> {
        let devices = self.devices.iter().map(Device::device_id);
        devices
            .map(|to| MessageTo {
                to,
                message: Opaque::new(message),
            })
            .collect()
    }

    /// A receipt for this person's message, by number.
    pub(crate) fn receipt(&self, number: u8) -> ReceiptFor {
        let state = ReceiptState::Delivered;
        let receipt = Receipt {
            state,
            message_id: MessageId::new([number; 16]),
            tag: [number; 16],
        };
        ReceiptFor {
            account: self.id(),
            capability: CAPABILITY,
            receipt,
        }
    }
}

pub(crate) fn send_receipts(request: u32, receipts: Vec<ReceiptFor>) -> Vec<u8> {
    SendReceipts {
        request: RequestId::new(request),
        receipts,
    }
    .encode()
}

pub(crate) fn ack(request: u32, session_epoch: u64, upto: u64, lane_upto: u64) -> Vec<u8> {
    ack_with(request, session_epoch, upto, lane_upto, vec![])
}

pub(crate) fn ack_with(
    request: u32,
    session_epoch: u64,
    upto: u64,
    lane_upto: u64,
    receipts: Vec<ReceiptFor>,
) -> Vec<u8> {
    let request = RequestId::new(request);
    Ack {
        request,
        session_epoch,
        upto,
        lane_upto,
        rejected: vec![],
        receipts,
    }
    .encode()
}

/// How a device attaches, before a test changes it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    pub(crate) store_epoch: StoreEpoch,
    pub(crate) cursor: u64,
    pub(crate) lane_cursor: u64,
    pub(crate) window_envelopes: u16,
    pub(crate) window_bytes: u32,
    pub(crate) is_send_only: bool,
    /// Another name than the relay's.
    pub(crate) name: Option<&'static str>,
    /// A bit of the signature is turned.
    pub(crate) is_forged: bool,
    /// Another nonce than the relay's.
    pub(crate) nonce: Option<[u8; 32]>,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            store_epoch: StoreEpoch::new([0; 16]),
            cursor: 0,
            lane_cursor: 0,
            window_envelopes: 64,
            window_bytes: 262_144,
            is_send_only: false,
            name: None,
            is_forged: false,
            nonce: None,
        }
    }
}

impl Terms {
    pub(crate) fn attach(&self, device: &Device, nonce: [u8; 32], name: &[u8]) -> Vec<u8> {
        let certificate = device.certificate().encode();
        let mut attach = Attach {
            request: RequestId::new(1),
            nonce: self.nonce.unwrap_or(nonce),
            certificate: Opaque::new(&certificate),
            store_epoch: self.store_epoch,
            cursor: self.cursor,
            lane_cursor: self.lane_cursor,
            window_envelopes: self.window_envelopes,
            window_bytes: self.window_bytes,
            is_send_only: self.is_send_only,
            signature: Signature::new([0; 64]),
        };
        let mut signature = device
            .sign_relay_attach(&attach.signing_input(self.name.map_or(name, str::as_bytes)))
            .to_bytes();
        signature[0] ^= u8::from(self.is_forged);
        attach.signature = Signature::new(signature);
        attach.encode()
    }
}

/// What everybody grants in these tests.
pub(crate) const CAPABILITY: Capability = Capability::new([7; 16]);

/// A message of the smallest size; its contents are opaque to a relay.
pub(crate) const MESSAGE: [u8; 351] = [0x5a; 351];
