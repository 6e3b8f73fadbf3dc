//! Single steps of the protocol, for test vectors and for nothing else.
//!
//! **Nothing here is safe to use alone.** Each function is one line of an algorithm of SPEC.md, torn out of the order
//! that makes it secure: keys come in and go out bare, nothing is verified that a step before would have verified,
//! nothing is stored, and a nonce, a message key or a chain key is used as often as a caller asks. An application that
//! enables the feature `hazmat` has made a mistake.
//!
//! What runs is the code that [`send`](crate::send) and [`receive`](crate::receive) run.

use alloc::vec;
use alloc::vec::Vec;

use twotick_wire::{BodyHash, Label, MessageId, Signature, X25519PublicKey, bucket_for};
use zeroize::Zeroizing;

pub use crate::conversation::hazmat::{HistoryPlace, history_link};
pub use crate::handshake::hazmat::{Agreement, PrekeySecret, initiate, respond};
pub use crate::link::hazmat::{LinkKeys, LinkMessages, link_keys};
pub use crate::ratchet::hazmat::{
    ChainStep, MessageKeys, MessageRoute, OpenHeader, RootKeys, SealedMessage, chain_step, open_body,
    open_header, root_step, seal,
};

use crate::body;
use crate::error::{IdentityError, ReceiveError, SendError};
use crate::padding::{unpad, write_padded};
use crate::payload::{BodyKey, ReceiptKey};
use crate::primitive::agreement::{KeyPair, require_prime_order};
use crate::primitive::{hash, sign};
use crate::secret::Secret;

/// `H(label, data)` (SPEC 3.1).
#[must_use]
pub fn labelled_hash(label: Label, data: &[u8]) -> [u8; 32] {
    hash::hash(label, &[data])
}

/// `Verify(key, label, data, signature)`, strict (R-PRM-2).
#[must_use]
pub fn verify_signature(key: &[u8; 32], label: Label, data: &[u8], signature: &Signature) -> bool {
    sign::verify(key, label, &[data], signature)
}

/// X25519; an all-zero result is `BadKey` (R-PRM-5).
pub fn agree(private_key: Secret<32>, public_key: &X25519PublicKey) -> Result<Secret<32>, IdentityError> {
    Ok(KeyPair::from_secret(private_key).agree(public_key)?)
}

/// Refuses a key outside the prime-order subgroup: `BadKey` (R-PRM-4).
pub fn require_on_curve(public_key: &X25519PublicKey) -> Result<(), IdentityError> {
    Ok(require_prime_order(public_key)?)
}

/// The payload in its bucket (SPEC 11.2).
pub fn pad(payload: &[u8], maximum: usize) -> Result<Vec<u8>, SendError> {
    let bucket = bucket_for(payload.len(), maximum).ok_or(SendError::ContentTooLong)?;
    let mut padded = vec![0; bucket];
    write_padded(payload, &mut padded);
    Ok(padded)
}

/// The payload of a bucket, whose padding must be minimal and zero (R-MSG-4).
pub fn unpadded(padded: &[u8], maximum: usize) -> Result<&[u8], ReceiveError> {
    unpad(padded, maximum).ok_or(ReceiveError::Undecryptable)
}

/// What sealing a shared body computes (SPEC 11.4).
#[expect(missing_debug_implementations, reason = "it holds a key")]
pub struct SealedBody {
    /// `K`.
    pub key: Secret<32>,
    /// The commitment to the body key.
    pub commitment: Secret<32>,
    /// The bytes of the SharedBody.
    pub shared_body: Vec<u8>,
    /// Their hash.
    pub hash: BodyHash,
}

/// Seals content with a body key (SPEC 11.4).
pub fn seal_body(key: &BodyKey, message_id: &MessageId, content: &[u8]) -> Result<SealedBody, SendError> {
    let (shared_body, hash) = body::seal_body(key, message_id, content)?;
    Ok(SealedBody {
        key: body::sealing_key(key),
        commitment: body::commitment(key),
        shared_body,
        hash,
    })
}

/// Opens a shared body: hash, commitment, tag, padding, in this order (R-MSG-6).
pub fn open_shared_body(
    key: &BodyKey,
    expected: &BodyHash,
    message_id: &MessageId,
    shared_body: &[u8],
) -> Result<Zeroizing<Vec<u8>>, ReceiveError> {
    body::open_body(key, expected, message_id, shared_body).map_err(|_| ReceiveError::Undecryptable)
}

/// The bytes of a body key.
#[must_use]
pub fn body_key_bytes(key: &BodyKey) -> &Secret<32> {
    &key.0
}

/// The bytes of a receipt key.
#[must_use]
pub fn receipt_key_bytes(key: &ReceiptKey) -> &Secret<16> {
    &key.0
}
