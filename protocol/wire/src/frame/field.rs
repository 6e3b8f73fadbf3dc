//! Fields that several frames have.

use core::{fmt, ops::Deref};

use crate::{
    DecodeError, DeviceCertificate, DeviceList, Envelope, InitialMessage, MAX_DEVICES, PrekeyBundle,
    RatchetMessage, Reader, SharedBody, Writer,
};

/// Borrowed bytes that a decoder of frames does not look into. `Debug` shows how many they are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Opaque<'a>(&'a [u8]);

impl<'a> Opaque<'a> {
    /// No bytes.
    pub const EMPTY: Self = Self(&[]);

    /// Wraps the bytes.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The bytes, for as long as what was decoded lives.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.0
    }

    /// An encoded InitialMessage or RatchetMessage.
    pub(super) fn message(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        reader
            .prefixed(RatchetMessage::MIN_LENGTH..=InitialMessage::MAX_LENGTH)
            .map(Self)
    }

    /// An encoded SharedBody, or nothing.
    pub(super) fn body(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        reader
            .prefixed_or_empty(SharedBody::MIN_LENGTH..=SharedBody::MAX_LENGTH)
            .map(Self)
    }

    /// An encoded Envelope.
    pub(super) fn envelope(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        reader
            .prefixed(Envelope::MIN_LENGTH..=Envelope::MAX_LENGTH)
            .map(Self)
    }

    /// An encoded DeviceList.
    pub(super) fn list(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        reader
            .prefixed(DeviceList::MIN_LENGTH..=DeviceList::MAX_LENGTH)
            .map(Self)
    }

    /// An encoded DeviceList, or nothing.
    pub(super) fn list_or_nothing(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        reader
            .prefixed_or_empty(DeviceList::MIN_LENGTH..=DeviceList::MAX_LENGTH)
            .map(Self)
    }

    /// An encoded PrekeyBundle: there are two lengths, and none between them.
    pub(super) fn bundle(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let bytes = reader
            .prefixed_if(|length| length == PrekeyBundle::MIN_LENGTH || length == PrekeyBundle::MAX_LENGTH)?;
        Ok(Self(bytes))
    }

    pub(super) fn write_prefixed(&self, writer: &mut Writer) {
        writer.prefixed(self.0);
    }
}

impl Deref for Opaque<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.0
    }
}

impl<'a> From<&'a [u8]> for Opaque<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for Opaque<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Opaque({} bytes)", self.0.len())
    }
}

/// 1 to 16 encoded DeviceCertificates, borrowed and not looked into. `Debug` shows how many they are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Certificates<'a>(&'a [[u8; DeviceCertificate::LENGTH]]);

impl<'a> Certificates<'a> {
    /// Wraps encoded certificates.
    #[must_use]
    pub const fn new(certificates: &'a [[u8; DeviceCertificate::LENGTH]]) -> Self {
        Self(certificates)
    }

    /// The encoded certificates, for as long as what was decoded lives.
    #[must_use]
    pub const fn as_slice(&self) -> &'a [[u8; DeviceCertificate::LENGTH]] {
        self.0
    }

    pub(super) fn decode_from(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let count = reader.count(1..=MAX_DEVICES, DeviceCertificate::LENGTH)?;
        let bytes = reader.bytes(count * DeviceCertificate::LENGTH)?;
        let (certificates, _) = bytes.as_chunks();
        Ok(Self(certificates))
    }

    pub(super) fn encode_to(&self, writer: &mut Writer) {
        writer.count(self.0.len());
        writer.bytes(self.0.as_flattened());
    }
}

impl fmt::Debug for Certificates<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificates({})", self.0.len())
    }
}

/// Reads a byte of flags of which bit 0 alone is defined, R-ENC-5.
pub(super) fn flag(reader: &mut Reader<'_>) -> Result<bool, DecodeError> {
    match reader.u8()? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(DecodeError::NonZeroReserved),
    }
}

/// Reads a number that is in a closed range, R-ENC-8.
pub(super) fn within<T: PartialOrd>(value: T, least: T, most: T) -> Result<T, DecodeError> {
    if value >= least && value <= most {
        Ok(value)
    } else {
        Err(DecodeError::InvalidValue)
    }
}

/// Reads a number of an envelope or a place: they start at 1, SPEC 20.
pub(super) fn ordinal(reader: &mut Reader<'_>) -> Result<u64, DecodeError> {
    within(reader.u64()?, 1, u64::MAX)
}

/// Writes a count and each element.
pub(super) fn write_all<T>(writer: &mut Writer, elements: &[T], write: impl Fn(&T, &mut Writer)) {
    writer.count(elements.len());
    elements.iter().for_each(|element| write(element, writer));
}
