//! One connection as a pure state machine, SPEC 21 to 28: frames, answers, wake-ups and time in, [`Action`]s out.
//!
//! ```text
//!  socket ── on_frame ──▶ ┌────────────┐ ── Send ────────▶ writer ── on_sent ──▶ (back)
//!  hub ───── on_signal ─▶ │ Connection │ ── Submit ──────▶ store ─── on_answer
//!  clock ─── on_tick ───▶ └────────────┘ ── Read* ───────▶ store ─── on_mailbox, on_lane
//! ```
//!
//! The driver calls one `on_*` for what happened, then does all of [`Connection::take_actions`], in order. It reads no
//! frame while [`Connection::wants_frame`] is false, and calls `on_tick` at [`Connection::next_tick`].

mod action;
mod answer;
mod attach;
mod delivery;
mod liveness;
mod open;
mod pending;
mod publish;
mod queue;
mod request;
mod send;
mod settings;

use std::{collections::VecDeque, sync::Arc, time::Duration};

use bytes::Bytes;
use twotick_wire::{ClientFrame, ErrorCode, RequestId, frame::Error};

pub use action::{Action, Close, Frame, Ticket};
pub use settings::{AttachedDevice, Drain, Nonce, Now, Opening, Resumption, Settings, Window};

use self::{attach::Greeting, delivery::Delivery, liveness::Liveness, pending::Requests, queue::Queue};
use crate::{
    hub::Signal,
    store::{LaneEntry, MailboxItem, StoreError},
};

/// One connection. See the module for how it is driven.
#[derive(Debug)]
pub struct Connection {
    settings: Arc<Settings>,
    role: Role,
    state: State,
    device: Option<AttachedDevice>,
    requests: Requests,
    queue: Queue,
    delivery: Option<Delivery>,
    liveness: Liveness,
    /// The bucket of refusals.
    refusals: u64,
    actions: VecDeque<Action>,
}

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Socket,
    AttachOnly,
    Requests,
    Poll { ends: Duration },
    Events,
}

/// SPEC 22.3. *live* is *attached* with what was there delivered.
#[derive(Debug)]
enum State {
    Greeted(Box<Greeting>),
    /// The store looks at an Attach.
    Checking,
    Attached,
    Closed,
}

impl Connection {
    /// Takes what is to be done. Nothing comes after [`Action::Close`].
    pub fn take_actions(&mut self) -> VecDeque<Action> {
        std::mem::take(&mut self.actions)
    }

    /// The device, once its attach was accepted.
    #[must_use]
    pub fn attached(&self) -> Option<&AttachedDevice> {
        self.device.as_ref()
    }

    /// Whether another frame may be read: false while too much is under way, and after the end.
    #[must_use]
    pub fn wants_frame(&self) -> bool {
        let limits = self.settings.limiter.limits();
        let is_open =
            matches!(self.state, State::Greeted(_) | State::Attached) && !self.liveness.is_draining();
        let answers = self.queue.waiting_bytes() + self.requests.reserved();
        is_open
            && !self.requests.is_barred()
            && self.requests.len() + self.queue.waiting() < limits.requests
            && answers < limits.queue_bytes
            && self.requests.held() < limits.request_bytes
    }

    /// Whether no request waits for its answer and all that was sent was taken.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.requests.len() == 0 && self.queue.is_idle()
    }

    /// The peer sent these bytes, as one frame.
    pub fn on_frame(&mut self, bytes: Bytes, now: Now) {
        if self.is_closed() {
            return;
        }
        self.liveness.heard(now.monotonic);
        match ClientFrame::decode(&bytes) {
            Ok(frame) => self.take_frame(frame, now),
            Err(error) => {
                let code = ClientFrame::refusal(&bytes, error);
                let close = match code {
                    ErrorCode::FrameTooLarge => Close::TooLarge,
                    _ => Close::Undecodable,
                };
                self.fail(code, close);
            }
        }
        self.settle(now);
    }

    /// The store read what [`Action::ReadMailbox`] asked for.
    pub fn on_mailbox(&mut self, items: Result<Vec<MailboxItem>, StoreError>, now: Now) {
        if let Some(delivery) = &mut self.delivery {
            match items {
                Ok(items) => delivery.read(&items),
                Err(_) => delivery.read_failed(now.monotonic),
            }
        }
        self.settle(now);
    }

    /// The store read what [`Action::ReadLane`] asked for.
    pub fn on_lane(&mut self, items: Result<Vec<LaneEntry>, StoreError>, now: Now) {
        if let Some(delivery) = &mut self.delivery {
            match items {
                Ok(items) => delivery.read_lane(items),
                Err(_) => delivery.read_lane_failed(now.monotonic),
            }
        }
        self.settle(now);
    }

    /// The hub has something for this connection.
    pub fn on_signal(&mut self, signal: Signal, now: Now) {
        match signal {
            Signal::Fenced => self.fail(ErrorCode::StaleSession, Close::Fenced),
            Signal::Replaced => self.close(Close::Finished),
            // A channel carries few messages: more than that is a flood, and is dropped.
            Signal::Link(frame) if self.queue.waiting() < FORWARDED => self.queue.forward(frame),
            Signal::Link(_) => {}
            Signal::Envelope(stored) => {
                let may_deliver = !self.is_closed() && !self.liveness.is_draining();
                if let Some(delivery) = self.delivery.as_mut().filter(|_| may_deliver) {
                    delivery.stored(&stored, &mut self.queue, now.monotonic, &mut self.actions);
                }
            }
            Signal::Lane => self.deliver(Delivery::lane_grew),
            Signal::Behind => self.deliver(Delivery::fell_behind),
            Signal::Acked(upto) => self.deliver(|delivery| delivery.acked(upto)),
            Signal::Ephemeral { from, frame } => {
                if self.delivery.is_some() {
                    self.queue.ephemeral(from, frame);
                }
            }
        }
        self.settle(now);
    }

    /// The writer has given `frames` frames of `bytes` bytes in all to the socket, the oldest first.
    pub fn on_sent(&mut self, frames: usize, bytes: usize, now: Now) {
        self.queue.sent(frames, bytes, now.monotonic);
        self.settle(now);
    }

    /// Moves on whatever can: called after each event.
    fn settle(&mut self, now: Now) {
        if self.is_closed() {
            return;
        }
        self.queue.flush(now.monotonic, &mut self.actions);
        let is_draining = self.liveness.is_draining();
        if let Some(delivery) = self.delivery.as_mut().filter(|_| !is_draining) {
            delivery.pump(&mut self.queue, now.monotonic, &mut self.actions);
            if self.queue.flush_ephemeral(now.monotonic, &mut self.actions) {
                delivery.went_out();
            }
            if delivery.is_over() {
                self.close(Close::Finished);
            }
        }
        if is_draining && self.is_idle() {
            self.close(Close::GoingAway);
        }
    }

    fn deliver(&mut self, change: impl FnOnce(&mut Delivery)) {
        if let Some(delivery) = &mut self.delivery {
            change(delivery);
        }
    }

    fn subscribe(&mut self, device: &AttachedDevice, receives: bool) {
        self.actions.push_back(Action::Subscribe {
            mailbox: device.device,
            session_epoch: device.session_epoch,
            receives,
        });
    }

    fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed)
    }

    /// Says why, then ends (R-FRM-1).
    fn fail(&mut self, code: ErrorCode, why: Close) {
        self.fail_later(RequestId::UNASKED, code, 0, why);
    }

    fn fail_later(&mut self, request: RequestId, code: ErrorCode, retry_after: u32, why: Close) {
        if self.is_closed() {
            return;
        }
        let error = Error {
            request,
            code: code.number(),
            retry_after,
        };
        self.actions.push_back(Action::Send(Frame(error.encode().into())));
        self.close(why);
    }

    fn close(&mut self, why: Close) {
        if !self.is_closed() {
            self.state = State::Closed;
            self.requests = Requests::default();
            self.delivery = None;
            self.actions.push_back(Action::Close(why));
        }
    }
}

/// Frames that may wait for room when another connection's is added. More: memory; fewer: a linking is cut short.
const FORWARDED: usize = 128;
