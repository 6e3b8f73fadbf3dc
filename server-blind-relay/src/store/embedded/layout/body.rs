//! What stands in values, field by field.

use bytes::Bytes;
use twotick_wire::{
    AccountId, CertificateHash, DecodeError, DeviceCertificate, DeviceId, DeviceList, LaneItem, ListHead,
    MessageId, Reader, ReceiptState, StoreEpoch, UnixTime, Writer,
};

use super::value;
use crate::store::{SessionEpoch, rules::Capability};

/// A body of fixed fields.
pub(crate) trait Body: Sized {
    /// Writes the fields.
    fn write(&self, writer: &mut Writer);
    /// Reads them.
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError>;

    /// The value of a row with this key.
    fn close(&self, key: &[u8]) -> Bytes {
        value::close_with(key, 160, |writer| self.write(writer))
    }

    /// Decodes exactly one.
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        exactly(bytes, Self::read)
    }
}

/// Decodes all of `bytes` with `read`.
pub(super) fn exactly<T>(
    bytes: &[u8],
    read: impl FnOnce(&mut Reader<'_>) -> Result<T, DecodeError>,
) -> Result<T, DecodeError> {
    let mut reader = Reader::new(bytes);
    let value = read(&mut reader)?;
    reader.finish()?;
    Ok(value)
}

/// Defines a body as its fields in order.
macro_rules! body {
    ($(#[$attribute:meta])* $name:ident { $($(#[$about:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) struct $name { $($(#[$about])* pub(crate) $field: $type,)* }

        impl Body for $name {
            fn write(&self, writer: &mut Writer) {
                $(Field::put(&self.$field, writer);)*
            }

            fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
                Ok(Self { $($field: Field::take(reader)?,)* })
            }
        }
    };
}

body! {
    /// What the last commit left.
    Commit {
        /// Counts commits, from 1, over all of the store's life.
        number: u64,
        /// Which past this is.
        epoch: StoreEpoch,
        /// The latest time of an operation.
        now: UnixTime,
        /// Mailboxes, envelopes that wait, their bytes.
        mailboxes: u64,
        envelopes: u64,
        bytes: u64,
    }
}

body! {
    /// A mailbox, its lane, its prekeys: all in numbers.
    Mailbox {
        account: AccountId,
        certificate: CertificateHash,
        session_epoch: SessionEpoch,
        /// The day of the last attach since 1970; 0 for never.
        attached: u32,
        acked: u64,
        next: u64,
        envelopes: u32,
        bytes: u64,
        /// When it is next looked at for what has expired; 0 for never.
        due: UnixTime,
        refused: u32,
        /// No item of the lane has a place under this one.
        lane_first: u64,
        lane_next: u64,
        lane_receipts: u32,
        lane_bounces: u32,
        /// 1 if there is a signed prekey.
        signed: u8,
        one_time: u32,
        taken: u32,
    }
}

body! {
    /// An account; its list is in a row of its own.
    Account {
        list: ListHead,
        mailboxes: u32,
        capabilities: u32,
    }
}

body! {
    /// An item of a lane, and when it ends.
    LaneRow { expires: UnixTime, item: LaneItem, }
}

body! {
    /// A request that was stored before.
    SentRow { digest: [u8; 16], until: UnixTime, }
}

body! {
    /// Where a receipt stands, and its state.
    ReceiptRow { place: u64, state: ReceiptState, }
}

body! {
    /// Until when a prekey that was handed out is remembered.
    TakenRow { until: UnixTime, }
}

body! {
    /// A number.
    Number { number: u64, }
}

impl Body for Capability {
    fn write(&self, writer: &mut Writer) {
        writer.u8(u8::from(self.is_single) | u8::from(self.bound.is_some()) << 1);
        writer.u16(self.envelopes);
        writer.u16(self.used);
        self.expires.encode_to(writer);
        self.bound.unwrap_or(AccountId::new([0; 32])).encode_to(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let flags = reader.u8()?;
        Ok(Self {
            is_single: flags & 1 != 0,
            envelopes: reader.u16()?,
            used: reader.u16()?,
            expires: UnixTime::decode_from(reader)?,
            bound: Some(AccountId::decode_from(reader)?).filter(|_| flags & 2 != 0),
        })
    }
}

/// A list and its certificates, in the list's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListRow {
    pub(crate) list: Bytes,
    pub(crate) certificates: Vec<Bytes>,
}

impl Body for ListRow {
    fn write(&self, writer: &mut Writer) {
        writer.prefixed(&self.list);
        self.certificates
            .iter()
            .for_each(|certificate| writer.bytes(certificate));
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let list = reader.prefixed(DeviceList::MIN_LENGTH..=DeviceList::MAX_LENGTH)?;
        let mut certificates = Vec::new();
        while reader.remaining() > 0 {
            certificates.push(Bytes::copy_from_slice(reader.bytes(DeviceCertificate::LENGTH)?));
        }
        Ok(Self {
            list: Bytes::copy_from_slice(list),
            certificates,
        })
    }
}

/// What stands in a body.
trait Field: Sized {
    fn put(&self, writer: &mut Writer);
    fn take(reader: &mut Reader<'_>) -> Result<Self, DecodeError>;
}

macro_rules! fields {
    ($($number:ident)*; $($type:ty)*) => {
        $(impl Field for $number {
            fn put(&self, writer: &mut Writer) { writer.$number(*self); }
            fn take(reader: &mut Reader<'_>) -> Result<Self, DecodeError> { reader.$number() }
        })*
        $(impl Field for $type {
            fn put(&self, writer: &mut Writer) { self.encode_to(writer); }
            fn take(reader: &mut Reader<'_>) -> Result<Self, DecodeError> { Self::decode_from(reader) }
        })*
    };
}

fields! {
    u8 u32 u64;
    AccountId DeviceId CertificateHash MessageId StoreEpoch UnixTime ListHead LaneItem
}

impl Field for SessionEpoch {
    fn put(&self, writer: &mut Writer) {
        writer.u64(self.0);
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.u64().map(Self)
    }
}

impl Field for [u8; 16] {
    fn put(&self, writer: &mut Writer) {
        writer.bytes(self);
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.array()
    }
}

impl Field for ReceiptState {
    fn put(&self, writer: &mut Writer) {
        writer.u8(self.byte());
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match reader.u8()? {
            1 => Ok(Self::Delivered),
            2 => Ok(Self::Read),
            _ => Err(DecodeError::InvalidValue),
        }
    }
}
