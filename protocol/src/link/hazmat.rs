//! What both devices compute over the messages of a linking (SPEC 6.2, 6.3), with nothing verified.

use twotick_wire::{LinkCommitment, LinkHello, LinkNonce, LinkOffer, LinkReveal};

use super::LinkDigits;
use super::channel::Channel;
use super::transcript::{Offer, commit, transcript};
use crate::primitive::derive::Expander;
use crate::secret::Secret;

/// The five messages that a transcript covers.
#[derive(Debug)]
pub struct LinkMessages {
    /// As shown.
    pub offer: LinkOffer,
    /// The new device's first message.
    pub hello: LinkHello,
    /// The existing device's commitment.
    pub commitment: LinkCommitment,
    /// The new device's nonce.
    pub nonce: LinkNonce,
    /// What was committed to.
    pub reveal: LinkReveal,
}

/// What is computed over them.
#[expect(missing_debug_implementations, reason = "it holds keys")]
pub struct LinkKeys {
    /// The tag that the hello should have.
    pub mac: [u8; 32],
    /// The commitment that the reveal opens.
    pub computed_commitment: [u8; 32],
    /// `T`.
    pub transcript: [u8; 32],
    /// The six digits.
    pub digits: LinkDigits,
    /// What the channel's keys are expanded from.
    pub prk: Secret<32>,
    /// `k_new`.
    pub key_new: Secret<32>,
    /// `k_existing`.
    pub key_existing: Secret<32>,
}

/// Computes it all. `shared` is `X25519(e_n, e_p)`.
#[must_use]
pub fn link_keys(messages: LinkMessages, shared: &Secret<32>) -> LinkKeys {
    let offer = Offer::take(messages.offer);
    let LinkMessages {
        hello,
        commitment,
        nonce,
        reveal,
        ..
    } = messages;
    let transcript = transcript(&offer, &hello, &commitment, &nonce, &reveal);
    let (prk, expander) = Expander::extract_seen(offer.secret.expose(), &[shared.expose()]);
    let channel = Channel::expand(&expander, &transcript);
    LinkKeys {
        mac: offer.hello(hello.ephemeral).mac,
        computed_commitment: commit(&reveal).commitment,
        transcript,
        digits: LinkDigits::of(&transcript),
        prk,
        key_new: channel.new,
        key_existing: channel.existing,
    }
}
