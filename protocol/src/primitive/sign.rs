//! Ed25519 with labels (SPEC 3.1, 3.2).

use alloc::vec::Vec;

use ed25519_dalek::{Signature as DalekSignature, Signer, SigningKey, VerifyingKey};
use rand_core::CryptoRng;
use twotick_wire::{Label, Signature};

use super::count::{Operation, record};
use crate::secret::Secret;

/// An Ed25519 key pair, kept as its 32-byte seed and public key.
pub(crate) struct SigningKeyPair {
    seed: Secret<32>,
    public: [u8; 32],
}

impl SigningKeyPair {
    /// Draws a seed: `RAND(32)`.
    pub(crate) fn generate(rng: &mut impl CryptoRng) -> Self {
        Self::from_seed(Secret::random(rng))
    }

    pub(crate) fn from_seed(seed: Secret<32>) -> Self {
        let public = SigningKey::from_bytes(seed.expose()).verifying_key().to_bytes();
        Self { seed, public }
    }

    pub(crate) fn seed(&self) -> &Secret<32> {
        &self.seed
    }

    pub(crate) fn public(&self) -> &[u8; 32] {
        &self.public
    }

    /// `Sign(key, label, parts…)`.
    pub(crate) fn sign(&self, label: Label, parts: &[&[u8]]) -> Signature {
        record(Operation::Sign);
        let key = SigningKey::from_bytes(self.seed.expose());
        Signature::new(key.sign(&framed(label, parts)).to_bytes())
    }
}

/// `Verify(key, label, parts…, signature)`, strict (R-PRM-2).
pub(crate) fn verify(public: &[u8; 32], label: Label, parts: &[&[u8]], signature: &Signature) -> bool {
    record(Operation::Verify);
    let Ok(key) = VerifyingKey::from_bytes(public) else {
        return false;
    };
    let signature = DalekSignature::from_bytes(signature.as_bytes());
    key.verify_strict(&framed(label, parts), &signature).is_ok()
}

fn framed(label: Label, parts: &[&[u8]]) -> Vec<u8> {
    let length = parts.iter().map(|part| part.len()).sum::<usize>();
    let mut message = Vec::with_capacity(label.framed().len() + length);
    message.extend_from_slice(label.framed());
    for part in parts {
        message.extend_from_slice(part);
    }
    message
}
