//! First messages of a conversation.

use anyhow::{Result, ensure};
use serde_json::json;
use twotick_wire::ErrorCode;

use super::friends::{Friends, deliver_to, reset};
use crate::generate::hostile::is_initial;
use crate::generate::people::{DAY, HOUR, START, publish};
use crate::generate::scene::{Chapter, Sent, expect_equal};

/// The first message, as it should be and not.
pub(super) fn first(cases: &mut Chapter<'_>, (friends, hello): (&Friends, &Sent)) -> Result<()> {
    let Friends { a1, b1, b2, .. } = friends;
    cases.accept(
        "The first message is repeated for each device until that device has answered",
        &["R-SES-8"],
        |scene| {
            scene.deliver(hello, b1)?;
            reset(scene, b1, a1)?;
            let second = scene.send(a1, b1, "second")?;
            ensure!(!is_initial(&second.to(b1)?)? && is_initial(&second.to(b2)?)?);
            deliver_to(scene, &second, &[b1, b2])?;
            scene.deliver(hello, b2)?;
            Ok(())
        },
    )?;
    cases.reject(
        "A first message arrives twice, before and after a restart",
        &["R-HS-4", "R-DR-3"],
        ("the message was opened before", "key-consumed"),
        |scene| {
            scene.deliver(hello, b1)?;
            scene.refuse(b1, &hello.to(b1)?, ErrorCode::KeyConsumed)?;
            scene.restart(b1)?;
            scene.refuse(b1, &hello.to(b1)?, ErrorCode::KeyConsumed)?;
            reset(scene, b1, a1)?;
            Ok(())
        },
    )
}

/// Prekeys, used and renewed.
pub(super) fn prekeys(cases: &mut Chapter<'_>, (friends, hello): (&Friends, &Sent)) -> Result<()> {
    let Friends { a1, a2, b1, b2, .. } = friends;
    cases.reject(
        "The relay hands out a one-time prekey twice: the second handshake is refused, the last resort works",
        &["R-HS-5", "R-PRE-1"],
        ("the one-time prekey was used before", "one-time-prekey-erased"),
        |scene| {
            scene.deliver(hello, b1)?;
            scene.initiate(a2, b1, &b1.bundle(0), 1)?;
            let null = || (json!(null), json!(null));
            let (_, envelope) = scene.control(a2, b1, 5, null())?;
            scene.refuse(b1, &envelope, ErrorCode::UnknownOneTimePrekey)?;
            scene.initiate(a2, b1, &b1.last_resort(), 2)?;
            reset(scene, a2, b1)?;
            Ok(())
        },
    )?;
    cases.reject(
        "A handshake of last resort is replayed when its session is gone",
        &["R-HS-6", "R-SES-5"],
        ("the handshake was accepted before", "replay-set"),
        |scene| {
            scene.deliver(hello, b2)?;
            scene.initiate(a1, b2, &b2.last_resort(), 2)?;
            reset(scene, a1, b2)?;
            scene.pass(72 * HOUR + 1);
            scene.run("party.expire", b2, json!({}))?;
            scene.refuse(b2, &hello.to(b2)?, ErrorCode::InitialMessageReplayed)?;
            let got = reset(scene, b2, a1)?;
            expect_equal("generation", &got["generation"], &json!(2))
        },
    )?;
    cases.reject(
        "A signed prekey is renewed while a message is in flight, which opens until the old key is gone",
        &["R-PRE-3", "R-HS-4"],
        ("the message for one device is 30 days late", "signed-prekey-age"),
        |scene| {
            scene.pass(7 * DAY);
            let renewed = publish(scene.script, b2, (true, 0), scene.now)?;
            scene.deliver(hello, b2)?;
            scene.now = START + 30 * DAY + 1;
            scene.refuse(b1, &hello.to(b1)?, ErrorCode::UnknownSignedPrekey)?;
            scene.run("party.expire", b2, json!({}))?;
            reset(scene, b2, a1)?;
            ensure!(renewed.signed_prekey != b2.signed_prekey);
            Ok(())
        },
    )
}

/// Both begin.
pub(super) fn crossing(cases: &mut Chapter<'_>, (friends, hello): (&Friends, &Sent)) -> Result<()> {
    let Friends { a1, b1, .. } = friends;
    cases.accept(
        "Both begin at once: the messages cross, and both end up in one session",
        &["R-SES-4", "R-SES-2"],
        |scene| {
            scene.initiate(b1, a1, &a1.last_resort(), 1)?;
            let null = || (json!(null), json!(null));
            let (_, crossing) = scene.control(b1, a1, 5, null())?;
            scene.receive(a1, &crossing)?;
            scene.deliver(hello, b1)?;
            let current = |seen: serde_json::Value| seen["sessions"][0]["session_id"].clone();
            let ours = current(scene.peek(a1, b1)?);
            let theirs = current(scene.peek(b1, a1)?);
            expect_equal("current session", &ours, &theirs)?;
            reset(scene, a1, b1)?;
            reset(scene, b1, a1)?;
            Ok(())
        },
    )
}
