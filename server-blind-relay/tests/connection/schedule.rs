//! Random schedules over the store in memory: frames, answers in any order, lost, repeated and disordered hints, a slow
//! writer, a client that attaches again and again. What must hold is checked at every step.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use bytes::Bytes;
use futures_util::FutureExt;
use proptest::{collection::vec, prelude::*};
use twotick_relay::{
    connection::{Action, Close, Connection, Ticket},
    hub::{Member, Signal},
    limits::{Rate, RelayLimits},
    store::{Answer, LaneEntry, MailboxItem, Op, PageBounds, Store, StoreError},
};
use twotick_wire::{
    Capability, RelayFrame, RequestId,
    frame::{FetchList, Ping},
};

use super::{
    person::{Attaching, Letter, Person, ack},
    world::{EPOCH, Peer, World},
};

/// What happens next. Numbers choose among what there is.
#[derive(Clone, Debug)]
enum Step {
    /// Alice stores an envelope; large ones fill windows and queues.
    Store {
        is_large: bool,
    },
    /// Bob acknowledges so many of those he has.
    Ack {
        share: u8,
    },
    Ping,
    Fetch,
    /// The store answers one request, in any order.
    Answer(usize),
    /// The store has read the mailbox: as it is now, or as it was when asked.
    Mailbox {
        is_old: bool,
    },
    Lane,
    /// A hint arrives, or is lost, or arrives twice.
    Hint {
        which: usize,
        fate: Fate,
    },
    Behind,
    /// The writer writes so many frames.
    Write(usize),
    Wait(u64),
    /// Bob attaches again, with or without what he remembers.
    Attach {
        remembers: bool,
        window: usize,
    },
}

#[derive(Clone, Copy, Debug)]
enum Fate {
    Heard,
    Lost,
    Repeated,
}

fn step() -> impl Strategy<Value = Step> {
    let fate = prop_oneof![3 => Just(Fate::Heard), 1 => Just(Fate::Lost), 1 => Just(Fate::Repeated)];
    prop_oneof![
        6 => proptest::bool::weighted(0.2).prop_map(|is_large| Step::Store { is_large }),
        4 => any::<u8>().prop_map(|share| Step::Ack { share }),
        1 => Just(Step::Ping),
        1 => Just(Step::Fetch),
        6 => any::<usize>().prop_map(Step::Answer),
        5 => any::<bool>().prop_map(|is_old| Step::Mailbox { is_old }),
        2 => Just(Step::Lane),
        6 => (any::<usize>(), fate).prop_map(|(which, fate)| Step::Hint { which, fate }),
        1 => Just(Step::Behind),
        6 => (1..6_usize).prop_map(Step::Write),
        1 => (1..20_u64).prop_map(Step::Wait),
        1 => (any::<bool>(), 0..3_usize).prop_map(|(remembers, window)| Step::Attach { remembers, window }),
    ]
}

/// Both ends of Bob's connection, and everything between that can be slow.
struct Line {
    connection: Connection,
    member: Member,
    window: (usize, usize),
    answers: Vec<(Ticket, Result<Answer, StoreError>)>,
    mailbox: Option<(u64, PageBounds, Vec<MailboxItem>)>,
    lane: Option<Vec<LaneEntry>>,
    acks: BTreeMap<Ticket, u64>,
    hints: Vec<Signal>,
    unwritten: Vec<Bytes>,
    /// What Bob asked and has no answer to.
    due: BTreeSet<u32>,
    /// Given to the writer.
    given: Vec<(u64, usize)>,
    acked: u64,
    session: Option<u64>,
    has_drained: bool,
    is_closed: bool,
}

struct Rig {
    world: World,
    bob: Person,
    sender: Peer,
    line: Line,
    sent: u8,
    requests: u32,
    /// Bob's own store.
    committed: u64,
    remembers: bool,
}

const QUEUE: (usize, usize) = (4, 400_000);

impl Rig {
    fn new() -> Self {
        let plenty = Rate::new(1_000_000, Duration::from_nanos(1));
        let limits = RelayLimits {
            queue_frames: QUEUE.0,
            queue_bytes: QUEUE.1,
            account_sends: plenty,
            sends_to_account: plenty,
            mailbox_envelopes: plenty,
            mailbox_bytes: Rate::new(u32::MAX, Duration::from_nanos(1)),
            attaches: plenty,
            connects: plenty,
            unattached: 1_000,
            ..RelayLimits::default()
        };
        let mut world = World::limited(limits);
        let bob = world.person(2, 1);
        let alice = world.person(1, 1);
        let sender = world.attached(&alice.devices[0]);
        let line = Line::open(&mut world);
        let mut rig = Self {
            world,
            bob,
            sender,
            line,
            sent: 0,
            requests: 10,
            committed: 0,
            remembers: false,
        };
        rig.attach(false, 0);
        rig
    }

    fn attach(&mut self, remembers: bool, window: usize) {
        self.line = Line::open(&mut self.world);
        self.line.window = [(1_024, 4_194_304), (3, 150_000), (1, 71_737)][window];
        self.remembers = remembers;
        if !remembers {
            self.committed = 0;
        }
        let nonce = self.line.nonce();
        let mut attaching = Attaching::to(nonce);
        if remembers {
            (attaching.store_epoch, attaching.cursor) = (EPOCH, self.committed);
        }
        attaching.window_envelopes = u16::try_from(self.line.window.0).unwrap();
        attaching.window_bytes = u32::try_from(self.line.window.1).unwrap();
        let attach = attaching.by(&self.bob.devices[0]);
        self.line.due.insert(1);
        self.line.connection.on_frame(attach.into(), self.world.now);
    }

    fn perform(&mut self, step: &Step) {
        let now = self.world.now;
        let line = &mut self.line;
        match step {
            Step::Store { is_large } => self.store(*is_large),
            Step::Ack { share } => {
                if let Some(session) = line.session {
                    let upto = self.committed * u64::from(*share) / 255;
                    self.ask(|request| ack(request, session, upto));
                }
            }
            Step::Ping => self.ask(|request| {
                Ping {
                    request: RequestId::new(request),
                }
                .encode()
            }),
            Step::Fetch => {
                let account = self.bob.id();
                let request = |request| FetchList {
                    request: RequestId::new(request),
                    account,
                    capability: Capability::NONE,
                };
                self.ask(|number| request(number).encode());
            }
            Step::Answer(which) => {
                if !line.answers.is_empty() {
                    let (ticket, answer) = line.answers.remove(which % line.answers.len());
                    let upto = line.acks.remove(&ticket).filter(|_| answer == Ok(Answer::Done));
                    line.acked = line.acked.max(upto.unwrap_or_default());
                    line.connection.on_answer(ticket, answer, now);
                }
            }
            Step::Mailbox { is_old } => {
                if let Some((after, bounds, old)) = line.mailbox.take() {
                    let read = self.world.store.read(self.bob.device(0), after, bounds);
                    let items = if *is_old {
                        old
                    } else {
                        read.now_or_never().unwrap().unwrap()
                    };
                    line.connection.on_mailbox(Ok(items), now);
                }
            }
            Step::Lane => {
                if let Some(items) = line.lane.take() {
                    line.connection.on_lane(Ok(items), now);
                }
            }
            Step::Hint { which, fate } => line.hint(*which, *fate, now),
            Step::Behind => line.connection.on_signal(Signal::Behind, now),
            Step::Write(count) => self.write(*count),
            Step::Wait(seconds) => {
                self.world.wait(*seconds);
                line.connection.on_tick(self.world.now);
            }
            Step::Attach { remembers, window } => self.attach(*remembers, *window),
        }
        self.line.work(&self.world);
        if self.line.is_closed {
            self.attach(true, 0);
            self.line.work(&self.world);
        }
    }

    fn store(&mut self, is_large: bool) {
        if self.sent == u8::MAX {
            return;
        }
        self.sent += 1;
        let body = vec![0; if is_large { 65_588 } else { 0 }];
        let letter = Letter {
            body: &body,
            ..Letter::to(&self.bob, self.sent)
        };
        self.sender.say(&self.world, &letter.frame(self.sent.into()));
        match self.sender.take() {
            RelayFrame::SendResult(result) => assert_eq!(result.results[0].status, 0),
            other => panic!("expected SendResult, not {:?}", other.kind()),
        }
    }

    fn ask(&mut self, frame: impl Fn(u32) -> Vec<u8>) {
        if self.line.session.is_some() && self.line.connection.wants_frame() {
            self.requests += 1;
            self.line.due.insert(self.requests);
            self.line
                .connection
                .on_frame(frame(self.requests).into(), self.world.now);
        }
    }

    /// The writer writes, and Bob reads: in order, without a hole, without a repetition.
    fn write(&mut self, count: usize) {
        let line = &mut self.line;
        let count = count.min(line.unwritten.len());
        let written: Vec<Bytes> = line.unwritten.drain(..count).collect();
        let bytes = written.iter().map(Bytes::len).sum();
        line.connection.on_sent(count, bytes, self.world.now);
        for bytes in written {
            let frame = RelayFrame::decode(&bytes).unwrap();
            let request = frame.request().number();
            assert!(
                request == 0 || matches!(frame, RelayFrame::Ping(_)) || line.due.remove(&request),
                "one answer"
            );
            match frame {
                RelayFrame::Hello(hello) => {
                    line.session = Some(hello.session_epoch);
                    self.committed = self.committed.max(hello.acked);
                }
                RelayFrame::Page(page) => {
                    for delivery in page.deliveries {
                        assert_eq!(delivery.seq, self.committed + 1);
                        self.committed = delivery.seq;
                    }
                }
                RelayFrame::Drained(drained) => {
                    assert!(
                        !std::mem::replace(&mut line.has_drained, true),
                        "Drained is sent once"
                    );
                    assert_eq!(drained.next, self.committed + 1);
                }
                RelayFrame::Error(error) => panic!("refused with {}", error.code),
                _ => {}
            }
        }
    }

    /// Nothing is slow any more: everything arrives, and every question has its answer.
    fn finish(&mut self) {
        while self.line.session.is_none() {
            self.perform(&Step::Answer(0));
            self.perform(&Step::Write(100));
        }
        self.perform(&Step::Behind);
        for _ in 0..2_000 {
            self.perform(&Step::Answer(0));
            self.perform(&Step::Mailbox { is_old: false });
            self.perform(&Step::Lane);
            self.perform(&Step::Hint {
                which: 0,
                fate: Fate::Heard,
            });
            self.perform(&Step::Write(100));
            self.perform(&Step::Ack { share: 255 });
            if self.committed == u64::from(self.sent) && self.line.has_drained {
                break;
            }
        }
        while !(self.line.answers.is_empty() && self.line.unwritten.is_empty()) {
            self.perform(&Step::Answer(0));
            self.perform(&Step::Write(100));
        }
        assert_eq!(self.committed, u64::from(self.sent), "everything arrives");
        assert!(self.line.has_drained && self.line.due.is_empty());
        assert!(self.line.connection.is_idle());
    }
}

impl Line {
    fn open(world: &mut World) -> Self {
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

    fn nonce(&self) -> [u8; 32] {
        match RelayFrame::decode(&self.unwritten[0]).unwrap() {
            RelayFrame::Challenge(challenge) => challenge.nonce,
            other => panic!("expected Challenge, not {:?}", other.kind()),
        }
    }

    fn hint(&mut self, which: usize, fate: Fate, now: twotick_relay::connection::Now) {
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
    fn work(&mut self, world: &World) {
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
    fn give(&mut self, frame: Bytes) {
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
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    /// R-DLV-1, R-DLV-2, R-DLV-5, R-FRM-4, R-ABU-1: whatever the schedule, envelopes arrive in order, whole and once in
    /// each session, within window and queue; each request has one answer.
    #[test]
    fn any_schedule_delivers_in_order_within_bounds(steps in vec(step(), 1..250)) {
        let mut rig = Rig::new();
        for step in &steps {
            rig.perform(step);
        }
        rig.finish();
    }

    /// R-FRM-1: bytes of any kind end a connection or are answered, and never more than that.
    #[test]
    fn garbage_is_survived(frames in vec(vec(any::<u8>(), 0..80), 1..20), object in 0xa0..0xe0_u8) {
        let mut world = World::new();
        let alice = Person::seeded(1, 1);
        let mut peer = world.attached(&alice.devices[0]);
        for mut frame in frames {
            if frame.len() > 2 {
                (frame[0], frame[1]) = (object, 1);
            }
            if peer.close.is_none() {
                peer.say(&world, &frame);
            }
        }
        prop_assert!(peer.close.is_some() || peer.connection.wants_frame());
    }
}
