//! What the four sealed messages hold, SPEC 6.3. The step says which it is: no object, no version.

use alloc::vec::Vec;

use crate::{
    DecodeError, DeviceCertificate, DeviceId, DeviceList, DeviceSigningKey, MAX_DEVICES, Signature, Writer,
    X25519PublicKey,
    codec::{concat, decode_all},
};

/// Step 1: the keys that the new device asks to be certified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkRequest {
    /// The new device.
    pub device_id: DeviceId,
    /// What it signs with.
    pub device_signing_key: DeviceSigningKey,
    /// What it agrees on keys with.
    pub device_identity_key: X25519PublicKey,
    /// The suites it can use.
    pub suites: u16,
    /// No bit is defined; unknown ones are kept and ignored.
    pub capabilities: u32,
}

impl LinkRequest {
    /// How many bytes it has.
    pub const LENGTH: usize = 86;

    /// Decodes exactly one request.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        decode_all(bytes, |reader| {
            Ok(Self {
                device_id: DeviceId::decode_from(reader)?,
                device_signing_key: DeviceSigningKey::decode_from(reader)?,
                device_identity_key: X25519PublicKey::decode_from(reader)?,
                suites: reader.u16()?,
                capabilities: reader.u32()?,
            })
        })
    }

    /// All bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; Self::LENGTH] {
        concat(&[
            self.device_id.as_bytes(),
            self.device_signing_key.as_bytes(),
            self.device_identity_key.as_bytes(),
            &self.suites.to_be_bytes(),
            &self.capabilities.to_be_bytes(),
        ])
    }
}

/// Step 2: the certificate, signed by the account and not yet by the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkProposal {
    /// All bytes that the device is to sign.
    pub certificate_without_device_signature: [u8; 200],
}

impl LinkProposal {
    /// How many bytes it has.
    pub const LENGTH: usize = 200;

    /// Decodes exactly one proposal; the certificate in it is decoded once it is whole.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        decode_all(bytes, |reader| {
            Ok(Self {
                certificate_without_device_signature: reader.array()?,
            })
        })
    }

    /// All bytes.
    #[must_use]
    pub const fn encode(&self) -> [u8; Self::LENGTH] {
        self.certificate_without_device_signature
    }

    /// Decodes the certificate that the signature makes whole.
    pub fn with_signature(&self, device_signature: &Signature) -> Result<DeviceCertificate, DecodeError> {
        let whole: [u8; DeviceCertificate::LENGTH] = concat(&[
            &self.certificate_without_device_signature,
            device_signature.as_bytes(),
        ]);
        DeviceCertificate::decode(&whole)
    }
}

/// Step 3: the new device's signature over the certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkAcceptance {
    /// What makes the certificate whole.
    pub device_signature: Signature,
}

impl LinkAcceptance {
    /// How many bytes it has.
    pub const LENGTH: usize = 64;

    /// Decodes exactly one acceptance.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        decode_all(bytes, |reader| {
            Ok(Self {
                device_signature: Signature::decode_from(reader)?,
            })
        })
    }

    /// All bytes.
    #[must_use]
    pub const fn encode(&self) -> [u8; Self::LENGTH] {
        self.device_signature.to_bytes()
    }
}

/// Step 4: the list that now names the new device, and the certificates of all its devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkCompletion {
    /// The new list.
    pub device_list: DeviceList,
    /// The certificates of its devices, in its order.
    pub siblings: Vec<DeviceCertificate>,
}

impl LinkCompletion {
    /// Decodes exactly one completion.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        decode_all(bytes, |reader| {
            Ok(Self {
                device_list: DeviceList::decode(
                    reader.prefixed(DeviceList::MIN_LENGTH..=DeviceList::MAX_LENGTH)?,
                )?,
                siblings: {
                    let count = reader.count(1..=MAX_DEVICES, DeviceCertificate::LENGTH)?;
                    let mut siblings = Vec::with_capacity(count);
                    for _ in 0..count {
                        siblings.push(DeviceCertificate::decode_from(reader)?);
                    }
                    siblings
                },
            })
        })
    }

    /// All bytes. What `decode` refuses is not refused here.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let list = self.device_list.encode();
        let siblings = self.siblings.len() * DeviceCertificate::LENGTH;
        let mut writer = Writer::with_capacity(4 + list.len() + 2 + siblings);
        writer.prefixed(&list);
        writer.count(self.siblings.len());
        self.siblings
            .iter()
            .for_each(|certificate| certificate.encode_to(&mut writer));
        writer.into_vec()
    }
}
