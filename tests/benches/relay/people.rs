//! People of the load: an account with its devices, what it publishes, and what lets others reach it.

use std::time::{SystemTime, UNIX_EPOCH};

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use twotick_protocol::{AccountKeyPair, Device, DeviceKeys, capability_hash, list_head};
use twotick_wire::frame::{Attach, Certificates, Challenge, ChangeCapabilities, Opaque, PublishList};
use twotick_wire::{
    AccountId, Capability, DeviceCertificate, DeviceId, DeviceList, Grant, ListHead, RequestId, Signature,
    StoreEpoch, UnixTime,
};

/// An account with its devices.
pub(crate) struct Person {
    pub(crate) account: AccountId,
    pub(crate) devices: Vec<Device>,
    pub(crate) list: DeviceList,
    pub(crate) capability: Capability,
}

impl Person {
    /// The same person for the same seed.
    pub(crate) fn new(seed: u64, devices: usize) -> Self {
        let mut random = ChaCha20Rng::seed_from_u64(seed);
        let key = AccountKeyPair::generate(&mut random);
        let now = now();
        let mut devices: Vec<Device> = (0..devices)
            .map(|_| DeviceKeys::generate(&mut random).certify(&key, now))
            .collect();
        devices.sort_by_key(Device::device_id);
        let mut list = key
            .sign_first_list(devices[0].certificate(), now)
            .expect("a certificate of its own");
        if devices.len() > 1 {
            let others: Vec<&DeviceCertificate> = devices[1..].iter().map(Device::certificate).collect();
            list = key
                .sign_next_list(&list, &others, &[], now)
                .expect("room for all");
        }
        let mut capability = [0; 16];
        random.fill_bytes(&mut capability);
        Self {
            account: key.account_id(),
            devices,
            list,
            capability: Capability::new(capability),
        }
    }

    pub(crate) fn head(&self) -> ListHead {
        list_head(&self.list)
    }

    pub(crate) fn device_ids(&self) -> impl Iterator<Item = DeviceId> + '_ {
        self.devices.iter().map(Device::device_id)
    }

    /// What makes the account known to the relay.
    pub(crate) fn publish_list(&self, request: u32) -> Vec<u8> {
        let certificates: Vec<_> = self
            .devices
            .iter()
            .map(|device| device.certificate().encode())
            .collect();
        let list = self.list.encode();
        PublishList {
            request: RequestId::new(request),
            list: Opaque::new(&list),
            certificates: Certificates::new(&certificates),
        }
        .encode()
    }

    /// What lets whoever knows the capability reach it.
    pub(crate) fn grant(&self, request: u32) -> Vec<u8> {
        ChangeCapabilities {
            request: RequestId::new(request),
            revoked: Vec::new(),
            granted: vec![Grant {
                hash: capability_hash(self.capability.as_bytes()),
                is_single: false,
                envelopes: 0,
                expires: UnixTime::new(0),
            }],
        }
        .encode()
    }
}

/// The answer to a challenge.
pub(crate) fn attach(device: &Device, challenge: &Challenge<'_>, cursor: u64, window: u16) -> Vec<u8> {
    let certificate = device.certificate().encode();
    let mut attach = Attach {
        request: RequestId::new(1),
        nonce: challenge.nonce,
        certificate: Opaque::new(&certificate),
        store_epoch: StoreEpoch::new([0; 16]),
        cursor,
        lane_cursor: 0,
        window_envelopes: window,
        window_bytes: 4_194_304,
        is_send_only: false,
        signature: Signature::new([0; 64]),
    };
    attach.signature = device.sign_relay_attach(&attach.signing_input(challenge.name));
    attach.encode()
}

/// The wall clock.
pub(crate) fn now() -> UnixTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixTime::new(since.as_secs())
}
