//! Lists and capabilities at the relay, SPEC 26.

use alloc::vec::Vec;

use super::{
    Capability, Certificates, Fields, FrameKind, Grant, Opaque, RequestId, codecs, field::write_all,
};
use crate::{
    AccountId, CapabilityHash, DecodeError, DeviceCertificate, DeviceList, MAX_DEVICES, Reader, Writer,
    codec::sorted,
};

/// The next list of one's own account, R-KEY-1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublishList<'a> {
    /// Ties the answer to it.
    pub request: RequestId,
    /// A [`DeviceList`], not yet decoded.
    pub list: Opaque<'a>,
    /// The certificates of its devices, in its order.
    pub certificates: Certificates<'a>,
}

impl<'a> Fields<'a> for PublishList<'a> {
    const KIND: FrameKind = FrameKind::PublishList;

    fn request(&self) -> RequestId {
        self.request
    }

    fn read(request: RequestId, reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self {
            request,
            list: Opaque::list(reader)?,
            certificates: Certificates::decode_from(reader)?,
        })
    }

    fn write(&self, writer: &mut Writer) {
        self.list.write_prefixed(writer);
        self.certificates.encode_to(writer);
    }

    fn room(&self) -> usize {
        MAX_LISTS
    }
}

/// Asks for the list of an account and its certificates, R-CAP-1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchList {
    /// Ties the answer to it.
    pub request: RequestId,
    /// The account.
    pub account: AccountId,
    /// What lets the asker reach it; [`Capability::NONE`] for one's own.
    pub capability: Capability,
}

impl Fields<'_> for FetchList {
    const KIND: FrameKind = FrameKind::FetchList;

    fn request(&self) -> RequestId {
        self.request
    }

    fn read(request: RequestId, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            request,
            account: AccountId::decode_from(reader)?,
            capability: Capability::decode_from(reader)?,
        })
    }

    fn write(&self, writer: &mut Writer) {
        self.account.encode_to(writer);
        self.capability.encode_to(writer);
    }
}

/// Takes back and grants capabilities of one's own account, R-CAP-2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeCapabilities {
    /// Ties the answer to it.
    pub request: RequestId,
    /// Up to 64, ascending; taken back first.
    pub revoked: Vec<CapabilityHash>,
    /// Up to 64, ascending by hash.
    pub granted: Vec<Grant>,
}

impl Fields<'_> for ChangeCapabilities {
    const KIND: FrameKind = FrameKind::ChangeCapabilities;

    fn request(&self) -> RequestId {
        self.request
    }

    fn read(request: RequestId, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            request,
            revoked: {
                let count = reader.count(0..=MAX_CHANGES, CapabilityHash::LENGTH)?;
                sorted(count, || CapabilityHash::decode_from(reader), |hash| *hash)?
            },
            granted: {
                let count = reader.count(0..=MAX_CHANGES, Grant::LENGTH)?;
                sorted(count, || Grant::decode_from(reader), |grant| grant.hash)?
            },
        })
    }

    fn write(&self, writer: &mut Writer) {
        write_all(writer, &self.revoked, CapabilityHash::encode_to);
        write_all(writer, &self.granted, Grant::encode_to);
    }
}

/// The answer to a [`FetchList`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lists<'a> {
    /// That of the [`FetchList`].
    pub request: RequestId,
    /// A [`DeviceList`], not yet decoded.
    pub list: Opaque<'a>,
    /// The certificates of its devices, in its order.
    pub certificates: Certificates<'a>,
}

impl<'a> Fields<'a> for Lists<'a> {
    const KIND: FrameKind = FrameKind::Lists;

    fn request(&self) -> RequestId {
        self.request
    }

    fn read(request: RequestId, reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self {
            request,
            list: Opaque::list(reader)?,
            certificates: Certificates::decode_from(reader)?,
        })
    }

    fn write(&self, writer: &mut Writer) {
        self.list.write_prefixed(writer);
        self.certificates.encode_to(writer);
    }

    fn room(&self) -> usize {
        MAX_LISTS
    }
}

codecs!(PublishList<'a>, FetchList, ChangeCapabilities, Lists<'a>);

/// Most capabilities taken back, and granted, in a frame. More and one change takes long; fewer and there are more.
const MAX_CHANGES: usize = 64;

/// Bytes of the largest list with certificates.
const MAX_LISTS: usize = 12 + DeviceList::MAX_LENGTH + MAX_DEVICES * DeviceCertificate::LENGTH;
