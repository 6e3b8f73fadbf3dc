//! ML-KEM-1024 (SPEC 3.4) behind one interface, by `ml-kem` or, with feature `kem-libcrux`, by libcrux.

use alloc::boxed::Box;

use rand_core::CryptoRng;
use twotick_wire::{KEM_CIPHERTEXT_LENGTH, KemPublicKey};

use super::agreement::BadKey;
use super::count::{Operation, record};
use crate::secret::Secret;

#[cfg(not(feature = "kem-libcrux"))]
use rust_crypto as backend;
#[cfg(feature = "kem-libcrux")]
use verified as backend;

/// Bytes of an ML-KEM-1024 ciphertext, on the heap: 1,568 are too many for the stack of a small target.
pub(crate) type KemCiphertext = Box<[u8; KEM_CIPHERTEXT_LENGTH]>;

/// A decapsulation key, kept as its seed `d || z` (R-PRM-6).
pub(crate) struct KemKeyPair {
    seed: Secret<64>,
    public: KemPublicKey,
}

impl KemKeyPair {
    /// Draws a seed: `RAND(64)`.
    pub(crate) fn generate(rng: &mut impl CryptoRng) -> Self {
        Self::from_seed(Secret::random(rng))
    }

    /// Expands a seed (FIPS 203, algorithm 16).
    pub(crate) fn from_seed(seed: Secret<64>) -> Self {
        record(Operation::Kem);
        let public = backend::public_key(&seed);
        Self { seed, public }
    }

    /// The encapsulation key.
    pub(crate) fn public(&self) -> &KemPublicKey {
        &self.public
    }

    pub(crate) fn seed(&self) -> &Secret<64> {
        &self.seed
    }
}

/// Refuses an encapsulation key that fails the modulus check (FIPS 203 section 7.2).
pub(crate) fn validate(key: &KemPublicKey) -> Result<(), BadKey> {
    backend::validate(key)
}

/// Encapsulates to `key` with the 32 drawn bytes `m` (FIPS 203, algorithm 17).
pub(crate) fn encapsulate(key: &KemPublicKey, m: &Secret<32>) -> Result<(KemCiphertext, Secret<32>), BadKey> {
    record(Operation::Kem);
    backend::encapsulate(key, m)
}

/// Decapsulates; a wrong ciphertext gives another secret, not an error (FIPS 203, implicit rejection).
pub(crate) fn decapsulate(seed: &Secret<64>, ciphertext: &[u8; KEM_CIPHERTEXT_LENGTH]) -> Secret<32> {
    record(Operation::Kem);
    backend::decapsulate(seed, ciphertext)
}

#[cfg(any(not(feature = "kem-libcrux"), test))]
pub(crate) mod rust_crypto;
#[cfg(feature = "kem-libcrux")]
pub(crate) mod verified;

#[cfg(all(test, feature = "kem-libcrux"))]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::{Secret, rust_crypto, verified};

    /// R-PRM-6: both implementations make the same keys, ciphertexts and secrets, and reject implicitly alike.
    #[test]
    fn both_implementations_agree() {
        let mut rng = ChaCha20Rng::seed_from_u64(46);
        for _ in 0..20 {
            let (seed, m) = (Secret::random(&mut rng), Secret::random(&mut rng));
            let key = rust_crypto::public_key(&seed);
            assert_eq!(key, verified::public_key(&seed));
            assert_eq!(rust_crypto::validate(&key), verified::validate(&key));
            let (mut ciphertext, shared) = rust_crypto::encapsulate(&key, &m).unwrap();
            let (same, also) = verified::encapsulate(&key, &m).unwrap();
            assert!(ciphertext == same && shared.same_as(&also));
            assert!(rust_crypto::decapsulate(&seed, &ciphertext).same_as(&shared));
            ciphertext[7] ^= 1;
            let rejected = rust_crypto::decapsulate(&seed, &ciphertext);
            assert!(
                rejected.same_as(&verified::decapsulate(&seed, &ciphertext)) && !rejected.same_as(&shared)
            );
        }
    }
}
