//! The result of a staged operation cannot be reached without storing.

use twotick_protocol::{PeerTransition, Staged};

fn peek(staged: Staged<PeerTransition<'_>, Vec<u8>>) -> Vec<u8> {
    staged.output
}

fn main() {}
