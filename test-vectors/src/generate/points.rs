//! Points and scalars of the curve, for keys and signatures that only an attacker makes.

use anyhow::{Context, Result};
use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::montgomery::MontgomeryPoint;
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::IsIdentity;
use ed25519_dalek::SigningKey;
use sha2::{Digest, Sha512};

use super::sign::frame;

/// The encodings of small order of SPEC 3.2; the last six are not canonical.
pub(super) const SMALL_ORDER: [&str; 14] = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
];

/// A signature made by hand.
#[derive(Debug, Clone)]
pub(super) struct Forged {
    pub(super) public_key: [u8; 32],
    pub(super) data: Vec<u8>,
    pub(super) signature: Vec<u8>,
}

/// The signer of forged signatures: a private key and a nonce.
#[derive(Debug, Clone)]
pub(super) struct Forger {
    key: Scalar,
    nonce: Scalar,
    label: String,
}

impl Forger {
    pub(super) fn new(seed: &[u8; 32], nonce: &[u8; 32], label: &str) -> Self {
        Self {
            key: SigningKey::from_bytes(seed).to_scalar(),
            nonce: SigningKey::from_bytes(nonce).to_scalar(),
            label: label.into(),
        }
    }

    /// A signature that verifies under a key of small order if nothing but the equation is checked.
    pub(super) fn for_weak_key(&self, public_key: &str) -> Result<Forged> {
        let public_key = array(public_key)?;
        let point = CompressedEdwardsY(public_key).decompress();
        let point = point.context("no point")?;
        let nonce = EdwardsPoint::mul_base(&self.nonce).compress().to_bytes();
        let data = self.data_for(&nonce, &public_key, |k| (k * point).is_identity())?;
        Ok(forged(public_key, data, nonce, self.nonce))
    }

    /// A signature whose `R` has these bytes, of small order, made with the private key.
    pub(super) fn with_weak_nonce(&self, nonce: &str) -> Result<Forged> {
        let nonce = array(nonce)?;
        let public_key = EdwardsPoint::mul_base(&self.key).compress().to_bytes();
        let data = self.data_for(&nonce, &public_key, |_| true)?;
        let k = self.challenge(&nonce, &public_key, &data);
        Ok(forged(public_key, data, nonce, k * self.key))
    }

    /// A signature whose `R` has a part of small order: it verifies if the equation is multiplied by 8.
    pub(super) fn with_mixed_nonce(&self) -> Result<Forged> {
        let nonce = EdwardsPoint::mul_base(&self.nonce) + EIGHT_TORSION[1];
        let nonce = nonce.compress().to_bytes();
        let public_key = EdwardsPoint::mul_base(&self.key).compress().to_bytes();
        let data = self.data_for(&nonce, &public_key, |_| true)?;
        let k = self.challenge(&nonce, &public_key, &data);
        Ok(forged(public_key, data, nonce, self.nonce + k * self.key))
    }

    /// A signature under a key with a part of small order; whether it verifies depends on the data.
    pub(super) fn for_mixed_key(&self, verifies: bool) -> Result<Forged> {
        let public_key = EdwardsPoint::mul_base(&self.key) + EIGHT_TORSION[1];
        let public_key = public_key.compress().to_bytes();
        let nonce = EdwardsPoint::mul_base(&self.nonce).compress().to_bytes();
        let data = self.data_for(&nonce, &public_key, |k| {
            (k * EIGHT_TORSION[1]).is_identity() == verifies
        })?;
        let k = self.challenge(&nonce, &public_key, &data);
        Ok(forged(public_key, data, nonce, self.nonce + k * self.key))
    }

    /// `SHA-512(R || A || frame(label) || data) mod L`.
    fn challenge(&self, nonce: &[u8; 32], public_key: &[u8; 32], data: &[u8]) -> Scalar {
        let digest = Sha512::new()
            .chain_update(nonce)
            .chain_update(public_key)
            .chain_update(frame(&self.label))
            .chain_update(data);
        Scalar::from_bytes_mod_order_wide(&digest.finalize().into())
    }

    /// The first data whose challenge is as wanted.
    fn data_for(
        &self,
        nonce: &[u8; 32],
        public_key: &[u8; 32],
        wanted: impl Fn(Scalar) -> bool,
    ) -> Result<Vec<u8>> {
        let mut all = (0_u16..1_000).map(|number| number.to_be_bytes().to_vec());
        all.find(|data| wanted(self.challenge(nonce, public_key, data)))
            .context("no data gives such a challenge")
    }
}

fn forged(public_key: [u8; 32], data: Vec<u8>, nonce: [u8; 32], s: Scalar) -> Forged {
    Forged {
        public_key,
        data,
        signature: [nonce, s.to_bytes()].concat(),
    }
}

/// The `u` of a public key plus a point of order 8, 4 or 2: on the curve, and not in the subgroup of prime order.
pub(super) fn with_torsion(public_key: &[u8; 32], order: usize) -> Result<[u8; 32]> {
    let point = MontgomeryPoint(*public_key).to_edwards(0).context("no point")?;
    Ok((point + EIGHT_TORSION[8 / order]).to_montgomery().to_bytes())
}

/// A `u` that no point of the curve has, but its twist: the first after these bytes.
pub(super) fn on_twist(start: &[u8; 32]) -> Result<[u8; 32]> {
    let mut bytes = *start;
    bytes[31] &= 0x3f;
    let mut all = (0..=u8::MAX).map(|low| {
        bytes[0] = low;
        bytes
    });
    all.find(|bytes| MontgomeryPoint(*bytes).to_edwards(0).is_none())
        .context("no point of the twist")
}

fn array(text: &str) -> Result<[u8; 32]> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes)?;
    Ok(bytes)
}
