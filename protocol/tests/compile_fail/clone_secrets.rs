//! No secret can be cloned.

use twotick_protocol::{
    AccountKeyPair, BodyKey, Device, DeviceKeys, PeerDevice, Prekeys, ReceiptKey, Secret, StorageKey,
};

fn clone<T: Clone>() {}

fn main() {
    clone::<Secret<32>>();
    clone::<AccountKeyPair>();
    clone::<DeviceKeys>();
    clone::<Device>();
    clone::<PeerDevice>();
    clone::<Prekeys>();
    clone::<BodyKey>();
    clone::<ReceiptKey>();
    clone::<StorageKey>();
}
