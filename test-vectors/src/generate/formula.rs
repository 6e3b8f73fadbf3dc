//! Formulas of SPEC by hand, for bytes that no honest party makes.

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Key, Nonce};
use anyhow::{Result, anyhow};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// `n` bytes that a name stands for: `SHA-256(name || u32(0)) || …`.
pub(super) fn bytes(name: &str, n: usize) -> Vec<u8> {
    let block = |index: u32| {
        Sha256::new()
            .chain_update(name)
            .chain_update(index.to_be_bytes())
            .finalize()
    };
    (0..).flat_map(block).take(n).collect()
}

/// The same in hex.
pub(super) fn named(name: &str, n: usize) -> String {
    hex::encode(bytes(&format!("Twotick test vectors 1/{name}"), n))
}

/// A copy with one bit of one byte flipped; a negative index counts from the end.
pub(super) fn flip(text: &str, index: isize) -> String {
    let mut bytes = hex::decode(text).unwrap_or_default();
    let length = bytes.len();
    let at = if index < 0 {
        length.checked_add_signed(index)
    } else {
        usize::try_from(index).ok()
    };
    if let Some(byte) = at.and_then(|at| bytes.get_mut(at)) {
        *byte ^= 1;
    }
    hex::encode(bytes)
}

/// A copy of an operation with one argument replaced.
pub(super) fn with(operation: &Value, name: &str, value: impl Into<Value>) -> Value {
    let mut changed = operation.clone();
    changed[name] = value.into();
    changed
}

/// A named text of a result.
pub(super) fn text(values: &Value, name: &str) -> Result<String> {
    let text = values[name].as_str();
    text.map(Into::into)
        .ok_or_else(|| anyhow!("no text '{name}' in the result"))
}

/// `u8(len(label)) || label`.
pub(super) fn frame(label: &str) -> Vec<u8> {
    let label = format!("Twotick/1/{label}");
    let length = u8::try_from(label.len()).unwrap_or(u8::MAX);
    [&[length], label.as_bytes()].concat()
}

/// `H(label, data)`.
pub(super) fn hash(label: &str, data: &[u8]) -> Vec<u8> {
    Sha256::digest([frame(label).as_slice(), data].concat()).to_vec()
}

/// `Expand(prk, label, data, n)`.
pub(super) fn expand(prk: &[u8], label: &str, data: &[u8], n: usize) -> Result<Vec<u8>> {
    let mut out = vec![0; n];
    let state = Hkdf::<Sha256>::from_prk(prk).map_err(|error| anyhow!("{error}"))?;
    let info = [frame(label).as_slice(), data].concat();
    state
        .expand(&info, &mut out)
        .map_err(|error| anyhow!("{error}"))?;
    Ok(out)
}

/// `Mac(key, label, data)`.
pub(super) fn mac(key: &[u8], label: &str, data: &[u8]) -> Result<Vec<u8>> {
    let mut state =
        <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key).map_err(|error| anyhow!("{error}"))?;
    state.update(&frame(label));
    state.update(data);
    Ok(state.finalize().into_bytes().to_vec())
}

/// AES-256-GCM.
pub(super) fn seal(key: &[u8], nonce: &[u8; 12], associated: &[u8], plaintext: &[u8]) -> Result<Vec<u8>> {
    let key: [u8; 32] = key.try_into()?;
    let mut buffer = plaintext.to_vec();
    let cipher = Aes256Gcm::new(&Key::<Aes256Gcm>::from(key));
    let tag = cipher
        .encrypt_inout_detached(&Nonce::from(*nonce), associated, buffer.as_mut_slice().into())
        .map_err(|error| anyhow!("{error}"))?;
    buffer.extend_from_slice(&tag);
    Ok(buffer)
}
