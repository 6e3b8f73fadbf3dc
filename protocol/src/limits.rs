//! The limits of SPEC 4.3, each with what breaks when it is larger and when it is smaller.

use twotick_wire::UnixTime;

use crate::error::StateError;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Limits that an application may lower. [`Limits::default`] are the values of SPEC 4.3, which are also the maxima.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Forward jump in one chain. Larger: more work for one hostile message. Smaller: weeks offline end a session.
    pub forward_jump: u32,
    /// Skipped keys of a session. Larger: 44 bytes each in every saved state. Smaller: long gaps lose late messages.
    pub skipped_keys: usize,
    /// Skipped keys of a peer device. Larger: memory for a hostile peer. Smaller: as above, over several sessions.
    pub skipped_keys_of_peer: usize,
    /// Seconds a skipped key is kept. Larger: a late thief opens more. Smaller: slow relays lose messages.
    pub skipped_key_age: u64,
    /// Finished chains that keep keys. Larger: a trial opening each. Smaller: late messages over many turns are lost.
    pub finished_chains: usize,
    /// Archived sessions. Larger: trial openings. Smaller: late messages of old sessions are lost.
    pub archived_sessions: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            forward_jump: 65_535,
            skipped_keys: 2_000,
            skipped_keys_of_peer: 4_000,
            skipped_key_age: 14 * DAY,
            finished_chains: 4,
            archived_sessions: 4,
        }
    }
}

impl Limits {
    /// Skipped keys stored before this are too old at `now`.
    pub(crate) fn oldest_key(&self, now: UnixTime) -> UnixTime {
        UnixTime::new(now.seconds().saturating_sub(self.skipped_key_age))
    }

    /// Accepts limits that are nowhere over SPEC 4.3: `LimitTooHigh` otherwise.
    pub fn checked(self) -> Result<Self, StateError> {
        let most = Self::default();
        let over = self.forward_jump > most.forward_jump
            || self.skipped_keys > most.skipped_keys
            || self.skipped_keys_of_peer > most.skipped_keys_of_peer
            || self.skipped_key_age > most.skipped_key_age
            || self.finished_chains > most.finished_chains
            || self.archived_sessions > most.archived_sessions;
        if over {
            Err(StateError::LimitTooHigh)
        } else {
            Ok(self)
        }
    }
}

/// Limits that both ends must agree on, or that have no reason to differ.
pub mod constants {
    use super::{DAY, HOUR, MINUTE};

    /// Seconds a clock may be wrong. Larger: validity stretches. Smaller: people with a wrong time zone are refused.
    pub const CLOCK_SKEW: u64 = DAY;
    /// Validity of a certificate. Larger: a stolen device key lives longer. Smaller: devices drop out unrenewed.
    pub const CERTIFICATE_VALIDITY: u64 = 366 * DAY;
    /// Validity of a device list. Larger: a relay can freeze it for longer. Smaller: a primary on holiday goes stale.
    pub const LIST_VALIDITY: u64 = 35 * DAY;
    /// Life of a linking offer. Larger: a photographed code stays useful. Smaller: people cannot type in time.
    pub const LINK_OFFER: u64 = MINUTE;
    /// Age at which a signed prekey is renewed.
    pub const SIGNED_PREKEY_RENEWAL: u64 = 7 * DAY;
    /// Validity of a signed prekey as published.
    pub const SIGNED_PREKEY_VALIDITY: u64 = 14 * DAY;
    /// Longest validity of a signed prekey that is accepted.
    pub const SIGNED_PREKEY_LONGEST: u64 = 30 * DAY;
    /// Life of its private key. Larger: first messages stay readable. Smaller: messages in flight become unreadable.
    pub const SIGNED_PREKEY_KEPT: u64 = 30 * DAY;
    /// One-time prekeys published at once.
    pub const ONE_TIME_PREKEYS_PUBLISHED: usize = 100;
    /// One-time prekeys kept. Larger: storage. Smaller: bundles in flight name erased keys.
    pub const ONE_TIME_PREKEYS_KEPT: usize = 200;
    /// Replay entries of a signed prekey. Larger: memory. Smaller: busy devices must renew earlier.
    pub const REPLAY_ENTRIES: usize = 65_536;
    /// Life of an initiator's session without answer. Larger: dead prekeys are used. Smaller: holidays end sessions.
    pub const UNANSWERED_SESSION: u64 = 30 * DAY;
    /// Life of an archived session after its successor is confirmed. Larger: old state reads longer. Smaller: losses.
    pub const ARCHIVED_SESSION: u64 = 72 * HOUR;
    /// Life of an archived session in any case.
    pub const ARCHIVED_SESSION_LONGEST: u64 = 30 * DAY;
    /// Followed rotations kept of an account. Larger: a contact that rotates for ever fills the store. Smaller: a very
    /// old list is a stranger's, and its forks are not noticed.
    pub const ROTATIONS_REMEMBERED: usize = 16;
    /// Generations that one handshake may advance. Larger: a thief exhausts them. Smaller: many lost resets lock out.
    pub const GENERATION_STEP: u32 = 65_536;
    /// Failed handshakes of a device before it has to wait.
    pub const HANDSHAKE_BUDGET: u32 = 8;
    /// Seconds after which one more is allowed.
    pub const HANDSHAKE_REFILL: u64 = 5 * MINUTE;
    /// Retry requests to a device before it has to wait.
    pub const RETRY_BUDGET: u32 = 16;
    /// Seconds after which one more is allowed.
    pub const RETRY_REFILL: u64 = 4 * MINUTE;
    /// Seconds between automatic resets.
    pub const RESET_INTERVAL: u64 = HOUR;
    /// Message ids remembered as asked for.
    pub const RETRIES_REMEMBERED: usize = 16;
    /// Message ids remembered as sent again.
    pub const RESENDS_REMEMBERED: usize = 128;
    /// Receipts about one sender's messages before they have to wait.
    pub const RECEIPT_BUDGET: u32 = 60;
    /// Seconds after which one more is allowed.
    pub const RECEIPT_REFILL: u64 = 1;
    /// Seconds a receipt key is kept if no `read` arrives.
    pub const RECEIPT_KEY_KEPT: u64 = 30 * DAY;
    /// Parents in a payload. Larger: payloads outgrow the smallest bucket. Smaller: branches join later.
    pub const PARENTS: usize = 4;
    /// History links known. Larger: state. Smaller: old parents count as unknown.
    pub const LINKS_KNOWN: usize = 512;
    /// Ranges of missing sequences of one author.
    pub const GAPS: usize = 64;
    /// Lamport step accepted at once. Larger: one message spends the clock. Smaller: long absences order badly.
    pub const LAMPORT_STEP: u64 = 1 << 20;
    /// Lamport value at which sending ends.
    pub const LAMPORT_END: u64 = 1 << 63;
    /// Iterations of the safety number.
    pub const SAFETY_ITERATIONS: u32 = 5_200;
}
