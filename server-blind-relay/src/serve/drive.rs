//! Performs what a [`Connection`] decides, whatever its frames travel on.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::watch;
use tokio::time::Sleep;

use crate::connection::{Action, Close, Connection, Frame, Ticket};
use crate::hub::{Member, Signal};
use crate::metrics::{Stage, Transport};
use crate::store::{Answer, LaneEntry, MailboxItem, Op, Store, StoreError};

use super::relay::{Phase, Relay};

/// A connection with what it has under way. Its owner moves frames between it and a transport.
pub(super) struct Driver<S> {
    relay: Arc<Relay<S>>,
    transport: Transport,
    connection: Box<Connection>,
    member: Member,
    under_way: FuturesUnordered<Pin<Box<dyn Future<Output = Arrival> + Send>>>,
    outbox: VecDeque<Frame>,
    ending: Option<Close>,
    phase: watch::Receiver<Phase>,
    timer: Pin<Box<Sleep>>,
    /// When the frame came that is being looked at.
    arrived: Option<Instant>,
    /// When a wake-up came whose frames are not on the socket yet.
    pushing: Option<Instant>,
}

/// What comes back from the store.
enum Arrival {
    Answer(Ticket, Result<Answer, StoreError>, Option<Duration>),
    Mailbox(Result<Vec<MailboxItem>, StoreError>),
    Lane(Result<Vec<LaneEntry>, StoreError>),
}

impl<S: Store> Driver<S> {
    pub(super) fn new(relay: &Arc<Relay<S>>, transport: Transport, connection: Connection) -> Self {
        let mut driver = Self {
            member: relay.hub.join(),
            transport,
            connection: Box::new(connection),
            under_way: FuturesUnordered::new(),
            outbox: VecDeque::new(),
            ending: None,
            phase: relay.phase.clone(),
            timer: Box::pin(tokio::time::sleep(Duration::ZERO)),
            arrived: None,
            pushing: None,
            relay: Arc::clone(relay),
        };
        driver.perform();
        driver
    }

    /// What is decided.
    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Frames for the peer, in order; [`Driver::sent`] says when they are on their way.
    pub(super) fn take_frames(&mut self) -> impl Iterator<Item = Bytes> + '_ {
        self.outbox.drain(..).map(|frame| frame.0)
    }

    /// Frames for a peer that takes all of them at once, with those for which that makes room.
    pub(super) fn take_all(&mut self) -> Vec<Bytes> {
        let mut all = Vec::new();
        while !self.outbox.is_empty() {
            let taken = all.len();
            all.extend(self.take_frames());
            self.sent(all.len() - taken, all[taken..].iter().map(Bytes::len).sum());
        }
        all
    }

    /// Why the connection ends, once it does: after the frames that were given before.
    pub(super) fn ending(&self) -> Option<Close> {
        self.ending
    }

    /// Whether the peer may say more.
    pub(super) fn wants_frame(&self) -> bool {
        self.ending.is_none() && self.connection.wants_frame()
    }

    /// The peer sent a frame.
    pub(super) fn frame(&mut self, bytes: Bytes) {
        let metrics = &self.relay.metrics;
        metrics.frames_received.add(self.transport, 1);
        metrics.bytes_received.add(bytes.len() as u64);
        self.arrived = Some(Instant::now());
        self.connection.on_frame(bytes, self.relay.now());
        self.perform();
        self.arrived = None;
    }

    /// The transport took so many whole frames, and so many bytes.
    pub(super) fn sent(&mut self, frames: usize, bytes: usize) {
        self.relay.metrics.frames_sent.add(self.transport, frames as u64);
        self.relay.metrics.bytes_sent.add(bytes as u64);
        if let Some(woken) = self.pushing.take() {
            self.relay.metrics.stage(Stage::Push, woken.elapsed());
        }
        self.connection.on_sent(frames, bytes, self.relay.now());
        self.perform();
    }

    /// Waits until something happens, and lets the connection decide on it. Safe to drop and call again.
    pub(super) async fn turn(&mut self) {
        tokio::select! {
            Some(arrival) = self.under_way.next(), if !self.under_way.is_empty() => self.arrived(arrival),
            signal = self.member.next() => self.signalled(signal),
            () = self.timer.as_mut() => self.connection.on_tick(self.relay.now()),
            changed = self.phase.changed() => match changed {
                Ok(()) => self.phase_changed(),
                // The relay was dropped without a word.
                Err(_) => self.ending = Some(Close::GoingAway),
            },
        }
        self.perform();
    }

    fn arrived(&mut self, arrival: Arrival) {
        let now = self.relay.now();
        match arrival {
            Arrival::Answer(ticket, answer, took) => {
                self.relay.note_write(&answer);
                if let Some(took) = took {
                    self.relay.metrics.stage(Stage::Commit, took);
                }
                self.connection.on_answer(ticket, answer, now);
            }
            Arrival::Mailbox(items) => self.connection.on_mailbox(items, now),
            Arrival::Lane(items) => self.connection.on_lane(items, now),
        }
    }

    fn signalled(&mut self, signal: Signal) {
        if matches!(signal, Signal::Envelope(_) | Signal::Ephemeral { .. }) {
            self.pushing.get_or_insert_with(Instant::now);
        }
        if let Some(waited) = self.member.waited() {
            self.relay.metrics.stage(Stage::Hint, waited);
        }
        self.connection.on_signal(signal, self.relay.now());
    }

    fn phase_changed(&mut self) {
        match *self.phase.borrow_and_update() {
            Phase::Serving => {}
            Phase::Draining(drain) => self.connection.on_drain(drain, self.relay.now()),
            Phase::Stopped => self.ending = Some(Close::GoingAway),
        }
    }

    /// Does what the connection wants done, until it wants nothing more at the moment.
    fn perform(&mut self) {
        loop {
            let actions = self.connection.take_actions();
            if actions.is_empty() {
                break;
            }
            actions.into_iter().for_each(|action| self.act(action));
        }
        if self.outbox.is_empty() {
            self.pushing = None;
        }
        self.wind();
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Send(frame) => self.outbox.push_back(frame),
            Action::Submit(ticket, op) => self.submit(ticket, op),
            Action::ReadMailbox {
                mailbox,
                after,
                bounds,
            } => {
                let items = self.relay.store.read(mailbox, after, bounds);
                self.under_way
                    .push(Box::pin(async { Arrival::Mailbox(items.await) }));
            }
            Action::ReadLane {
                mailbox,
                after,
                count,
            } => {
                let items = self.relay.store.read_lane(mailbox, after, count);
                self.under_way
                    .push(Box::pin(async { Arrival::Lane(items.await) }));
            }
            Action::Subscribe {
                mailbox,
                session_epoch,
                receives,
            } => {
                self.member.subscribe(mailbox, session_epoch, receives);
            }
            Action::Acked { mailbox, upto } => self.relay.hub.acked(mailbox, upto),
            Action::Ephemeral { to, from, frame } => self.relay.hub.ephemeral(to, from, frame),
            Action::LinkJoin {
                ticket,
                channel,
                is_attached,
            } => {
                let now = self.relay.now();
                let joined = self.member.link_join(channel, is_attached, now.monotonic);
                self.connection.on_linked(ticket, joined, now);
            }
            Action::LinkSend {
                ticket,
                channel,
                frame,
            } => {
                let now = self.relay.now();
                let sent = self.member.link_send(channel, frame, now.monotonic);
                self.connection.on_linked(ticket, sent, now);
            }
            Action::Close(close) => {
                self.ending.get_or_insert(close);
            }
        }
    }

    fn submit(&mut self, ticket: Ticket, op: Op) {
        let is_send = matches!(op, Op::Send(_));
        if let Op::Send(request) = &op {
            for (_, envelope) in request.accounts.iter().flat_map(|account| &account.envelopes) {
                self.relay.metrics.envelope_bytes.observe(envelope.len() as u64);
            }
        }
        let submitted = Instant::now();
        if let Some(arrived) = self.arrived.filter(|_| is_send) {
            self.relay
                .metrics
                .stage(Stage::Queue, submitted.duration_since(arrived));
        }
        let answer = self.relay.store.submit(op);
        self.under_way.push(Box::pin(async move {
            let answer = answer.await;
            Arrival::Answer(ticket, answer, is_send.then(|| submitted.elapsed()))
        }));
    }

    /// Sets the timer to the next tick; it may ring early, which costs a look, but never late.
    fn wind(&mut self) {
        let tick = self.connection.next_tick().filter(|_| self.ending.is_none());
        let wait = tick.map_or(NEVER, |tick| tick.saturating_sub(self.relay.clock.monotonic()));
        let due = tokio::time::Instant::now() + wait;
        if self.timer.is_elapsed() || due < self.timer.deadline() {
            self.timer.as_mut().reset(due);
        }
    }
}

/// Longer than any connection lasts.
const NEVER: Duration = Duration::from_secs(365 * 86_400);
