//! `receipts_state.json`: what a sender makes of the receipts that arrive (SPEC 14.1).

use anyhow::{Context, Result};
use serde_json::{Value, json};
use twotick_wire::ErrorCode;

use super::Draft;
use super::pair::{self, Pair, chapter};
use super::people::DAY;
use super::scene::{Scene, Sent, expect};
use crate::case::VectorFile;

/// The file.
pub(super) fn make() -> Result<VectorFile> {
    let mut draft = Draft::new(
        "receipts_state",
        "Receipts made from a message's key and applied by its sender",
    );
    let talking = pair::talking(&mut draft)?;
    grown(&mut draft, &talking)?;
    refused(&mut draft, &talking)?;
    Ok(draft.finish())
}

/// A receipt as alice's account makes it for a message that bob sent, with what is given in place of the right values.
fn receipt(scene: &mut Scene<'_>, pair: &Pair, sent: &Sent, (state, instead): (u8, Value)) -> Result<String> {
    let mut operation = json!({
        "op": "receipt.make", "receipt_key": sent.answer["receipt_key"], "state": state,
        "message_id": sent.id, "recipient_account": pair.alice.account,
    });
    for (name, value) in instead.as_object().into_iter().flatten() {
        operation[name] = value.clone();
    }
    let made = scene.script.ok(operation)?;
    made["receipt"].as_str().map(str::to_owned).context("no receipt")
}

fn arguments(pair: &Pair, receipt: &str) -> Value {
    json!({ "account": pair.alice.account, "receipt": receipt })
}

fn apply(scene: &mut Scene<'_>, pair: &Pair, receipt: &str, (reached, changed): (u8, bool)) -> Result<()> {
    let got = scene.run("receipt.apply", &pair.bob, arguments(pair, receipt))?;
    expect(&got, &json!({ "reached": reached, "changed": changed }))
}

fn refuse(scene: &mut Scene<'_>, pair: &Pair, receipt: &str) -> Result<()> {
    let arguments = arguments(pair, receipt);
    scene.run_refused("receipt.apply", &pair.bob, arguments, ErrorCode::BadReceipt)
}

fn delivered(scene: &mut Scene<'_>, pair: &Pair) -> Result<Sent> {
    let sent = scene.send(&pair.bob, &pair.alice, "with receipts")?;
    let got = scene.deliver(&sent, &pair.alice)?;
    expect(&got, &json!({ "receipt_key": sent.answer["receipt_key"] }))?;
    Ok(sent)
}

fn grown(draft: &mut Draft, pair: &Pair) -> Result<()> {
    let mut cases = chapter(draft, "talking");
    cases.accept(
        "A message is delivered, then read",
        &["R-RCP-2", "R-RCP-3"],
        |scene| {
            let sent = delivered(scene, pair)?;
            for state in [1, 2] {
                let receipt = receipt(scene, pair, &sent, (state, Value::Null))?;
                apply(scene, pair, &receipt, (state, true))?;
            }
            Ok(())
        },
    )?;
    cases.accept(
        "Read implies delivered: no receipt of delivery needs to come before",
        &["R-RCP-2"],
        |scene| {
            let sent = delivered(scene, pair)?;
            let read = receipt(scene, pair, &sent, (2, Value::Null))?;
            apply(scene, pair, &read, (2, true))
        },
    )?;
    cases.accept(
        "A receipt that arrives twice changes nothing the second time, after a restart too",
        &["R-RCP-2", "R-STO-2"],
        |scene| {
            let sent = delivered(scene, pair)?;
            let receipt = receipt(scene, pair, &sent, (1, Value::Null))?;
            apply(scene, pair, &receipt, (1, true))?;
            scene.restart(&pair.bob)?;
            apply(scene, pair, &receipt, (1, false))
        },
    )?;
    cases.accept("The receipt key is kept for 30 days", &["R-RCP-3"], |scene| {
        let sent = delivered(scene, pair)?;
        let receipt = receipt(scene, pair, &sent, (1, Value::Null))?;
        scene.pass(30 * DAY - 1);
        apply(scene, pair, &receipt, (1, true))
    })
}

fn refused(draft: &mut Draft, pair: &Pair) -> Result<()> {
    let mut cases = chapter(draft, "talking");
    let rows = [
        (
            "A receipt made for another account",
            "the tag is over the sender's own account",
            json!({ "recipient_account": pair.bob.account }),
        ),
        (
            "A receipt made with another key",
            "the key is another",
            json!({ "receipt_key": hex::encode([1; 16]) }),
        ),
        (
            "A receipt for a message that was never sent",
            "the message id is unknown",
            json!({ "message_id": hex::encode([1; 16]) }),
        ),
    ];
    for (title, defect, instead) in rows {
        let kills = if defect.ends_with("unknown") {
            "receipt-known"
        } else {
            "receipt-tag"
        };
        cases.reject(title, &["R-RCP-1"], (defect, kills), |scene| {
            let sent = delivered(scene, pair)?;
            let forged = receipt(scene, pair, &sent, (1, instead))?;
            refuse(scene, pair, &forged)?;
            let genuine = receipt(scene, pair, &sent, (1, Value::Null))?;
            apply(scene, pair, &genuine, (1, true))
        })?;
    }
    for (title, defect, offset, bit) in [
        (
            "A receipt of delivery is passed off as one of reading",
            "the state is 2 in place of 1",
            2,
            3,
        ),
        (
            "A receipt whose tag differs",
            "one bit of the tag is turned",
            34,
            1,
        ),
    ] {
        cases.reject(title, &["R-RCP-1"], (defect, "receipt-tag"), |scene| {
            let sent = delivered(scene, pair)?;
            let genuine = receipt(scene, pair, &sent, (1, Value::Null))?;
            let mut forged = hex::decode(&genuine)?;
            forged[offset] ^= bit;
            refuse(scene, pair, &hex::encode(forged))?;
            apply(scene, pair, &genuine, (1, true))
        })?;
    }
    kept(&mut cases, pair)
}

fn kept(cases: &mut super::scene::Chapter<'_>, pair: &Pair) -> Result<()> {
    cases.reject(
        "A receipt is moved to another message",
        &["R-RCP-1"],
        ("the message id is that of another message", "receipt-tag"),
        |scene| {
            let (one, other) = (delivered(scene, pair)?, delivered(scene, pair)?);
            let genuine = receipt(scene, pair, &one, (2, Value::Null))?;
            let mut moved = hex::decode(&genuine)?;
            moved[3..19].copy_from_slice(&hex::decode(&other.id)?);
            refuse(scene, pair, &hex::encode(moved))?;
            apply(scene, pair, &genuine, (2, true))
        },
    )?;
    cases.reject(
        "A receipt for a message that asked for none",
        &["R-RCP-1", "R-RCP-3"],
        ("the message has no receipt key", "receipt-known"),
        |scene| {
            let (alice, bob) = (&pair.alice, &pair.bob);
            let sent = scene.send_to(bob, &alice.account, ("without receipts", false))?;
            expect(&sent.answer, &json!({ "receipt_key": null }))?;
            scene.deliver(&sent, alice)?;
            let key = json!({ "receipt_key": hex::encode([0; 16]) });
            let forged = receipt(scene, pair, &sent, (1, key))?;
            refuse(scene, pair, &forged)
        },
    )?;
    cases.reject(
        "A receipt of delivery arrives after that of reading, with which the key was given up",
        &["R-RCP-3"],
        ("the message was read before", "receipt-key-until-read"),
        |scene| {
            let sent = delivered(scene, pair)?;
            let read = receipt(scene, pair, &sent, (2, Value::Null))?;
            let late = receipt(scene, pair, &sent, (1, Value::Null))?;
            apply(scene, pair, &read, (2, true))?;
            refuse(scene, pair, &late)
        },
    )?;
    cases.reject(
        "A receipt arrives after its key was kept for 30 days",
        &["R-RCP-3"],
        ("the receipt is 30 days late", "receipt-key-age"),
        |scene| {
            let sent = delivered(scene, pair)?;
            let late = receipt(scene, pair, &sent, (1, Value::Null))?;
            scene.pass(30 * DAY + 1);
            refuse(scene, pair, &late)
        },
    )
}
