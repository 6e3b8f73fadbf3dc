//! X25519 (SPEC 3.3).

use curve25519_dalek::montgomery::MontgomeryPoint;
use rand_core::CryptoRng;
use twotick_wire::X25519PublicKey;
use x25519_dalek::{PublicKey, StaticSecret};

use super::count::{Operation, record};
use crate::secret::{Blank, Secret};

/// The result of an agreement was all zero, or a key is outside the prime-order subgroup: `BadKey`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadKey;

/// An X25519 key pair. The public key is kept: deriving it again costs a multiplication.
pub(crate) struct KeyPair {
    secret: Secret<32>,
    public: X25519PublicKey,
}

impl KeyPair {
    /// Draws a private key: `RAND(32)`.
    pub(crate) fn generate(rng: &mut impl CryptoRng) -> Self {
        Self::from_secret(Secret::random(rng))
    }

    pub(crate) fn from_secret(secret: Secret<32>) -> Self {
        record(Operation::KeyPair);
        let bytes = PublicKey::from(&StaticSecret::from(*secret.expose())).to_bytes();
        #[expect(
            clippy::expect_used,
            reason = "a clamped multiple of the base point is canonical and of prime order"
        )]
        let public = X25519PublicKey::decode(bytes).expect("a public key made here is well formed");
        Self { secret, public }
    }

    /// A pair whose public half was stored beside the private one.
    pub(crate) fn from_parts(secret: Secret<32>, public: X25519PublicKey) -> Self {
        Self { secret, public }
    }

    pub(crate) fn secret(&self) -> &Secret<32> {
        &self.secret
    }

    pub(crate) fn public(&self) -> &X25519PublicKey {
        &self.public
    }

    pub(crate) fn duplicate(&self) -> Self {
        Self {
            secret: self.secret.duplicate(),
            public: self.public,
        }
    }

    /// `X25519(self, them)`; refuses an all-zero result in constant time (R-PRM-5).
    pub(crate) fn agree(&self, them: &X25519PublicKey) -> Result<Secret<32>, BadKey> {
        record(Operation::Agreement);
        let secret = StaticSecret::from(*self.secret.expose());
        let shared = secret.diffie_hellman(&PublicKey::from(them.to_bytes()));
        if shared.was_contributory() {
            Ok(Secret::from_bytes(shared.to_bytes()))
        } else {
            Err(BadKey)
        }
    }
}

impl Blank for KeyPair {
    fn blank() -> Self {
        Self::from_parts(Secret::blank(), Blank::blank())
    }
}

impl Blank for X25519PublicKey {
    /// The base point.
    fn blank() -> Self {
        let mut bytes = [0; Self::LENGTH];
        bytes[0] = 9;
        #[expect(
            clippy::expect_used,
            reason = "the base point is canonical and not of small order"
        )]
        Self::decode(bytes).expect("9 is a public key")
    }
}

/// Refuses a key outside the prime-order subgroup of the curve (R-PRM-4).
pub(crate) fn require_prime_order(key: &X25519PublicKey) -> Result<(), BadKey> {
    record(Operation::Agreement);
    let point = MontgomeryPoint(key.to_bytes()).to_edwards(0).ok_or(BadKey)?;
    if point.is_torsion_free() {
        Ok(())
    } else {
        Err(BadKey)
    }
}
