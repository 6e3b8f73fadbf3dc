//! Worlds of two accounts with one device each: alice and bob.

use anyhow::Result;

use super::Draft;
use super::people::{DAY, HOUR, Maker, Owner, Party, START};
use super::scene::{Chapter, Scene, Sent};

/// Two people, and what was said before the cases begin.
#[derive(Debug, Clone)]
pub(super) struct Pair {
    world: &'static str,
    pub(super) alice: Party,
    pub(super) bob: Party,
    /// A second device of alice, that is in no list.
    pub(super) spare: Party,
    pub(super) of_alice: Owner,
    pub(super) of_bob: Owner,
}

/// When the cases of a pair begin.
pub(super) const LATER: u64 = START + HOUR;

impl Pair {
    fn make(script: &mut super::Script, world: &'static str) -> Result<Self> {
        let mut maker = Maker::new(script, world);
        let mut alice = maker.party("alice", "account of alice", START)?;
        let mut bob = maker.party("bob", "account of bob", START)?;
        let spare = maker.party("spare", "account of alice", START)?;
        let of_alice = maker.owner("account of alice", &mut [&mut alice]);
        let of_bob = maker.owner("account of bob", &mut [&mut bob]);
        maker.learn(&alice, &[&of_alice, &of_bob])?;
        maker.learn(&bob, &[&of_bob, &of_alice])?;
        maker.prekeys(&mut alice, 0)?;
        maker.prekeys(&mut bob, usize::from(world == "first"))?;
        Ok(Self {
            world,
            alice,
            bob,
            spare,
            of_alice,
            of_bob,
        })
    }

    /// Bob's device with a new certificate, and with another identity key if `identity` is given.
    pub(super) fn bob_again(&self, scene: &mut Scene<'_>, identity: Option<[u8; 32]>) -> Result<Party> {
        let mut maker = Maker::new(scene.script, self.world);
        maker.certified_again(&self.bob, scene.now, identity)
    }

    /// Bob's device under the account of this seed.
    pub(super) fn bob_moved(&self, scene: &mut Scene<'_>, seed: [u8; 32]) -> Result<Party> {
        Maker::new(scene.script, self.world).moved(&self.bob, seed, scene.now)
    }

    /// The device that bob replaces his with, and the list that does so.
    pub(super) fn replace_bob(&self, scene: &mut Scene<'_>) -> Result<(Party, Owner)> {
        let mut maker = Maker::new(scene.script, self.world);
        let new = maker.party("bob's new device", "account of bob", START + DAY)?;
        let list = self.of_bob.next(&[&new.certificate], &[&self.bob.id], scene.now);
        Ok((new, list))
    }
}

/// Lists and prekeys, and nothing said.
pub(super) fn strangers(draft: &mut Draft) -> Result<Pair> {
    draft.world("strangers", |script| Pair::make(script, "strangers"))
}

/// Alice has sent a first message with a one-time prekey.
pub(super) fn first(draft: &mut Draft) -> Result<(Pair, Sent)> {
    draft.world("first", |script| {
        let pair = Pair::make(script, "first")?;
        let mut scene = Scene::start(script);
        scene.initiate(&pair.alice, &pair.bob, &pair.bob.bundle(0), 1)?;
        let sent = scene.send(&pair.alice, &pair.bob, "first")?;
        Ok((pair, sent))
    })
}

/// Alice has sent a first message without a one-time prekey.
pub(super) fn last_resort(draft: &mut Draft) -> Result<(Pair, Sent)> {
    draft.world("last resort", |script| {
        let pair = Pair::make(script, "last resort")?;
        let mut scene = Scene::start(script);
        scene.initiate(&pair.alice, &pair.bob, &pair.bob.last_resort(), 1)?;
        let sent = scene.send(&pair.alice, &pair.bob, "first")?;
        Ok((pair, sent))
    })
}

/// Both have initiated and sent.
pub(super) fn crossed(draft: &mut Draft) -> Result<(Pair, Sent, Sent)> {
    draft.world("crossed", |script| {
        let pair = Pair::make(script, "crossed")?;
        let mut scene = Scene::start(script);
        scene.initiate(&pair.alice, &pair.bob, &pair.bob.last_resort(), 1)?;
        scene.initiate(&pair.bob, &pair.alice, &pair.alice.last_resort(), 1)?;
        let from_alice = scene.send(&pair.alice, &pair.bob, "from alice")?;
        let from_bob = scene.send(&pair.bob, &pair.alice, "from bob")?;
        Ok((pair, from_alice, from_bob))
    })
}

/// Alice has written, bob has answered: alice's sending chain is due, bob's is live.
pub(super) fn talking(draft: &mut Draft) -> Result<Pair> {
    draft.world("talking", |script| {
        let pair = Pair::make(script, "talking")?;
        let mut scene = Scene::start(script);
        scene.initiate(&pair.alice, &pair.bob, &pair.bob.last_resort(), 1)?;
        scene.talk(&pair.alice, &pair.bob, "one")?;
        scene.talk(&pair.bob, &pair.alice, "two")?;
        Ok(pair)
    })
}

/// The cases of a world of a pair.
pub(super) fn chapter<'a>(draft: &'a mut Draft, world: &'static str) -> Chapter<'a> {
    Chapter {
        draft,
        world,
        now: LATER,
    }
}
