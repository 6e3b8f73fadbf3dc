//! What people do with it: receipts, retries, long texts, notes, typing.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use twotick_wire::ErrorCode;

use super::friends::{Friends, deliver_to, resend, say};
use crate::generate::hostile::altered;
use crate::generate::people::Party;
use crate::generate::scene::{Chapter, Scene, Sent, expect};

/// A receipt of bob's account for a message.
fn receipt(scene: &mut Scene<'_>, friends: &Friends, sent: &Sent, state: u8) -> Result<String> {
    let made = scene.script.ok(json!({
        "op": "receipt.make", "receipt_key": sent.answer["receipt_key"], "state": state,
        "message_id": sent.id, "recipient_account": friends.b1.account,
    }))?;
    made["receipt"].as_str().map(str::to_owned).context("no receipt")
}

fn apply(
    scene: &mut Scene<'_>,
    (party, bob): (&Party, &Party),
    receipt: &str,
    (reached, changed): (u8, bool),
) -> Result<()> {
    let arguments = json!({ "account": bob.account, "receipt": receipt });
    let got = scene.run("receipt.apply", party, arguments)?;
    expect(&got, &json!({ "reached": reached, "changed": changed }))
}

/// Ticks.
pub(super) fn receipts(cases: &mut Chapter<'_>, friends: &Friends) -> Result<()> {
    let Friends { a1, a2, b1, .. } = friends;
    cases.accept(
        "Delivered and read, on both devices of the sender",
        &["R-RCP-2", "R-RCP-3", "R-MSG-5"],
        |scene| {
            let sent = say(scene, friends, a1, "with receipts")?;
            let delivered = receipt(scene, friends, &sent, 1)?;
            let read = receipt(scene, friends, &sent, 2)?;
            for party in [a1, a2] {
                apply(scene, (party, b1), &delivered, (1, true))?;
                apply(scene, (party, b1), &delivered, (1, false))?;
                apply(scene, (party, b1), &read, (2, true))?;
            }
            Ok(())
        },
    )?;
    cases.reject(
        "The relay makes a tick of delivery one of reading; the genuine tick counts",
        &["R-RCP-1"],
        ("the state is 2 in place of 1", "receipt-tag"),
        |scene| {
            let sent = say(scene, friends, a1, "with receipts")?;
            let delivered = receipt(scene, friends, &sent, 1)?;
            let mut forged = hex::decode(&delivered)?;
            forged[2] = 2;
            let arguments = json!({ "account": b1.account, "receipt": hex::encode(forged) });
            scene.run_refused("receipt.apply", a1, arguments, ErrorCode::BadReceipt)?;
            apply(scene, (a1, b1), &delivered, (1, true))
        },
    )
}

/// Messages sent again.
pub(super) fn resends(cases: &mut Chapter<'_>, friends: &Friends) -> Result<()> {
    let Friends { a1, a2, b1, b2, .. } = friends;
    cases.reject(
        "A message is lost for two devices: each asks for it and gets it once",
        &["R-SES-10", "R-CON-4"],
        ("the message was sent again to the device before", "resend-once"),
        |scene| {
            let lost = scene.send(a1, b1, "lost for bob's second and alice's second")?;
            scene.deliver(&lost, b1)?;
            for party in [b2, a2] {
                let (_, request) = scene.control(party, a1, 4, (Value::Null, json!([lost.id])))?;
                let got = scene.receive(a1, &request)?;
                expect(&got, &json!({ "message_ids": [lost.id] }))?;
                let again = resend(scene, a1, &lost, party)?;
                let arguments =
                    json!({ "message_id": lost.id, "account": party.account, "device": party.id });
                scene.run_refused("message.resend", a1, arguments, ErrorCode::LimitReached)?;
                let got = scene.receive(party, &again)?;
                expect(&got, &json!({ "message_id": lost.id, "duplicate": false }))?;
            }
            Ok(())
        },
    )?;
    cases.reject(
        "A contact asks for notes that were never sent to it: they are not given out",
        &["R-SES-10"],
        ("the message was sent to own devices only", "resend-target"),
        |scene| {
            let notes = scene.send(a1, a2, "notes to self")?;
            let got = scene.deliver(&notes, a2)?;
            expect(&got, &json!({ "kind": 2, "recipient_account": a1.account }))?;
            let (_, request) = scene.control(b1, a1, 4, (Value::Null, json!([notes.id])))?;
            scene.receive(a1, &request)?;
            let arguments = json!({ "message_id": notes.id, "account": b1.account, "device": b1.id });
            scene.run_refused("message.resend", a1, arguments, ErrorCode::LimitReached)?;
            scene.talk(a1, b1, "but this")?;
            Ok(())
        },
    )
}

/// Kinds and sizes.
pub(super) fn kinds(cases: &mut Chapter<'_>, friends: &Friends) -> Result<()> {
    let Friends { a1, a2, b1, b2, .. } = friends;
    let hex = |text: &str| json!(hex::encode(text));
    cases.reject(
        "A long text goes in one shared body beside every copy; a spoilt one opens nowhere",
        &["R-MSG-1", "R-MSG-6", "R-MSG-3"],
        ("one bit of the body is turned", "body-hash-and-tag"),
        |scene| {
            let sent = scene.send(a1, b1, &"long ".repeat(70))?;
            let spoilt = altered(&sent.to(b2)?, |letter| letter.body[100] ^= 1)?;
            scene.refuse(b2, &spoilt, ErrorCode::Undecryptable)?;
            deliver_to(scene, &sent, &[b1, b2, a2])
        },
    )?;
    cases.accept(
        "Notes to self reach the other own device and nobody else",
        &["R-MSG-5", "R-CON-1"],
        |scene| {
            let notes = scene.send(a1, a2, "a note")?;
            scene.deliver(&notes, a2)?;
            let answer = scene.send(a2, a1, "another")?;
            scene.deliver(&answer, a1)?;
            Ok(())
        },
    )?;
    cases.accept(
        "A person goes on on the other device: sent copies keep both histories in step",
        &["R-MSG-5", "R-CON-6"],
        |scene| {
            say(scene, friends, a1, "from the first device")?;
            let sent = say(scene, friends, a2, "from the second device")?;
            expect(&sent.answer, &json!({ "lamport": "2", "sequence": 1 }))?;
            say(scene, friends, b2, "answer").map(drop)
        },
    )?;
    cases.accept(
        "Typing, device sync, and a deletion that wants no receipts",
        &["R-MSG-2", "R-CON-1"],
        |scene| {
            let (_, typing) = scene.control(b1, a1, 3, (hex("typing"), Value::Null))?;
            let got = scene.receive(a1, &typing)?;
            expect(
                &got,
                &json!({ "kind": 3, "content": hex("typing"), "link": null }),
            )?;
            let (_, sync) = scene.control(a1, a2, 6, (hex("read up to here"), Value::Null))?;
            let got = scene.receive(a2, &sync)?;
            expect(&got, &json!({ "kind": 6, "content": hex("read up to here") }))?;
            let sent = scene.send_to(a1, &b1.account, ("disappears in an hour", false))?;
            let got = scene.deliver(&sent, b1)?;
            expect(&got, &json!({ "receipt_key": null }))?;
            deliver_to(scene, &sent, &[b2, a2])
        },
    )
}
