//! What a client of a relay needs of the cryptography (SPEC 22.1, 26, 27). The frames themselves are in the wire crate.

use twotick_wire::{CapabilityHash, Label, LinkChannel, LinkOffer};

use crate::primitive::hash::{hash, hash16};

/// What the relay is given of a capability: `H("hash/capability", capability)`, R-CAP-1.
#[must_use]
pub fn capability_hash(capability: &[u8; 16]) -> CapabilityHash {
    CapabilityHash::new(hash(Label::Capability, &[capability]))
}

/// Where the two devices of a linking offer meet: `H("hash/link-channel", secret)[0:16]`, R-EPH-2.
#[must_use]
pub fn link_channel(offer: &LinkOffer) -> LinkChannel {
    LinkChannel::new(hash16(Label::LinkChannel, &[&offer.secret]))
}
