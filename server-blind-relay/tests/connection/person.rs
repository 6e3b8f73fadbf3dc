//! People with devices, made by the protocol itself, and what they say to a relay.

use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use twotick_protocol::{AccountKeyPair, Device, DeviceKeys, capability_hash, list_head};
use twotick_wire::{
    AccountId, Capability, CapabilityHash, DeviceId, DeviceList, ListHead, MessageId, RequestId, SendId,
    Signature, StoreEpoch, UnixTime,
    frame::{
        AccountSend, Ack, Attach, Certificates, ChangeCapabilities, Grant, MessageTo, Opaque, PublishList,
        Send,
    },
};

use super::world::{NAME, START};

/// An account with devices and a list of them.
pub struct Person {
    pub account: AccountKeyPair,
    pub devices: Vec<Device>,
    pub list: DeviceList,
}

impl Person {
    /// With so many devices, on one list.
    pub fn seeded(seed: u64, devices: usize) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let account = AccountKeyPair::generate(&mut rng);
        let now = UnixTime::new(START);
        let mut devices: Vec<Device> = (0..devices)
            .map(|_| DeviceKeys::generate(&mut rng).certify(&account, now))
            .collect();
        devices.sort_by_key(Device::device_id);
        let mut list = account
            .sign_first_list(devices[0].certificate(), now)
            .expect("a certificate of its own");
        let others: Vec<_> = devices[1..].iter().map(Device::certificate).collect();
        if !others.is_empty() {
            list = account.sign_next_list(&list, &others, &[], now).unwrap();
            // The relay sees this one first: any epoch may be the first that it has.
        }
        Self {
            account,
            devices,
            list,
        }
    }

    pub fn id(&self) -> AccountId {
        self.account.account_id()
    }

    pub fn head(&self) -> ListHead {
        list_head(&self.list)
    }

    pub fn device(&self, index: usize) -> DeviceId {
        self.devices[index].device_id()
    }

    pub fn publish_list(&self, request: u32) -> Vec<u8> {
        let of = |id: DeviceId| {
            self.devices
                .iter()
                .find(|device| device.device_id() == id)
                .unwrap()
        };
        let entries = self.list.devices.iter();
        let certificates: Vec<_> = entries
            .map(|entry| of(entry.device_id).certificate().encode())
            .collect();
        PublishList {
            request: RequestId::new(request),
            list: Opaque::new(&self.list.encode()),
            certificates: Certificates::new(&certificates),
        }
        .encode()
    }

    /// Takes a device off the list.
    pub fn remove(&mut self, index: usize) -> Device {
        let now = UnixTime::new(START);
        let gone = self.devices.remove(index);
        self.list = self
            .account
            .sign_next_list(&self.list, &[], &[gone.device_id()], now)
            .unwrap();
        gone
    }

    /// Grants a capability for any number of envelopes.
    pub fn grant(&self, request: u32, capability: Capability) -> Vec<u8> {
        ChangeCapabilities {
            request: RequestId::new(request),
            revoked: vec![],
            granted: vec![Grant {
                hash: hash(&capability),
                is_single: false,
                envelopes: 0,
                expires: UnixTime::new(0),
            }],
        }
        .encode()
    }

    /// A message of so many bytes to every device but those left out.
    pub fn addressed<'a>(&self, message: &'a [u8], without: &[DeviceId]) -> Vec<MessageTo<'a>> {
        let devices = self.devices.iter().map(Device::device_id);
        let wanted = devices.filter(|device| !without.contains(device));
        wanted
            .map(|to| MessageTo {
                to,
                message: Opaque::new(message),
            })
            .collect()
    }
}

pub fn hash(capability: &Capability) -> CapabilityHash {
    capability_hash(capability.as_bytes())
}

/// What Bob grants in these tests.
pub const CAPABILITY: Capability = Capability::new([7; 16]);

/// A message of the smallest size; its contents are opaque to a relay.
pub const MESSAGE: [u8; 351] = [0x5a; 351];

/// How a device attaches, before the test changes it.
pub struct Attaching {
    pub nonce: [u8; 32],
    pub name: &'static str,
    pub store_epoch: StoreEpoch,
    pub cursor: u64,
    pub lane_cursor: u64,
    pub window_envelopes: u16,
    pub window_bytes: u32,
    pub is_send_only: bool,
}

impl Attaching {
    pub fn to(nonce: [u8; 32]) -> Self {
        Self {
            nonce,
            name: NAME,
            store_epoch: StoreEpoch::new([0; 16]),
            cursor: 0,
            lane_cursor: 0,
            window_envelopes: 1_024,
            window_bytes: 4_194_304,
            is_send_only: false,
        }
    }

    /// Signed by the device, with the certificate of another if the test wants that.
    pub fn signed(&self, device: &Device, certificate: &[u8]) -> Vec<u8> {
        self.signed_by(certificate, |input| device.sign_relay_attach(input))
    }

    /// Signed by whatever the test says.
    pub fn signed_by(&self, certificate: &[u8], sign: impl Fn(&[u8]) -> Signature) -> Vec<u8> {
        let mut attach = Attach {
            request: RequestId::new(1),
            nonce: self.nonce,
            certificate: Opaque::new(certificate),
            store_epoch: self.store_epoch,
            cursor: self.cursor,
            lane_cursor: self.lane_cursor,
            window_envelopes: self.window_envelopes,
            window_bytes: self.window_bytes,
            is_send_only: self.is_send_only,
            signature: Signature::new([0; 64]),
        };
        attach.signature = sign(&attach.signing_input(self.name.as_bytes()));
        attach.encode()
    }

    pub fn by(&self, device: &Device) -> Vec<u8> {
        self.signed(device, &device.certificate().encode())
    }
}

/// A Send to one account, as `Send` has many fields.
pub struct Letter<'a> {
    pub to: &'a Person,
    pub capability: Capability,
    pub number: u8,
    pub message: &'a [u8],
    pub body: &'a [u8],
    pub without: &'a [DeviceId],
}

impl<'a> Letter<'a> {
    pub fn to(to: &'a Person, number: u8) -> Self {
        Self {
            to,
            capability: CAPABILITY,
            number,
            message: &MESSAGE,
            body: &[],
            without: &[],
        }
    }

    pub fn part(&self) -> AccountSend<'a> {
        AccountSend {
            account: self.to.id(),
            capability: self.capability,
            send_id: SendId::new([self.number; 16]),
            list: self.to.head(),
            is_partial: false,
            messages: self.to.addressed(self.message, self.without),
        }
    }

    pub fn frame(&self, request: u32) -> Vec<u8> {
        send(request, self.number, self.body, vec![self.part()])
    }
}

pub fn send(request: u32, number: u8, body: &[u8], mut accounts: Vec<AccountSend<'_>>) -> Vec<u8> {
    accounts.sort_by_key(|account| account.account);
    Send {
        request: RequestId::new(request),
        message_id: MessageId::new([number; 16]),
        lifetime: 3_600,
        body: Opaque::new(body),
        accounts,
    }
    .encode()
}

pub fn ack(request: u32, session_epoch: u64, upto: u64) -> Vec<u8> {
    Ack {
        request: RequestId::new(request),
        session_epoch,
        upto,
        lane_upto: 0,
        rejected: vec![],
        receipts: vec![],
    }
    .encode()
}
