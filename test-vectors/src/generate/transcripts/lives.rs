//! Devices that stop and start, are copied, come and go.

use anyhow::Result;
use serde_json::json;
use twotick_wire::ErrorCode;

use super::friends::{Friends, deliver_to, reset};
use crate::generate::people::publish;
use crate::generate::scene::{Chapter, expect, expect_equal};

/// What is stored is all there is.
pub(super) fn stored(cases: &mut Chapter<'_>, friends: &Friends) -> Result<()> {
    let Friends { a1, b1, .. } = friends;
    cases.accept(
        "Both ends stop and start again after every step",
        &["R-STO-2", "R-DR-3"],
        |scene| {
            let late = scene.send(a1, b1, "late")?;
            for (from, to) in [(a1, b1), (b1, a1), (a1, b1)] {
                scene.restart(from)?;
                let sent = scene.send(from, to, "stored")?;
                scene.restart(to)?;
                scene.deliver(&sent, to)?;
                scene.restart(to)?;
            }
            scene.deliver(&late, b1)?;
            Ok(())
        },
    )?;
    cases.accept(
        "A process stops after storing and before sending: the number is skipped, nothing is sealed twice",
        &["R-STO-3", "R-STO-1"],
        |scene| {
            scene.send(a1, b1, "never handed to the relay")?;
            scene.restart(a1)?;
            let got = scene.talk(a1, b1, "next")?;
            expect_equal("sequence", &got["sequence"], &json!(2))?;
            scene.talk(b1, a1, "on")?;
            Ok(())
        },
    )
}

/// Copies of a device's state.
pub(super) fn copies(cases: &mut Chapter<'_>, friends: &Friends) -> Result<()> {
    let Friends { a1, b1, .. } = friends;
    cases.reject(
        "A device is rolled back and seals under numbers that were used: the receiver notices the clone, and it heals",
        &["R-SES-11", "R-DR-5", "R-SES-9"],
        ("the sender's state is an older copy", "key-consumed"),
        |scene| {
            scene.talk(b1, a1, "before")?;
            scene.talk(a1, b1, "turn")?;
            scene.save(a1, "old")?;
            scene.talk(a1, b1, "after the copy was made")?;
            scene.restore(a1, "old")?;
            let cloned = scene.send(a1, b1, "under a used number")?;
            scene.refuse(b1, &cloned.to(b1)?, ErrorCode::KeyConsumed)?;
            scene.recover((b1, a1), &cloned.id, "undecryptable", "retry")?;
            let (_, request) = scene.control(b1, a1, 4, (json!(null), json!([cloned.id])))?;
            scene.receive(a1, &request)?;
            scene.talk(a1, b1, "in a new chain")?;
            Ok(())
        },
    )?;
    cases.reject(
        "A device is rolled back by two sessions and starts an old generation: refused, reset, healed",
        &["R-SES-4", "R-SES-11", "R-SES-9"],
        ("the initiator's state is an older copy", "stale-generation"),
        |scene| {
            scene.save(a1, "old")?;
            scene.initiate(a1, b1, &b1.last_resort(), 2)?;
            scene.initiate(a1, b1, &b1.last_resort(), 3)?;
            reset(scene, a1, b1)?;
            scene.restore(a1, "old")?;
            scene.initiate(a1, b1, &b1.last_resort(), 2)?;
            let stale = scene.send(a1, b1, "of generation 2")?;
            scene.refuse(b1, &stale.to(b1)?, ErrorCode::StaleGeneration)?;
            scene.recover((b1, a1), &stale.id, "stale", "reset")?;
            scene.initiate(b1, a1, &a1.last_resort(), 4)?;
            reset(scene, b1, a1)?;
            let got = scene.talk(a1, b1, "healed")?;
            expect_equal("generation", &got["generation"], &json!(4))
        },
    )?;
    thief(cases, friends)
}

/// A copy in other hands.
fn thief(cases: &mut Chapter<'_>, friends: &Friends) -> Result<()> {
    let Friends { a1, b1, .. } = friends;
    cases.reject(
        "A thief copies a device: it reads along until a round trip is complete, and nothing after it",
        &["R-DR-11", "R-DR-3"],
        (
            "the reader's state is a copy from before a round trip",
            "root-step-dh",
        ),
        |scene| {
            scene.save(b1, "stolen")?;
            let mut thief = b1.clone();
            thief.name = "thief".into();
            scene.restore(&thief, "stolen")?;
            let known = scene.send(a1, b1, "before the round trip")?;
            deliver_to(scene, &known, &[b1, &thief])?;
            scene.talk(b1, a1, "the round trip begins")?;
            let secret = scene.send(a1, b1, "after it")?;
            scene.refuse(&thief, &secret.to(b1)?, ErrorCode::Undecryptable)?;
            scene.deliver(&secret, b1)?;
            Ok(())
        },
    )
}

/// Devices that are added and revoked.
pub(super) fn devices(cases: &mut Chapter<'_>, friends: &Friends) -> Result<()> {
    let Friends { a1, a2, b1, b2, .. } = friends;
    cases.reject(
        "A device is revoked: what it sends is refused, the other devices go on without it",
        &["R-LST-7", "R-MSG-5"],
        ("the sending device was revoked", "require-listed"),
        |scene| {
            let late = scene.send(a2, b1, "from the device that is lost")?;
            let list = friends.of_alice.next(&[], &[&a2.id], scene.now);
            for party in [a1, b1, b2] {
                scene.learn(party, &list)?;
            }
            scene.refuse(b1, &late.to(b1)?, ErrorCode::NotInDeviceList)?;
            scene.refuse(a1, &late.to(a1)?, ErrorCode::NotInDeviceList)?;
            let sent = scene.send(b1, a1, "without it")?;
            expect_equal("copies", &json!(sent.to(a2).is_err()), &json!(true))?;
            deliver_to(scene, &sent, &[a1, b2])
        },
    )?;
    cases.reject(
        "A device is linked later: it needs a session, and reads from then on",
        &["R-MSG-5", "R-LNK-5", "R-LST-6"],
        ("the new device has no session", "device-set"),
        |scene| {
            let (third, list) = friends.third(scene)?;
            let mut third = publish(scene.script, &third, (true, 0), scene.now)?;
            third.head = list.head();
            scene.learn(&third, &list)?;
            scene.learn(&third, &friends.of_bob)?;
            scene.learn(a1, &list)?;
            let early = json!({
                "account": b1.account, "content": "00", "receipts": false, "sent_at": "1",
            });
            scene.run_refused("message.send", a1, early, ErrorCode::NoSession)?;
            scene.initiate(a1, &third, &third.last_resort(), 1)?;
            let sent = scene.send(a1, b1, "to everybody")?;
            let got = scene.deliver(&sent, b1)?;
            expect(&got["heads"], &json!({ "sender": "newer" }))?;
            deliver_to(scene, &sent, &[b2, a2, &third])
        },
    )
}
