//! A relay without sockets: the store in memory, the hub, the limits, and connections whose actions are done at once.

use std::{collections::VecDeque, net::IpAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::FutureExt;
use twotick_protocol::Device;
use twotick_relay::{
    connection::{
        Action, AttachedDevice, Close, Connection, Drain, Nonce, Now, Opening, Resumption, Settings,
    },
    hub::{Hub, Member},
    limits::{Limiter, RelayLimits},
    store::{Hints, MemoryStore, Store, StoreError},
};
use twotick_wire::{
    ClientFrame, ErrorCode, RelayFrame, StoreEpoch, UnixTime,
    frame::{Error, Hello},
};

use super::person::{Attaching, CAPABILITY, Person};

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

/// The other end of a connection, and its driver.
pub struct Peer {
    pub connection: Connection,
    pub member: Member,
    pub nonce: [u8; 32],
    pub hello: Option<Hello>,
    pub frames: VecDeque<Bytes>,
    pub close: Option<Close>,
    /// Takes nothing from the writer.
    pub is_slow: bool,
    /// What the writer has.
    pub unwritten: VecDeque<Bytes>,
}

impl Peer {
    pub fn new(connection: Connection, member: Member, nonce: [u8; 32]) -> Self {
        Self {
            connection,
            member,
            nonce,
            hello: None,
            frames: VecDeque::new(),
            close: None,
            is_slow: false,
            unwritten: VecDeque::new(),
        }
    }

    /// Sends a frame and does all that follows.
    pub fn say(&mut self, world: &World, frame: &[u8]) {
        self.connection.on_frame(Bytes::copy_from_slice(frame), world.now);
        self.work(world);
    }

    pub fn ask(&mut self, world: &World, frame: ClientFrame<'_>) {
        self.say(world, &frame.encode());
    }

    pub fn tick(&mut self, world: &World) {
        self.connection.on_tick(world.now);
        self.work(world);
    }

    pub fn drain(&mut self, world: &World, drain: Drain) {
        self.connection.on_drain(drain, world.now);
        self.work(world);
    }

    /// Does actions and hears signals until there are none.
    pub fn work(&mut self, world: &World) {
        loop {
            let actions = self.connection.take_actions();
            let is_quiet = actions.is_empty();
            for action in actions {
                self.perform(world, action);
            }
            if is_quiet {
                match self.member.try_next() {
                    Some(signal) if self.close.is_none() => self.connection.on_signal(signal, world.now),
                    _ => break,
                }
            }
        }
    }

    /// The writer writes all that it has.
    pub fn catch_up(&mut self, world: &World) {
        self.is_slow = false;
        let (frames, bytes) = (self.unwritten.len(), self.unwritten.iter().map(Bytes::len).sum());
        self.frames.append(&mut self.unwritten);
        self.connection.on_sent(frames, bytes, world.now);
        self.work(world);
    }

    fn perform(&mut self, world: &World, action: Action) {
        assert!(self.close.is_none(), "nothing comes after the end");
        let (connection, now) = (&mut self.connection, world.now);
        match action {
            Action::Send(frame) if self.is_slow => self.unwritten.push_back(frame.0),
            Action::Send(frame) => {
                let length = frame.0.len();
                self.frames.push_back(frame.0);
                connection.on_sent(1, length, now);
            }
            Action::Submit(ticket, _) if world.is_broken => {
                connection.on_answer(ticket, Err(StoreError::Unavailable), now);
            }
            Action::Submit(ticket, op) => {
                let answer = world.store.submit(op).now_or_never().unwrap();
                connection.on_answer(ticket, answer, now);
            }
            Action::ReadMailbox {
                mailbox,
                after,
                bounds,
            } => {
                let items = world.store.read(mailbox, after, bounds).now_or_never().unwrap();
                connection.on_mailbox(items, now);
            }
            Action::ReadLane {
                mailbox,
                after,
                count,
            } => {
                let items = world
                    .store
                    .read_lane(mailbox, after, count)
                    .now_or_never()
                    .unwrap();
                connection.on_lane(items, now);
            }
            Action::Subscribe {
                mailbox,
                session_epoch,
                receives,
            } => {
                self.member.subscribe(mailbox, session_epoch, receives);
            }
            Action::Acked { mailbox, upto } => world.hub.acked(mailbox, upto),
            Action::Ephemeral { to, from, frame } => world.hub.ephemeral(to, from, frame),
            Action::LinkJoin {
                ticket,
                channel,
                is_attached,
            } => {
                let joined = self.member.link_join(channel, is_attached, now.monotonic);
                connection.on_linked(ticket, joined, now);
            }
            Action::LinkSend {
                ticket,
                channel,
                frame,
            } => {
                let sent = self.member.link_send(channel, frame, now.monotonic);
                connection.on_linked(ticket, sent, now);
            }
            Action::Close(why) => self.close = Some(why),
        }
    }

    /// The next frame that arrived.
    pub fn take(&mut self) -> RelayFrame<'static> {
        self.try_take().expect("a frame arrived")
    }

    pub fn try_take(&mut self) -> Option<RelayFrame<'static>> {
        let bytes: &'static [u8] = self.frames.pop_front()?.to_vec().leak();
        Some(RelayFrame::decode(bytes).expect("a relay sends what decodes"))
    }

    /// All frames that arrived.
    pub fn read(&mut self) -> Vec<RelayFrame<'static>> {
        std::iter::from_fn(|| self.try_take()).collect()
    }

    pub fn expect_hello(&mut self) -> Hello {
        match self.take() {
            RelayFrame::Hello(hello) => hello,
            other => panic!("expected Hello, not {:?}", other.kind()),
        }
    }

    pub fn expect_error(&mut self) -> Error {
        match self.take() {
            RelayFrame::Error(error) => error,
            other => panic!("expected Error, not {:?}", other.kind()),
        }
    }

    /// The code of the Error that arrived, and the only frame.
    pub fn refused_with(&mut self) -> u16 {
        let error = self.expect_error();
        assert_eq!(self.frames.len(), 0, "one answer");
        error.code
    }

    pub fn ended_with(&mut self, code: ErrorCode, close: Close) {
        assert_eq!(self.expect_error().code, code.number());
        assert_eq!(self.close, Some(close));
        assert!(!self.connection.wants_frame());
        assert_eq!(self.connection.next_tick(), None);
    }

    /// The numbers of all envelopes that arrived.
    pub fn numbers(&mut self) -> Vec<u64> {
        let frames = self.read();
        let pages = frames.iter().filter_map(|frame| match frame {
            RelayFrame::Page(page) => Some(page),
            _ => None,
        });
        pages
            .flat_map(|page| page.deliveries.iter().map(|delivery| delivery.seq))
            .collect()
    }
}
