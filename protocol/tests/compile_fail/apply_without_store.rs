//! The changes of a staged operation cannot be installed without storing.

use twotick_protocol::{PeerTransition, Staged, Transition};

fn skip(staged: Staged<PeerTransition<'_>, Vec<u8>>) {
    staged.transition.apply();
}

fn main() {}
