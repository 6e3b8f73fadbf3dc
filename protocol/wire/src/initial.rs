//! The initial message, SPEC 9.2.

use alloc::{boxed::Box, vec::Vec};

use crate::{
    DecodeError, DeviceCertificate, KEM_CIPHERTEXT_LENGTH, MAX_PAYLOAD, Object, OneTimePrekeyId, Reader,
    Sealed, SignedPrekeyId, Writer, X25519PublicKey, codec::decode_all, key::boxed,
};

/// What an initiator puts in front of its messages until the responder has answered, SPEC 9.2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InitialHeader {
    /// The initiator's device.
    pub certificate: DeviceCertificate,
    /// From 1: which session of this pair it is, SPEC 12.
    pub generation: u32,
    /// The signed prekey that was used.
    pub signed_prekey_id: SignedPrekeyId,
    /// The one-time prekey that was used; none in mode 0.
    pub one_time_prekey_id: Option<OneTimePrekeyId>,
    /// The initiator's ephemeral key.
    pub ephemeral: X25519PublicKey,
    /// The KEM ciphertext.
    pub kem_ciphertext: Box<[u8; KEM_CIPHERTEXT_LENGTH]>,
}

impl InitialHeader {
    /// How many bytes it has.
    pub const LENGTH: usize = 1903;

    /// Decodes exactly one header, without a message.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        decode_all(bytes, InitialHeaderRef::decode_from).map(|header| header.to_owned())
    }

    /// All bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::with_capacity(Self::LENGTH);
        self.encode_to(&mut writer);
        writer.into_vec()
    }

    /// Writes it as the beginning of an initial message; a [`Sealed`] goes on from there.
    pub fn encode_to(&self, writer: &mut Writer) {
        writer.object(Object::InitialMessage);
        writer.suite();
        self.certificate.encode_to(writer);
        writer.u32(self.generation);
        self.signed_prekey_id.encode_to(writer);
        writer.bytes(
            &self
                .one_time_prekey_id
                .map_or(NO_ONE_TIME_PREKEY, OneTimePrekeyId::to_bytes),
        );
        self.ephemeral.encode_to(writer);
        writer.bytes(self.kem_ciphertext.as_slice());
    }
}

/// An [`InitialHeader`] inside the message it came in, SPEC 9.2. Reading it allocates nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InitialHeaderRef<'a> {
    /// The initiator's device.
    pub certificate: DeviceCertificate,
    /// From 1: which session of this pair it is, SPEC 12.
    pub generation: u32,
    /// The signed prekey that was used.
    pub signed_prekey_id: SignedPrekeyId,
    /// The one-time prekey that was used; none in mode 0.
    pub one_time_prekey_id: Option<OneTimePrekeyId>,
    /// The initiator's ephemeral key.
    pub ephemeral: X25519PublicKey,
    /// The KEM ciphertext.
    pub kem_ciphertext: &'a [u8; KEM_CIPHERTEXT_LENGTH],
    /// All of the above, as received.
    pub bytes: &'a [u8; InitialHeader::LENGTH],
}

impl<'a> InitialHeaderRef<'a> {
    /// Reads it as the beginning of an initial message.
    pub fn decode_from(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let mut whole = reader.clone();
        reader.object(Object::InitialMessage)?;
        reader.suite()?;
        Ok(Self {
            certificate: DeviceCertificate::decode_from(reader)?,
            generation: match reader.u32()? {
                0 => return Err(DecodeError::InvalidValue),
                generation => generation,
            },
            signed_prekey_id: SignedPrekeyId::decode_from(reader)?,
            one_time_prekey_id: match reader.array()? {
                NO_ONE_TIME_PREKEY => None,
                id => Some(OneTimePrekeyId::new(id)),
            },
            ephemeral: X25519PublicKey::decode_from(reader)?,
            kem_ciphertext: reader.array_ref()?,
            bytes: whole.array_ref()?,
        })
    }

    /// Copies the header out of its message.
    #[must_use]
    pub fn to_owned(&self) -> InitialHeader {
        InitialHeader {
            certificate: self.certificate.clone(),
            generation: self.generation,
            signed_prekey_id: self.signed_prekey_id,
            one_time_prekey_id: self.one_time_prekey_id,
            ephemeral: self.ephemeral,
            kem_ciphertext: boxed(self.kem_ciphertext),
        }
    }
}

/// The first message of a session: a header and a ratchet message, SPEC 9.2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InitialMessage<'a> {
    /// How the responder obtains the session.
    pub header: InitialHeaderRef<'a>,
    /// The first thing said in it.
    pub sealed: Sealed<'a>,
}

impl<'a> InitialMessage<'a> {
    /// Bytes of a message of the largest bucket.
    pub const MAX_LENGTH: usize = InitialHeader::LENGTH + Sealed::OVERHEAD + MAX_PAYLOAD;

    /// Decodes exactly one initial message.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        decode_all(bytes, |reader| {
            Ok(Self {
                header: InitialHeaderRef::decode_from(reader)?,
                sealed: Sealed::decode_from(reader)?,
            })
        })
    }

    /// All bytes: the header as it was received, then the sealed part.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::with_capacity(InitialHeader::LENGTH + self.sealed.length());
        writer.bytes(self.header.bytes);
        self.sealed.encode_to(&mut writer);
        writer.into_vec()
    }
}

/// What stands for the missing one-time prekey in mode 0, SPEC 9.2.
const NO_ONE_TIME_PREKEY: [u8; 16] = [0; 16];
