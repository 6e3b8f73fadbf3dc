//! Erasing by age, for peers that stay silent.

use alloc::vec::Vec;

use twotick_wire::UnixTime;

use super::arrangement::Arrangement;
use super::receive::report_erased;
use super::{PeerChange, PeerDevice, PeerTransition, SessionEvent};
use crate::staged::Staged;

impl PeerDevice {
    /// Erases archived sessions and skipped keys past their time (R-SES-5, R-DR-9).
    ///
    /// Opening a message and initiating do this too; this is for a device that nothing is received from. Once a day is enough.
    pub fn expire(&mut self, now: UnixTime) -> Staged<PeerTransition<'_>, Vec<SessionEvent>> {
        let mut events = Vec::new();
        let arrangement = Arrangement::of(self, now, &mut events);
        let mut change = PeerChange {
            arrangement: None,
            moved: None,
            new: None,
            book: None,
            names: None,
            oldest: self.limits.oldest_key(now),
        };
        let erased = change.arrange(self, arrangement, self.limits.skipped_keys_of_peer);
        report_erased(erased, &mut events);
        Staged {
            transition: PeerTransition {
                peer: self,
                change,
                prekeys: None,
            },
            output: events,
        }
    }
}
