//! One device of Alice, one of Bob, and what each has of the other.

use rand_chacha::ChaCha20Rng;
use twotick_protocol::wire::{MessageId, PrekeyBundle};
use twotick_protocol::{Account, PeerDevice, ReceiveError, Record};

use crate::world::{self, Letter, Own, Person, seeded};

/// What is sealed: 64 bytes, which the smallest bucket (256) holds.
pub(crate) const PAYLOAD: [u8; 64] = [0x61; 64];

/// One end: own device, the other's account, the other's device.
pub(crate) struct End {
    pub(crate) own: Own,
    pub(crate) them: Account,
    pub(crate) peer: PeerDevice,
    pub(crate) rng: ChaCha20Rng,
    sent: u64,
}

pub(crate) struct Pair {
    pub(crate) alice: End,
    pub(crate) bob: End,
}

impl Pair {
    /// No session yet; Bob has `one_time` one-time prekeys.
    pub(crate) fn strangers(seed: u64, one_time: usize) -> Self {
        let mut rng = seeded(seed);
        let mut alice = Person::new(1, 0, &mut rng);
        let mut bob = Person::new(1, one_time, &mut rng);
        let met = |person: &Person| PeerDevice::new(&person.devices[0].verified());
        let (of_alice, of_bob) = (met(&alice), met(&bob));
        let end = |us: &mut Person, them: &Account, peer, seed| End {
            own: us.devices.remove(0),
            them: Account::decode(&them.encode()).expect("own encoding"),
            peer,
            rng: seeded(seed),
            sent: 0,
        };
        Self {
            alice: end(&mut alice, &bob.account, of_bob, seed + 1_000),
            bob: end(&mut bob, &alice.account, of_alice, seed + 2_000),
        }
    }

    /// Both ends have written and read.
    pub(crate) fn acquainted(seed: u64) -> Self {
        let mut pair = Self::strangers(seed, 1);
        pair.initiate();
        pair.ping_pong();
        pair.alice_writes();
        pair
    }

    /// Five sessions, each with a live and four finished chains, 4,000 skipped keys: SPEC 4.3 exhausted.
    pub(crate) fn at_the_cap(seed: u64) -> Self {
        let mut pair = Self::strangers(seed, SESSIONS);
        for _ in 0..SESSIONS {
            pair.initiate();
            for _ in 0..CHAINS {
                pair.lose(KEYS / SESSIONS / CHAINS);
                pair.bob_writes();
            }
        }
        assert_eq!(pair.bob.peer.skipped_keys(), KEYS);
        pair
    }

    /// Alice starts a session of the next generation.
    pub(crate) fn initiate(&mut self) {
        let bundle = self.bob.own.take_bundle();
        self.alice.initiate(bundle);
    }

    /// Alice writes, then Bob: each message begins a chain.
    pub(crate) fn ping_pong(&mut self) {
        self.alice_writes();
        self.bob_writes();
    }

    pub(crate) fn alice_writes(&mut self) {
        let letter = self.alice.seal(&PAYLOAD);
        self.bob.open(&letter).expect("an honest message");
    }

    pub(crate) fn bob_writes(&mut self) {
        let letter = self.bob.seal(&PAYLOAD);
        self.alice.open(&letter).expect("an honest message");
    }

    /// Alice writes `count` messages that are lost, then one that Bob reads.
    fn lose(&mut self, count: usize) {
        for _ in 0..count {
            self.alice.seal(&PAYLOAD);
        }
        self.alice_writes();
    }
}

impl End {
    pub(crate) fn initiate(&mut self, bundle: PrekeyBundle) {
        let Self {
            own, them, peer, rng, ..
        } = self;
        world::initiate(&own.device, peer, (them, bundle), rng);
    }

    pub(crate) fn seal(&mut self, payload: &[u8]) -> Letter {
        self.sent += 1;
        let mut id = [0; 16];
        id[..8].copy_from_slice(&self.sent.to_be_bytes());
        let message_id = MessageId::new(id);
        let Self {
            own, them, peer, rng, ..
        } = self;
        let bytes = world::seal(&own.device, peer, (them, message_id, payload), rng);
        Letter {
            from: own.id(),
            to: peer.device_id(),
            message_id,
            bytes,
        }
    }

    pub(crate) fn open(&mut self, letter: &Letter) -> Result<usize, ReceiveError> {
        let Self { own, them, peer, .. } = self;
        world::open(&own.device, &mut own.prekeys, (them, peer), letter)
    }

    /// Opens with another copy of the peer device.
    pub(crate) fn open_as(&mut self, peer: &mut PeerDevice, letter: &Letter) -> Result<usize, ReceiveError> {
        let Self { own, them, .. } = self;
        world::open(&own.device, &mut own.prekeys, (them, peer), letter)
    }
}

const SESSIONS: usize = 5;
const CHAINS: usize = 5;
const KEYS: usize = 4_000;
