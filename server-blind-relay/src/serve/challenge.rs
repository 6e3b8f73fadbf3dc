//! Challenges given over HTTP: each is good once, for a minute (R-ATT-2).

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::connection::Nonce;

/// The challenges that may still be answered.
#[derive(Debug)]
pub(super) struct Challenges {
    lifetime: Duration,
    capacity: usize,
    given: Mutex<Given>,
}

#[derive(Debug, Default)]
struct Given {
    drawn: HashMap<[u8; 32], Duration>,
    /// In the order drawn; those that were answered are still in it.
    order: VecDeque<(Duration, [u8; 32])>,
}

impl Challenges {
    /// Keeps up to `capacity`; beyond that the oldest is forgotten.
    pub(super) fn new(lifetime: Duration, capacity: usize) -> Self {
        Self {
            lifetime,
            capacity: capacity.max(1),
            given: Mutex::default(),
        }
    }

    /// Remembers one.
    pub(super) fn give(&self, nonce: Nonce, now: Duration) {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(&(drawn, oldest)) = given.order.front() {
            if given.order.len() < self.capacity && now.saturating_sub(drawn) <= self.lifetime {
                break;
            }
            given.order.pop_front();
            given.drawn.remove(&oldest);
        }
        given.drawn.insert(nonce.0, now);
        given.order.push_back((now, nonce.0));
    }

    /// When it was drawn, if it may be answered; from now on it may not.
    pub(super) fn take(&self, nonce: Nonce, now: Duration) -> Option<Duration> {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        given
            .drawn
            .remove(&nonce.0)
            .filter(|drawn| now.saturating_sub(*drawn) <= self.lifetime)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    /// R-ATT-2, R-TRN-1: once, for a minute.
    #[test]
    fn a_challenge_is_good_once_and_for_a_minute() {
        let challenges = Challenges::new(MINUTE, 10);
        for number in 0..3 {
            challenges.give(Nonce([number; 32]), Duration::ZERO);
        }
        assert_eq!(
            challenges.take(Nonce([0; 32]), Duration::ZERO),
            Some(Duration::ZERO)
        );
        assert_eq!(challenges.take(Nonce([0; 32]), Duration::ZERO), None);
        assert_eq!(challenges.take(Nonce([1; 32]), MINUTE), Some(Duration::ZERO));
        assert_eq!(
            challenges.take(Nonce([2; 32]), MINUTE + Duration::from_nanos(1)),
            None
        );
        assert_eq!(challenges.take(Nonce([9; 32]), Duration::ZERO), None);
    }

    /// R-ABU-1: asking for challenges does not fill the memory.
    #[test]
    fn only_so_many_are_kept() {
        let challenges = Challenges::new(MINUTE, 4);
        for number in 0..200 {
            challenges.give(Nonce([number; 32]), Duration::ZERO);
        }
        let given = challenges.given.lock().expect("one thread");
        assert_eq!((given.drawn.len(), given.order.len()), (4, 4));
        assert!(given.drawn.contains_key(&[199; 32]) && !given.drawn.contains_key(&[195; 32]));
    }
}
