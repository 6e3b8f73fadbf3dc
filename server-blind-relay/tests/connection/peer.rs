//! The other end of a connection, and its driver.

use std::collections::VecDeque;

use bytes::Bytes;
use futures_util::FutureExt;
use twotick_relay::{
    connection::{Action, Close, Connection, Drain},
    hub::Member,
    store::{Store, StoreError},
};
use twotick_wire::{
    ClientFrame, ErrorCode, RelayFrame,
    frame::{Error, Hello},
};

use super::world::World;

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
                self.act(world, action);
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

    pub fn act(&mut self, world: &World, action: Action) {
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
            Action::ReadMailbox { .. } | Action::ReadLane { .. } => self.fetch(world, action),
        }
    }

    fn fetch(&mut self, world: &World, action: Action) {
        match action {
            Action::ReadMailbox {
                mailbox,
                after,
                bounds,
            } => {
                let items = world.store.read(mailbox, after, bounds).now_or_never().unwrap();
                self.connection.on_mailbox(items, world.now);
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
                self.connection.on_lane(items, world.now);
            }
            other => panic!("expected a read, not {other:?}"),
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
