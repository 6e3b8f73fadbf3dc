//! Device lists, SPEC 5.3.

use alloc::vec::Vec;

use crate::{
    AccountKey, CertificateHash, DecodeError, DeviceId, ListHash, Object, Reader, Signature, UnixTime,
    Writer,
    codec::{decode_all, sorted},
};

/// Most devices in a list, SPEC 4.3. More and each message costs more; fewer and people run out.
pub const MAX_DEVICES: usize = 16;

/// Most revocations in a list, SPEC 4.3. More and lists grow for ever; fewer and an old one is forgotten sooner.
pub const MAX_REVOKED: usize = 64;

/// A device that belongs to the account, SPEC 5.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceEntry {
    /// The device.
    pub device_id: DeviceId,
    /// The hash of its one valid certificate.
    pub certificate_hash: CertificateHash,
}

impl DeviceEntry {
    const LENGTH: usize = 48;

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            device_id: DeviceId::decode_from(reader)?,
            certificate_hash: CertificateHash::decode_from(reader)?,
        })
    }

    fn encode_to(&self, writer: &mut Writer) {
        self.device_id.encode_to(writer);
        self.certificate_hash.encode_to(writer);
    }
}

/// A device that no longer belongs to the account, SPEC 5.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// The device.
    pub device_id: DeviceId,
    /// The epoch of the first list without it.
    pub epoch: u32,
}

impl Revocation {
    const LENGTH: usize = 20;

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            device_id: DeviceId::decode_from(reader)?,
            epoch: reader.u32()?,
        })
    }

    fn encode_to(&self, writer: &mut Writer) {
        self.device_id.encode_to(writer);
        writer.u32(self.epoch);
    }
}

/// The devices of an account at one epoch, SPEC 5.3. Well formed, not verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceList {
    /// The account.
    pub account_key: AccountKey,
    /// From 1, each list one more.
    pub epoch: u32,
    /// The hash of the list before; zero at epoch 1.
    pub previous: ListHash,
    /// Start of its validity.
    pub issued: UnixTime,
    /// End of its validity, inclusive.
    pub expires: UnixTime,
    /// 1 to 16 devices, ascending by id.
    pub devices: Vec<DeviceEntry>,
    /// Up to 64 revocations, ascending by id.
    pub revoked: Vec<Revocation>,
    /// The account's signature over [`Self::signing_input`].
    pub signature: Signature,
}

impl DeviceList {
    /// Bytes of a list with one device and no revocation.
    pub const MIN_LENGTH: usize = Self::FIXED_LENGTH + DeviceEntry::LENGTH;

    /// Bytes of a full list.
    pub const MAX_LENGTH: usize =
        Self::FIXED_LENGTH + MAX_DEVICES * DeviceEntry::LENGTH + MAX_REVOKED * Revocation::LENGTH;

    /// Bytes of all but the elements.
    const FIXED_LENGTH: usize = 154;

    /// Decodes exactly one list.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        decode_all(bytes, Self::fields)?.checked()
    }

    /// All bytes, which are also the input of the list hash. What `decode` refuses is not refused here.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = self.unsigned();
        self.signature.encode_to(&mut writer);
        writer.into_vec()
    }

    /// What the account signs, before the label: all that precedes the signature.
    #[must_use]
    pub fn signing_input(&self) -> Vec<u8> {
        self.unsigned().into_vec()
    }

    /// The entry of a device, if the list has it.
    #[must_use]
    pub fn entry(&self, device_id: &DeviceId) -> Option<&DeviceEntry> {
        self.devices.iter().find(|entry| entry.device_id == *device_id)
    }

    fn unsigned(&self) -> Writer {
        let elements = self.devices.len() * DeviceEntry::LENGTH + self.revoked.len() * Revocation::LENGTH;
        let mut writer = Writer::with_capacity(Self::FIXED_LENGTH + elements);
        writer.object(Object::DeviceList);
        writer.version();
        self.account_key.encode_to(&mut writer);
        writer.u32(self.epoch);
        self.previous.encode_to(&mut writer);
        self.issued.encode_to(&mut writer);
        self.expires.encode_to(&mut writer);
        writer.count(self.devices.len());
        self.devices.iter().for_each(|entry| entry.encode_to(&mut writer));
        writer.count(self.revoked.len());
        self.revoked
            .iter()
            .for_each(|revocation| revocation.encode_to(&mut writer));
        writer
    }

    fn fields(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.object(Object::DeviceList)?;
        reader.version()?;
        Ok(Self {
            account_key: AccountKey::decode_from(reader)?,
            epoch: reader.u32()?,
            previous: ListHash::decode_from(reader)?,
            issued: UnixTime::decode_from(reader)?,
            expires: UnixTime::decode_from(reader)?,
            devices: {
                let count = reader.count(1..=MAX_DEVICES, DeviceEntry::LENGTH)?;
                sorted(
                    count,
                    || DeviceEntry::decode_from(reader),
                    |entry| entry.device_id,
                )?
            },
            revoked: {
                let count = reader.count(0..=MAX_REVOKED, Revocation::LENGTH)?;
                sorted(
                    count,
                    || Revocation::decode_from(reader),
                    |revocation| revocation.device_id,
                )?
            },
            signature: Signature::decode_from(reader)?,
        })
    }

    /// R-LST-1, once the last field has been read.
    fn checked(self) -> Result<Self, DecodeError> {
        let first = self.epoch == 1;
        let contradiction = self.epoch == 0
            || self.devices.iter().any(|entry| entry.device_id.is_zero())
            || self
                .revoked
                .iter()
                .any(|revocation| revocation.device_id.is_zero())
            || first != self.previous.is_zero()
            || self
                .revoked
                .iter()
                .any(|revocation| self.entry(&revocation.device_id).is_some())
            || self
                .revoked
                .iter()
                .any(|revocation| revocation.epoch > self.epoch);
        if contradiction {
            Err(DecodeError::InvalidValue)
        } else {
            Ok(self)
        }
    }
}
