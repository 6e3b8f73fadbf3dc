//! What the identity files are made of: accounts, devices and lists, asked of the program outside any case.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use twotick_wire::ErrorCode;

use super::draft::{About, Draft};
use super::sign::{Certificate, agreement_key, hash};
use crate::answer::to_json;
use crate::operations::Program;
use crate::random::Source;

/// The time of most cases.
pub(super) const NOW: u64 = 1_800_000_000;
/// Seconds.
pub(super) const DAY: u64 = 86_400;

/// Runs operations that are no steps, each with a seed of its own.
#[derive(Debug)]
pub(super) struct Workshop {
    name: String,
    asked: u32,
}

impl Workshop {
    pub(super) fn new(file: &str) -> Self {
        Self {
            name: format!("Twotick test vectors 1/{file}/workshop"),
            asked: 0,
        }
    }

    /// The values of a result.
    pub(super) fn ask(&mut self, operation: &Value) -> Result<Value> {
        let mut source = Source::stream(self.bytes());
        let answer = to_json(Program::default().run_with(operation, &mut source));
        let values = answer.get("ok").cloned();
        values.with_context(|| format!("{} gave {answer}", operation["op"]))
    }

    /// 32 bytes, others each time.
    pub(super) fn bytes(&mut self) -> [u8; 32] {
        self.asked += 1;
        Sha256::digest(format!("{}/{}", self.name, self.asked)).into()
    }

    /// A device of this account, certified at this time.
    pub(super) fn device(&mut self, account_seed: [u8; 32], created: u64) -> Device {
        let (device_id, _) = halves(self.bytes());
        Device {
            account_seed,
            device_id,
            signing_seed: self.bytes(),
            identity_private_key: self.bytes(),
            created,
        }
    }
}

/// A device description, as OPERATIONS.md has it.
#[derive(Debug, Clone)]
pub(super) struct Device {
    pub(super) account_seed: [u8; 32],
    pub(super) device_id: [u8; 16],
    pub(super) signing_seed: [u8; 32],
    pub(super) identity_private_key: [u8; 32],
    pub(super) created: u64,
}

impl Device {
    /// As an argument.
    pub(super) fn json(&self) -> Value {
        json!({
            "account_seed": hex::encode(self.account_seed),
            "device_id": hex::encode(self.device_id),
            "signing_seed": hex::encode(self.signing_seed),
            "identity_private_key": hex::encode(self.identity_private_key),
            "created": self.created,
        })
    }

    /// Its certificate, to be changed before it is signed.
    pub(super) fn draft(&self) -> Certificate {
        Certificate {
            suites: 1,
            account_seed: self.account_seed,
            device_id: self.device_id,
            signing_seed: self.signing_seed,
            identity_key: agreement_key(&self.identity_private_key),
            created: self.created,
            expires: self.created + 365 * DAY,
            capabilities: 0,
        }
    }

    /// Its certificate.
    pub(super) fn certificate(&self) -> Vec<u8> {
        self.draft().signed()
    }

    /// Its entry in a list.
    pub(super) fn entry(&self) -> ([u8; 16], [u8; 32]) {
        (self.device_id, certificate_hash(&self.certificate()))
    }

    /// The same device under another account.
    pub(super) fn under(&self, account_seed: [u8; 32]) -> Self {
        Self {
            account_seed,
            ..self.clone()
        }
    }
}

/// The hash of a certificate's bytes.
pub(super) fn certificate_hash(certificate: &[u8]) -> [u8; 32] {
    hash("hash/certificate", certificate)
}

/// The bytes under this name.
pub(super) fn bytes(values: &Value, name: &str) -> Result<Vec<u8>> {
    let text = values[name].as_str().with_context(|| format!("no {name}"))?;
    Ok(hex::decode(text)?)
}

/// 32 bytes as two ids.
pub(super) fn halves(bytes: [u8; 32]) -> ([u8; 16], [u8; 16]) {
    let (mut first, mut second) = ([0; 16], [0; 16]);
    first.copy_from_slice(&bytes[..16]);
    second.copy_from_slice(&bytes[16..]);
    (first, second)
}

/// A case that begins with no world.
pub(super) fn about<'a>(title: &'a str, requirements: &'a [&'a str]) -> About<'a> {
    About {
        title,
        requirements,
        world: "",
    }
}

/// A case of one operation, which is refused.
pub(super) fn reject(
    draft: &mut Draft,
    (title, defect): (&str, &str),
    (requirement, mutant): (&str, &str),
    operation: Value,
    code: ErrorCode,
) -> Result<()> {
    draft.reject(about(title, &[requirement]), defect, &[mutant], |script| {
        script.fails(operation, code)
    })
}
