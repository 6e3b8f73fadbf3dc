//! While an operation is staged nothing else can change the state it was computed from.

use twotick_protocol::{PeerDevice, Recovery, RecoveryCause};
use twotick_protocol::wire::{MessageId, UnixTime};

fn race(peer: &mut PeerDevice, id: MessageId, now: UnixTime) -> Recovery {
    let staged = peer.recover(id, RecoveryCause::Undecryptable, now);
    let _ = peer.expire(now);
    staged.commit(|_| Ok::<(), ()>(())).unwrap()
}

fn main() {}
