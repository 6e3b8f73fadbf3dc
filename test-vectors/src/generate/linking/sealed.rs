//! Steps sealed with the keys of the channel by whoever has them, and what they are about.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use twotick_wire::ErrorCode;

use super::super::formula::{bytes, frame, seal, text};
use super::super::sign::{List, list_hash};
use super::super::workshop::{DAY, Device, NOW};
use super::super::{About, Draft, Script};
use super::{Flow, accounts, completions, proposals, requests};

/// Steps that are sealed well and say what they must not: the other device itself is hostile.
pub(super) fn write(draft: &mut Draft) -> Result<()> {
    let requested = draft.world("requested", |script| attempt(script, 7))?;
    requests::write(draft, &requested)?;
    proposals::write(draft, &requested)?;
    let accepted = draft.world("accepted", |script| attempt(script, 9))?;
    requests::acceptances(draft, &accepted)?;
    requests::households(draft)?;
    completions::write(draft, &accepted)?;
    accounts::write(draft, &requested, &accepted)
}

/// The genuine steps up to this one.
fn attempt(script: &mut Script, last: usize) -> Result<Flow> {
    let mut flow = Flow::new(script)?;
    flow.run(script, last)?;
    Ok(flow)
}

/// A step that is refused: title, defect, requirement, mutant, code, what is sealed.
pub(super) struct Refusal<'a>(
    pub(super) &'a str,
    pub(super) &'a str,
    pub(super) &'a str,
    pub(super) &'a str,
    pub(super) ErrorCode,
    pub(super) Vec<u8>,
);

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
