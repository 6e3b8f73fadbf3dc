//! Certificates that are renewed (SPEC 12.5).

use anyhow::Result;
use serde_json::json;
use twotick_wire::ErrorCode;

use super::pair::{Pair, chapter};
use crate::generate::Draft;
use crate::generate::people::{Party, publish};
use crate::generate::scene::{Scene, expect, expect_equal};

/// Bob's device with a new certificate and prekeys; alice and the device know the list that has it.
fn renewed(scene: &mut Scene<'_>, pair: &Pair, identity: Option<[u8; 32]>) -> Result<Party> {
    let again = pair.bob_again(scene, identity)?;
    let list = pair.of_bob.renewed(&again.certificate, scene.now);
    scene.learn(&again, &list)?;
    scene.learn(&again, &pair.of_alice)?;
    scene.learn(&pair.alice, &list)?;
    publish(scene.script, &again, (true, 0), scene.now)
}

/// R-SES-12.
pub(super) fn cases(draft: &mut Draft, pair: &Pair) -> Result<()> {
    let mut cases = chapter(draft, "talking");
    let Pair { alice, bob, .. } = pair;
    cases.reject(
        "The record of a device takes over its new certificate with a bundle: the former session stays",
        &["R-SES-12", "R-LST-2"],
        (
            "the record of the sending device has its former certificate",
            "require-listed",
        ),
        |scene| {
            let sent = scene.send(bob, alice, "in the session as it was")?;
            let again = renewed(scene, pair, None)?;
            scene.refuse(alice, &sent.to(alice)?, ErrorCode::NotInDeviceList)?;
            scene.initiate(alice, bob, &again.last_resort(), 2)?;
            let got = scene.deliver(&sent, alice)?;
            expect_equal("generation", &got["generation"], &json!(1))
        },
    )?;
    cases.accept(
        "The record of a device takes over its new certificate with a first message",
        &["R-SES-12"],
        |scene| {
            let again = renewed(scene, pair, None)?;
            scene.initiate(&again, alice, &alice.last_resort(), 1)?;
            let (_, first) = scene.control(&again, alice, 5, (json!(null), json!(null)))?;
            let got = scene.receive(alice, &first)?;
            expect(&got, &json!({ "began": "signed_only", "kind": 5 }))
        },
    )?;
    cases.reject(
        "A record takes over no certificate with another identity key under the same device id",
        &["R-SES-12"],
        ("the certificate's identity key is another", "recertify-identity"),
        |scene| {
            let again = renewed(scene, pair, Some([0x33; 32]))?;
            let arguments = json!({ "account": bob.account, "bundle": again.last_resort() });
            scene.run_refused("session.initiate", alice, arguments, ErrorCode::NotInDeviceList)
        },
    )?;
    cases.reject(
        "A record takes over no certificate that the account does not list",
        &["R-SES-12", "R-PRE-4"],
        ("the certificate is not in the list", "listed-anywhere"),
        |scene| {
            let again = pair.bob_again(scene, None)?;
            let again = publish(scene.script, &again, (true, 0), scene.now)?;
            let arguments = json!({ "account": bob.account, "bundle": again.last_resort() });
            scene.run_refused("session.initiate", alice, arguments, ErrorCode::NotInDeviceList)?;
            scene.talk(bob, alice, "on")?;
            Ok(())
        },
    )
}

/// R-IDN-6: the account key is rotated.
pub(super) fn rotated(draft: &mut Draft, pair: &Pair) -> Result<()> {
    let mut cases = chapter(draft, "talking");
    let Pair { alice, bob, .. } = pair;
    cases.reject(
        "An account is rotated: its device goes on under the new account, and lists of the old one are refused",
        &["R-IDN-5", "R-IDN-6", "R-SES-12"],
        ("the list is of a retired account", "account-retired"),
        |scene| {
            let seed = [0x77; 32];
            let moved = pair.bob_moved(scene, seed)?;
            let rotation = pair.of_bob.rotation(seed, &moved.certificate, scene.now);
            let made = scene.script.ok(rotation)?;
            let arguments = json!({
                "account": bob.account, "rotation": made["rotation"], "list": made["list"],
            });
            let got = scene.run("party.follow", alice, arguments)?;
            expect(&got, &json!({ "account_id": moved.account, "missed": 0 }))?;
            let old = json!({ "list": pair.of_bob.next(&[], &[], scene.now).hex() });
            scene.run_refused("party.learn", alice, old, ErrorCode::AccountRetired)?;
            scene.run("party.learn", &moved, json!({ "list": made["list"] }))?;
            scene.learn(&moved, &pair.of_alice)?;
            scene.initiate(&moved, alice, &alice.last_resort(), 1)?;
            let (_, first) = scene.control(&moved, alice, 5, (json!(null), json!(null)))?;
            let got = scene.receive(alice, &first)?;
            expect(&got, &json!({ "account": moved.account, "kind": 5 }))
        },
    )
}
