//! What a capability is good for (SPEC 26).

use twotick_wire::{AccountId, Grant, UnixTime};

/// A granted capability, as a relay keeps it beside its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Capability {
    /// True if the first account that stores with it is the only one.
    pub(crate) is_single: bool,
    /// How many envelopes may be stored with it; 0 for any number.
    pub(crate) envelopes: u16,
    /// How many of those were.
    pub(crate) used: u16,
    /// The last second it is good in; 0 for no last.
    pub(crate) expires: UnixTime,
    /// The account it is bound to.
    pub(crate) bound: Option<AccountId>,
}

impl Capability {
    /// A capability with the terms of `grant`; one granted again keeps its binding (R-CAP-2).
    pub(crate) fn granted(grant: &Grant, before: Option<&Self>) -> Self {
        Self {
            is_single: grant.is_single,
            envelopes: grant.envelopes,
            used: 0,
            expires: grant.expires,
            bound: before.and_then(|before| before.bound),
        }
    }

    /// True if it is good for `by` and for `count` envelopes more (R-CAP-1, R-CAP-2).
    pub(crate) fn serves(&self, by: &AccountId, count: usize, now: UnixTime) -> bool {
        let is_current = self.expires == UnixTime::new(0) || now <= self.expires;
        let is_theirs = !self.is_single || self.bound.is_none_or(|bound| bound == *by);
        let left = usize::from(self.envelopes.saturating_sub(self.used));
        is_current && is_theirs && (self.envelopes == 0 || left >= count)
    }

    /// Counts what was stored with it, and binds it if it is for one account only.
    pub(crate) fn use_for(&mut self, by: AccountId, count: usize) {
        if self.envelopes > 0 {
            self.used = self.used.saturating_add(u16::try_from(count).unwrap_or(u16::MAX));
        }
        if self.is_single && self.bound.is_none() {
            self.bound = Some(by);
        }
    }
}

#[cfg(test)]
mod tests {
    use twotick_wire::CapabilityHash;

    use super::*;

    const ALICE: AccountId = AccountId::new([1; 32]);
    const MALLORY: AccountId = AccountId::new([2; 32]);

    fn grant(is_single: bool, envelopes: u16, expires: u64) -> Grant {
        Grant {
            hash: CapabilityHash::new([0; 32]),
            is_single,
            envelopes,
            expires: UnixTime::new(expires),
        }
    }

    /// R-CAP-2: *single* binds at the first use, not before, and granting again keeps the binding.
    #[test]
    fn a_single_capability_is_bound_by_its_first_use() {
        let now = UnixTime::new(5);
        let mut single = Capability::granted(&grant(true, 0, 0), None);
        assert!(single.serves(&MALLORY, 1, now));
        single.use_for(ALICE, 1);
        let again = Capability::granted(&grant(true, 3, 0), Some(&single));
        for capability in [single, again] {
            assert!(capability.serves(&ALICE, 1, now));
            assert!(!capability.serves(&MALLORY, 1, now));
        }
    }

    /// R-CAP-1, R-CAP-2: the quota counts envelopes, all of a request or none; the last second is still good.
    #[test]
    fn a_quota_and_an_end_are_kept() {
        let mut capability = Capability::granted(&grant(false, 3, 10), None);
        capability.use_for(ALICE, 2);
        assert!(capability.serves(&ALICE, 1, UnixTime::new(10)));
        assert!(!capability.serves(&ALICE, 2, UnixTime::new(10)));
        assert!(!capability.serves(&ALICE, 1, UnixTime::new(11)));
    }
}
