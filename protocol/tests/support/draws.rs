//! Generators that are watched, or broken.

use std::convert::Infallible;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{TryCryptoRng, TryRng};

/// Notes the size of each draw.
pub struct Counting {
    inner: ChaCha20Rng,
    pub sizes: Vec<usize>,
}

impl Counting {
    pub fn seeded(seed: u64) -> Self {
        Self {
            inner: super::rng(seed),
            sizes: Vec::new(),
        }
    }

    /// The draws since the last call.
    pub fn take(&mut self) -> Vec<usize> {
        std::mem::take(&mut self.sizes)
    }
}

impl TryRng for Counting {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.sizes.push(4);
        self.inner.try_next_u32()
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.sizes.push(8);
        self.inner.try_next_u64()
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.sizes.push(bytes.len());
        self.inner.try_fill_bytes(bytes)
    }
}

impl TryCryptoRng for Counting {}

/// Gives the same byte for ever.
pub struct Stuck(pub u8);

impl TryRng for Stuck {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_be_bytes([self.0; 4]))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_be_bytes([self.0; 8]))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.fill(self.0);
        Ok(())
    }
}

impl TryCryptoRng for Stuck {}
