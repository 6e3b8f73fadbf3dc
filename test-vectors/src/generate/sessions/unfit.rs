//! What is asked for or delivered and is no message: kinds and ids that do not go, nobody to write to, another object.

use anyhow::Result;
use serde_json::{Value, json};
use twotick_wire::ErrorCode::{DeviceListStale, InvalidValue, WrongObject};

use super::pair::{Pair, chapter};
use crate::generate::Draft;
use crate::generate::hostile::altered;
use crate::generate::people::{DAY, START};

/// The list of the only other device has ended, and the device was never met.
pub(super) fn withheld(draft: &mut Draft, pair: &Pair) -> Result<()> {
    let mut cases = chapter(draft, "strangers");
    let Pair { alice, bob, .. } = pair;
    cases.reject(
        "Nothing is sent if every device of a message is withheld",
        &["R-MSG-5", "R-LST-5"],
        (
            "the list of the only device has expired, and it was never met",
            "send-to-nobody",
        ),
        |scene| {
            scene.now = START + 35 * DAY + 1;
            let message =
                json!({ "account": bob.account, "content": "00", "receipts": false, "sent_at": "1" });
            scene.run_refused("message.send", alice, message, DeviceListStale)
        },
    )
}

/// Control messages that no receiver would take.
pub(super) fn controls(draft: &mut Draft, pair: &Pair) -> Result<()> {
    let mut cases = chapter(draft, "talking");
    let Pair { alice, bob, .. } = pair;
    let repeated = json!(["01".repeat(16), "01".repeat(16)]);
    let nine: Vec<_> = (1..=9).map(|number| format!("{number:02x}").repeat(16)).collect();
    let rows = [
        (
            "Content for one's own devices is not sealed for those of another account",
            "kind 6 goes to a device of another account",
            (6, json!("00"), Value::Null),
        ),
        (
            "A retry request for one message twice is not sealed",
            "both message ids are one",
            (4, Value::Null, repeated),
        ),
        (
            "A retry request for nine messages is not sealed",
            "there are nine message ids",
            (4, Value::Null, json!(nine)),
        ),
    ];
    for (title, defect, (kind, content, ids)) in rows {
        let arguments = json!({
            "account": bob.account, "device": bob.id, "kind": kind, "content": content, "message_ids": ids,
        });
        cases.reject(title, &["R-MSG-2"], (defect, "control-kind"), |scene| {
            scene.run_refused("message.control", alice, arguments, InvalidValue)
        })?;
    }
    Ok(())
}

/// An envelope with a message of another object.
pub(super) fn objects(draft: &mut Draft, pair: &Pair) -> Result<()> {
    let mut cases = chapter(draft, "talking");
    let Pair { alice, bob, .. } = pair;
    cases.reject(
        "A message that is neither an initial nor a ratchet message is refused",
        &["R-ENC-4"],
        (
            "the first byte of the message is a shared body's",
            "message-object",
        ),
        |scene| {
            let sent = scene.send(bob, alice, "hello")?;
            let other = altered(&sent.to(alice)?, |letter| letter.message[0] = 0x12)?;
            scene.refuse(alice, &other, WrongObject)?;
            scene.deliver(&sent, alice)?;
            Ok(())
        },
    )
}
