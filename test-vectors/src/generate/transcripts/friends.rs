//! Worlds of two accounts with two devices each.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::generate::people::{DAY, Maker, Owner, Party, START};
use crate::generate::scene::{Scene, Sent};
use crate::generate::{Draft, Script};

/// Two accounts with two devices each.
#[derive(Debug, Clone)]
pub(super) struct Friends {
    world: &'static str,
    pub(super) a1: Party,
    pub(super) a2: Party,
    pub(super) b1: Party,
    pub(super) b2: Party,
    pub(super) of_alice: Owner,
    pub(super) of_bob: Owner,
}

impl Friends {
    fn make(script: &mut Script, world: &'static str) -> Result<Self> {
        let mut maker = Maker::new(script, world);
        let mut party = |name: &str, account: &str| maker.party(name, account, START);
        let mut a1 = party("alice 1", "account of alice")?;
        let mut a2 = party("alice 2", "account of alice")?;
        let mut b1 = party("bob 1", "account of bob")?;
        let mut b2 = party("bob 2", "account of bob")?;
        let of_alice = maker.owner("account of alice", &mut [&mut a1, &mut a2]);
        let of_bob = maker.owner("account of bob", &mut [&mut b1, &mut b2]);
        for party in [&a1, &a2, &b1, &b2] {
            maker.learn(party, &[&of_alice, &of_bob])?;
        }
        for (party, count) in [(&mut a1, 0), (&mut a2, 0), (&mut b1, 1), (&mut b2, 0)] {
            maker.prekeys(party, count)?;
        }
        Ok(Self {
            world,
            a1,
            a2,
            b1,
            b2,
            of_alice,
            of_bob,
        })
    }

    /// All four devices.
    pub(super) fn all(&self) -> [&Party; 4] {
        [&self.a1, &self.a2, &self.b1, &self.b2]
    }

    /// A third device of alice, and the list with it.
    pub(super) fn third(&self, scene: &mut Scene<'_>) -> Result<(Party, Owner)> {
        let mut maker = Maker::new(scene.script, self.world);
        let third = maker.party("alice 3", "account of alice", START + DAY)?;
        let list = self.of_alice.next(&[&third.certificate], &[], scene.now);
        Ok((third, list))
    }
}

/// Alice's first device has started sessions with all others and said hello.
pub(super) fn opened(draft: &mut Draft) -> Result<(Friends, Sent)> {
    draft.world("opened", |script| {
        let friends = Friends::make(script, "opened")?;
        let Friends { a1, a2, b1, b2, .. } = &friends;
        let mut scene = Scene::start(script);
        scene.initiate(a1, b1, &b1.bundle(0), 1)?;
        scene.initiate(a1, b2, &b2.last_resort(), 1)?;
        scene.initiate(a1, a2, &a2.last_resort(), 1)?;
        let hello = scene.send(a1, b1, "hello")?;
        Ok((friends, hello))
    })
}

/// Every device has a confirmed session with every other.
pub(super) fn talking(draft: &mut Draft) -> Result<Friends> {
    draft.world("talking", |script| {
        let friends = Friends::make(script, "talking")?;
        let mut scene = Scene::start(script);
        let all = friends.all();
        for (index, from) in all.into_iter().enumerate() {
            for to in all.into_iter().skip(index + 1) {
                scene.initiate(from, to, &to.last_resort(), 1)?;
                reset(&mut scene, from, to)?;
                reset(&mut scene, to, from)?;
            }
        }
        Ok(friends)
    })
}

/// A payload that says nothing, in the current session.
pub(super) fn reset(scene: &mut Scene<'_>, from: &Party, to: &Party) -> Result<Value> {
    let (_, envelope) = scene.control(from, to, 5, (Value::Null, Value::Null))?;
    scene.receive(to, &envelope)
}

/// Delivers a message to each of these devices.
pub(super) fn deliver_to(scene: &mut Scene<'_>, sent: &Sent, parties: &[&Party]) -> Result<()> {
    for party in parties {
        scene.deliver(sent, party)?;
    }
    Ok(())
}

/// `from` says something, and every other device reads it.
pub(super) fn say(scene: &mut Scene<'_>, friends: &Friends, from: &Party, text: &str) -> Result<Sent> {
    let to = if from.account == friends.a1.account {
        &friends.b1
    } else {
        &friends.a1
    };
    let sent = scene.send(from, to, text)?;
    let others = friends.all().into_iter().filter(|party| party.id != from.id);
    deliver_to(scene, &sent, &others.collect::<Vec<_>>())?;
    Ok(sent)
}

/// Seals a sent message for a device again.
pub(super) fn resend(scene: &mut Scene<'_>, from: &Party, sent: &Sent, to: &Party) -> Result<String> {
    let arguments = json!({ "message_id": sent.id, "account": to.account, "device": to.id });
    let made = scene.run("message.resend", from, arguments)?;
    made["envelope"]
        .as_str()
        .map(str::to_owned)
        .context("no envelope")
}
