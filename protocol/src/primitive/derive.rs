//! HKDF and HMAC with labels (SPEC 3.1), and the chain step (SPEC 10.3).

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use twotick_wire::Label;

use super::count::{Operation, record};
use crate::secret::Secret;

/// A pseudorandom key that more than one value is expanded from.
pub(crate) struct Expander(Hkdf<Sha256>);

impl Expander {
    pub(crate) fn new(key: &Secret<32>) -> Self {
        #[expect(clippy::expect_used, reason = "a 32-byte key is as long as SHA-256's output")]
        Self(Hkdf::from_prk(key.expose()).expect("32 bytes"))
    }

    /// `HKDF-Extract(salt, parts[0] || …)`.
    pub(crate) fn extract(salt: &[u8; 32], parts: &[&[u8]]) -> Self {
        Self(extraction(salt, parts).1)
    }

    /// As [`Self::extract`], with the pseudorandom key itself.
    #[cfg(feature = "hazmat")]
    pub(crate) fn extract_seen(salt: &[u8; 32], parts: &[&[u8]]) -> (Secret<32>, Self) {
        let (key, expander) = extraction(salt, parts);
        (Secret::from_bytes(key.into()), Self(expander))
    }

    /// `Expand(prk, label, parts…, N)`; at most four parts.
    pub(crate) fn expand<const N: usize>(&self, label: Label, parts: &[&[u8]]) -> Secret<N> {
        let mut info: [&[u8]; 5] = [label.framed(), &[], &[], &[], &[]];
        info[1..=parts.len()].copy_from_slice(parts);
        let mut out = Secret::zero();
        #[expect(
            clippy::expect_used,
            reason = "at most 128 bytes are asked for, the limit is 8,160"
        )]
        self.0
            .expand_multi_info(&info, out.expose_mut())
            .expect("short output");
        out
    }
}

fn extraction(salt: &[u8; 32], parts: &[&[u8]]) -> (hkdf::hmac::digest::Output<Sha256>, Hkdf<Sha256>) {
    record(Operation::Extract);
    let mut state = hkdf::HkdfExtract::<Sha256>::new(Some(salt));
    for part in parts {
        state.input_ikm(part);
    }
    state.finalize()
}

/// `Mac(key, label, parts…)`.
pub(crate) fn mac(key: &[u8], label: Label, parts: &[&[u8]]) -> Secret<32> {
    let mut state = keyed(key);
    state.update(label.framed());
    for part in parts {
        state.update(part);
    }
    Secret::from_bytes(state.finalize().into_bytes().into())
}

/// `chain_step(CK)`: the message key and the next chain key.
pub(crate) fn chain_step(chain: &Secret<32>) -> (Secret<32>, Secret<32>) {
    record(Operation::ChainStep);
    let mut message = keyed(chain.expose());
    let mut next = message.clone();
    message.update(&[1]);
    next.update(&[2]);
    let message = Secret::from_bytes(message.finalize().into_bytes().into());
    (message, Secret::from_bytes(next.finalize().into_bytes().into()))
}

/// Splits 64 bytes in two.
pub(crate) fn halves(bytes: &Secret<64>) -> (Secret<32>, Secret<32>) {
    (piece(bytes, 0), piece(bytes, 1))
}

/// The `index`-th 32 bytes of a longer output.
pub(crate) fn piece<const N: usize>(bytes: &Secret<N>, index: usize) -> Secret<32> {
    let mut out = Secret::zero();
    out.expose_mut()
        .copy_from_slice(&bytes.expose()[32 * index..32 * index + 32]);
    out
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    Hmac::new_from_slice(key).expect("any length")
}
