//! `prekeys`: prekeys made, and bundles verified clause by clause (SPEC 8).

use anyhow::Result;
use serde_json::{Value, json};
use twotick_wire::ErrorCode::{
    self, BadAccountSignature, BadKey, BadPrekeySignature, DuplicateKey, Expired, InvalidValue,
    NotInDeviceList, OwnDevice, PrekeyExpired, PrekeyNotYetValid, RandomnessFailure, TrailingBytes,
    Truncated, ValidityTooLong, WrongDevice,
};

use super::formula::{flip, named};
use super::points::{on_twist, with_torsion};
use super::sign::{List, agreement_key, sign};
use super::workshop::{DAY, Device, NOW, Workshop, certificate_hash};
use super::{About, Draft};
use crate::case::VectorFile;

pub(super) fn make() -> Result<VectorFile> {
    let mut draft = Draft::new(
        "prekeys",
        "Prekeys as they are made, and every clause by which a bundle is refused.",
    );
    let mut shop = Workshop::new("prekeys");
    let (account, ours) = (shop.bytes(), shop.bytes());
    let device = shop.device(account, NOW);
    generated(&mut draft, &device)?;
    let us = shop.device(ours, NOW);
    let made = |shop: &mut Workshop| -> Result<Value> {
        shop.ask(
            &json!({ "op": "prekeys.generate", "us": device.json(), "signed": true, "count": 1, "now": NOW }),
        )
    };
    let values = made(&mut shop)?;
    let signed = hex::decode(values["signed_prekey"].as_str().unwrap_or_default())?;
    let one_time = hex::decode(values["one_time_prekeys"][0].as_str().unwrap_or_default())?;
    let good = Bundle {
        list: list(account, &[&device]),
        certificate: device.certificate(),
        signer: device.signing_seed,
        wanted: device.device_id,
        us,
        now: NOW,
        dh: array(&signed[4..36]),
        kem: signed[36..1604].to_vec(),
        period: (NOW, NOW + 14 * DAY),
        one_time: Some((array(&one_time[4..36]), one_time[36..1604].to_vec())),
    };
    accepted(&mut draft, &good)?;
    devices(&mut draft, &good, &device)?;
    signatures(&mut draft, &good)?;
    keys(&mut draft, &good, &device)?;
    Ok(draft.finish())
}

fn about<'a>(title: &'a str, requirements: &'a [&'a str]) -> About<'a> {
    About {
        title,
        requirements,
        world: "",
    }
}

/// A case of one step that succeeds.
fn accept(draft: &mut Draft, title: &str, requirements: &[&str], operation: Value) -> Result<()> {
    draft.accept(about(title, requirements), |script| {
        script.ok(operation).map(drop)
    })
}

/// A case of one step that is refused: title, defect, mutant, step, code.
struct Refusal<'a>(&'a str, &'a str, &'a str, Value, ErrorCode);

impl Refusal<'_> {
    fn add(self, draft: &mut Draft, requirements: &[&str]) -> Result<()> {
        let Self(title, defect, kills, operation, code) = self;
        draft.reject(about(title, requirements), defect, &[kills], |script| {
            script.fails(operation, code)
        })
    }
}

fn generated(draft: &mut Draft, device: &Device) -> Result<()> {
    for (title, signed, count) in [
        ("A signed prekey", true, 0),
        ("A one-time prekey", false, 1),
        ("A signed prekey, then two one-time prekeys", true, 2),
        ("Nothing", false, 0),
    ] {
        let operation = json!({ "op": "prekeys.generate", "us": device.json(), "signed": signed, "count": count, "now": NOW });
        accept(draft, title, &["R-PRE-1", "R-PRE-3", "R-PRM-8"], operation)?;
    }
    let (key, seed) = (named("a private key", 32), named("a seed", 64));
    let twice = json!({
        "op": "prekeys.generate", "us": device.json(), "signed": true, "count": 1, "now": NOW,
        "random": [key, seed, key, seed],
    });
    let case = Refusal(
        "A generator that repeats itself",
        "the same key twice",
        "randomness-failure",
        twice,
        RandomnessFailure,
    );
    case.add(draft, &["R-PRM-9"])
}

fn list(account_seed: [u8; 32], devices: &[&Device]) -> Vec<u8> {
    let list = List {
        account_seed,
        epoch: 1,
        previous: [0; 32],
        issued: NOW,
        expires: NOW + 35 * DAY,
        devices: devices.iter().map(|device| device.entry()).collect(),
        revoked: Vec::new(),
    };
    list.signed()
}

fn array(bytes: &[u8]) -> [u8; 32] {
    bytes.try_into().unwrap_or([0; 32])
}

/// A bundle before it is signed, and how it is verified.
#[derive(Clone)]
struct Bundle {
    list: Vec<u8>,
    certificate: Vec<u8>,
    signer: [u8; 32],
    wanted: [u8; 16],
    us: Device,
    now: u64,
    dh: [u8; 32],
    kem: Vec<u8>,
    period: (u64, u64),
    one_time: Option<([u8; 32], Vec<u8>)>,
}

impl Bundle {
    /// A copy with one thing changed.
    fn with(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut copy = self.clone();
        change(&mut copy);
        copy
    }

    fn bytes(&self) -> Vec<u8> {
        let hash = certificate_hash(&self.certificate);
        let signed = |label: &str, mut bytes: Vec<u8>| {
            let signature = sign(&self.signer, label, &[&hash[..], &bytes].concat());
            bytes.extend(signature);
            bytes
        };
        let mut prekey = [&[4, 1, 0, 1][..], &self.dh, &self.kem].concat();
        prekey.extend(self.period.0.to_be_bytes());
        prekey.extend(self.period.1.to_be_bytes());
        let prekey = signed("sign/signed-prekey", prekey);
        let mut bytes = [&[6, 1][..], &self.certificate, &prekey].concat();
        bytes.push(self.one_time.is_some().into());
        if let Some((dh, kem)) = &self.one_time {
            bytes.extend(signed(
                "sign/one-time-prekey",
                [&[5, 1, 0, 1][..], dh, kem].concat(),
            ));
        }
        bytes
    }

    fn verify(&self) -> Value {
        self.verify_bytes(&hex::encode(self.bytes()))
    }

    fn verify_bytes(&self, bytes: &str) -> Value {
        json!({
            "op": "bundle.verify", "bundle": bytes, "wanted": hex::encode(self.wanted), "list": hex::encode(&self.list),
            "us": self.us.json(), "now": self.now,
        })
    }
}

fn accepted(draft: &mut Draft, good: &Bundle) -> Result<()> {
    accept(
        draft,
        "A bundle with a one-time prekey",
        &["R-PRE-4"],
        good.verify(),
    )?;
    let short = good.with(|bundle| bundle.one_time = None);
    accept(
        draft,
        "A bundle without a one-time prekey",
        &["R-PRE-5"],
        short.verify(),
    )?;
    for (title, now) in [
        ("A day before the signed prekey begins", NOW - DAY),
        ("At the end of the signed prekey", NOW + 14 * DAY),
    ] {
        accept(
            draft,
            title,
            &["R-PRE-4"],
            short.with(|bundle| bundle.now = now).verify(),
        )?;
    }
    let long = short.with(|bundle| bundle.period = (NOW, NOW + 30 * DAY));
    accept(
        draft,
        "A signed prekey may be valid for 30 days",
        &["R-PRE-4"],
        long.verify(),
    )
}

#[rustfmt::skip]
fn devices(draft: &mut Draft, good: &Bundle, device: &Device) -> Result<()> {
    let short = good.with(|bundle| bundle.one_time = None);
    let mut later = device.clone();
    later.created = NOW + 1;
    let aged = short.with(|bundle| bundle.now = NOW + 366 * DAY);
    let broken = short.with(|bundle| {
        bundle.certificate = device.draft().signed_as("sign/device-list", "sign/device-acceptance");
        let mut entry = device.entry();
        entry.1 = certificate_hash(&bundle.certificate);
        let list = List {
            account_seed: device.account_seed,
            epoch: 1,
            previous: [0; 32],
            issued: NOW,
            expires: NOW + 35 * DAY,
            devices: vec![entry],
            revoked: Vec::new(),
        };
        bundle.list = list.signed();
    });
    let cases = [
        Refusal("The bundle of another device", "another device is wanted", "bundle-wanted", short.with(|bundle| bundle.wanted[0] ^= 1).verify(), WrongDevice),
        Refusal("A bundle of our own", "we are the device", "bundle-own-device", short.with(|bundle| bundle.us = device.clone()).verify(), OwnDevice),
        Refusal("A bundle of a certificate that is not listed", "another certificate", "list-membership", short.with(|bundle| bundle.certificate = later.certificate()).verify(), NotInDeviceList),
        Refusal("A certificate that has ended", "a day late", "certificate-expired", aged.verify(), Expired),
        Refusal("A certificate that its account did not sign", "another label", "certificate-account-signature", broken.verify(), BadAccountSignature),
    ];
    cases.into_iter().try_for_each(|case| case.add(draft, &["R-PRE-4"]))
}

#[rustfmt::skip]
fn signatures(draft: &mut Draft, good: &Bundle) -> Result<()> {
    let short = good.with(|bundle| bundle.one_time = None);
    let period = |start: u64, end: u64| short.with(|bundle| bundle.period = (start, end)).verify();
    let text = hex::encode(short.bytes());
    let whole = hex::encode(good.bytes());
    let cases = [
        Refusal("The signed prekey's signature is changed", "a bit of the signature", "bundle-signed-signature", short.verify_bytes(&flip(&text, 2 + 264 + 1_683)), BadPrekeySignature),
        Refusal("The signed prekey's key is changed", "a bit of the key", "bundle-signed-signature", short.verify_bytes(&flip(&text, 2 + 264 + 900)), BadPrekeySignature),
        Refusal("The prekeys are signed by another device", "another signer", "bundle-signed-signature", short.with(|bundle| bundle.signer = bundle.us.signing_seed).verify(), BadPrekeySignature),
        Refusal("The signed prekey ends before it begins", "a second before", "bundle-period-order", period(NOW, NOW - 1), ValidityTooLong),
        Refusal("The signed prekey is valid for too long", "a second over 30 days", "bundle-period-long", period(NOW, NOW + 30 * DAY + 1), ValidityTooLong),
        Refusal("The signed prekey begins too late", "a second over a day", "bundle-not-yet-valid", period(NOW + DAY + 1, NOW + 2 * DAY), PrekeyNotYetValid),
        Refusal("The signed prekey has ended", "a second late", "bundle-expired", period(NOW - DAY, NOW - 1), PrekeyExpired),
        Refusal("The one-time prekey's signature is changed", "a bit of the signature", "bundle-one-time-signature", good.verify_bytes(&flip(&whole, -1)), BadPrekeySignature),
        Refusal("The one-time prekey's key is changed", "a bit of the key", "bundle-one-time-signature", good.verify_bytes(&flip(&whole, -900)), BadPrekeySignature),
        Refusal("The mark of the one-time prekey is 2", "has_one_time_prekey 2", "bundle-mark", short.verify_bytes(&format!("{}02", &text[..text.len() - 2])), InvalidValue),
        Refusal("A one-time prekey without its mark", "has_one_time_prekey 0", "codec-trailing-bytes", good.verify_bytes(&format!("{}00{}", &whole[..2 * 1_950], &whole[2 * 1_951..])), TrailingBytes),
        Refusal("A mark without a one-time prekey", "has_one_time_prekey 1", "codec-truncated", short.verify_bytes(&format!("{}01", &text[..text.len() - 2])), Truncated),
    ];
    cases.into_iter().try_for_each(|case| case.add(draft, &["R-PRE-4", "R-PRE-2"]))
}

#[rustfmt::skip]
fn keys(draft: &mut Draft, good: &Bundle, device: &Device) -> Result<()> {
    let short = good.with(|bundle| bundle.one_time = None);
    let dh = |key: [u8; 32]| short.with(|bundle| bundle.dh = key).verify();
    let mut over = good.kem.clone();
    over[..3].copy_from_slice(&[0xff; 3]);
    let one_time_key = |key: [u8; 32]| good.with(|bundle| bundle.one_time = bundle.one_time.clone().map(|(_, kem)| (key, kem))).verify();
    let one_time_kem = |kem: Vec<u8>| good.with(|bundle| bundle.one_time = bundle.one_time.clone().map(|(dh, _)| (dh, kem))).verify();
    let theirs = agreement_key(&device.identity_private_key);
    let ours = agreement_key(&good.us.identity_private_key);
    let twist = on_twist(&[8; 32])?;
    let torsion = with_torsion(&agreement_key(&[8; 32]), 8)?;
    let cases = [
        Refusal("The signed prekey is on the twist", "not on the curve", "subgroup", dh(twist), BadKey),
        Refusal("The signed prekey is outside the subgroup", "a point of small order added", "subgroup", dh(torsion), BadKey),
        Refusal("The signed prekey's KEM key fails the modulus check", "a coefficient over q", "kem-modulus", short.with(|bundle| bundle.kem = over.clone()).verify(), BadKey),
        Refusal("The one-time prekey is on the twist", "not on the curve", "subgroup", one_time_key(twist), BadKey),
        Refusal("The one-time prekey's KEM key fails the modulus check", "a coefficient over q", "kem-modulus", one_time_kem(over.clone()), BadKey),
        Refusal("The signed prekey is zero", "small order", "key-small-order", dh([0; 32]), BadKey),
        Refusal("Signed and one-time prekey are the same key", "a key twice", "bundle-duplicate", one_time_key(good.dh), DuplicateKey),
        Refusal("Signed and one-time prekey have the same KEM key", "a KEM key twice", "bundle-duplicate-kem", one_time_kem(good.kem.clone()), DuplicateKey),
        Refusal("The signed prekey is the device's identity key", "a key twice", "bundle-duplicate", dh(theirs), DuplicateKey),
        Refusal("The signed prekey is our identity key", "our own key", "bundle-own-key", dh(ours), DuplicateKey),
    ];
    cases.into_iter().try_for_each(|case| case.add(draft, &["R-PRE-4", "R-PRM-4", "R-PRM-6"]))
}
