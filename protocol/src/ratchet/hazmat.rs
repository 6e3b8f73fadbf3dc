//! Steps of the ratchet one at a time (SPEC 10.3, 10.4).

use alloc::vec;
use alloc::vec::Vec;

use rand_core::CryptoRng;
use twotick_wire::{DeviceId, MessageId, Object, Sealed, X25519PublicKey};
use zeroize::Zeroizing;

use super::core::RootStep;
use super::header::{self, Header, ROUTE_LENGTH, Route, SEALED_HEADER_LENGTH};
use super::open::open_padded;
use super::seal::{MessageSealer, SALT_LENGTH, body_key};
use crate::error::ReceiveError;
use crate::primitive::aead::TAG_LENGTH;
use crate::primitive::derive::{self, Expander};
use crate::secret::Secret;

/// What a root step computes (SPEC 10.3).
#[expect(missing_debug_implementations, reason = "it holds keys")]
pub struct RootKeys {
    /// What the keys are expanded from.
    pub prk: Secret<32>,
    /// `RK`.
    pub root_key: Secret<32>,
    /// `CK`.
    pub chain_key: Secret<32>,
    /// `NHK`.
    pub next_header_key: Secret<32>,
}

/// What a chain step computes (SPEC 10.3).
#[expect(missing_debug_implementations, reason = "it holds keys")]
pub struct ChainStep {
    /// `mk`.
    pub message_key: Secret<32>,
    /// `CK` after the step.
    pub chain_key: Secret<32>,
}

/// The routing a message is bound to (SPEC 10.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageRoute {
    /// `InitialMessage` or `RatchetMessage`.
    pub object: Object,
    /// The sending device.
    pub from: DeviceId,
    /// The receiving device.
    pub to: DeviceId,
    /// The message.
    pub message_id: MessageId,
}

/// A header in the clear (SPEC 10.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenHeader {
    /// `DHs` of the sender.
    pub ratchet_key: X25519PublicKey,
    /// `PN`.
    pub previous_length: u32,
    /// `N`.
    pub number: u32,
}

/// What one message is sealed with.
#[expect(missing_debug_implementations, reason = "it holds keys")]
pub struct MessageKeys {
    /// `SID`.
    pub session_id: Secret<32>,
    /// `HKs`.
    pub header_key: Secret<32>,
    /// `mk`.
    pub message_key: Secret<32>,
}

/// A sealed message, and the key of its body.
#[expect(missing_debug_implementations, reason = "it holds a key")]
pub struct SealedMessage {
    /// `route`.
    pub route: [u8; ROUTE_LENGTH],
    /// `salt`.
    pub salt: [u8; SALT_LENGTH],
    /// The sealed header.
    pub sealed_header: [u8; SEALED_HEADER_LENGTH],
    /// `K`.
    pub body_key: Secret<32>,
    /// The sealed body.
    pub sealed_body: Vec<u8>,
}

/// `root_step(dh)`.
#[must_use]
pub fn root_step(root_key: &Secret<32>, dh: &Secret<32>) -> RootKeys {
    let (prk, expander) = Expander::extract_seen(root_key.expose(), &[dh.expose()]);
    let step = RootStep::expand(&expander);
    RootKeys {
        prk,
        root_key: step.root,
        chain_key: step.chain,
        next_header_key: step.next_header,
    }
}

/// `chain_step(CK)`.
#[must_use]
pub fn chain_step(chain_key: &Secret<32>) -> ChainStep {
    let (message_key, chain_key) = derive::chain_step(chain_key);
    ChainStep {
        message_key,
        chain_key,
    }
}

/// Seals a header and a padded payload, whose padding is not looked at. Draws `RAND(12)`.
#[must_use]
pub fn seal(
    keys: &MessageKeys,
    route: &MessageRoute,
    header: &OpenHeader,
    padded: &[u8],
    rng: &mut impl CryptoRng,
) -> SealedMessage {
    let route = route.inner();
    let body_start = SALT_LENGTH + SEALED_HEADER_LENGTH;
    let mut out = vec![0; body_start + padded.len() + TAG_LENGTH];
    out[body_start..body_start + padded.len()].copy_from_slice(padded);
    let sealer = MessageSealer {
        header_key: &keys.header_key,
        message_key: keys.message_key.duplicate(),
        session: &keys.session_id,
        route: &route,
    };
    let header = Header {
        ratchet_key: header.ratchet_key,
        previous_length: header.previous_length,
        number: header.number,
    };
    sealer.seal_padded(&header, &mut out, &Secret::random(rng));
    let mut salt = [0; SALT_LENGTH];
    salt.copy_from_slice(&out[..SALT_LENGTH]);
    let mut sealed_header = [0; SEALED_HEADER_LENGTH];
    sealed_header.copy_from_slice(&out[SALT_LENGTH..body_start]);
    SealedMessage {
        route: route.bytes(),
        salt,
        sealed_header,
        body_key: body_key(&Expander::new(&keys.message_key), &route, &salt),
        sealed_body: out.split_off(body_start),
    }
}

/// Opens a sealed header with one key; one that is not well formed is `Undecryptable` too.
pub fn open_header(
    header_key: &Secret<32>,
    route: &MessageRoute,
    salt: &[u8; SALT_LENGTH],
    sealed_header: &[u8; SEALED_HEADER_LENGTH],
) -> Result<OpenHeader, ReceiveError> {
    let associated = route.inner().header_associated();
    let bytes = header::open_header(header_key, salt, associated.as_slice(), sealed_header)
        .map_err(|_| ReceiveError::Undecryptable)?;
    let header = Header::decode(&bytes).ok_or(ReceiveError::Undecryptable)?;
    Ok(OpenHeader {
        ratchet_key: header.ratchet_key,
        previous_length: header.previous_length,
        number: header.number,
    })
}

/// Opens a sealed body with one message key; its padding is not looked at.
pub fn open_body(
    message_key: &Secret<32>,
    session_id: &Secret<32>,
    route: &MessageRoute,
    sealed: &Sealed<'_>,
) -> Result<Zeroizing<Vec<u8>>, ReceiveError> {
    let mut buffer = Zeroizing::new(sealed.body.to_vec());
    let length = open_padded(message_key, session_id, &route.inner(), sealed, &mut buffer)
        .map_err(|_| ReceiveError::Undecryptable)?
        .len();
    buffer.truncate(length);
    Ok(buffer)
}

impl MessageRoute {
    fn inner(&self) -> Route {
        Route {
            object: self.object,
            from: self.from,
            to: self.to,
            message_id: self.message_id,
        }
    }
}
