//! The sealed channel of the four last messages (SPEC 6.3).

use alloc::vec;
use alloc::vec::Vec;

use twotick_wire::{Label, LinkSealed, LinkStep, Object, VERSION};
use zeroize::Zeroizing;

use crate::error::LinkError;
use crate::primitive::aead::{self, TAG_LENGTH};
use crate::primitive::derive::{Expander, halves};
use crate::secret::Secret;

/// The keys of both directions.
pub(super) struct Channel {
    pub(super) new: Secret<32>,
    pub(super) existing: Secret<32>,
}

impl Channel {
    /// `k_new || k_existing = Expand(Extract(secret, agreement), "derive/link", T, 64)`.
    pub(super) fn derive(secret: &Secret<32>, agreement: &Secret<32>, transcript: &[u8; 32]) -> Self {
        Self::expand(
            &Expander::extract(secret.expose(), &[agreement.expose()]),
            transcript,
        )
    }

    pub(super) fn expand(expander: &Expander, transcript: &[u8; 32]) -> Self {
        let (new, existing) = halves(&expander.expand(Label::DeriveLink, &[transcript]));
        Self { new, existing }
    }

    /// Seals a step, as an encoded [`LinkSealed`].
    pub(super) fn seal(&self, step: LinkStep, text: &[u8]) -> Vec<u8> {
        let mut buffer = vec![0; text.len() + TAG_LENGTH];
        buffer[..text.len()].copy_from_slice(text);
        aead::seal(self.key(step), &nonce(step), &associated(step), &mut buffer);
        LinkSealed {
            step,
            sealed: &buffer,
        }
        .encode()
    }

    /// Opens the step that is due; another one, or one that does not open, is `LinkRefused`.
    pub(super) fn open(
        &self,
        due: LinkStep,
        message: &LinkSealed<'_>,
    ) -> Result<Zeroizing<Vec<u8>>, LinkError> {
        if message.step != due {
            return Err(LinkError::Refused);
        }
        let mut buffer = Zeroizing::new(message.sealed.to_vec());
        let opened = aead::open(self.key(due), &nonce(due), &associated(due), &mut buffer);
        let length = opened.map_err(|_| LinkError::Refused)?.len();
        buffer.truncate(length);
        Ok(buffer)
    }

    fn key(&self, step: LinkStep) -> &Secret<32> {
        match step {
            LinkStep::Request | LinkStep::Acceptance => &self.new,
            LinkStep::Proposal | LinkStep::Completion => &self.existing,
        }
    }
}

/// `0^11 || u8(s)`: each key seals two steps, under two nonces.
fn nonce(step: LinkStep) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[11] = step.number();
    nonce
}

/// `frame("seal/link") || u8(0x35) || u8(1) || u8(s)`.
fn associated(step: LinkStep) -> Vec<u8> {
    let header = [Object::LinkSealed.byte(), VERSION, step.number()];
    [Label::SealLink.framed(), &header].concat()
}
