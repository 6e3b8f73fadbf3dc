//! A secret has no `Debug`; nothing that holds one has `Display`.

use std::fmt::{Debug, Display};

use twotick_protocol::{AccountKeyPair, BodyKey, Device, PeerDevice, Prekeys, ReceiptKey, Secret};

fn debug<T: Debug>() {}
fn display<T: Display>() {}

fn main() {
    debug::<Secret<32>>();
    display::<Secret<32>>();
    display::<AccountKeyPair>();
    display::<Device>();
    display::<PeerDevice>();
    display::<Prekeys>();
    display::<BodyKey>();
    display::<ReceiptKey>();
}
