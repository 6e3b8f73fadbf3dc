//! `prekeys`: prekeys as they are made, and every clause of R-PRE-4 in its order (SPEC 8).

mod certificates;
mod generating;
mod keys;
mod signed;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use twotick_wire::ErrorCode;

use super::Draft;
use super::sign::{List, sign};
use super::workshop::{DAY, Device, NOW, Workshop, about, bytes, certificate_hash, reject};
use crate::case::VectorFile;

pub(super) fn make() -> Result<VectorFile> {
    let mut draft = Draft::new(
        "prekeys",
        "Prekeys and bundles: making them, and the order in which a bundle is verified (SPEC 8).",
    );
    let mut workshop = Workshop::new("prekeys");
    let scene = Scene::new(&mut workshop)?;
    generating::write(&mut draft, &scene)?;
    accepted(&mut draft, &scene)?;
    certificates::write(&mut draft, &scene)?;
    signed::write(&mut draft, &scene)?;
    keys::write(&mut draft, &scene)?;
    Ok(draft.finish())
}

/// The device that verifies, and a peer with a bundle.
struct Scene {
    us: Device,
    peer: Device,
    good: Bundle,
    /// Keys and seeds for defects.
    spare: [[u8; 32]; 2],
}

impl Scene {
    fn new(workshop: &mut Workshop) -> Result<Self> {
        let (ours, theirs) = (workshop.bytes(), workshop.bytes());
        let (us, peer) = (workshop.device(ours, NOW), workshop.device(theirs, NOW));
        let made = workshop.ask(&json!({
            "op": "prekeys.generate", "us": peer.json(), "signed": true, "count": 1, "now": NOW,
        }))?;
        let mut signed = bytes(&made, "signed_prekey")?;
        signed.truncate(Bundle::SIGNED);
        let one_time = made["one_time_prekeys"][0].as_str();
        let mut one_time = hex::decode(one_time.context("no one-time prekey")?)?;
        one_time.truncate(Bundle::ONE_TIME);
        let good = Bundle {
            certificate: peer.certificate(),
            signing_seed: peer.signing_seed,
            signed,
            one_time,
        };
        Ok(Self {
            us,
            peer,
            good,
            spare: [workshop.bytes(), workshop.bytes()],
        })
    }

    /// Verifies these bytes as the bundle of the certificate's device, which is listed.
    fn verify(&self, bundle: &[u8]) -> Value {
        self.verify_in(&self.listing(&bundle[2..266]), bundle)
    }

    /// The same with another list.
    fn verify_in(&self, list: &[u8], bundle: &[u8]) -> Value {
        json!({
            "op": "bundle.verify",
            "bundle": hex::encode(bundle),
            "wanted": hex::encode(&bundle[38..54]),
            "list": hex::encode(list),
            "us": self.us.json(),
            "now": NOW,
        })
    }

    /// A list of the peer's account that has this certificate.
    fn listing(&self, certificate: &[u8]) -> Vec<u8> {
        let mut device_id = [0; 16];
        device_id.copy_from_slice(&certificate[36..52]);
        let list = List {
            account_seed: self.peer.account_seed,
            epoch: 1,
            previous: [0; 32],
            issued: NOW,
            expires: NOW + 35 * DAY,
            devices: vec![(device_id, certificate_hash(certificate))],
            revoked: Vec::new(),
        };
        list.signed()
    }
}

/// A bundle before its prekeys are signed.
#[derive(Clone)]
struct Bundle {
    certificate: Vec<u8>,
    signing_seed: [u8; 32],
    signed: Vec<u8>,
    one_time: Vec<u8>,
}

impl Bundle {
    /// The lengths of prekeys without their signatures.
    const SIGNED: usize = 1_620;
    const ONE_TIME: usize = 1_604;

    /// All bytes, without a one-time prekey.
    fn short(&self) -> Vec<u8> {
        self.short_as("sign/signed-prekey", &certificate_hash(&self.certificate))
    }

    /// The same, signed under this label for this certificate hash.
    fn short_as(&self, label: &str, hash: &[u8; 32]) -> Vec<u8> {
        let signature = self.sign(label, hash, &self.signed);
        [&[0x06, 1], &self.certificate[..], &self.signed, &signature, &[0]].concat()
    }

    /// All bytes, with a one-time prekey.
    fn long(&self) -> Vec<u8> {
        self.long_as("sign/one-time-prekey", &certificate_hash(&self.certificate))
    }

    /// The same, the one-time prekey signed under this label for this certificate hash.
    fn long_as(&self, label: &str, hash: &[u8; 32]) -> Vec<u8> {
        let mut bytes = self.short();
        bytes.pop();
        bytes.push(1);
        bytes.extend(&self.one_time);
        bytes.extend(self.sign(label, hash, &self.one_time));
        bytes
    }

    /// With these bytes in the signed prekey.
    fn with_signed(&self, at: usize, bytes: &[u8]) -> Self {
        let mut changed = self.clone();
        changed.signed[at..at + bytes.len()].copy_from_slice(bytes);
        changed
    }

    /// With these bytes in the one-time prekey.
    fn with_one_time(&self, at: usize, bytes: &[u8]) -> Self {
        let mut changed = self.clone();
        changed.one_time[at..at + bytes.len()].copy_from_slice(bytes);
        changed
    }

    /// With this validity of the signed prekey.
    fn valid(&self, not_before: u64, not_after: u64) -> Self {
        let times = [not_before.to_be_bytes(), not_after.to_be_bytes()].concat();
        self.with_signed(1_604, &times)
    }

    fn sign(&self, label: &str, hash: &[u8; 32], prekey: &[u8]) -> [u8; 64] {
        sign(&self.signing_seed, label, &[&hash[..], prekey].concat())
    }
}

fn accepted(draft: &mut Draft, scene: &Scene) -> Result<()> {
    let title = "A bundle without a one-time prekey is of the strength signed only";
    draft.accept(about(title, &["R-PRE-4", "R-PRE-5"]), |script| {
        script.ok(scene.verify(&scene.good.short())).map(drop)
    })?;
    let title = "A bundle with a one-time prekey is of the strength one time";
    draft.accept(about(title, &["R-PRE-4", "R-PRE-5"]), |script| {
        script.ok(scene.verify(&scene.good.long())).map(drop)
    })?;
    let title = "A signed prekey may be valid for 30 days";
    draft.accept(about(title, &["R-PRE-4"]), |script| {
        let longest = scene.good.valid(NOW, NOW + 30 * DAY);
        script.ok(scene.verify(&longest.short())).map(drop)
    })?;
    let title = "A signed prekey is good from a day before its start to its end";
    draft.accept(about(title, &["R-PRE-4"]), |script| {
        let early = scene.good.valid(NOW + DAY, NOW + 2 * DAY);
        script.ok(scene.verify(&early.short()))?;
        let late = scene.good.valid(NOW - DAY, NOW);
        script.ok(scene.verify(&late.short())).map(drop)
    })
}

/// A bundle that is refused by a clause of R-PRE-4.
fn clause(
    draft: &mut Draft,
    titles: (&str, &str),
    (mutant, code): (&str, ErrorCode),
    operation: Value,
) -> Result<()> {
    reject(draft, titles, ("R-PRE-4", mutant), operation, code)
}
