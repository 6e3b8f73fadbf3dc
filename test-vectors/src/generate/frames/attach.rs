//! The proof of a device, the hash of a capability, the channel of a linking offer (SPEC 22.1, 26, 27).

use anyhow::Result;
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};
use twotick_wire::ErrorCode::{AttachRefused, Truncated};

use super::super::Draft;
use super::super::formula::{flip, frame, text, with};
use super::super::workshop::{DAY, Device, NOW, Workshop, about};
use super::named;

const NAME: &str = "relay.example";

pub(super) fn write(draft: &mut Draft, workshop: &mut Workshop) -> Result<()> {
    let account = workshop.bytes();
    let device = workshop.device(account, NOW);
    let signing = json!({
        "op": "attach.sign", "us": device.json(), "name": hex::encode(NAME), "request": 1,
        "nonce": hex::encode(named("nonce", 32)), "store_epoch": hex::encode(named("store epoch", 16)),
        "cursor": "258", "lane_cursor": "0", "window_envelopes": 64, "window_bytes": 1_048_576, "flags": 0,
    });
    let made = workshop.ask(&signing)?;
    let attach = text(&made, "attach")?;
    let verifying = json!({
        "op": "attach.verify", "attach": attach, "name": signing["name"], "nonce": signing["nonce"], "now": NOW + DAY,
    });
    let requirements: &[&str] = &["R-ATT-1", "R-ATT-2"];
    draft.accept(
        about("An Attach is signed, and proves the device", requirements),
        |script| {
            script.ok(signing.clone())?;
            script.ok(verifying.clone()).map(drop)
        },
    )?;
    let send_only = with(&with(&signing, "flags", 1), "name", "61");
    draft.accept(
        about(
            "An Attach that asks for nothing, at a relay of one letter",
            requirements,
        ),
        |script| {
            let attach = text(&script.ok(send_only.clone())?, "attach")?;
            script
                .ok(with(&with(&verifying, "attach", attach), "name", "61"))
                .map(drop)
        },
    )?;
    let unsigned = signed_again(&flip(&attach, 38 + 200), &device);
    refused(draft, &verifying, &attach, unsigned)?;
    hashes(draft)
}

/// The Attach with the signature that its bytes need.
fn signed_again(attach: &str, device: &Device) -> String {
    let unsigned = hex::decode(&attach[..2 * 341]).unwrap_or_default();
    let name = [&[NAME.len() as u8], NAME.as_bytes()].concat();
    let input = [frame("sign/relay-attach"), name, unsigned.clone()].concat();
    let signature = SigningKey::from_bytes(&device.signing_seed).sign(&input);
    hex::encode([unsigned, signature.to_bytes().to_vec()].concat())
}

#[rustfmt::skip]
fn refused(draft: &mut Draft, verifying: &Value, attach: &str, unsigned: String) -> Result<()> {
    let signed = ("R-ATT-1", "attach-signature");
    let other_name = with(verifying, "name", hex::encode("relay.exampla"));
    let longer_name = with(verifying, "name", hex::encode("relay.example."));
    let other_nonce = with(verifying, "nonce", hex::encode(named("other nonce", 32)));
    let changed = |index| with(verifying, "attach", flip(attach, index));
    let cases = [
        ("An Attach for another relay is refused", "the name is another", signed, other_name),
        ("An Attach for a relay with a longer name is refused", "the name is longer", signed, longer_name),
        ("An Attach with another cursor is refused", "a bit of cursor", signed, changed(325)),
        ("An Attach with another request is refused", "a bit of request", signed, changed(3)),
        ("An Attach with another store epoch is refused", "a bit of store_epoch", signed, changed(302)),
        ("An Attach with another window is refused", "a bit of window_bytes", signed, changed(339)),
        ("An Attach with another flag is refused", "bit 0 of flags", signed, changed(340)),
        ("An Attach with another signature is refused", "a bit of signature", signed, changed(-1)),
        ("An Attach for another challenge is refused", "the nonce is another", ("R-ATT-2", "attach-nonce"), other_nonce),
        ("An Attach with a certificate that its device did not sign is refused", "a bit of the device's signature in the certificate", ("R-ATT-2", "certificate-device-signature"), with(verifying, "attach", unsigned)),
        ("An Attach with an expired certificate is refused", "a second after its end", ("R-ATT-2", "validity-end"), with(verifying, "now", NOW + 365 * DAY + 1)),
    ];
    for (title, defect, (requirement, mutant), operation) in cases {
        draft.reject(about(title, &[requirement]), defect, &[mutant], |script| {
            script.fails(operation, AttachRefused)
        })?;
    }
    Ok(())
}

fn hashes(draft: &mut Draft) -> Result<()> {
    let capability = hex::encode(named("capability", 16));
    draft.accept(
        about("What a relay is given of a capability", &["R-CAP-1"]),
        |script| {
            script
                .ok(json!({ "op": "capability.hash", "capability": capability }))
                .map(drop)
        },
    )?;
    let offer = format!(
        "3001{}{}{}",
        hex::encode(named("secret", 32)),
        hex::encode(named("account", 32)),
        hex::encode((NOW + 60).to_be_bytes()),
    );
    let asking = json!({ "op": "link.channel", "offer": offer });
    draft.accept(
        about("Where the two devices of an offer meet", &["R-EPH-2"]),
        |script| script.ok(asking.clone()).map(drop),
    )?;
    let cut = with(&asking, "offer", &offer[..146]);
    draft.reject(
        about("An offer that is cut short names no channel", &["R-EPH-2"]),
        "one byte missing",
        &["codec-truncated"],
        |script| script.fails(cut, Truncated),
    )
}
