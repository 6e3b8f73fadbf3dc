//! Secrets are compared by `same_as`, in constant time, and by nothing else.

use twotick_protocol::{AccountKeyPair, BodyKey, Device, PeerDevice, ReceiptKey, Secret};

fn compare<T: PartialEq>() {}

fn main() {
    compare::<Secret<32>>();
    compare::<AccountKeyPair>();
    compare::<Device>();
    compare::<PeerDevice>();
    compare::<BodyKey>();
    compare::<ReceiptKey>();
}
