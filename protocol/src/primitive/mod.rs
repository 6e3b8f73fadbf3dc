//! The only callers of the cryptographic crates (SPEC 3). Everything above works on these few functions.

pub(crate) mod aead;
pub(crate) mod agreement;
pub(crate) mod count;
pub(crate) mod derive;
pub(crate) mod hash;
pub(crate) mod kem;
pub(crate) mod sign;
