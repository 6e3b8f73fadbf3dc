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
mod settings;

use std::{collections::VecDeque, sync::Arc, time::Duration};

use bytes::Bytes;

pub use action::{Action, Close, Frame, Ticket};
pub use settings::{AttachedDevice, Drain, Nonce, Now, Opening, Resumption, Settings, Window};

use crate::{
    hub::{LinkRefused, Signal},
    store::{Answer, LaneEntry, MailboxItem, StoreError},
};

/// One connection. See the module for how it is driven.
#[derive(Debug)]
pub struct Connection {
    settings: Arc<Settings>,
    actions: VecDeque<Action>,
}

impl Connection {
    /// A WebSocket: its first action sends the Challenge (R-ATT-1).
    #[must_use]
    pub fn greet(settings: Arc<Settings>, opening: Opening, now: Now) -> Self {
        let _ = (opening, now);
        Self {
            settings,
            actions: VecDeque::new(),
        }
    }

    /// `POST /v1/attach`: the Challenge of `opening` was sent elsewhere; ends once the Attach is answered (R-TRN-1).
    #[must_use]
    pub fn attach_only(settings: Arc<Settings>, opening: Opening, now: Now) -> Self {
        Self::greet(settings, opening, now)
    }

    /// A request over HTTP of a device that has attached before (R-TRN-2).
    #[must_use]
    pub fn resume(settings: Arc<Settings>, device: AttachedDevice, what: Resumption, now: Now) -> Self {
        let _ = (device, what, now);
        Self {
            settings,
            actions: VecDeque::new(),
        }
    }

    /// Takes what is to be done. Nothing comes after [`Action::Close`].
    pub fn take_actions(&mut self) -> VecDeque<Action> {
        std::mem::take(&mut self.actions)
    }

    /// The device, once its attach was accepted.
    #[must_use]
    pub fn attached(&self) -> Option<&AttachedDevice> {
        None
    }

    /// Whether another frame may be read: false while too much is under way, and after the end.
    #[must_use]
    pub fn wants_frame(&self) -> bool {
        true
    }

    /// Whether no request waits for its answer and all that was sent was taken.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        true
    }

    /// When `on_tick` is to be called, at the latest; `None` after the end.
    #[must_use]
    pub fn next_tick(&self) -> Option<Duration> {
        None
    }

    /// The peer sent these bytes, as one frame.
    pub fn on_frame(&mut self, bytes: Bytes, now: Now) {
        let _ = (bytes, now);
    }

    /// The store answered a [`Action::Submit`].
    pub fn on_answer(&mut self, ticket: Ticket, answer: Result<Answer, StoreError>, now: Now) {
        let _ = (ticket, answer, now);
    }

    /// The store read what [`Action::ReadMailbox`] asked for.
    pub fn on_mailbox(&mut self, items: Result<Vec<MailboxItem>, StoreError>, now: Now) {
        let _ = (items, now);
    }

    /// The store read what [`Action::ReadLane`] asked for.
    pub fn on_lane(&mut self, items: Result<Vec<LaneEntry>, StoreError>, now: Now) {
        let _ = (items, now);
    }

    /// The hub has something for this connection.
    pub fn on_signal(&mut self, signal: Signal, now: Now) {
        let _ = (signal, now);
    }

    /// The hub answered [`Action::LinkJoin`] or [`Action::LinkSend`].
    pub fn on_linked(&mut self, ticket: Ticket, result: Result<(), LinkRefused>, now: Now) {
        let _ = (ticket, result, now);
    }

    /// The writer has given `frames` frames of `bytes` bytes in all to the socket, the oldest first.
    pub fn on_sent(&mut self, frames: usize, bytes: usize, now: Now) {
        let _ = (frames, bytes, now);
    }

    /// Time has passed.
    pub fn on_tick(&mut self, now: Now) {
        let _ = now;
    }

    /// The relay stops: says so, finishes what is under way, ends (R-ATT-8).
    pub fn on_drain(&mut self, drain: Drain, now: Now) {
        let _ = (drain, now);
    }
}
