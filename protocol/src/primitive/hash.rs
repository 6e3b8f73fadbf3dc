//! `H(label, x)` of SPEC 3.1.

use sha2::{Digest, Sha256};
use twotick_wire::Label;

/// `H(label, parts[0] || parts[1] || …)`.
pub(crate) fn hash(label: Label, parts: &[&[u8]]) -> [u8; 32] {
    let mut state = Sha256::new_with_prefix(label.framed());
    for part in parts {
        state.update(part);
    }
    state.finalize().into()
}

/// The first 16 bytes of [`hash`]: ids and links.
pub(crate) fn hash16(label: Label, parts: &[&[u8]]) -> [u8; 16] {
    first16(&hash(label, parts))
}

/// `x[0:16]` of a 32-byte value.
pub(crate) fn first16(bytes: &[u8; 32]) -> [u8; 16] {
    let mut short = [0; 16];
    short.copy_from_slice(&bytes[..16]);
    short
}
