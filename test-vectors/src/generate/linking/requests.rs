//! Requests and acceptances sealed well that the existing device does not take (R-LNK-4, R-LNK-5).

use anyhow::Result;
use serde_json::json;
use twotick_wire::ErrorCode::{
    BadDeviceSignature, BadKey, DeviceRevoked, TooManyDevices, TrailingBytes, Truncated, UnsupportedSuite,
};

use super::super::formula::text;
use super::super::points::{on_twist, with_torsion};
use super::super::sign::{Certificate, List, agreement_key, public_key, sign};
use super::super::workshop::{DAY, Device, NOW, Workshop};
use super::super::{About, Draft};
use super::Flow;
use super::sealed::{Refusal, device, listing, sealed_steps};

pub(super) fn write(draft: &mut Draft, flow: &Flow) -> Result<()> {
    requests(draft, flow)?;
    malformed_requests(draft, flow)
}

/// The existing device refuses requests.
fn requests(draft: &mut Draft, flow: &Flow) -> Result<()> {
    let identity = agreement_key(&device("new").identity_private_key);
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
    ];
    sealed_steps(draft, "requested", flow, 1, refusals.into())
}

/// The existing device refuses requests that do not decode.
fn malformed_requests(draft: &mut Draft, flow: &Flow) -> Result<()> {
    let identity = agreement_key(&device("new").identity_private_key);
    let good = request(&identity, 1);
    let mut not_canonical = identity;
    not_canonical[31] |= 0x80;
    let refusals = [
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

/// The request of the new device, with this identity key and these suites.
fn request(identity: &[u8; 32], suites: u16) -> Vec<u8> {
    request_of(&device("new"), identity, suites)
}

/// The request of a device, with this identity key and these suites.
pub(super) fn request_of(new: &Device, identity: &[u8; 32], suites: u16) -> Vec<u8> {
    let mut request = [&new.device_id[..], &public_key(&new.signing_seed), identity].concat();
    request.extend(suites.to_be_bytes());
    request.extend([0; 4]);
    request
}

/// The existing device makes no list before the counter-signature verifies.
pub(super) fn acceptances(draft: &mut Draft, flow: &Flow) -> Result<()> {
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
pub(super) fn households(draft: &mut Draft) -> Result<()> {
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
            let certificates: Vec<_> = certificates
                .iter()
                .map(|one| hex::encode(one.certificate()))
                .collect();
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
