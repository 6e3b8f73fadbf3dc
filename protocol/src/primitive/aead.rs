//! AES-256-GCM in place, with 16-byte tags only (SPEC 3.5).

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Key, Nonce, Tag};

use super::count::{Operation, record};
use crate::secret::Secret;

/// Bytes of a tag.
pub(crate) const TAG_LENGTH: usize = 16;

/// The tag did not verify; nothing was decrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Forged;

/// Encrypts `buffer[..len - 16]` where it stands and writes the tag into the last 16 bytes.
pub(crate) fn seal(key: &Secret<32>, nonce: &[u8; 12], associated: &[u8], buffer: &mut [u8]) {
    record(Operation::Seal);
    let (text, tag) = buffer.split_at_mut(buffer.len() - TAG_LENGTH);
    #[expect(
        clippy::expect_used,
        reason = "inputs are under 2^17 bytes, the limit is 2^36"
    )]
    let made = cipher(key)
        .encrypt_inout_detached(&Nonce::from(*nonce), associated, text.into())
        .expect("short input");
    tag.copy_from_slice(&made);
}

/// Opens `buffer` (text, then tag) where it stands and returns the text.
///
/// The text is decrypted only after the tag has verified; on error the buffer holds the ciphertext still.
pub(crate) fn open<'a>(
    key: &Secret<32>,
    nonce: &[u8; 12],
    associated: &[u8],
    buffer: &'a mut [u8],
) -> Result<&'a mut [u8], Forged> {
    record(Operation::Open);
    let (text, tag) = buffer.split_last_chunk_mut::<TAG_LENGTH>().ok_or(Forged)?;
    cipher(key)
        .decrypt_inout_detached(
            &Nonce::from(*nonce),
            associated,
            (&mut *text).into(),
            &Tag::from(*tag),
        )
        .map_err(|_| Forged)?;
    Ok(text)
}

fn cipher(key: &Secret<32>) -> Aes256Gcm {
    Aes256Gcm::new(<&Key<Aes256Gcm>>::from(key.expose()))
}
