//! Prekeys at the relay, SPEC 26: publishing and taking them.

use alloc::vec::Vec;

use super::{Capability, Fields, FrameKind, Opaque, RequestId, codecs, field::write_all};
use crate::{
    AccountId, DecodeError, DeviceId, MAX_DEVICES, OneTimePrekey, PrekeyBundle, Reader, SignedPrekey, Writer,
    codec::{elements, sorted},
};

/// Prekeys of the attached device, R-KEY-2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishPrekeys {
    /// Ties the answer to it.
    pub request: RequestId,
    /// Replaces the one before.
    pub signed_prekey: Option<SignedPrekey>,
    /// Up to 100, added to those that wait.
    pub one_time_prekeys: Vec<OneTimePrekey>,
}

impl Fields<'_> for PublishPrekeys {
    const KIND: FrameKind = FrameKind::PublishPrekeys;

    fn request(&self) -> RequestId {
        self.request
    }

    fn read(request: RequestId, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            request,
            signed_prekey: match reader.u8()? {
                0 => None,
                1 => Some(SignedPrekey::decode_from(reader)?),
                _ => return Err(DecodeError::InvalidValue),
            },
            one_time_prekeys: {
                let count = reader.count(0..=MAX_ONE_TIME_PREKEYS, OneTimePrekey::LENGTH)?;
                elements(count, || OneTimePrekey::decode_from(reader))?
            },
        })
    }

    fn write(&self, writer: &mut Writer) {
        writer.u8(self.signed_prekey.is_some().into());
        if let Some(signed_prekey) = &self.signed_prekey {
            signed_prekey.encode_to(writer);
        }
        write_all(writer, &self.one_time_prekeys, OneTimePrekey::encode_to);
    }

    fn room(&self) -> usize {
        9 + SignedPrekey::LENGTH + self.one_time_prekeys.len() * OneTimePrekey::LENGTH
    }
}

/// Asks for a bundle of each of some devices, R-KEY-3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakePrekeys {
    /// Ties the answer to it.
    pub request: RequestId,
    /// Whose devices they are.
    pub account: AccountId,
    /// What lets the asker reach it; [`Capability::NONE`] for one's own.
    pub capability: Capability,
    /// 1 to 16 devices, ascending.
    pub devices: Vec<DeviceId>,
}

impl Fields<'_> for TakePrekeys {
    const KIND: FrameKind = FrameKind::TakePrekeys;

    fn request(&self) -> RequestId {
        self.request
    }

    fn read(request: RequestId, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            request,
            account: AccountId::decode_from(reader)?,
            capability: Capability::decode_from(reader)?,
            devices: {
                let count = reader.count(1..=MAX_DEVICES, DeviceId::LENGTH)?;
                sorted(count, || DeviceId::decode_from(reader), |device| *device)?
            },
        })
    }

    fn write(&self, writer: &mut Writer) {
        self.account.encode_to(writer);
        self.capability.encode_to(writer);
        write_all(writer, &self.devices, DeviceId::encode_to);
    }
}

/// How many one-time prekeys wait now, R-KEY-2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrekeysPublished {
    /// That of the [`PublishPrekeys`].
    pub request: RequestId,
    /// How many.
    pub available: u16,
}

impl Fields<'_> for PrekeysPublished {
    const KIND: FrameKind = FrameKind::PrekeysPublished;

    fn request(&self) -> RequestId {
        self.request
    }

    fn read(request: RequestId, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            request,
            available: reader.u16()?,
        })
    }

    fn write(&self, writer: &mut Writer) {
        writer.u16(self.available);
    }
}

/// The answer to a [`TakePrekeys`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundles<'a> {
    /// That of the [`TakePrekeys`].
    pub request: RequestId,
    /// A [`DeviceList`](crate::DeviceList), not yet decoded.
    pub list: Opaque<'a>,
    /// Up to 16 [`PrekeyBundle`]s, not yet decoded, ascending by device: which the decoder of frames cannot see.
    pub bundles: Vec<Opaque<'a>>,
}

impl<'a> Fields<'a> for Bundles<'a> {
    const KIND: FrameKind = FrameKind::Bundles;

    fn request(&self) -> RequestId {
        self.request
    }

    fn read(request: RequestId, reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self {
            request,
            list: Opaque::list(reader)?,
            bundles: {
                let count = reader.count(0..=MAX_DEVICES, 4 + PrekeyBundle::MIN_LENGTH)?;
                elements(count, || Opaque::bundle(reader))?
            },
        })
    }

    fn write(&self, writer: &mut Writer) {
        self.list.write_prefixed(writer);
        write_all(writer, &self.bundles, Opaque::write_prefixed);
    }

    fn room(&self) -> usize {
        12 + self.list.len() + self.bundles.iter().map(|bundle| 4 + bundle.len()).sum::<usize>()
    }
}

codecs!(PublishPrekeys, TakePrekeys, PrekeysPublished, Bundles<'a>);

/// Most one-time prekeys in a frame: as many as may wait (R-KEY-2), which is under the limit of a frame.
const MAX_ONE_TIME_PREKEYS: usize = 100;
