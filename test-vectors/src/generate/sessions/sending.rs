//! Sending without a session, and starting one with a device that may not be written to.

use anyhow::Result;
use serde_json::{Value, json};
use twotick_wire::ErrorCode;

use super::pair::{Pair, chapter};
use crate::generate::Draft;
use crate::generate::people::{DAY, Party, START, publish};
use crate::generate::scene::Sent;

fn message(to: &Party) -> Value {
    json!({ "account": to.account, "content": "00", "receipts": false, "sent_at": "1" })
}

fn control(to: &Party) -> Value {
    json!({ "account": to.account, "device": to.id, "kind": 5, "content": null, "message_ids": null })
}

/// Before anything was said.
pub(super) fn strangers(draft: &mut Draft, pair: &Pair) -> Result<()> {
    let mut cases = chapter(draft, "strangers");
    let Pair { alice, bob, .. } = pair;
    cases.reject(
        "Nothing is sealed for a device without a session",
        &["R-SES-3", "R-MSG-5"],
        ("there is no session", "device-set"),
        |scene| {
            scene.run_refused("message.send", alice, message(bob), ErrorCode::NoSession)?;
            scene.initiate(alice, bob, &bob.last_resort(), 1)?;
            scene.talk(alice, bob, "first")?;
            Ok(())
        },
    )?;
    cases.reject(
        "A device opens no session with itself",
        &["R-PRE-4"],
        ("the bundle is the device's own", "bundle-own-device"),
        |scene| {
            let arguments = json!({ "account": alice.account, "bundle": alice.last_resort() });
            scene.run_refused("session.initiate", alice, arguments, ErrorCode::OwnDevice)
        },
    )?;
    cases.reject(
        "No session is opened with a device for the first time from a list that has expired",
        &["R-LST-5"],
        (
            "the list of the device's account has expired",
            "list-stale-initiate",
        ),
        |scene| {
            scene.now = START + 30 * DAY;
            let fresh = publish(scene.script, bob, (true, 0), scene.now)?;
            scene.now = START + 35 * DAY + 1;
            let arguments = json!({ "account": bob.account, "bundle": fresh.last_resort() });
            scene.run_refused("session.initiate", alice, arguments, ErrorCode::DeviceListStale)?;
            scene.now -= 1;
            scene.initiate(alice, bob, &fresh.last_resort(), 1)
        },
    )?;
    cases.reject(
        "No session is opened with a device that its account does not list",
        &["R-PRE-4", "R-LST-2"],
        ("the bundle is of a device that was replaced", "listed-anywhere"),
        |scene| {
            let (_, list) = pair.replace_bob(scene)?;
            scene.learn(alice, &list)?;
            let arguments = json!({ "account": bob.account, "bundle": bob.last_resort() });
            scene.run_refused("session.initiate", alice, arguments, ErrorCode::NotInDeviceList)
        },
    )
}

/// After a first message that nobody answers.
pub(super) fn unanswered(draft: &mut Draft, (pair, _): &(Pair, Sent)) -> Result<()> {
    let mut cases = chapter(draft, "first");
    let Pair { alice, bob, .. } = pair;
    cases.reject(
        "Nothing more is sealed in a session that was not answered for over 30 days",
        &["R-SES-3"],
        ("the session is 30 days and a second old", "session-unanswered"),
        |scene| {
            scene.now = START + 30 * DAY;
            scene.control(alice, bob, 5, (Value::Null, Value::Null))?;
            scene.pass(1);
            scene.run_refused(
                "message.control",
                alice,
                control(bob),
                ErrorCode::SessionUnanswered,
            )?;
            let fresh = publish(scene.script, bob, (true, 0), scene.now)?;
            scene.initiate(alice, bob, &fresh.last_resort(), 2)?;
            scene.talk(alice, bob, "again")?;
            Ok(())
        },
    )?;
    cases.reject(
        "A message needs a new session where the last one was not answered for over 30 days",
        &["R-SES-3", "R-MSG-5"],
        ("the session is 30 days and a second old", "session-unanswered"),
        |scene| {
            scene.now = START + 30 * DAY + 1;
            scene.run_refused("message.send", alice, message(bob), ErrorCode::NoSession)
        },
    )
}
