//! Device lists between sessions: heads in payloads, devices replaced, lists that have ended.

use anyhow::Result;
use serde_json::json;
use twotick_wire::ErrorCode;

use super::pair::{Pair, chapter};
use crate::generate::Draft;
use crate::generate::people::{DAY, Party, START};
use crate::generate::scene::{Scene, expect_equal};

/// The heads that the receiver of bob's next message reports.
fn heads(scene: &mut Scene<'_>, pair: &Pair, sender: &str, own: &str) -> Result<()> {
    let got = scene.talk(&pair.bob, &pair.alice, "with list heads")?;
    expect_equal("heads", &got["heads"], &json!({ "sender": sender, "own": own }))
}

/// R-LST-6.
pub(super) fn heads_cases(draft: &mut Draft, pair: &Pair) -> Result<()> {
    let mut cases = chapter(draft, "talking");
    let Pair { alice, bob, .. } = pair;
    cases.accept(
        "The sender's list is newer than the one known: reported with the message, until it is learnt",
        &["R-LST-6"],
        |scene| {
            let newer = pair.of_bob.next(&[], &[], scene.now);
            scene.learn(bob, &newer)?;
            heads(scene, pair, "newer", "same")?;
            scene.learn(alice, &newer)?;
            heads(scene, pair, "same", "same")
        },
    )?;
    cases.accept(
        "The sender shows another list of the same epoch: a fork is reported with the message",
        &["R-LST-6"],
        |scene| {
            let (one, other) = (
                pair.of_bob.next(&[], &[], scene.now),
                pair.of_bob.next(&[], &[], scene.now + 1),
            );
            scene.learn(bob, &one)?;
            scene.learn(alice, &other)?;
            heads(scene, pair, "fork", "same")
        },
    )?;
    cases.accept(
        "The sender has an older list of the receiver's account than the receiver",
        &["R-LST-6"],
        |scene| {
            scene.learn(alice, &pair.of_alice.next(&[], &[], scene.now))?;
            heads(scene, pair, "same", "older")
        },
    )?;
    cases.accept(
        "The sender has seen a newer list of the receiver's account than the receiver has made or seen",
        &["R-LST-6"],
        |scene| {
            scene.learn(bob, &pair.of_alice.next(&[], &[], scene.now))?;
            heads(scene, pair, "same", "newer")
        },
    )?;
    cases.accept(
        "The sender has seen another list of the receiver's account: a fork of one's own list",
        &["R-LST-6"],
        |scene| {
            scene.learn(alice, &pair.of_alice.next(&[], &[], scene.now))?;
            scene.learn(bob, &pair.of_alice.next(&[], &[], scene.now + 1))?;
            heads(scene, pair, "same", "fork")
        },
    )
}

/// A device that was replaced.
pub(super) fn revoked(draft: &mut Draft, pair: &Pair) -> Result<()> {
    let mut cases = chapter(draft, "talking");
    let Pair { alice, bob, .. } = pair;
    cases.reject(
        "From the adoption of a list without it on, messages of a device are refused",
        &["R-LST-7", "R-LST-2"],
        ("the sending device was revoked meanwhile", "require-listed"),
        |scene| {
            let in_time = scene.send(bob, alice, "in time")?;
            let late = scene.send(bob, alice, "late")?;
            scene.deliver(&in_time, alice)?;
            let (_, list) = pair.replace_bob(scene)?;
            scene.learn(alice, &list)?;
            scene.refuse(alice, &late.to(alice)?, ErrorCode::NotInDeviceList)
        },
    )?;
    cases.reject(
        "Nothing is sealed for a device that was revoked",
        &["R-LST-2", "R-MSG-5"],
        ("the receiving device was revoked", "seal-require-listed"),
        |scene| {
            let (_, list) = pair.replace_bob(scene)?;
            scene.learn(alice, &list)?;
            let arguments = reset(bob);
            scene.run_refused("message.control", alice, arguments, ErrorCode::NotInDeviceList)
        },
    )?;
    cases.reject(
        "A device that was added needs a session before anything is sent to its account",
        &["R-MSG-5"],
        ("a listed device has no session", "device-set"),
        |scene| {
            let (new, list) = pair.replace_bob(scene)?;
            scene.learn(alice, &list)?;
            let arguments = json!({
                "account": new.account, "content": "00", "receipts": false, "sent_at": "1",
            });
            scene.run_refused("message.send", alice, arguments, ErrorCode::NoSession)
        },
    )?;
    cases.reject(
        "A message of an account that was never learnt is refused",
        &["R-LST-2"],
        ("the sending device is in no list that is known", "require-listed"),
        |scene| {
            let sent = scene.send(bob, alice, "hello")?;
            let stranger = crate::generate::hostile::altered(&sent.to(alice)?, |letter| {
                letter.from = [7; 16];
            })?;
            scene.refuse(alice, &stranger, ErrorCode::NotInDeviceList)?;
            scene.deliver(&sent, alice)?;
            Ok(())
        },
    )
}

fn reset(to: &Party) -> serde_json::Value {
    json!({ "account": to.account, "device": to.id, "kind": 5, "content": null, "message_ids": null })
}

/// Lists that have ended.
pub(super) fn stale(draft: &mut Draft, pair: &Pair) -> Result<()> {
    let mut cases = chapter(draft, "talking");
    let Pair { alice, bob, .. } = pair;
    cases.accept(
        "Devices that were met keep their sessions when the lists have expired",
        &["R-LST-5"],
        |scene| {
            scene.now = START + 40 * DAY;
            scene.talk(alice, bob, "still")?;
            scene.talk(bob, alice, "here")?;
            Ok(())
        },
    )
}
