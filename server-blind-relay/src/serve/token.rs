//! Tokens of the HTTP transports: kept as hashes, for a quarter of an hour (R-TRN-1).

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use twotick_wire::DeviceId;
use twotick_wire::frame::TokenBytes;

use crate::store::SessionEpoch;

/// The tokens that are good.
#[derive(Debug)]
pub(super) struct Tokens {
    lifetime: Duration,
    capacity: usize,
    given: Mutex<Given>,
}

#[derive(Debug, Default)]
struct Given {
    sessions: HashMap<TokenHash, Session>,
    order: VecDeque<(Duration, TokenHash)>,
}

type TokenHash = [u8; 16];

/// What a token stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Session {
    /// The device.
    pub(super) device: DeviceId,
    /// The epoch of its attach.
    pub(super) session_epoch: SessionEpoch,
    /// When it ends.
    pub(super) until: Duration,
}

impl Tokens {
    /// Keeps up to `capacity`; beyond that the oldest is forgotten, and its device attaches again.
    pub(super) fn new(lifetime: Duration, capacity: usize) -> Self {
        Self {
            lifetime,
            capacity: capacity.max(1),
            given: Mutex::default(),
        }
    }

    /// How long a token is good.
    pub(super) fn lifetime(&self) -> Duration {
        self.lifetime
    }

    /// Makes a token.
    pub(super) fn give(
        &self,
        device: DeviceId,
        session_epoch: SessionEpoch,
        now: Duration,
    ) -> Result<TokenBytes, getrandom::Error> {
        let mut token = [0; TokenBytes::LENGTH];
        getrandom::fill(&mut token)?;
        let token = TokenBytes::new(token);
        let until = now.saturating_add(self.lifetime);
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(&(ends, oldest)) = given.order.front() {
            if given.order.len() < self.capacity && now < ends {
                break;
            }
            given.order.pop_front();
            given.sessions.remove(&oldest);
        }
        let hash = hash(&token);
        given.sessions.insert(
            hash,
            Session {
                device,
                session_epoch,
                until,
            },
        );
        given.order.push_back((until, hash));
        Ok(token)
    }

    /// What a token stands for, if it is good.
    pub(super) fn session(&self, token: &TokenBytes, now: Duration) -> Option<Session> {
        let given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        given
            .sessions
            .get(&hash(token))
            .filter(|session| now < session.until)
            .copied()
    }
}

/// Only the hash is kept, so that neither memory nor the time of a comparison gives a token away.
fn hash(token: &TokenBytes) -> TokenHash {
    let mut hash = TokenHash::default();
    hash.copy_from_slice(&Sha256::digest(token.as_bytes())[..16]);
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFETIME: Duration = Duration::from_secs(900);

    /// R-TRN-1: a token is good for its device and session epoch, until its time is over.
    #[test]
    fn a_token_is_good_for_fifteen_minutes() {
        let tokens = Tokens::new(LIFETIME, 10);
        let (device, epoch) = (DeviceId::new([1; 16]), SessionEpoch(7));
        let token = tokens.give(device, epoch, Duration::ZERO).expect("randomness");
        let session = tokens
            .session(&token, LIFETIME - Duration::from_nanos(1))
            .expect("a session");
        assert_eq!((session.device, session.session_epoch), (device, epoch));
        assert_eq!(tokens.session(&token, LIFETIME), None);
        assert_eq!(tokens.session(&TokenBytes::new([0; 64]), Duration::ZERO), None);
    }

    /// R-ABU-1: attaching again and again does not fill the memory.
    #[test]
    fn only_so_many_are_kept() {
        let tokens = Tokens::new(LIFETIME, 2);
        let give = || {
            tokens
                .give(DeviceId::new([1; 16]), SessionEpoch(1), Duration::ZERO)
                .expect("randomness")
        };
        let [first, second, third] = [give(), give(), give()];
        let is_good = |token| tokens.session(token, Duration::ZERO).is_some();
        assert_eq!([&first, &second, &third].map(is_good), [false, true, true]);
    }

    /// R-BLD-1: what is kept of a token is not the token.
    #[test]
    fn a_token_is_kept_as_a_hash() {
        let tokens = Tokens::new(LIFETIME, 2);
        let token = tokens
            .give(DeviceId::new([1; 16]), SessionEpoch(1), Duration::ZERO)
            .expect("randomness");
        let given = tokens.given.lock().expect("one thread");
        let kept = given.sessions.keys().next().expect("one");
        assert!(!token.as_bytes().windows(kept.len()).any(|window| window == kept));
    }
}
