//! Receipts, SPEC 14: the relay can read them and cannot forge them.

use crate::{
    DecodeError, MessageId, Object, Reader, VERSION, Writer,
    codec::{concat, decode_all},
};

/// How far a message got, SPEC 14. Later states are greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum ReceiptState {
    /// A device has opened and stored it.
    Delivered = 1,
    /// A person has seen it.
    Read = 2,
}

impl ReceiptState {
    /// Its byte in a receipt.
    #[must_use]
    pub const fn byte(self) -> u8 {
        self as u8
    }

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match reader.u8()? {
            1 => Ok(Self::Delivered),
            2 => Ok(Self::Read),
            _ => Err(DecodeError::InvalidValue),
        }
    }
}

/// Says how far a message got, SPEC 14.1. Well formed, not verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// How far.
    pub state: ReceiptState,
    /// The message.
    pub message_id: MessageId,
    /// What only a holder of the receipt key can make.
    pub tag: [u8; 16],
}

impl Receipt {
    /// How many bytes it has.
    pub const LENGTH: usize = 35;

    /// Decodes exactly one receipt.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        decode_all(bytes, Self::decode_from)
    }

    /// Reads it as a field.
    pub fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.object(Object::Receipt)?;
        reader.version()?;
        Ok(Self {
            state: ReceiptState::decode_from(reader)?,
            message_id: MessageId::decode_from(reader)?,
            tag: reader.array()?,
        })
    }

    /// Writes it as a field.
    pub fn encode_to(&self, writer: &mut Writer) {
        writer.bytes(&self.encode());
    }

    /// All bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; Self::LENGTH] {
        concat(&[
            &[Object::Receipt.byte(), VERSION, self.state.byte()],
            self.message_id.as_bytes(),
            &self.tag,
        ])
    }
}
