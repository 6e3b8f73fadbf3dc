//! Prekeys and bundles, SPEC 8.

use alloc::vec::Vec;

use crate::{
    CertificateHash, DecodeError, DeviceCertificate, KEM_PUBLIC_KEY_LENGTH, KemPublicKey, Object, Reader,
    Signature, UnixTime, Writer, X25519PublicKey, codec::decode_all,
};

/// The keys that first messages of a week or two are sent to, SPEC 8.1. Well formed, not verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedPrekey {
    /// The Diffie-Hellman half, and the responder's first ratchet key.
    pub diffie_hellman: X25519PublicKey,
    /// The KEM half: the last resort, used if there is no one-time prekey.
    pub kem: KemPublicKey,
    /// Start of its validity.
    pub not_before: UnixTime,
    /// End of its validity, inclusive.
    pub not_after: UnixTime,
    /// The device's signature over [`Self::signing_input`].
    pub signature: Signature,
}

impl SignedPrekey {
    /// How many bytes it has.
    pub const LENGTH: usize = 1684;

    /// Decodes exactly one signed prekey.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        decode_all(bytes, Self::decode_from)
    }

    /// Reads it as a field.
    pub fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.object(Object::SignedPrekey)?;
        reader.version()?;
        reader.suite()?;
        Ok(Self {
            diffie_hellman: X25519PublicKey::decode_from(reader)?,
            kem: KemPublicKey::decode_from(reader)?,
            not_before: UnixTime::decode_from(reader)?,
            not_after: UnixTime::decode_from(reader)?,
            signature: Signature::decode_from(reader)?,
        })
    }

    /// All bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::with_capacity(Self::LENGTH);
        self.encode_to(&mut writer);
        writer.into_vec()
    }

    /// Writes it as a field.
    pub fn encode_to(&self, writer: &mut Writer) {
        self.unsigned(writer);
        self.signature.encode_to(writer);
    }

    /// What the device signs, before the label: its certificate hash, then all that precedes the signature.
    #[must_use]
    pub fn signing_input(&self, certificate_hash: &CertificateHash) -> Vec<u8> {
        let mut writer = Writer::with_capacity(CertificateHash::LENGTH + Self::LENGTH - Signature::LENGTH);
        certificate_hash.encode_to(&mut writer);
        self.unsigned(&mut writer);
        writer.into_vec()
    }

    /// What its id is the hash of: 1,600 bytes, `diffie_hellman || kem`.
    #[must_use]
    pub fn id_input(&self) -> Vec<u8> {
        id_input(&self.diffie_hellman, &self.kem)
    }

    fn unsigned(&self, writer: &mut Writer) {
        writer.object(Object::SignedPrekey);
        writer.version();
        writer.suite();
        self.diffie_hellman.encode_to(writer);
        self.kem.encode_to(writer);
        self.not_before.encode_to(writer);
        self.not_after.encode_to(writer);
    }
}

/// The keys that one first message is sent to, SPEC 8.2. Well formed, not verified.
///
/// Both keys are one unit, published, taken and erased together (R-PRE-1): there is no way to hold half of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneTimePrekey {
    /// The Diffie-Hellman half.
    pub diffie_hellman: X25519PublicKey,
    /// The KEM half.
    pub kem: KemPublicKey,
    /// The device's signature over [`Self::signing_input`].
    pub signature: Signature,
}

impl OneTimePrekey {
    /// How many bytes it has.
    pub const LENGTH: usize = 1668;

    /// Decodes exactly one one-time prekey.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        decode_all(bytes, Self::decode_from)
    }

    /// Reads it as a field.
    pub fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.object(Object::OneTimePrekey)?;
        reader.version()?;
        reader.suite()?;
        Ok(Self {
            diffie_hellman: X25519PublicKey::decode_from(reader)?,
            kem: KemPublicKey::decode_from(reader)?,
            signature: Signature::decode_from(reader)?,
        })
    }

    /// All bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::with_capacity(Self::LENGTH);
        self.encode_to(&mut writer);
        writer.into_vec()
    }

    /// Writes it as a field.
    pub fn encode_to(&self, writer: &mut Writer) {
        self.unsigned(writer);
        self.signature.encode_to(writer);
    }

    /// What the device signs, before the label: its certificate hash, then all that precedes the signature.
    #[must_use]
    pub fn signing_input(&self, certificate_hash: &CertificateHash) -> Vec<u8> {
        let mut writer = Writer::with_capacity(CertificateHash::LENGTH + Self::LENGTH - Signature::LENGTH);
        certificate_hash.encode_to(&mut writer);
        self.unsigned(&mut writer);
        writer.into_vec()
    }

    /// What its id is the hash of: 1,600 bytes, `diffie_hellman || kem`.
    #[must_use]
    pub fn id_input(&self) -> Vec<u8> {
        id_input(&self.diffie_hellman, &self.kem)
    }

    fn unsigned(&self, writer: &mut Writer) {
        writer.object(Object::OneTimePrekey);
        writer.version();
        writer.suite();
        self.diffie_hellman.encode_to(writer);
        self.kem.encode_to(writer);
    }
}

/// What an initiator fetches to reach a device, SPEC 8.3. Well formed, not verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrekeyBundle {
    /// The device.
    pub certificate: DeviceCertificate,
    /// Its current signed prekey.
    pub signed_prekey: SignedPrekey,
    /// A one-time prekey, if the pool had one.
    pub one_time_prekey: Option<OneTimePrekey>,
}

impl PrekeyBundle {
    /// Bytes of a bundle without a one-time prekey.
    pub const MIN_LENGTH: usize = 1951;

    /// Bytes of a bundle with one.
    pub const MAX_LENGTH: usize = Self::MIN_LENGTH + OneTimePrekey::LENGTH;

    /// Decodes exactly one bundle.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        decode_all(bytes, |reader| {
            reader.object(Object::PrekeyBundle)?;
            reader.version()?;
            Ok(Self {
                certificate: DeviceCertificate::decode_from(reader)?,
                signed_prekey: SignedPrekey::decode_from(reader)?,
                one_time_prekey: match reader.u8()? {
                    0 => None,
                    1 => Some(OneTimePrekey::decode_from(reader)?),
                    _ => return Err(DecodeError::InvalidValue),
                },
            })
        })
    }

    /// All bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::with_capacity(Self::MAX_LENGTH);
        writer.object(Object::PrekeyBundle);
        writer.version();
        self.certificate.encode_to(&mut writer);
        self.signed_prekey.encode_to(&mut writer);
        writer.u8(self.one_time_prekey.is_some().into());
        if let Some(one_time_prekey) = &self.one_time_prekey {
            one_time_prekey.encode_to(&mut writer);
        }
        writer.into_vec()
    }
}

fn id_input(diffie_hellman: &X25519PublicKey, kem: &KemPublicKey) -> Vec<u8> {
    let mut writer = Writer::with_capacity(X25519PublicKey::LENGTH + KEM_PUBLIC_KEY_LENGTH);
    diffie_hellman.encode_to(&mut writer);
    kem.encode_to(&mut writer);
    writer.into_vec()
}
