//! Content sealed once for all devices (SPEC 11.4).

use alloc::vec::Vec;

use twotick_wire::{BodyHash, Label, MAX_BODY, MessageId, SharedBody, bucket_for};
use zeroize::Zeroizing;

use crate::error::SendError;
use crate::padding::{unpad_in_place, write_padded};
use crate::payload::BodyKey;
use crate::primitive::aead::{self, TAG_LENGTH};
use crate::primitive::derive::{Expander, mac};
use crate::primitive::hash::hash;
use crate::secret::Secret;

/// Content does not fit the largest bucket (SPEC 11.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ContentTooLong;

/// A shared body was refused; which check it failed is nobody's business (R-MSG-6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BodyRefused;

/// Bytes of a shared body before `sealed`.
const HEADER_LENGTH: usize = SharedBody::MIN_LENGTH - 256 - TAG_LENGTH;

/// Seals `content` with a key of its own: the bytes of the SharedBody and their hash (SPEC 11.4).
pub(crate) fn seal_body(
    key: &BodyKey,
    message_id: &MessageId,
    content: &[u8],
) -> Result<(Vec<u8>, BodyHash), ContentTooLong> {
    let bucket = bucket_for(content.len(), MAX_BODY).ok_or(ContentTooLong)?;
    let header = SharedBody {
        commitment: *commitment(key).expose(),
        sealed: &[],
    }
    .header_bytes();
    let mut body = alloc::vec![0; HEADER_LENGTH + bucket + TAG_LENGTH];
    let (front, sealed) = body.split_at_mut(HEADER_LENGTH);
    front.copy_from_slice(&header);
    write_padded(content, &mut sealed[..bucket]);
    aead::seal(
        &sealing_key(key),
        &[0; 12],
        &associated(&header, message_id),
        sealed,
    );
    let hash = body_hash(&body);
    Ok((body, hash))
}

/// Checks hash, commitment, tag and padding, in this order, and returns the content (R-MSG-6).
pub(crate) fn open_body(
    key: &BodyKey,
    expected: &BodyHash,
    message_id: &MessageId,
    body: &[u8],
) -> Result<Zeroizing<Vec<u8>>, BodyRefused> {
    let decoded = SharedBody::decode(body).map_err(|_| BodyRefused)?;
    if body_hash(body) != *expected || !commitment(key).same_as(&Secret::from_bytes(decoded.commitment)) {
        return Err(BodyRefused);
    }
    let mut buffer = Zeroizing::new(decoded.sealed.to_vec());
    let associated = associated(&decoded.header_bytes(), message_id);
    let bucket = aead::open(&sealing_key(key), &[0; 12], &associated, &mut buffer)
        .map_err(|_| BodyRefused)?
        .len();
    buffer.truncate(bucket);
    unpad_in_place(buffer, MAX_BODY).ok_or(BodyRefused)
}

/// The hash that the payload carries (SPEC 11.4).
fn body_hash(body: &[u8]) -> BodyHash {
    BodyHash::new(hash(Label::BodyHash, &[body]))
}

/// Binds a body to one key: AES-GCM alone does not.
pub(crate) fn commitment(key: &BodyKey) -> Secret<32> {
    mac(key.0.expose(), Label::MacCommitment, &[])
}

pub(crate) fn sealing_key(key: &BodyKey) -> Secret<32> {
    Expander::new(&key.0).expand(Label::DeriveBody, &[])
}

fn associated(header: &[u8; HEADER_LENGTH], message_id: &MessageId) -> Vec<u8> {
    [Label::SealBody.framed(), header, message_id.as_bytes()].concat()
}

impl From<ContentTooLong> for SendError {
    fn from(_: ContentTooLong) -> Self {
        Self::ContentTooLong
    }
}

#[cfg(test)]
mod tests;
