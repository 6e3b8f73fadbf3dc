//! Heartbeats, deadlines and the end of a relay, SPEC 22.4 and 28.

use std::time::Duration;

use twotick_wire::{
    ErrorCode, RequestId,
    frame::{GoAway, Ping},
};

use super::{Close, Connection, Drain, Now, Role, State};

/// When the peer was heard, and when the relay stops.
#[derive(Debug)]
pub(super) struct Liveness {
    heartbeat: Duration,
    /// Pings since then.
    unanswered: u32,
    next_ping: Duration,
    pings: u32,
    draining_until: Option<Duration>,
}

impl Liveness {
    /// The heartbeat is varied by up to a fifth either way, in whole seconds of one or more (R-ATT-7).
    pub(super) fn new(heartbeat: Duration, spread: u32, now: Duration) -> Self {
        let permille = 800 + spread % 401;
        let seconds = (heartbeat * permille / 1_000).as_secs().clamp(1, u16::MAX.into());
        let heartbeat = Duration::from_secs(seconds);
        Self {
            heartbeat,
            unanswered: 0,
            next_ping: now.saturating_add(heartbeat),
            pings: 0,
            draining_until: None,
        }
    }

    /// What Hello tells.
    pub(super) fn heartbeat(&self) -> u16 {
        u16::try_from(self.heartbeat.as_secs()).unwrap_or(u16::MAX)
    }

    pub(super) fn heard(&mut self, now: Duration) {
        self.unanswered = 0;
        self.next_ping = now.saturating_add(self.heartbeat);
    }

    pub(super) fn is_draining(&self) -> bool {
        self.draining_until.is_some()
    }
}

impl Connection {
    /// When `on_tick` is to be called, at the latest; `None` after the end.
    #[must_use]
    pub fn next_tick(&self) -> Option<Duration> {
        let limits = self.settings.limiter.limits();
        let stalled = self
            .queue
            .stalled_since()
            .map(|since| since.saturating_add(limits.no_progress));
        let greeted = match &self.state {
            State::Closed => return None,
            State::Greeted(greeting) => Some(greeting.deadline()),
            State::Checking | State::Attached => None,
        };
        let ping = match self.role {
            Role::Socket | Role::Events => Some(self.liveness.next_ping),
            Role::AttachOnly | Role::Requests | Role::Poll { .. } => None,
        };
        let poll = match self.role {
            Role::Poll { ends } => Some(ends),
            _ => None,
        };
        let retry = self.delivery.as_ref().and_then(|delivery| delivery.retry_at());
        [stalled, greeted, ping, poll, retry, self.liveness.draining_until]
            .into_iter()
            .flatten()
            .min()
    }

    /// Time has passed.
    pub fn on_tick(&mut self, now: Now) {
        let at = now.monotonic;
        let limits = self.settings.limiter.limits();
        let no_progress = limits.no_progress;
        if self
            .queue
            .stalled_since()
            .is_some_and(|since| at >= since.saturating_add(no_progress))
        {
            self.fail(ErrorCode::SlowConsumer, Close::NoProgress);
        }
        if let State::Greeted(greeting) = &self.state
            && at >= greeting.deadline()
        {
            self.fail(ErrorCode::AttachRequired, Close::AttachRefused);
        }
        if self.liveness.draining_until.is_some_and(|until| at >= until) {
            self.close(Close::GoingAway);
        }
        if matches!(self.role, Role::Poll { ends } if at >= ends) {
            self.close(Close::Finished);
        }
        self.beat(at);
        self.settle(now);
    }

    /// The relay stops: says so, finishes what is under way, ends (R-ATT-8).
    pub fn on_drain(&mut self, drain: Drain, now: Now) {
        if self.is_closed() || self.liveness.is_draining() {
            return;
        }
        let go_away = GoAway {
            code: ErrorCode::GoingAway.number(),
            wait_min: milliseconds(drain.wait_min),
            wait_max: milliseconds(drain.wait_max.max(drain.wait_min)),
        };
        self.queue.answer(go_away.encode());
        self.liveness.draining_until = Some(now.monotonic.saturating_add(drain.linger));
        self.settle(now);
    }

    /// Asks whether the peer is there, or ends after two times without an answer (R-ATT-7).
    fn beat(&mut self, now: Duration) {
        let beats = matches!(self.role, Role::Socket | Role::Events);
        if self.is_closed() || !beats || now < self.liveness.next_ping {
            return;
        }
        // Nothing is heard on a stream of events, whose reader answers elsewhere or not at all.
        if self.role == Role::Socket && self.liveness.unanswered >= UNANSWERED {
            self.close(Close::NoProgress);
            return;
        }
        self.liveness.unanswered += 1;
        self.liveness.pings = self.liveness.pings.wrapping_add(1).max(1);
        self.liveness.next_ping = now.saturating_add(self.liveness.heartbeat);
        let request = RequestId::new(self.liveness.pings);
        self.queue.answer(Ping { request }.encode());
    }
}

fn milliseconds(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
}

/// Pings that may go unanswered (R-ATT-7).
const UNANSWERED: u32 = 2;
