//! A relay without sockets: the store in memory, the hub, the limits, and connections whose actions are done at once.

use std::{net::IpAddr, sync::Arc, time::Duration};

use twotick_protocol::Device;
use twotick_relay::{
    connection::{AttachedDevice, Connection, Nonce, Now, Opening, Resumption, Settings},
    hub::Hub,
    limits::{Limiter, RelayLimits},
    store::{Hints, MemoryStore, Store},
};
use twotick_wire::{RelayFrame, StoreEpoch, UnixTime};

use super::{
    peer::Peer,
    person::{Attaching, CAPABILITY, Person},
};

/// The relay's name.
pub const NAME: &str = "relay.example";

/// When tests begin.
pub const START: u64 = 1_800_000_000;

/// The store epoch.
pub const EPOCH: StoreEpoch = StoreEpoch::new([9; 16]);

pub struct World {
    pub settings: Arc<Settings>,
    pub store: MemoryStore,
    pub hub: Hub,
    pub now: Now,
    pub address: IpAddr,
    /// The store refuses to write.
    pub is_broken: bool,
    nonces: u8,
}

impl World {
    pub fn new() -> Self {
        Self::limited(RelayLimits::default())
    }

    pub fn limited(limits: RelayLimits) -> Self {
        let hub = Hub::new(&limits);
        let limiter = Arc::new(Limiter::new(limits.clone(), 1, [3; 32]));
        let hints: Arc<dyn Hints> = Arc::new(hub.clone());
        let store = MemoryStore::new(limits.store, EPOCH, hints, limiter.clone());
        let settings = Settings {
            name: NAME.to_owned(),
            store: store.identity(),
            limiter,
        };
        Self {
            settings: Arc::new(settings),
            store,
            hub,
            now: Now {
                wall: UnixTime::new(START),
                monotonic: Duration::from_secs(1),
            },
            address: IpAddr::from([192, 0, 2, 1]),
            is_broken: false,
            nonces: 0,
        }
    }

    pub fn wait(&mut self, seconds: u64) {
        self.now.monotonic += Duration::from_secs(seconds);
        self.now.wall = self.now.wall.saturating_add(seconds);
    }

    pub fn opening(&mut self) -> Opening {
        self.nonces += 1;
        let limiter = &self.settings.limiter;
        let address = limiter.address(self.address);
        Opening {
            nonce: Nonce([self.nonces; 32]),
            nonce_drawn: self.now.monotonic,
            spread: 200,
            unattached: limiter.connect(address, self.now.monotonic).unwrap(),
        }
    }

    /// A WebSocket that was greeted.
    pub fn socket(&mut self) -> Peer {
        let opening = self.opening();
        let nonce = opening.nonce.0;
        let connection = Connection::greet(Arc::clone(&self.settings), opening, self.now);
        let mut peer = Peer::new(connection, self.hub.join(), nonce);
        peer.work(self);
        assert!(matches!(peer.take(), RelayFrame::Challenge(_)));
        peer
    }

    /// One that has attached, with nothing left to deliver.
    pub fn attached(&mut self, device: &Device) -> Peer {
        let mut peer = self.socket();
        let attach = Attaching::to(peer.nonce).by(device);
        peer.say(self, &attach);
        peer.hello = Some(peer.expect_hello());
        peer.read();
        peer
    }

    pub fn resumed(&mut self, device: AttachedDevice, what: Resumption) -> Peer {
        let connection = Connection::resume(Arc::clone(&self.settings), device, what, self.now);
        let mut peer = Peer::new(connection, self.hub.join(), [0; 32]);
        peer.work(self);
        peer
    }

    /// A person whose list is published and who grants [`CAPABILITY`].
    pub fn person(&mut self, seed: u64, devices: usize) -> Person {
        let person = Person::seeded(seed, devices);
        let mut peer = self.attached(&person.devices[0]);
        peer.say(self, &person.publish_list(2));
        assert!(matches!(peer.take(), RelayFrame::Done(_)), "the list is taken");
        peer.say(self, &person.grant(3, CAPABILITY));
        assert!(
            matches!(peer.take(), RelayFrame::Done(_)),
            "the capability is taken"
        );
        person
    }
}
