//! What order and loss do to a conversation.

use anyhow::Result;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::friends::{Friends, deliver_to, say};
use crate::generate::people::Party;
use crate::generate::scene::{Chapter, Scene, Sent, expect};

/// A message from each of three devices, none delivered.
fn written(scene: &mut Scene<'_>, friends: &Friends) -> Result<Vec<Sent>> {
    let Friends { a1, a2, b1, .. } = friends;
    Ok(vec![
        scene.send(a1, b1, "first of alice")?,
        scene.send(b1, a1, "first of bob")?,
        scene.send(a2, b1, "from alice's other device")?,
    ])
}

/// Every delivery of these messages.
fn deliveries<'a>(friends: &'a Friends, sent: &'a [Sent]) -> Vec<(&'a Sent, &'a Party)> {
    let to = |sent: &'a Sent| {
        let parties = friends.all().into_iter();
        parties
            .filter(|party| sent.to(party).is_ok())
            .map(move |party| (sent, party))
    };
    sent.iter().flat_map(to).collect()
}

/// A permutation that a seed stands for: by the hash of seed and place.
fn shuffled<T>(seed: u8, items: Vec<T>) -> Vec<T> {
    let mut keyed: Vec<_> = items
        .into_iter()
        .enumerate()
        .map(|(place, item)| (<[u8; 32]>::from(Sha256::digest([seed, place as u8])), item))
        .collect();
    keyed.sort_by_key(|(key, _)| *key);
    keyed.into_iter().map(|(_, item)| item).collect()
}

/// Nothing is lost.
pub(super) fn ordered(cases: &mut Chapter<'_>, friends: &Friends) -> Result<()> {
    let Friends { a1, b1, b2, .. } = friends;
    cases.accept(
        "A conversation in order: everybody writes, everybody reads",
        &["R-MSG-5", "R-CON-4", "R-DR-7"],
        |scene| {
            for (from, text) in [(a1, "one"), (b2, "two"), (b1, "three")] {
                say(scene, friends, from, text)?;
            }
            Ok(())
        },
    )?;
    cases.accept(
        "All deliveries in reverse order",
        &["R-DR-8", "R-CON-3"],
        |scene| {
            let sent = written(scene, friends)?;
            for (sent, party) in deliveries(friends, &sent).into_iter().rev() {
                scene.deliver(sent, party)?;
            }
            scene.talk(b1, a1, "on")?;
            Ok(())
        },
    )?;
    for (seed, title) in [
        (1, "All deliveries in a random order, first seed"),
        (2, "All deliveries in a random order, second seed"),
        (3, "All deliveries in a random order, third seed"),
    ] {
        cases.accept(title, &["R-DR-8", "R-CON-3", "R-CON-4"], |scene| {
            let sent = written(scene, friends)?;
            for (sent, party) in shuffled(seed, deliveries(friends, &sent)) {
                scene.deliver(sent, party)?;
            }
            scene.talk(a1, b1, "on")?;
            Ok(())
        })?;
    }
    Ok(())
}

/// Something is late, or lost.
pub(super) fn lost(cases: &mut Chapter<'_>, friends: &Friends) -> Result<()> {
    let Friends { a1, a2, b1, b2, .. } = friends;
    cases.accept(
        "A message to one device is lost for ever: this device reports it, the others do not",
        &["R-CON-4", "R-CON-3"],
        |scene| {
            say(scene, friends, a1, "opening")?;
            let lost = scene.send(a1, b1, "lost on the way to bob's second device")?;
            deliver_to(scene, &lost, &[a2, b1])?;
            let next = scene.send(a1, b1, "next")?;
            let got = scene.deliver(&next, b2)?;
            expect(
                &got["missing"],
                &json!({ "gaps": [[a1.id, 2, 2]], "unknown_parents": 1 }),
            )?;
            let got = scene.deliver(&next, b1)?;
            expect(&got["missing"], &json!({ "gaps": [], "unknown_parents": 0 }))?;
            let got = scene.talk(a1, b2, "still reported")?;
            expect(
                &got["missing"],
                &json!({ "gaps": [[a1.id, 2, 2]], "unknown_parents": 1 }),
            )
        },
    )?;
    for (title, turns) in [
        ("A message is late for one device, across one step", 1),
        ("A message is late for one device, across two steps", 2),
    ] {
        cases.accept(title, &["R-DR-8", "R-CON-4"], |scene| {
            let late = scene.send(a1, b1, "late")?;
            scene.deliver(&late, b2)?;
            for _ in 0..turns {
                scene.talk(a1, b1, "turn")?;
                scene.talk(b1, a1, "turned")?;
            }
            scene.talk(a1, b1, "in a new chain")?;
            let got = scene.deliver(&late, b1)?;
            expect(&got["missing"], &json!({ "gaps": [], "unknown_parents": 0 }))
        })?;
    }
    Ok(())
}
