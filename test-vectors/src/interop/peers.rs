//! What a device must keep about a peer device: sessions by SPEC 12, without their keys.

use std::collections::{BTreeMap, BTreeSet};

use super::ratchet::Ratchet;

/// A session, known to one end or both.
#[derive(Debug, Clone)]
pub(super) struct Session {
    pub(super) generation: u32,
    /// In hex, as `session.inspect` shows it.
    pub(super) id: String,
    /// `one_time` or `signed_only`.
    pub(super) strength: &'static str,
    /// The device that began it.
    pub(super) initiator: usize,
}

/// How `session.recover` must answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Recovery {
    Reset,
    Retry,
    Nothing,
}

/// One device's record of another.
#[derive(Debug, Clone, Default)]
pub(super) struct PeerRecord {
    pub(super) generation: u32,
    pub(super) confirmed: u32,
    pub(super) current: Option<usize>,
    pub(super) ratchets: BTreeMap<usize, Ratchet>,
    /// Sessions this end may seal ratchet messages in.
    pub(super) answered: BTreeSet<usize>,
    /// Handshakes that failed and were charged to the peer device.
    pub(super) failures: u32,
    retry_open: bool,
    last_reset: Option<u64>,
    asked: Vec<String>,
    pub(super) resent: BTreeSet<String>,
}

/// SPEC 4.3: an automatic reset each hour.
const RESET_INTERVAL: u64 = 3600;

impl PeerRecord {
    /// R-SES-1.
    pub(super) fn initiate(&mut self, session: usize) {
        self.generation += 1;
        self.current = Some(session);
        self.ratchets.insert(session, Ratchet::default());
    }

    /// The table of SPEC 12.2, for a session that is not refused by its first row.
    pub(super) fn accept(&mut self, sessions: &[Session], new: usize) {
        let key = |index: usize| {
            sessions
                .get(index)
                .map(|session| (session.generation, std::cmp::Reverse(session.id.clone())))
        };
        if self.current.is_none_or(|current| key(new) > key(current)) {
            self.current = Some(new);
        }
        let generation = key(new).map_or(0, |(generation, _)| generation);
        self.generation = self.generation.max(generation);
        self.ratchets.insert(new, Ratchet::default());
        self.opened(new, generation);
    }

    /// A message opened in this session.
    pub(super) fn opened(&mut self, session: usize, generation: u32) {
        self.answered.insert(session);
        self.confirmed = self.confirmed.max(generation);
        self.retry_open = false;
    }

    /// SPEC 12.4.
    pub(super) fn recover(&mut self, message_id: &str, now: u64) -> Recovery {
        let over = self.current.is_none() || self.retry_open;
        let reset_due = self
            .last_reset
            .is_none_or(|last| now.saturating_sub(last) >= RESET_INTERVAL);
        if over && reset_due {
            self.last_reset = Some(now);
            return Recovery::Reset;
        }
        let asked = self.asked.iter().any(|asked| asked == message_id);
        if self.current.is_none() || asked {
            return Recovery::Nothing;
        }
        self.asked.push(message_id.to_owned());
        self.retry_open = true;
        Recovery::Retry
    }
}
