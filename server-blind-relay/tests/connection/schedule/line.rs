//! Both ends of a connection, and everything between that can be slow.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use futures_util::FutureExt;
use twotick_relay::{
    connection::{Action, Close, Connection, Now, Ticket},
    hub::{Member, Signal},
    store::{Answer, LaneEntry, MailboxItem, Op, PageBounds, Store, StoreError},
};
use twotick_wire::RelayFrame;

use super::Fate;
use crate::world::World;

/// Frames and bytes that may wait to be written.
pub(super) const QUEUE: (usize, usize) = (4, 400_000);

/// Both ends of Bob's connection, and everything between that can be slow.
pub(super) struct Line {
    pub(super) connection: Connection,
    pub(super) member: Member,
    pub(super) window: (usize, usize),
    pub(super) answers: Vec<(Ticket, Result<Answer, StoreError>)>,
    pub(super) mailbox: Option<(u64, PageBounds, Vec<MailboxItem>)>,
    pub(super) lane: Option<Vec<LaneEntry>>,
    pub(super) acks: BTreeMap<Ticket, u64>,
    pub(super) hints: Vec<Signal>,
    pub(super) unwritten: Vec<Bytes>,
    /// What Bob asked and has no answer to.
    pub(super) due: BTreeSet<u32>,
    /// Given to the writer.
    pub(super) given: Vec<(u64, usize)>,
    pub(super) acked: u64,
    pub(super) session: Option<u64>,
    pub(super) has_drained: bool,
    pub(super) is_closed: bool,
}

impl Line {
    pub(super) fn open(world: &mut World) -> Self {
        let opening = world.opening();
        let connection = Connection::greet(world.settings.clone(), opening, world.now);
        let mut line = Self {
            connection,
            member: world.hub.join(),
            window: (0, 0),
            answers: vec![],
            mailbox: None,
            lane: None,
            acks: BTreeMap::new(),
            hints: vec![],
            unwritten: vec![],
            due: BTreeSet::new(),
            given: vec![],
            acked: 0,
            session: None,
            has_drained: false,
            is_closed: false,
        };
        line.work(world);
        line
    }

    pub(super) fn nonce(&self) -> [u8; 32] {
        match RelayFrame::decode(&self.unwritten[0]).unwrap() {
            RelayFrame::Challenge(challenge) => challenge.nonce,
            other => panic!("expected Challenge, not {:?}", other.kind()),
        }
    }

    pub(super) fn hint(&mut self, which: usize, fate: Fate, now: Now) {
        if self.hints.is_empty() {
            return;
        }
        let signal = self.hints.remove(which % self.hints.len());
        if matches!(fate, Fate::Repeated) {
            self.hints.push(signal.clone());
        }
        if !matches!(fate, Fate::Lost) {
            self.connection.on_signal(signal, now);
        }
    }

    /// Starts what the connection wants: the store takes it at once and answers when the schedule says so.
    pub(super) fn work(&mut self, world: &World) {
        self.hints.extend(std::iter::from_fn(|| self.member.try_next()));
        for action in self.connection.take_actions() {
            assert!(!self.is_closed, "nothing comes after the end");
            match action {
                Action::Send(frame) => self.give(frame.0),
                Action::Submit(ticket, op) => {
                    if let Op::Ack(ack) = &op {
                        self.acks.insert(ticket, ack.upto);
                    }
                    let answer = world.store.submit(op).now_or_never().unwrap();
                    self.answers.push((ticket, answer));
                }
                Action::ReadMailbox {
                    mailbox,
                    after,
                    bounds,
                } => {
                    let items = world.store.read(mailbox, after, bounds).now_or_never().unwrap();
                    let before = self.mailbox.replace((after, bounds, items.unwrap()));
                    assert!(before.is_none(), "one read is under way");
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
                    assert!(
                        self.lane.replace(items.unwrap()).is_none(),
                        "one read is under way"
                    );
                }
                Action::Subscribe {
                    mailbox,
                    session_epoch,
                    receives,
                } => {
                    self.member.subscribe(mailbox, session_epoch, receives);
                }
                Action::Close(why) => {
                    assert_eq!(why, Close::NoProgress, "the writer wrote nothing for too long");
                    self.is_closed = true;
                }
                other => panic!("nobody asked for {other:?}"),
            }
        }
    }

    /// The queue and the window are kept.
    pub(super) fn give(&mut self, frame: Bytes) {
        match RelayFrame::decode(&frame).unwrap() {
            RelayFrame::Page(page) => {
                let sizes = page
                    .deliveries
                    .iter()
                    .map(|delivery| (delivery.seq, delivery.envelope.len()));
                self.given.extend(sizes);
            }
            RelayFrame::Hello(hello) => self.acked = hello.acked,
            // The last words of a connection wait for nobody.
            RelayFrame::Error(_) => return,
            _ => {}
        }
        let acked = self.acked;
        self.given.retain(|(seq, _)| *seq > acked);
        let bytes: usize = self.given.iter().map(|(_, length)| length).sum();
        let fits = self.given.len() <= self.window.0 && bytes <= self.window.1;
        assert!(fits || self.given.len() == 1, "the window is kept");
        self.unwritten.push(frame);
        let waiting: usize = self.unwritten.iter().map(Bytes::len).sum();
        assert!(self.unwritten.len() <= QUEUE.0 && waiting <= QUEUE.1);
    }

    /// The store answers.
    pub(super) fn answer(&mut self, which: usize, now: Now) {
        if !self.answers.is_empty() {
            let (ticket, answer) = self.answers.remove(which % self.answers.len());
            let upto = self.acks.remove(&ticket).filter(|_| answer == Ok(Answer::Done));
            self.acked = self.acked.max(upto.unwrap_or_default());
            self.connection.on_answer(ticket, answer, now);
        }
    }
}
