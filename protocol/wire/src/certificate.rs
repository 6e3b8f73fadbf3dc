//! Device certificates, SPEC 5.2.

use crate::{
    AccountKey, DecodeError, DeviceId, DeviceSigningKey, Object, Reader, Signature, UnixTime, VERSION,
    Writer, X25519PublicKey,
    codec::{concat, decode_all},
};

/// Binds a device's keys to an account, SPEC 5.2. Well formed, not verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceCertificate {
    /// The suites the device can use: bit `i` is suite `i + 1`, bit 0 is set.
    pub suites: u16,
    /// The key of the account that vouches for the device.
    pub account_key: AccountKey,
    /// The device.
    pub device_id: DeviceId,
    /// What the device signs with.
    pub device_signing_key: DeviceSigningKey,
    /// What the device agrees on keys with.
    pub device_identity_key: X25519PublicKey,
    /// Start of its validity.
    pub created: UnixTime,
    /// End of its validity, inclusive.
    pub expires: UnixTime,
    /// No bit is defined; unknown ones are kept and ignored.
    pub capabilities: u32,
    /// The account's signature over [`Self::account_signing_input`].
    pub account_signature: Signature,
    /// The device's signature over [`Self::device_signing_input`].
    pub device_signature: Signature,
}

impl DeviceCertificate {
    /// How many bytes it has.
    pub const LENGTH: usize = 264;

    /// Decodes exactly one certificate.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        decode_all(bytes, Self::fields)?.checked()
    }

    /// Reads it as a field.
    pub fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Self::fields(reader)?.checked()
    }

    /// All bytes, which are also the input of the certificate hash.
    #[must_use]
    pub fn encode(&self) -> [u8; Self::LENGTH] {
        concat(&[&self.device_signing_input(), self.device_signature.as_bytes()])
    }

    /// Writes it as a field.
    pub fn encode_to(&self, writer: &mut Writer) {
        writer.bytes(&self.encode());
    }

    /// What the account signs, before the label: all that precedes its signature.
    #[must_use]
    pub fn account_signing_input(&self) -> [u8; 136] {
        concat(&[
            &[Object::DeviceCertificate.byte(), VERSION],
            &self.suites.to_be_bytes(),
            self.account_key.as_bytes(),
            self.device_id.as_bytes(),
            self.device_signing_key.as_bytes(),
            self.device_identity_key.as_bytes(),
            &self.created.seconds().to_be_bytes(),
            &self.expires.seconds().to_be_bytes(),
            &self.capabilities.to_be_bytes(),
        ])
    }

    /// What the device signs, before the label: all that precedes its signature, the account's included.
    #[must_use]
    pub fn device_signing_input(&self) -> [u8; 200] {
        concat(&[&self.account_signing_input(), self.account_signature.as_bytes()])
    }

    fn fields(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.object(Object::DeviceCertificate)?;
        reader.version()?;
        Ok(Self {
            suites: reader.u16()?,
            account_key: AccountKey::decode_from(reader)?,
            device_id: DeviceId::decode_from(reader)?,
            device_signing_key: DeviceSigningKey::decode_from(reader)?,
            device_identity_key: X25519PublicKey::decode_from(reader)?,
            created: UnixTime::decode_from(reader)?,
            expires: UnixTime::decode_from(reader)?,
            capabilities: reader.u32()?,
            account_signature: Signature::decode_from(reader)?,
            device_signature: Signature::decode_from(reader)?,
        })
    }

    /// R-IDN-1, once the last field has been read.
    fn checked(self) -> Result<Self, DecodeError> {
        match self.suites & SUITE_BIT {
            0 => Err(DecodeError::UnsupportedSuite { found: self.suites }),
            _ => Ok(self),
        }
    }
}

/// The bit of suite `0x0001` in `suites`.
const SUITE_BIT: u16 = 1;
