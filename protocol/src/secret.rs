//! Fixed-size secrets that wipe themselves.

use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::{ZeroizeOnDrop, optimization_barrier};

/// `N` secret bytes, wiped on drop (SPEC 15.3).
///
/// It has no `Debug`, `Display`, `Clone`, `PartialEq` or serialisation, so a secret cannot be printed or copied by accident.
#[expect(missing_debug_implementations, reason = "a secret is not printed")]
pub struct Secret<const N: usize>([u8; N]);

impl<const N: usize> Drop for Secret<N> {
    /// Wipes in one store per word; the barrier keeps the compiler from leaving the dead stores out.
    fn drop(&mut self) {
        self.0 = [0; N];
        optimization_barrier(&self.0);
    }
}

impl<const N: usize> ZeroizeOnDrop for Secret<N> {}

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

/// A part of a secret state that may be absent.
///
/// Its place then holds a blank value. The `None` of an `Option` would keep what the stack held there before, and carry
/// it along into the heap, where nothing wipes it.
pub(crate) struct Maybe<T> {
    present: bool,
    value: T,
}

/// Has a value that says nothing.
pub(crate) trait Blank {
    fn blank() -> Self;
}

impl<T: Blank> Maybe<T> {
    pub(crate) fn absent() -> Self {
        Self {
            present: false,
            value: T::blank(),
        }
    }

    pub(crate) fn of(value: T) -> Self {
        Self { present: true, value }
    }

    pub(crate) fn as_ref(&self) -> Option<&T> {
        self.present.then_some(&self.value)
    }

    pub(crate) fn as_mut(&mut self) -> Option<&mut T> {
        self.present.then_some(&mut self.value)
    }

    /// A second one, as [`Secret::duplicate`].
    pub(crate) fn duplicate(&self, value: impl FnOnce(&T) -> T) -> Self {
        Self {
            present: self.present,
            value: value(&self.value),
        }
    }
}

impl<T: Blank> From<Option<T>> for Maybe<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or_else(Self::absent, Self::of)
    }
}

impl<const N: usize> Blank for Secret<N> {
    fn blank() -> Self {
        Self::zero()
    }
}
