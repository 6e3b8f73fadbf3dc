//! People with accounts and devices, seeded, and a pen to forge what they sign.
#![allow(dead_code, reason = "each test file uses a part")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

pub(crate) mod linking;

use core::convert::Infallible;

use ed25519_dalek::{Signer, SigningKey};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use twotick_protocol::wire::{
    AccountKey, AccountRotation, DeviceCertificate, DeviceId, DeviceList, DeviceSigningKey, Label, Signature,
    UnixTime, X25519PublicKey,
};
use twotick_protocol::{
    Account, AccountKeyPair, Change, Device, DeviceKeys, RecordKey, Secret, Staged, Transition, account_id,
};

pub(crate) const DAY: u64 = 86_400;
pub(crate) const NOW: UnixTime = UnixTime::new(1_800_000_000);

/// `NOW` and so many seconds.
pub(crate) fn after(seconds: u64) -> UnixTime {
    NOW.saturating_add(seconds)
}

/// `NOW` less so many seconds.
pub(crate) fn before(seconds: u64) -> UnixTime {
    UnixTime::new(NOW.seconds() - seconds)
}

pub(crate) fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// An account, all its devices and its newest list.
pub(crate) struct Person {
    pub(crate) key: AccountKeyPair,
    pub(crate) devices: Vec<Device>,
    pub(crate) list: DeviceList,
    pub(crate) pen: Pen,
    pub(crate) rng: ChaCha20Rng,
}

impl Person {
    /// A person with a primary device only, at epoch 1.
    pub(crate) fn seeded(seed: u64) -> Self {
        let pen = Pen::seeded(seed);
        let key = pen.account();
        let mut rng = rng(seed);
        let primary = DeviceKeys::generate(&mut rng).certify(&key, NOW);
        let list = key.sign_first_list(primary.certificate(), NOW).unwrap();
        Self {
            key,
            devices: vec![primary],
            list,
            pen,
            rng,
        }
    }

    /// A person with so many devices, at the epoch of that number.
    pub(crate) fn with_devices(seed: u64, count: usize) -> Self {
        let mut person = Self::seeded(seed);
        while person.devices.len() < count {
            person.add_device();
        }
        person
    }

    /// Certifies another device and makes the list that names it.
    pub(crate) fn add_device(&mut self) -> DeviceId {
        let device = DeviceKeys::generate(&mut self.rng).certify(&self.key, NOW);
        self.list = self
            .key
            .sign_next_list(&self.list, &[device.certificate()], &[], NOW)
            .unwrap();
        let id = device.device_id();
        self.devices.push(device);
        id
    }

    /// Makes the list that revokes a device.
    pub(crate) fn revoke(&mut self, device: DeviceId) {
        self.list = self.key.sign_next_list(&self.list, &[], &[device], NOW).unwrap();
        self.devices.retain(|other| other.device_id() != device);
    }

    /// Makes the same list again, one epoch later.
    pub(crate) fn renew_list(&mut self) {
        self.list = self.key.sign_next_list(&self.list, &[], &[], NOW).unwrap();
    }

    /// The account as somebody trusts it who has seen the newest list.
    pub(crate) fn as_trusted(&self) -> Account {
        Account::trust(self.key.account_id(), self.list.clone(), NOW).unwrap()
    }

    pub(crate) fn certificate(&self, index: usize) -> DeviceCertificate {
        self.devices[index].certificate().clone()
    }
}

/// Commits to a store that keeps nothing.
pub(crate) fn commit<X: Transition, T>(staged: Staged<X, T>) -> T {
    store(staged).0
}

/// Records as a store gets them.
pub(crate) type Written = Vec<(RecordKey, Vec<u8>)>;

/// Commits to a store, and returns what it was given: records written, and keys removed.
pub(crate) fn store<X: Transition, T>(staged: Staged<X, T>) -> (T, Written, Vec<RecordKey>) {
    let (mut put, mut deleted) = (Vec::new(), Vec::new());
    let output = staged.commit(|changes| {
        changes.for_each(|change| match change {
            Change::Put { key, value } => put.push((key, value.encode().to_vec())),
            Change::Delete { key } => deleted.push(key),
        });
        Ok::<_, Infallible>(())
    });
    (output.unwrap(), put, deleted)
}

/// A signing key that signs whatever it is given: the forger's, and the careless owner's.
pub(crate) struct Pen(pub(crate) SigningKey);

impl Pen {
    pub(crate) fn seeded(seed: u64) -> Self {
        let mut bytes = [0xa5; 32];
        bytes[..8].copy_from_slice(&seed.to_be_bytes());
        Self(SigningKey::from_bytes(&bytes))
    }

    /// The account of this key.
    pub(crate) fn account(&self) -> AccountKeyPair {
        AccountKeyPair::from_seed(Secret::from_bytes(self.0.to_bytes()))
    }

    pub(crate) fn public(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    pub(crate) fn sign(&self, label: Label, input: &[u8]) -> Signature {
        Signature::new(self.0.sign(&[label.framed(), input].concat()).to_bytes())
    }

    /// Signs a list as the account.
    pub(crate) fn sign_list(&self, mut list: DeviceList) -> DeviceList {
        list.signature = self.sign(Label::SignDeviceList, &list.signing_input());
        list
    }

    /// Signs a certificate as the account, and then with `device`.
    pub(crate) fn certify(&self, device: &Self, mut certificate: DeviceCertificate) -> DeviceCertificate {
        let input = certificate.account_signing_input();
        certificate.account_signature = self.sign(Label::SignDeviceCertificate, &input);
        let input = certificate.device_signing_input();
        certificate.device_signature = device.sign(Label::SignDeviceAcceptance, &input);
        certificate
    }

    /// Signs a rotation from this key to `new`.
    pub(crate) fn sign_rotation(&self, new: &Self, mut rotation: AccountRotation) -> AccountRotation {
        rotation.old_signature = self.sign(Label::SignRotationOld, &rotation.old_signing_input());
        rotation.new_signature = new.sign(Label::SignRotationNew, &rotation.new_signing_input());
        rotation
    }
}

/// What a certificate of these pens and this identity key would say, unsigned and valid for a day around `NOW`.
pub(crate) fn unsigned(account: &Pen, device: &Pen, identity: X25519PublicKey) -> DeviceCertificate {
    DeviceCertificate {
        suites: 1,
        account_key: AccountKey::new(account.public()),
        device_id: DeviceId::new([0x1d; 16]),
        device_signing_key: DeviceSigningKey::new(device.public()),
        device_identity_key: identity,
        created: before(DAY),
        expires: after(DAY),
        capabilities: 0,
        account_signature: Signature::new([0; 64]),
        device_signature: Signature::new([0; 64]),
    }
}

/// An identity key of nobody in particular.
pub(crate) fn identity_key(seed: u64) -> X25519PublicKey {
    Person::seeded(seed).certificate(0).device_identity_key
}

/// A list of one certificate, as the account of `pen` would make first, unsigned.
pub(crate) fn first_list(pen: &Pen, certificate: &DeviceCertificate) -> DeviceList {
    let key = pen.account();
    assert_eq!(account_id(&certificate.account_key), key.account_id());
    key.sign_first_list(certificate, NOW).unwrap()
}
