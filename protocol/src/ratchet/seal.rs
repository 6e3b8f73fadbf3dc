//! `seal` of SPEC 10.4.

use alloc::vec::Vec;

use rand_core::CryptoRng;
use twotick_wire::Label;

use super::header::{Header, Route, SEALED_HEADER_LENGTH};
use super::{Core, CoreChange, SessionId};
use crate::padding::write_padded;
use crate::primitive::aead::{self, TAG_LENGTH};
use crate::primitive::agreement::BadKey;
use crate::primitive::derive::{Expander, chain_step};
use crate::secret::Secret;

/// Why sealing stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SealFailure {
    ChainExhausted,
    BadKey,
    /// A responder that has received nothing has no key to send to.
    NotYet,
}

impl From<BadKey> for SealFailure {
    fn from(_: BadKey) -> Self {
        Self::BadKey
    }
}

pub(super) const SALT_LENGTH: usize = 12;

impl Core {
    /// Appends salt, sealed header and sealed body to `out`, and returns the state after it.
    ///
    /// `bucket` holds `payload` and its length. Draws `RAND(32)` if the sending chain is due, then `RAND(12)` (R-DR-7).
    pub(crate) fn seal(
        &self,
        session: &SessionId,
        route: &Route,
        (payload, bucket): (&[u8], usize),
        out: &mut Vec<u8>,
        rng: &mut impl CryptoRng,
    ) -> Result<CoreChange, SealFailure> {
        let turned = match self.sending.as_ref() {
            Some(_) => None,
            None => Some(self.start_sending(rng).ok_or(SealFailure::NotYet)??),
        };
        let core = turned.as_ref().unwrap_or(self);
        let (Some(chain), Some(own)) = (core.sending.as_ref(), core.own.as_ref()) else {
            return Err(SealFailure::NotYet);
        };
        if chain.number == u32::MAX {
            return Err(SealFailure::ChainExhausted);
        }
        let header = Header {
            ratchet_key: *own.public(),
            previous_length: core.previous_length,
            number: chain.number,
        };
        let (message_key, chain_key) = chain_step(&chain.chain_key);

        let start = out.len();
        out.resize(
            start + SALT_LENGTH + SEALED_HEADER_LENGTH + bucket + TAG_LENGTH,
            0,
        );
        let message = MessageSealer {
            header_key: &chain.header_key,
            message_key,
            session,
            route,
        };
        message.write(&header, payload, &mut out[start..], &Secret::random(rng));
        let number = header.number + 1;
        Ok(match turned {
            None => CoreChange::sent(chain_key, number),
            Some(mut core) => {
                if let Some(chain) = core.sending.as_mut() {
                    chain.chain_key = chain_key;
                    chain.number = number;
                }
                CoreChange::turned(core)
            }
        })
    }
}

pub(super) struct MessageSealer<'a> {
    pub(super) header_key: &'a Secret<32>,
    pub(super) message_key: Secret<32>,
    pub(super) session: &'a SessionId,
    pub(super) route: &'a Route,
}

impl MessageSealer<'_> {
    /// Fills `out` = salt, sealed header, sealed body. The message key is used up.
    fn write(self, header: &Header, payload: &[u8], out: &mut [u8], drawn: &Secret<12>) {
        let end = out.len() - TAG_LENGTH;
        write_padded(payload, &mut out[SALT_LENGTH + SEALED_HEADER_LENGTH..end]);
        self.seal_padded(header, out, drawn);
    }

    /// As `write`, where the padded payload stands in `out` already.
    pub(super) fn seal_padded(self, header: &Header, out: &mut [u8], drawn: &Secret<12>) {
        let (salt_out, rest) = out.split_at_mut(SALT_LENGTH);
        let (header_out, body_out) = rest.split_at_mut(SEALED_HEADER_LENGTH);
        let bucket = body_out.len() - TAG_LENGTH;

        let keys = Expander::new(&self.message_key);
        let salt: Secret<12> = keys.expand(
            Label::DeriveSalt,
            &[
                drawn.expose(),
                self.route.message_id.as_bytes(),
                &body_out[..bucket],
            ],
        );
        salt_out.copy_from_slice(salt.expose());

        header_out[..super::header::HEADER_LENGTH].copy_from_slice(&header.encode());
        aead::seal(
            self.header_key,
            salt.expose(),
            self.route.header_associated().as_slice(),
            header_out,
        );

        let key = body_key(&keys, self.route, salt.expose());
        let associated = self.route.body_associated(self.session, header_out);
        aead::seal(&key, salt.expose(), associated.as_slice(), body_out);
    }
}

/// `K = Expand(mk, "derive/message", u8(type) || salt, 32)`.
pub(super) fn body_key(keys: &Expander, route: &Route, salt: &[u8; 12]) -> Secret<32> {
    keys.expand(Label::DeriveMessage, &[&[route.object as u8], salt])
}
