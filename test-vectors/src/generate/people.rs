//! Who takes part in the stateful cases: accounts, their lists, and parties that have published prekeys.

use anyhow::{Context, Result};
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use twotick_wire::{
    AccountKey, CertificateHash, DeviceEntry, DeviceId, DeviceList, Label, ListHash, Revocation, Signature,
    UnixTime,
};

use super::Script;
use super::hostile::hash;

/// When every world begins.
pub(super) const START: u64 = 1_800_000_000;
pub(super) const HOUR: u64 = 3600;
pub(super) const DAY: u64 = 24 * HOUR;

/// A device, as others see it, and what it has published.
#[derive(Debug, Clone)]
pub(super) struct Party {
    pub(super) name: String,
    /// Its description `D`.
    device: Value,
    /// Its account's id.
    pub(super) account: String,
    pub(super) id: String,
    pub(super) certificate: String,
    pub(super) signed_prekey: String,
    pub(super) one_time: Vec<String>,
    /// The head of its account's list at the start.
    pub(super) head: Vec<u8>,
}

/// An account and the last list it made.
#[derive(Debug, Clone)]
pub(super) struct Owner {
    seed: [u8; 32],
    pub(super) list: DeviceList,
}

impl Party {
    /// A bundle with the one-time prekey of this index.
    pub(super) fn bundle(&self, one_time: usize) -> String {
        let Self {
            certificate,
            signed_prekey,
            one_time: keys,
            ..
        } = self;
        format!("0601{certificate}{signed_prekey}01{}", keys[one_time])
    }

    /// A bundle without a one-time prekey.
    pub(super) fn last_resort(&self) -> String {
        format!("0601{}{}00", self.certificate, self.signed_prekey)
    }

    /// The conversation of the two accounts (SPEC 13.1).
    pub(super) fn conversation_with(&self, other: &Self) -> Vec<u8> {
        let mut ids = [&self.account, &other.account].map(|id| hex::decode(id).unwrap_or_default());
        ids.sort();
        hash(Label::Conversation, &[&ids[0], &ids[1]])[..16].to_vec()
    }

    /// Its device id.
    pub(super) fn device_id(&self) -> [u8; 16] {
        bytes(&self.id)
    }
}

impl Owner {
    /// The first list, of these devices, made at this time.
    pub(super) fn new(seed: [u8; 32], certificates: &[&str], now: u64) -> Self {
        let key = SigningKey::from_bytes(&seed).verifying_key().to_bytes();
        let list = DeviceList {
            account_key: AccountKey::new(key),
            epoch: 1,
            previous: ListHash::new([0; 32]),
            issued: UnixTime::new(now),
            expires: UnixTime::new(now + 35 * DAY),
            devices: entries(certificates),
            revoked: Vec::new(),
            signature: Signature::new([0; 64]),
        };
        Self { seed, list }.signed()
    }

    /// The list after this one (SPEC 5.4).
    pub(super) fn next(&self, add: &[&str], remove: &[&str], now: u64) -> Self {
        let mut list = self.list.clone();
        list.epoch += 1;
        list.previous = ListHash::new(hash(Label::DeviceListHash, &[&self.list.encode()]));
        list.issued = UnixTime::new(now);
        list.expires = UnixTime::new(now + 35 * DAY);
        for id in remove.iter().map(|id| DeviceId::new(bytes(id))) {
            list.devices.retain(|entry| entry.device_id != id);
            let epoch = list.epoch;
            list.revoked.push(Revocation { device_id: id, epoch });
        }
        list.devices.extend(entries(add));
        list.devices.sort_by_key(|entry| entry.device_id);
        let seed = self.seed;
        Self { seed, list }.signed()
    }

    /// The list after this one, with another certificate of one of its devices.
    pub(super) fn renewed(&self, certificate: &str, now: u64) -> Self {
        let entry = entry(certificate);
        let mut list = self.next(&[], &[], now);
        list.list.devices.retain(|old| old.device_id != entry.device_id);
        list.list.devices.push(entry);
        list.list.devices.sort_by_key(|entry| entry.device_id);
        list.signed()
    }

    /// The list in hex.
    pub(super) fn hex(&self) -> String {
        hex::encode(self.list.encode())
    }

    /// What `rotation.make` is given to move to the account of another seed.
    pub(super) fn rotation(&self, new_seed: [u8; 32], certificate: &str, now: u64) -> Value {
        json!({
            "op": "rotation.make", "old_seed": hex::encode(self.seed), "list": self.hex(),
            "new_seed": hex::encode(new_seed), "certificate": certificate, "now": now,
        })
    }

    /// Its list head.
    pub(super) fn head(&self) -> Vec<u8> {
        let hash = hash(Label::DeviceListHash, &[&self.list.encode()]);
        [&self.list.epoch.to_be_bytes()[..], &hash[..16]].concat()
    }

    fn signed(mut self) -> Self {
        let input = [Label::SignDeviceList.framed(), &self.list.signing_input()].concat();
        let signature = SigningKey::from_bytes(&self.seed).sign(&input);
        self.list.signature = Signature::new(signature.to_bytes());
        self
    }
}

fn entries(certificates: &[&str]) -> Vec<DeviceEntry> {
    let mut entries: Vec<_> = certificates
        .iter()
        .map(|certificate| entry(certificate))
        .collect();
    entries.sort_by_key(|entry| entry.device_id);
    entries
}

/// The device id stands at 36 in a certificate.
fn entry(certificate: &str) -> DeviceEntry {
    let certificate = hex::decode(certificate).unwrap_or_default();
    let id = std::array::from_fn(|at| certificate[36 + at]);
    DeviceEntry {
        device_id: DeviceId::new(id),
        certificate_hash: CertificateHash::new(hash(Label::Certificate, &[&certificate])),
    }
}

/// Bytes of hex, whose length is known.
pub(super) fn bytes<const N: usize>(hex: &str) -> [u8; N] {
    let decoded = hex::decode(hex).unwrap_or_default();
    std::array::from_fn(|at| decoded[at])
}

/// Makes parties for one world.
pub(super) struct Maker<'a> {
    script: &'a mut Script,
    /// The world's name: every key is a hash that begins with it.
    world: &'a str,
}

impl<'a> Maker<'a> {
    pub(super) fn new(script: &'a mut Script, world: &'a str) -> Self {
        Self { script, world }
    }

    fn seed(&self, use_: &str) -> [u8; 32] {
        Sha256::digest(format!("Twotick test vectors 1/{}/{use_}", self.world)).into()
    }

    /// Makes a device of this account; its certificate is of this time. It is in no list yet.
    pub(super) fn party(&mut self, name: &str, account: &str, created: u64) -> Result<Party> {
        let device = json!({
            "account_seed": hex::encode(self.seed(account)),
            "device_id": hex::encode(&self.seed(&format!("{name}/device id"))[..16]),
            "signing_seed": hex::encode(self.seed(&format!("{name}/signing"))),
            "identity_private_key": hex::encode(self.seed(&format!("{name}/identity"))),
            "created": created,
        });
        self.create(name, device)
    }

    /// The device again with a certificate of this time, as a party of its own; `identity` if it has another key.
    pub(super) fn certified_again(
        &mut self,
        party: &Party,
        created: u64,
        identity: Option<[u8; 32]>,
    ) -> Result<Party> {
        let mut device = party.device.clone();
        device["created"] = json!(created);
        if let Some(identity) = identity {
            device["identity_private_key"] = json!(hex::encode(identity));
        }
        self.create(&format!("{} certified again", party.name), device)
    }

    /// The device under the account of another seed, as a party of its own.
    pub(super) fn moved(&mut self, party: &Party, seed: [u8; 32], created: u64) -> Result<Party> {
        let mut device = party.device.clone();
        device["account_seed"] = json!(hex::encode(seed));
        device["created"] = json!(created);
        self.create(&format!("{} moved", party.name), device)
    }

    fn create(&mut self, name: &str, device: Value) -> Result<Party> {
        let made = self
            .script
            .ok(json!({ "op": "party.create", "party": name, "device": device }))?;
        let text = |field: &str| made[field].as_str().map(str::to_owned).context("no text");
        Ok(Party {
            name: name.into(),
            device,
            account: text("account_id")?,
            id: text("device_id")?,
            certificate: text("certificate")?,
            signed_prekey: String::new(),
            one_time: Vec::new(),
            head: Vec::new(),
        })
    }

    /// The first list of an account, with these devices.
    pub(super) fn owner(&self, account: &str, parties: &mut [&mut Party]) -> Owner {
        let certificates: Vec<String> = parties.iter().map(|party| party.certificate.clone()).collect();
        let certificates: Vec<&str> = certificates.iter().map(String::as_str).collect();
        let owner = Owner::new(self.seed(account), &certificates, START);
        for party in parties {
            party.head = owner.head();
        }
        owner
    }

    /// A party learns these lists.
    pub(super) fn learn(&mut self, party: &Party, owners: &[&Owner]) -> Result<()> {
        for owner in owners {
            self.script.ok(json!({
                "op": "party.learn", "party": party.name, "list": owner.hex(), "now": START,
            }))?;
        }
        Ok(())
    }

    /// A party makes a signed prekey and some one-time prekeys.
    pub(super) fn prekeys(&mut self, party: &mut Party, count: usize) -> Result<()> {
        let made = publish(self.script, party, (true, count), START)?;
        *party = made;
        Ok(())
    }
}

/// A party makes prekeys and publishes them in place of those it had.
pub(super) fn publish(
    script: &mut Script,
    party: &Party,
    (signed, count): (bool, usize),
    now: u64,
) -> Result<Party> {
    let made = script.ok(json!({
        "op": "party.prekeys", "party": party.name, "signed": signed, "count": count, "now": now,
    }))?;
    let texts = |value: &Value| -> Option<Vec<String>> {
        let texts = value.as_array()?.iter();
        texts.map(|text| text.as_str().map(str::to_owned)).collect()
    };
    let mut published = party.clone();
    if let Some(signed) = made["signed_prekey"].as_str() {
        published.signed_prekey = signed.into();
    }
    published.one_time = texts(&made["one_time_prekeys"]).context("no prekeys")?;
    Ok(published)
}
