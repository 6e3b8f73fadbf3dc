//! Rotation of an account key, SPEC 5.5.

use crate::{
    AccountKey, DecodeError, ListHash, Object, Reader, Signature, UnixTime, VERSION,
    codec::{concat, decode_all},
};

/// Names the successor of an account key, SPEC 5.5. Well formed, not verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRotation {
    /// The key that retires.
    pub old_account_key: AccountKey,
    /// The key that follows it.
    pub new_account_key: AccountKey,
    /// The epoch of the old account's last list.
    pub last_epoch: u32,
    /// The hash of that list.
    pub last_list_hash: ListHash,
    /// When it was made.
    pub issued: UnixTime,
    /// The old key's signature over [`Self::old_signing_input`].
    pub old_signature: Signature,
    /// The new key's signature over [`Self::new_signing_input`].
    pub new_signature: Signature,
}

impl AccountRotation {
    /// How many bytes it has.
    pub const LENGTH: usize = 238;

    /// Decodes exactly one rotation.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        decode_all(bytes, Self::fields)?.checked()
    }

    /// All bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; Self::LENGTH] {
        concat(&[&self.new_signing_input(), self.new_signature.as_bytes()])
    }

    /// What the old key signs, before the label: all that precedes its signature.
    #[must_use]
    pub fn old_signing_input(&self) -> [u8; 110] {
        concat(&[
            &[Object::AccountRotation.byte(), VERSION],
            self.old_account_key.as_bytes(),
            self.new_account_key.as_bytes(),
            &self.last_epoch.to_be_bytes(),
            self.last_list_hash.as_bytes(),
            &self.issued.seconds().to_be_bytes(),
        ])
    }

    /// What the new key signs, before the label: all that precedes its signature, the old key's included.
    #[must_use]
    pub fn new_signing_input(&self) -> [u8; 174] {
        concat(&[&self.old_signing_input(), self.old_signature.as_bytes()])
    }

    fn fields(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.object(Object::AccountRotation)?;
        reader.version()?;
        Ok(Self {
            old_account_key: AccountKey::decode_from(reader)?,
            new_account_key: AccountKey::decode_from(reader)?,
            last_epoch: reader.u32()?,
            last_list_hash: ListHash::decode_from(reader)?,
            issued: UnixTime::decode_from(reader)?,
            old_signature: Signature::decode_from(reader)?,
            new_signature: Signature::decode_from(reader)?,
        })
    }

    /// The structural part of R-IDN-5, once the last field has been read.
    fn checked(self) -> Result<Self, DecodeError> {
        if self.old_account_key == self.new_account_key || self.last_epoch == 0 {
            Err(DecodeError::InvalidValue)
        } else {
            Ok(self)
        }
    }
}
