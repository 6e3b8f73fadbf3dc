//! Out of order, late, twice.

use anyhow::Result;
use twotick_wire::ErrorCode;

use super::pair::{Pair, chapter};
use crate::generate::Draft;
use crate::generate::scene::{Chapter, Scene, Sent};

/// Messages of one chain, none delivered.
fn several(scene: &mut Scene<'_>, pair: &Pair, count: usize) -> Result<Vec<Sent>> {
    let send = |n: usize| scene.send(&pair.bob, &pair.alice, &format!("number {n}"));
    (0..count).map(send).collect()
}

/// One whole turn: alice writes, bob answers.
fn turn(scene: &mut Scene<'_>, pair: &Pair) -> Result<()> {
    scene.talk(&pair.alice, &pair.bob, "turn")?;
    scene.talk(&pair.bob, &pair.alice, "turned")?;
    Ok(())
}

/// Order does not matter.
pub(super) fn cases(draft: &mut Draft, pair: &Pair) -> Result<()> {
    let mut cases = chapter(draft, "talking");
    let alice = &pair.alice;
    cases.accept(
        "Four messages of one chain arrive in another order",
        &["R-DR-8", "R-DR-3"],
        |scene| {
            let sent = several(scene, pair, 4)?;
            for index in [3, 1, 0, 2] {
                scene.deliver(&sent[index], alice)?;
            }
            scene.inspect(alice, &pair.bob)?;
            Ok(())
        },
    )?;
    for (title, turns) in [
        ("A message arrives late, across one step of the sender", 1),
        ("A message arrives late, across two steps of the sender", 2),
    ] {
        cases.accept(title, &["R-DR-8", "R-DR-9"], |scene| {
            let sent = several(scene, pair, 2)?;
            for _ in 0..turns {
                turn(scene, pair)?;
            }
            scene.deliver(&sent[1], alice)?;
            scene.deliver(&sent[0], alice)?;
            scene.talk(alice, &pair.bob, "on")?;
            Ok(())
        })?;
    }
    Ok(())
}

/// R-DR-3.
pub(super) fn duplicates(draft: &mut Draft, pair: &Pair) -> Result<()> {
    let mut cases = chapter(draft, "talking");
    let (alice, code) = (&pair.alice, ErrorCode::KeyConsumed);
    let twice = "the message was opened before";
    cases.reject(
        "A message of the live chain arrives twice",
        &["R-DR-3"],
        (twice, "key-consumed"),
        |scene| {
            let sent = several(scene, pair, 2)?;
            scene.deliver(&sent[0], alice)?;
            scene.refuse(alice, &sent[0].to(alice)?, code)?;
            scene.deliver(&sent[1], alice)?;
            Ok(())
        },
    )?;
    cases.reject(
        "A message opened with a skipped key arrives twice",
        &["R-DR-3"],
        (twice, "skipped-key-erased"),
        |scene| {
            let sent = several(scene, pair, 2)?;
            scene.deliver(&sent[1], alice)?;
            scene.deliver(&sent[0], alice)?;
            scene.refuse(alice, &sent[0].to(alice)?, code)
        },
    )?;
    cases.reject(
        "A message of a finished chain arrives twice, while another one is awaited",
        &["R-DR-3", "R-DR-8"],
        (twice, "skipped-key-erased"),
        |scene| {
            let sent = several(scene, pair, 2)?;
            turn(scene, pair)?;
            scene.deliver(&sent[1], alice)?;
            scene.refuse(alice, &sent[1].to(alice)?, code)?;
            scene.deliver(&sent[0], alice)?;
            Ok(())
        },
    )?;
    later_duplicates(&mut cases, pair)
}

/// When the chain, the process or the sender's state is another.
fn later_duplicates(cases: &mut Chapter<'_>, pair: &Pair) -> Result<()> {
    let (alice, code) = (&pair.alice, ErrorCode::KeyConsumed);
    let twice = "the message was opened before";
    cases.reject(
        "A message of a finished chain that awaits nothing arrives twice: its header key is gone",
        &["R-DR-8", "R-ERR-2"],
        (twice, "finished-chain-header-key"),
        |scene| {
            let sent = several(scene, pair, 1)?;
            scene.deliver(&sent[0], alice)?;
            turn(scene, pair)?;
            scene.refuse(alice, &sent[0].to(alice)?, ErrorCode::Undecryptable)
        },
    )?;
    cases.reject(
        "A message arrives twice, with a restart of the receiver in between",
        &["R-DR-3", "R-STO-3"],
        (twice, "key-consumed"),
        |scene| {
            let sent = several(scene, pair, 2)?;
            scene.deliver(&sent[0], alice)?;
            scene.restart(alice)?;
            scene.refuse(alice, &sent[0].to(alice)?, code)?;
            scene.deliver(&sent[1], alice)?;
            Ok(())
        },
    )?;
    cases.reject(
        "A sender that was rolled back seals a second message from one state: salts differ, and the receiver notices",
        &["R-DR-4", "R-SES-11", "R-DR-5"],
        ("the number of the message was used before", "key-consumed"),
        |scene| {
            scene.save(&pair.bob, "before")?;
            let sent = several(scene, pair, 1)?;
            scene.deliver(&sent[0], alice)?;
            scene.restore(&pair.bob, "before")?;
            let again = scene.send(&pair.bob, alice, "number 0")?;
            scene.refuse(alice, &again.to(alice)?, code)
        },
    )
}
