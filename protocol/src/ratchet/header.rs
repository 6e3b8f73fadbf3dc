//! The header inside a ratchet message and the routing it is bound to (SPEC 10.4).

use twotick_wire::{DeviceId, Label, MessageId, Object, Reader, SUITE, X25519PublicKey};

use crate::primitive::aead::{self, Forged};
use crate::secret::Secret;

/// Bytes of an open header.
pub(crate) const HEADER_LENGTH: usize = 48;
/// Bytes of a sealed one.
pub(crate) const SEALED_HEADER_LENGTH: usize = HEADER_LENGTH + aead::TAG_LENGTH;
pub(crate) const ROUTE_LENGTH: usize = 51;

/// Ratchet key, length of the previous chain, number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) ratchet_key: X25519PublicKey,
    pub(crate) previous_length: u32,
    pub(crate) number: u32,
}

impl Header {
    pub(crate) fn encode(&self) -> [u8; HEADER_LENGTH] {
        let mut bytes = [0; HEADER_LENGTH];
        bytes[4..36].copy_from_slice(self.ratchet_key.as_bytes());
        bytes[36..40].copy_from_slice(&self.previous_length.to_be_bytes());
        bytes[40..44].copy_from_slice(&self.number.to_be_bytes());
        bytes
    }

    /// Refuses flags, reserved bytes and `pq_epoch` other than zero, and keys that R-PRM-3 refuses.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        if reader.u32().ok()? != 0 {
            return None;
        }
        let ratchet_key = X25519PublicKey::decode_from(&mut reader).ok()?;
        let header = Self {
            ratchet_key,
            previous_length: reader.u32().ok()?,
            number: reader.u32().ok()?,
        };
        if reader.u32().ok()? != 0 {
            return None;
        }
        reader.finish().ok()?;
        Some(header)
    }
}

/// `route` of SPEC 10.4: what the relay reads and the tags cover.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Route {
    pub(crate) object: Object,
    pub(crate) from: DeviceId,
    pub(crate) to: DeviceId,
    pub(crate) message_id: MessageId,
}

impl Route {
    pub(crate) fn bytes(&self) -> [u8; ROUTE_LENGTH] {
        let mut bytes = [0; ROUTE_LENGTH];
        bytes[0] = self.object as u8;
        bytes[1..3].copy_from_slice(&SUITE.to_be_bytes());
        bytes[3..19].copy_from_slice(self.from.as_bytes());
        bytes[19..35].copy_from_slice(self.to.as_bytes());
        bytes[35..].copy_from_slice(self.message_id.as_bytes());
        bytes
    }

    /// Associated data of the header: `frame("seal/header") || route`.
    pub(crate) fn header_associated(&self) -> Associated<80> {
        Associated::of(&[Label::SealHeader.framed(), &self.bytes()])
    }

    /// Associated data of the body: `frame("seal/message") || SID || route || sealed_header`.
    pub(crate) fn body_associated(&self, session: &Secret<32>, sealed_header: &[u8]) -> Associated<176> {
        Associated::of(&[
            Label::SealMessage.framed(),
            session.expose(),
            &self.bytes(),
            sealed_header,
        ])
    }
}

/// Associated data, put together on the stack.
pub(crate) struct Associated<const N: usize> {
    bytes: [u8; N],
    length: usize,
}

impl<const N: usize> Associated<N> {
    fn of(parts: &[&[u8]]) -> Self {
        let mut associated = Self {
            bytes: [0; N],
            length: 0,
        };
        for part in parts {
            let end = associated.length + part.len();
            associated.bytes[associated.length..end].copy_from_slice(part);
            associated.length = end;
        }
        associated
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// Opens a sealed header with one key, on the stack.
pub(crate) fn open_header(
    key: &Secret<32>,
    salt: &[u8; 12],
    associated: &[u8],
    sealed: &[u8; SEALED_HEADER_LENGTH],
) -> Result<[u8; HEADER_LENGTH], Forged> {
    let mut buffer = *sealed;
    let text = aead::open(key, salt, associated, &mut buffer)?;
    let mut header = [0; HEADER_LENGTH];
    header.copy_from_slice(text);
    Ok(header)
}
