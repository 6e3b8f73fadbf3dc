//! Fixed-size secrets that wipe themselves.

use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// `N` secret bytes, wiped on drop (SPEC 15.3).
///
/// It has no `Debug`, `Display`, `Clone`, `PartialEq` or serialisation, so a secret cannot be printed or copied by accident.
#[derive(Zeroize, ZeroizeOnDrop)]
#[expect(missing_debug_implementations, reason = "a secret is not printed")]
pub struct Secret<const N: usize>([u8; N]);

impl<const N: usize> Secret<N> {
    /// Takes bytes that are secret from here on. The caller wipes its own copy, if it keeps one.
    pub fn from_bytes(bytes: [u8; N]) -> Self {
        Self(bytes)
    }

    /// Draws `N` bytes: `RAND(N)` of SPEC 2.
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        let mut secret = Self([0; N]);
        rng.fill_bytes(&mut secret.0);
        secret
    }

    /// The bytes themselves, for a caller that stores or transports them.
    pub fn expose(&self) -> &[u8; N] {
        &self.0
    }

    pub(crate) fn zero() -> Self {
        Self([0; N])
    }

    pub(crate) fn expose_mut(&mut self) -> &mut [u8; N] {
        &mut self.0
    }

    /// A second copy, for a state that is computed beside the one it may replace.
    pub(crate) fn duplicate(&self) -> Self {
        Self(self.0)
    }

    /// Whether two secrets are equal, in constant time.
    pub fn same_as(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}
