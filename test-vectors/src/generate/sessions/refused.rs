//! The look-ups of R-HS-4, in their order.

use anyhow::Result;
use serde_json::json;
use twotick_wire::ErrorCode;

use super::pair::{Pair, chapter};
use crate::generate::Draft;
use crate::generate::hostile::{altered, replaced, turned, turned_body};
use crate::generate::people::{DAY, HOUR, START, bytes, publish};
use crate::generate::scene::Sent;

/// What the message claims about its sender.
pub(super) fn claims(draft: &mut Draft, (pair, first): &(Pair, Sent)) -> Result<()> {
    let mut cases = chapter(draft, "first");
    let Pair {
        alice, bob, spare, ..
    } = pair;
    let genuine = first.to(bob)?;
    let put = |certificate: &str| replaced(&genuine, 3, &bytes::<264>(certificate));
    let as_spare = altered(&put(&spare.certificate)?, |letter| {
        letter.from = spare.device_id()
    })?;
    let to_spare = altered(&genuine, |letter| letter.to = spare.device_id())?;
    let mut longer = bytes::<264>(&alice.certificate);
    longer[127] ^= 1;
    let renewed = replaced(&genuine, 3, &longer)?;
    let rows = [
        (
            "A first message claims to come from the device that receives it",
            ("the certificate is the receiver's own", "own-device"),
            put(&bob.certificate)?,
            ErrorCode::OwnDevice,
        ),
        (
            "A first message carries the certificate of another device than the one it is from",
            (
                "the certificate is that of another device of the account",
                "wrong-device",
            ),
            put(&spare.certificate)?,
            ErrorCode::WrongDevice,
        ),
        (
            "A first message for another device is delivered to this one",
            ("the receiving device is another", "wrong-device"),
            to_spare,
            ErrorCode::WrongDevice,
        ),
        (
            "A first message comes from a device that the account does not list",
            ("the sending device is in no list", "listed-anywhere"),
            as_spare,
            ErrorCode::NotInDeviceList,
        ),
        (
            "A first message carries another certificate of the listed device",
            (
                "one bit of the certificate's validity is turned",
                "certificate-listed",
            ),
            renewed,
            ErrorCode::NotInDeviceList,
        ),
    ];
    for (title, defect, envelope, code) in rows {
        cases.reject(title, &["R-HS-4", "R-LST-2"], defect, |scene| {
            scene.refuse(bob, &envelope, code)
        })?;
    }
    Ok(())
}

/// Generation and prekeys.
pub(super) fn prekeys(draft: &mut Draft, (pair, first): &(Pair, Sent)) -> Result<()> {
    let mut cases = chapter(draft, "first");
    let bob = &pair.bob;
    let genuine = first.to(bob)?;
    let rows = [
        (
            "A first message jumps over more generations than allowed",
            &["R-HS-4"][..],
            ("the generation is 65,537", "generation-jump"),
            replaced(&genuine, 267, &65_537_u32.to_be_bytes())?,
            ErrorCode::GenerationTooFar,
        ),
        (
            "A first message of the highest allowed generation is looked at, and does not open, as the transcript differs",
            &["R-HS-4", "R-HS-2"][..],
            ("the generation is 65,536", "transcript-generation"),
            replaced(&genuine, 267, &65_536_u32.to_be_bytes())?,
            ErrorCode::Undecryptable,
        ),
        (
            "A first message has generation 0",
            &["R-HS-1"][..],
            ("the generation is 0", "generation-zero"),
            replaced(&genuine, 267, &[0; 4])?,
            ErrorCode::InvalidValue,
        ),
        (
            "A first message names a signed prekey that is not here",
            &["R-HS-4"][..],
            (
                "one bit of the signed prekey id is turned",
                "unknown-signed-prekey",
            ),
            turned(&genuine, 271)?,
            ErrorCode::UnknownSignedPrekey,
        ),
        (
            "A first message names a one-time prekey that is not here",
            &["R-HS-4"][..],
            (
                "one bit of the one-time prekey id is turned",
                "unknown-one-time-prekey",
            ),
            turned(&genuine, 287)?,
            ErrorCode::UnknownOneTimePrekey,
        ),
    ];
    for (title, requirements, defect, envelope, code) in rows {
        cases.reject(title, requirements, defect, |scene| {
            scene.refuse(bob, &envelope, code)
        })?;
    }
    Ok(())
}

/// Prekeys that were used, and the budget.
pub(super) fn spent(draft: &mut Draft, (pair, first): &(Pair, Sent)) -> Result<()> {
    let mut cases = chapter(draft, "first");
    let Pair { alice, bob, .. } = pair;
    cases.reject(
        "A one-time prekey is used a second time",
        &["R-HS-5", "R-PRE-1"],
        (
            "the bundle's one-time prekey was used before",
            "one-time-prekey-erased",
        ),
        |scene| {
            scene.deliver(first, bob)?;
            scene.initiate(alice, bob, &bob.bundle(0), 2)?;
            let again = scene.send(alice, bob, "again")?;
            scene.refuse(bob, &again.to(bob)?, ErrorCode::UnknownOneTimePrekey)
        },
    )?;
    cases.reject(
        "The signed prekey's private key is not kept for longer than 30 days",
        &["R-PRE-3", "R-HS-4"],
        ("the message is 30 days late", "signed-prekey-age"),
        |scene| {
            scene.now = START + 30 * DAY + 1;
            scene.refuse(bob, &first.to(bob)?, ErrorCode::UnknownSignedPrekey)?;
            scene.now -= 1;
            scene.deliver(first, bob)?;
            Ok(())
        },
    )?;
    cases.reject(
        "Eight forged first messages use up the budget: a ninth handshake has to wait five minutes",
        &["R-HS-7", "R-HS-4"],
        (
            "eight handshakes of the device failed at that time",
            "handshake-budget",
        ),
        |scene| {
            let forged = turned_body(&first.to(bob)?)?;
            for _ in 0..8 {
                scene.refuse(bob, &forged, ErrorCode::Undecryptable)?;
            }
            scene.refuse(bob, &first.to(bob)?, ErrorCode::TooManyHandshakes)?;
            scene.pass(300);
            scene.deliver(first, bob)?;
            Ok(())
        },
    )
}

/// Handshakes without a one-time prekey, accepted before.
pub(super) fn replayed(draft: &mut Draft, (pair, first): &(Pair, Sent)) -> Result<()> {
    let mut cases = chapter(draft, "last resort");
    let Pair { alice, bob, .. } = pair;
    cases.reject(
        "A first message without a one-time prekey is replayed after its session is gone",
        &["R-HS-6", "R-HS-4"],
        ("the handshake was accepted before", "replay-set"),
        |scene| {
            scene.deliver(first, bob)?;
            scene.initiate(alice, bob, &bob.last_resort(), 2)?;
            scene.talk(alice, bob, "again")?;
            scene.pass(72 * HOUR + 1);
            scene.run("party.expire", bob, json!({}))?;
            scene.refuse(bob, &first.to(bob)?, ErrorCode::InitialMessageReplayed)?;
            scene.restart(bob)?;
            scene.refuse(bob, &first.to(bob)?, ErrorCode::InitialMessageReplayed)?;
            scene.talk(bob, alice, "answer")?;
            Ok(())
        },
    )
}

/// Lists and certificates that have ended.
pub(super) fn in_time(draft: &mut Draft, pair: &Pair) -> Result<()> {
    let mut cases = chapter(draft, "strangers");
    let Pair { alice, bob, .. } = pair;
    cases.reject(
        "A device is not met for the first time from a list that has expired",
        &["R-LST-5", "R-HS-4"],
        ("the list of the sender's account has expired", "list-stale"),
        |scene| {
            scene.now = START + 20 * DAY;
            let fresh = publish(scene.script, bob, (true, 0), scene.now)?;
            scene.pass(DAY);
            scene.initiate(alice, bob, &fresh.last_resort(), 1)?;
            let sent = scene.send(alice, bob, "late")?;
            scene.now = START + 35 * DAY + 1;
            scene.refuse(bob, &sent.to(bob)?, ErrorCode::DeviceListStale)?;
            scene.learn(bob, &pair.of_alice.next(&[], &[], scene.now))?;
            scene.deliver(&sent, bob)?;
            Ok(())
        },
    )?;
    cases.reject(
        "A certificate is verified when its device is met for the first time",
        &["R-HS-4", "R-IDN-3"],
        (
            "the sender's certificate has expired",
            "certificate-validity-on-first-use",
        ),
        |scene| {
            scene.now = START + 364 * DAY;
            let lists = [
                pair.of_alice.next(&[], &[], scene.now),
                pair.of_bob.next(&[], &[], scene.now),
            ];
            for party in [alice, bob] {
                for list in &lists {
                    scene.learn(party, list)?;
                }
            }
            let fresh = publish(scene.script, bob, (true, 0), scene.now)?;
            scene.initiate(alice, bob, &fresh.last_resort(), 1)?;
            let sent = scene.send(alice, bob, "late")?;
            scene.now = START + 365 * DAY + 1;
            scene.refuse(bob, &sent.to(bob)?, ErrorCode::Expired)?;
            scene.now -= 1;
            scene.deliver(&sent, bob)?;
            Ok(())
        },
    )
}
