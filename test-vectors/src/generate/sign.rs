//! The formulas of SPEC 3.1, 5 and 8 by hand, for objects that are signed well and wrong all the same.

use ed25519_dalek::{Signer, SigningKey};
use sha2::{Digest, Sha256};
use x25519_dalek::{PublicKey, StaticSecret};

/// `frame(label)`; the label is given as it stands in the table of SPEC 4.1.
pub(super) fn frame(label: &str) -> Vec<u8> {
    let label = format!("Twotick/1/{label}");
    let mut framed = vec![label.len() as u8];
    framed.extend(label.as_bytes());
    framed
}

/// `Sign(key, label, data)`.
pub(super) fn sign(seed: &[u8; 32], label: &str, data: &[u8]) -> [u8; 64] {
    let mut message = frame(label);
    message.extend(data);
    sign_plain(seed, &message)
}

/// A signature over these bytes and no frame.
pub(super) fn sign_plain(seed: &[u8; 32], message: &[u8]) -> [u8; 64] {
    SigningKey::from_bytes(seed).sign(message).to_bytes()
}

/// `H(label, data)`.
pub(super) fn hash(label: &str, data: &[u8]) -> [u8; 32] {
    Sha256::new()
        .chain_update(frame(label))
        .chain_update(data)
        .finalize()
        .into()
}

/// The Ed25519 public key of a seed.
pub(super) fn public_key(seed: &[u8; 32]) -> [u8; 32] {
    SigningKey::from_bytes(seed).verifying_key().to_bytes()
}

/// The X25519 public key of a private key.
pub(super) fn agreement_key(private_key: &[u8; 32]) -> [u8; 32] {
    PublicKey::from(&StaticSecret::from(*private_key)).to_bytes()
}

/// A device certificate (SPEC 5.2).
#[derive(Debug, Clone)]
pub(super) struct Certificate {
    pub(super) suites: u16,
    pub(super) account_seed: [u8; 32],
    pub(super) device_id: [u8; 16],
    pub(super) signing_seed: [u8; 32],
    pub(super) identity_key: [u8; 32],
    pub(super) created: u64,
    pub(super) expires: u64,
    pub(super) capabilities: u32,
}

impl Certificate {
    /// All bytes, signed by account and device.
    pub(super) fn signed(&self) -> Vec<u8> {
        self.signed_as("sign/device-certificate", "sign/device-acceptance")
    }

    /// The same with signatures of these labels.
    pub(super) fn signed_as(&self, account: &str, device: &str) -> Vec<u8> {
        let mut bytes = vec![0x01, 1];
        bytes.extend(self.suites.to_be_bytes());
        bytes.extend(public_key(&self.account_seed));
        bytes.extend(self.device_id);
        bytes.extend(public_key(&self.signing_seed));
        bytes.extend(self.identity_key);
        bytes.extend(self.created.to_be_bytes());
        bytes.extend(self.expires.to_be_bytes());
        bytes.extend(self.capabilities.to_be_bytes());
        bytes.extend(sign(&self.account_seed, account, &bytes));
        bytes.extend(sign(&self.signing_seed, device, &bytes));
        bytes
    }

    /// These bytes before the device's signature, and the signature.
    pub(super) fn accepted(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        bytes.extend(sign(&self.signing_seed, "sign/device-acceptance", &bytes));
        bytes
    }
}

/// A device list (SPEC 5.3).
#[derive(Debug, Clone)]
pub(super) struct List {
    pub(super) account_seed: [u8; 32],
    pub(super) epoch: u32,
    pub(super) previous: [u8; 32],
    pub(super) issued: u64,
    pub(super) expires: u64,
    /// Device ids and certificate hashes, in the order of the bytes.
    pub(super) devices: Vec<([u8; 16], [u8; 32])>,
    /// Device ids and epochs, in the order of the bytes.
    pub(super) revoked: Vec<([u8; 16], u32)>,
}

impl List {
    /// All bytes, signed by the account.
    pub(super) fn signed(&self) -> Vec<u8> {
        self.signed_as("sign/device-list")
    }

    /// The same with a signature of this label.
    pub(super) fn signed_as(&self, label: &str) -> Vec<u8> {
        let mut bytes = vec![0x02, 1];
        bytes.extend(public_key(&self.account_seed));
        bytes.extend(self.epoch.to_be_bytes());
        bytes.extend(self.previous);
        bytes.extend(self.issued.to_be_bytes());
        bytes.extend(self.expires.to_be_bytes());
        bytes.extend((self.devices.len() as u16).to_be_bytes());
        for (device, hash) in &self.devices {
            bytes.extend(device);
            bytes.extend(hash);
        }
        bytes.extend((self.revoked.len() as u16).to_be_bytes());
        for (device, epoch) in &self.revoked {
            bytes.extend(device);
            bytes.extend(epoch.to_be_bytes());
        }
        bytes.extend(sign(&self.account_seed, label, &bytes));
        bytes
    }
}

/// The hash of a list's bytes.
pub(super) fn list_hash(list: &[u8]) -> [u8; 32] {
    hash("hash/device-list", list)
}

/// A rotation of the account key (SPEC 5.5).
#[derive(Debug, Clone)]
pub(super) struct Rotation {
    pub(super) old_seed: [u8; 32],
    pub(super) new_seed: [u8; 32],
    pub(super) last_epoch: u32,
    pub(super) last_list_hash: [u8; 32],
    pub(super) issued: u64,
}

impl Rotation {
    /// All bytes, signed with both keys.
    pub(super) fn signed(&self) -> Vec<u8> {
        self.signed_as(&self.old_seed, "sign/rotation-new")
    }

    /// The same with the old key's label for both signatures.
    pub(super) fn signed_alike(&self) -> Vec<u8> {
        self.signed_as(&self.old_seed, "sign/rotation-old")
    }

    /// The same with the old signature of another seed.
    pub(super) fn signed_by(&self, other: &[u8; 32]) -> Vec<u8> {
        self.signed_as(other, "sign/rotation-new")
    }

    fn signed_as(&self, old_signer: &[u8; 32], new_label: &str) -> Vec<u8> {
        let mut bytes = vec![0x03, 1];
        bytes.extend(public_key(&self.old_seed));
        bytes.extend(public_key(&self.new_seed));
        bytes.extend(self.last_epoch.to_be_bytes());
        bytes.extend(self.last_list_hash);
        bytes.extend(self.issued.to_be_bytes());
        bytes.extend(sign(old_signer, "sign/rotation-old", &bytes));
        bytes.extend(sign(&self.new_seed, new_label, &bytes));
        bytes
    }
}
