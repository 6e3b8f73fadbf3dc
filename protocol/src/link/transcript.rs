//! The offer as both devices keep it, and what is computed over the messages (SPEC 6.2).

use subtle::ConstantTimeEq;
use twotick_wire::{
    AccountId, Label, LinkCommitment, LinkHello, LinkNonce, LinkOffer, LinkReveal, UnixTime, X25519PublicKey,
};
use zeroize::Zeroize;

use crate::error::LinkError;
use crate::limits::constants::{CLOCK_SKEW, LINK_OFFER};
use crate::primitive::derive::mac;
use crate::primitive::hash::hash;
use crate::secret::Secret;

/// An offer whose secret wipes itself.
pub(super) struct Offer {
    pub(super) secret: Secret<32>,
    pub(super) account_id: AccountId,
    pub(super) expires: UnixTime,
}

impl Offer {
    /// Takes the secret over; the offer wipes its own copy as it drops.
    pub(super) fn take(offer: LinkOffer) -> Self {
        Self {
            secret: Secret::from_bytes(offer.secret),
            account_id: offer.account_id,
            expires: offer.expires,
        }
    }

    /// What is shown, once.
    pub(super) fn to_wire(&self) -> LinkOffer {
        LinkOffer {
            secret: *self.secret.expose(),
            account_id: self.account_id,
            expires: self.expires,
        }
    }

    /// Refuses an offer after its 60 seconds (R-LNK-1).
    pub(super) fn require_current(&self, now: UnixTime) -> Result<(), LinkError> {
        let latest = now.saturating_add(LINK_OFFER + CLOCK_SKEW);
        if self.expires < now || self.expires > latest {
            Err(LinkError::Expired)
        } else {
            Ok(())
        }
    }

    /// The new device's proof that it was shown the offer.
    pub(super) fn hello(&self, ephemeral: X25519PublicKey) -> LinkHello {
        LinkHello {
            ephemeral,
            mac: *self.mac(&ephemeral).expose(),
        }
    }

    /// Checks that proof in constant time (R-LNK-1).
    pub(super) fn verify(&self, hello: &LinkHello) -> Result<(), LinkError> {
        let valid: bool = self.mac(&hello.ephemeral).expose().ct_eq(&hello.mac).into();
        if valid { Ok(()) } else { Err(LinkError::Refused) }
    }

    fn mac(&self, ephemeral: &X25519PublicKey) -> Secret<32> {
        mac(
            self.secret.expose(),
            Label::MacLink,
            &[self.account_id.as_bytes(), ephemeral.as_bytes()],
        )
    }
}

/// The commitment to a reveal: `H("hash/link-commitment", e_p || nonce_p)`.
pub(super) fn commit(reveal: &LinkReveal) -> LinkCommitment {
    let commitment = hash(
        Label::LinkCommitment,
        &[reveal.ephemeral.as_bytes(), &reveal.nonce],
    );
    LinkCommitment { commitment }
}

/// `T`: all five messages, whole (SPEC 6.2).
pub(super) fn transcript(
    offer: &Offer,
    hello: &LinkHello,
    commitment: &LinkCommitment,
    nonce: &LinkNonce,
    reveal: &LinkReveal,
) -> [u8; 32] {
    let mut shown = offer.to_wire();
    let mut encoded = shown.encode();
    let messages: [&[u8]; 5] = [
        &encoded,
        &hello.encode(),
        &commitment.encode(),
        &nonce.encode(),
        &reveal.encode(),
    ];
    let transcript = hash(Label::LinkTranscript, &messages);
    encoded.zeroize();
    shown.secret.zeroize();
    transcript
}
