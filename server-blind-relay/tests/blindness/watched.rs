//! A generator that is watched.

use std::convert::Infallible;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{TryCryptoRng, TryRng};

/// Notes every draw of sixteen bytes or more: seeds, private keys, keys of bodies and receipts.
pub(crate) struct Watched {
    pub(crate) inner: ChaCha20Rng,
    pub(crate) draws: Vec<Vec<u8>>,
}

impl TryRng for Watched {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.inner.try_next_u32()
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.inner.try_next_u64()
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.inner.try_fill_bytes(bytes)?;
        if bytes.len() >= 16 {
            self.draws.push(bytes.to_vec());
        }
        Ok(())
    }
}

impl TryCryptoRng for Watched {}
