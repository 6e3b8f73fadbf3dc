//! Steps that are sealed well and say what they must not: the other device itself is hostile (R-LNK-4, R-LNK-5).

use anyhow::{Context, Result};
use serde_json::{Value, json};
use twotick_wire::ErrorCode::{
    self, BadAccountSignature, BadDeviceSignature, BadKey, DeviceRevoked, Expired, LinkRefused, NotYetValid,
    TooManyDevices, TrailingBytes, Truncated, UnsupportedSuite, ValidityTooLong,
};

use super::super::formula::{bytes, frame, seal, text};
use super::super::points::{on_twist, with_torsion};
use super::super::sign::{Certificate, List, agreement_key, list_hash, public_key, sign};
use super::super::workshop::{DAY, Device, NOW, Workshop};
use super::super::{About, Draft, Script};
use super::Flow;

/// A step that is refused: title, defect, requirement, mutant, code, what is sealed.
pub(super) struct Refusal<'a>(
    pub(super) &'a str,
    pub(super) &'a str,
    pub(super) &'a str,
    pub(super) &'a str,
    pub(super) ErrorCode,
    pub(super) Vec<u8>,
);

/// Returns the flow in which the new device has accepted.
pub(super) fn write(draft: &mut Draft) -> Result<Flow> {
    let requested = draft.world("requested", |script| attempt(script, 7))?;
    requests(draft, &requested)?;
    proposals(draft, &requested)?;
    dates(draft, &requested)?;
    let accepted = draft.world("accepted", |script| attempt(script, 9))?;
    acceptances(draft, &accepted)?;
    households(draft)?;
    Ok(accepted)
}

/// The genuine steps up to this one.
fn attempt(script: &mut Script, last: usize) -> Result<Flow> {
    let mut flow = Flow::new(script)?;
    flow.run(script, last)?;
    Ok(flow)
}

/// The existing device refuses requests.
fn requests(draft: &mut Draft, flow: &Flow) -> Result<()> {
    let new = device("new");
    let request = |identity: &[u8; 32], suites: u16| {
        let mut request = [&new.device_id[..], &public_key(&new.signing_seed), identity].concat();
        request.extend(suites.to_be_bytes());
        request.extend([0; 4]);
        request
    };
    let identity = agreement_key(&new.identity_private_key);
    let good = request(&identity, 1);
    let mut not_canonical = identity;
    not_canonical[31] |= 0x80;
    let refusals = [
        Refusal(
            "A request without suite 1 is refused",
            "bit 0 of suites is clear",
            "R-LNK-5",
            "link-request-suite",
            UnsupportedSuite,
            request(&identity, 2),
        ),
        Refusal(
            "A request for an identity key of the twist is refused",
            "no point of the curve has this identity key",
            "R-LNK-5",
            "link-request-curve",
            BadKey,
            request(&on_twist(&identity)?, 1),
        ),
        Refusal(
            "A request for an identity key with a part of order 8 is refused",
            "a point of order 8 was added to the identity key",
            "R-LNK-5",
            "link-request-curve",
            BadKey,
            request(&with_torsion(&identity, 8)?, 1),
        ),
        Refusal(
            "A request for an identity key that is not canonical is refused",
            "bit 255 of the identity key is set",
            "R-PRM-3",
            "key-canonical",
            BadKey,
            request(&not_canonical, 1),
        ),
        Refusal(
            "A request that is too short is refused",
            "a byte of the capabilities is missing",
            "R-ENC-2",
            "codec-truncated",
            Truncated,
            good[..85].to_vec(),
        ),
        Refusal(
            "A request that goes on is refused",
            "a byte follows the capabilities",
            "R-ENC-2",
            "codec-trailing-bytes",
            TrailingBytes,
            [&good[..], &[0]].concat(),
        ),
    ];
    sealed_steps(draft, "requested", flow, 1, refusals.into())
}

/// The new device refuses proposals that are not of what it asked.
fn proposals(draft: &mut Draft, flow: &Flow) -> Result<()> {
    let new = device("new");
    let changed = |change: &dyn Fn(&mut Certificate)| {
        let mut certificate = new.draft();
        change(&mut certificate);
        certificate.signed()[..200].to_vec()
    };
    let other = device("other");
    let identity = agreement_key(&other.identity_private_key);
    let mut unsigned = changed(&|_| ());
    unsigned[136] ^= 1;
    let keys = "link-proposal-keys";
    let cases = [
        (
            "A proposal for another device id is refused",
            "the certificate has another device id",
            (keys, LinkRefused),
            changed(&|certificate| certificate.device_id = other.device_id),
        ),
        (
            "A proposal for another signing key is refused",
            "the certificate has another device signing key",
            (keys, LinkRefused),
            changed(&|certificate| certificate.signing_seed = other.signing_seed),
        ),
        (
            "A proposal for another identity key is refused",
            "the certificate has another device identity key",
            (keys, LinkRefused),
            changed(&|certificate| certificate.identity_key = identity),
        ),
        (
            "A proposal with a suite that was not asked for is refused",
            "bit 1 of suites is set",
            ("link-proposal-suites", LinkRefused),
            changed(&|certificate| certificate.suites = 3),
        ),
        (
            "A proposal with a capability that was not asked for is refused",
            "bit 0 of the capabilities is set",
            ("link-proposal-capabilities", LinkRefused),
            changed(&|certificate| certificate.capabilities = 1),
        ),
        (
            "A proposal of another account than the offer's is refused",
            "another account made and signed the certificate",
            ("link-proposal-account", LinkRefused),
            changed(&|certificate| certificate.account_seed = other.signing_seed),
        ),
        (
            "A proposal that the account did not sign is refused",
            "a bit of the account signature is flipped",
            ("certificate-account-signature", BadAccountSignature),
            unsigned,
        ),
        (
            "A proposal without suite 1 is refused",
            "bit 0 of suites is clear",
            ("certificate-suite-bit", UnsupportedSuite),
            changed(&|certificate| certificate.suites = 2),
        ),
    ];
    let refusals = cases.into_iter().map(|(title, defect, (mutant, code), text)| {
        Refusal(title, defect, "R-LNK-4", mutant, code, text)
    });
    sealed_steps(draft, "requested", flow, 2, refusals.collect())
}

fn dates(draft: &mut Draft, flow: &Flow) -> Result<()> {
    let between = |created: u64, expires: u64| {
        let certificate = Certificate {
            created,
            expires,
            ..device("new").draft()
        };
        certificate.signed()[..200].to_vec()
    };
    let cases = [
        (
            "A proposal that ends before it starts is refused",
            "expires is a second before created",
            ValidityTooLong,
            between(NOW, NOW - 1),
        ),
        (
            "A proposal over 366 days is refused",
            "it is valid for 366 days and a second",
            ValidityTooLong,
            between(NOW, NOW + 366 * DAY + 1),
        ),
        (
            "A proposal that starts after tomorrow is refused",
            "created is a day and a second from now",
            NotYetValid,
            between(NOW + DAY + 1, NOW + 300 * DAY),
        ),
        (
            "A proposal past its end is refused",
            "expires was a second ago",
            Expired,
            between(NOW - DAY, NOW - 1),
        ),
    ];
    let refusals = cases.into_iter().map(|(title, defect, code, text)| {
        Refusal(title, defect, "R-LNK-4", "link-proposal-validity", code, text)
    });
    sealed_steps(draft, "requested", flow, 2, refusals.collect())
}

/// The existing device makes no list before the counter-signature verifies.
fn acceptances(draft: &mut Draft, flow: &Flow) -> Result<()> {
    let new = device("new");
    let proposed = &new.certificate()[..200];
    let with = |seed: &[u8; 32], label: &str| sign(seed, label, proposed).to_vec();
    let good = with(&new.signing_seed, "sign/device-acceptance");
    let counter = "certificate-device-signature";
    let cases = [
        (
            "An acceptance that another device signed is refused",
            "the signature is of another seed",
            ("R-LNK-4", counter, BadDeviceSignature),
            with(&device("other").signing_seed, "sign/device-acceptance"),
        ),
        (
            "An acceptance under another label is refused",
            "the signature is under sign/device-certificate",
            ("R-LNK-4", counter, BadDeviceSignature),
            with(&new.signing_seed, "sign/device-certificate"),
        ),
        (
            "An acceptance of another certificate is refused",
            "the signature covers a certificate that ends a second later",
            ("R-LNK-4", counter, BadDeviceSignature),
            later(&new).signed()[200..].to_vec(),
        ),
        (
            "An acceptance that is too short is refused",
            "the last byte of the signature is missing",
            ("R-ENC-2", "codec-truncated", Truncated),
            good[..63].to_vec(),
        ),
    ];
    let refusals = cases
        .into_iter()
        .map(|(title, defect, (requirement, mutant, code), text)| {
            Refusal(title, defect, requirement, mutant, code, text)
        });
    sealed_steps(draft, "accepted", flow, 3, refusals.collect())
}

fn later(device: &Device) -> Certificate {
    Certificate {
        expires: NOW + 365 * DAY + 1,
        ..device.draft()
    }
}

/// An honest new device, and an account that cannot take it.
fn households(draft: &mut Draft) -> Result<()> {
    let new = device("new");
    let mut workshop = Workshop::new("linking");
    let siblings: Vec<_> = (0..15)
        .map(|_| workshop.device(new.account_seed, NOW))
        .chain([device("existing")])
        .collect();
    let full = listing(&siblings.iter().collect::<Vec<_>>());
    let revoked = List {
        revoked: vec![(new.device_id, 2)],
        ..listing(&[&device("existing")])
    };
    for (title, defect, mutant, code, (list, certificates)) in [
        (
            "A device id that was revoked is not linked",
            "the list has revoked the new device's id",
            "link-request-revoked",
            DeviceRevoked,
            (revoked, &siblings[15..]),
        ),
        (
            "A 17th device is not linked",
            "the list has 16 devices",
            "link-request-room",
            TooManyDevices,
            (full, &siblings[..]),
        ),
    ] {
        let about = About {
            title,
            requirements: &["R-LNK-5"],
            world: "",
        };
        draft.reject(about, defect, &[mutant], |script| {
            let mut flow = Flow::new(script)?;
            let mut operation = flow.next();
            let certificates: Vec<_> = certificates.iter().map(|one| hex::encode(one.certificate())).collect();
            operation["input"]["list"] = json!(hex::encode(list.signed()));
            operation["input"]["certificates"] = json!(certificates);
            let offer = script.ok(operation)?;
            flow.messages.push(text(&offer, "output")?);
            flow.run(script, 7)?;
            script.fails(flow.next(), code)
        })?;
    }
    Ok(())
}

/// A list of epoch 2 with these devices.
pub(super) fn listing(devices: &[&Device]) -> List {
    let first = List {
        account_seed: device("existing").account_seed,
        epoch: 1,
        previous: [0; 32],
        issued: NOW,
        expires: NOW + 35 * DAY,
        devices: vec![device("existing").entry()],
        revoked: Vec::new(),
    };
    let mut entries: Vec<_> = devices.iter().map(|device| device.entry()).collect();
    entries.sort_unstable();
    List {
        epoch: 2,
        previous: list_hash(&first.signed()),
        devices: entries,
        ..first
    }
}

/// The device that the genuine flow knows under this name.
pub(super) fn device(name: &str) -> Device {
    let array = |what: &str| {
        let mut value = [0; 32];
        value.copy_from_slice(&bytes(&format!("Twotick test vectors 1/{what}"), 32));
        value
    };
    let mut device_id = [0; 16];
    device_id.copy_from_slice(&array(&format!("{name} id"))[..16]);
    Device {
        account_seed: array("account"),
        device_id,
        signing_seed: array(&format!("{name} signing")),
        identity_private_key: array(&format!("{name} identity")),
        created: NOW,
    }
}

pub(super) fn sealed_steps(
    draft: &mut Draft,
    world: &str,
    flow: &Flow,
    step: u8,
    refusals: Vec<Refusal<'_>>,
) -> Result<()> {
    for Refusal(title, defect, requirement, mutant, code, text) in refusals {
        let about = About {
            title,
            requirements: &[requirement],
            world,
        };
        draft.reject(about, defect, &[mutant], |script| {
            let operation = sealed_step(script, flow, step, &text)?;
            script.fails(operation, code)
        })?;
    }
    Ok(())
}

/// The operation that takes in a step with this text, sealed by whoever has the keys.
pub(super) fn sealed_step(script: &mut Script, flow: &Flow, step: u8, plaintext: &[u8]) -> Result<Value> {
    let agreed = script.aside(&flow.agreement())?;
    let keys = script.aside(&flow.channel(&agreed))?;
    let key = text(&keys, if step % 2 == 1 { "key_new" } else { "key_existing" })?;
    let mut nonce = [0; 12];
    nonce[11] = step;
    let mut associated = frame("seal/link");
    associated.extend([0x35, 1, step]);
    let sealed = seal(&hex::decode(key)?, &nonce, &associated, plaintext)?;
    let length = u32::try_from(sealed.len()).context("a step of 2^32 bytes")?;
    let mut message = vec![0x35, 1, step];
    message.extend(length.to_be_bytes());
    message.extend(sealed);
    let role = if step % 2 == 1 { "existing" } else { "new" };
    Ok(json!({
        "op": "link.step", "link": "one", "role": role, "input": hex::encode(message), "now": flow.now,
    }))
}
