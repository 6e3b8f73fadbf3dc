//! `prekeys.generate`.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use twotick_wire::ErrorCode::RandomnessFailure;

use super::super::Draft;
use super::super::workshop::{DAY, NOW, about, bytes, reject};
use super::Scene;

pub(super) fn write(draft: &mut Draft, scene: &Scene) -> Result<()> {
    let title = "A signed prekey and one-time prekeys are made of their draws";
    draft.accept(about(title, &["R-PRE-1", "R-PRE-2", "R-PRM-8"]), |script| {
        script.ok(generate(scene, true, 2)).map(drop)
    })?;
    let title = "One-time prekeys are made alone";
    draft.accept(about(title, &["R-PRE-1"]), |script| {
        script.ok(generate(scene, false, 1)).map(drop)
    })?;
    let title = "A signed prekey is published for 14 days";
    draft.accept(about(title, &["R-PRE-3"]), |script| {
        let made = script.ok(generate(scene, true, 0))?;
        let prekey = bytes(&made, "signed_prekey")?;
        let times = [NOW.to_be_bytes(), (NOW + 14 * DAY).to_be_bytes()].concat();
        let found = prekey.get(1_604..1_620).context("a prekey of 1,684 bytes")?;
        ensure!(found == times, "another validity");
        Ok(())
    })?;
    repeated(draft, scene)
}

fn repeated(draft: &mut Draft, scene: &Scene) -> Result<()> {
    let [one, other] = scene.spare;
    let seed = |half: [u8; 32]| hex::encode([half, one].concat());
    let (first, second) = (seed(one), seed(other));
    let key = |key: [u8; 32]| hex::encode(key);
    for (title, defect, mutant, signed, random) in [
        (
            "A prekey that is the device's identity key is a failure of the generator",
            "the first draw is the identity private key",
            "prekeys-own-identity",
            true,
            vec![key(scene.us.identity_private_key), first.clone()],
        ),
        (
            "A one-time prekey with the signed prekey's X25519 key is a failure of the generator",
            "the third draw is the first",
            "prekeys-repeated-key",
            true,
            vec![key(one), first.clone(), key(one), second.clone()],
        ),
        (
            "A one-time prekey with the signed prekey's KEM key is a failure of the generator",
            "the fourth draw is the second",
            "prekeys-repeated-kem",
            true,
            vec![key(one), first.clone(), key(other), first.clone()],
        ),
        (
            "Two one-time prekeys with one X25519 key are a failure of the generator",
            "the third draw is the first",
            "prekeys-repeated-key",
            false,
            vec![key(one), first.clone(), key(one), second],
        ),
    ] {
        let count = if signed { 1 } else { 2 };
        let mut operation = generate(scene, signed, count);
        operation["random"] = json!(random);
        reject(
            draft,
            (title, defect),
            ("R-PRM-9", mutant),
            operation,
            RandomnessFailure,
        )?;
    }
    Ok(())
}

fn generate(scene: &Scene, signed: bool, count: u32) -> Value {
    json!({
        "op": "prekeys.generate",
        "us": scene.us.json(),
        "signed": signed,
        "count": count,
        "now": NOW,
    })
}
