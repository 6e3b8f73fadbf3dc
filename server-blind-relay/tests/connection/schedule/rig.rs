//! Alice sends, Bob receives, and a schedule decides on everything that may take time or get lost.

use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use twotick_relay::{
    hub::Signal,
    limits::{Rate, RelayLimits},
    store::Store,
};
use twotick_wire::{
    Capability, RelayFrame, RequestId,
    frame::{FetchList, Ping},
};

use super::{
    Fate, Step,
    line::{Line, QUEUE},
};
use crate::{
    peer::Peer,
    person::{Attaching, Letter, Person, ack},
    world::{EPOCH, World},
};

pub(super) struct Rig {
    world: World,
    bob: Person,
    sender: Peer,
    line: Line,
    sent: u8,
    requests: u32,
    /// Bob's own store.
    committed: u64,
}

impl Rig {
    pub(super) fn new(window: usize) -> Self {
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
        };
        rig.attach(false, window);
        rig
    }

    fn attach(&mut self, remembers: bool, window: usize) {
        self.line = Line::open(&mut self.world);
        self.line.window = [(1_024, 4_194_304), (3, 150_000), (1, 71_737)][window];
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

    pub(super) fn perform(&mut self, step: &Step) {
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
            Step::Answer(which) => line.answer(*which, now),
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
    pub(super) fn finish(&mut self) {
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
