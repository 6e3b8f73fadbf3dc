//! A staged operation is committed once.

use twotick_protocol::{PeerTransition, Staged};

fn twice(staged: Staged<PeerTransition<'_>, Vec<u8>>) {
    let _ = staged.commit(|_| Ok::<(), ()>(()));
    let _ = staged.commit(|_| Ok::<(), ()>(()));
}

fn main() {}
