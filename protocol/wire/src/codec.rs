//! Reading and writing under the encoding rules of SPEC 2.1: big-endian, fixed width, exact.

use alloc::vec::Vec;
use core::{fmt, ops::RangeInclusive};

use crate::{DecodeError, Object, SUITE, VERSION};

/// Takes fields from the front of a byte string, SPEC 2.1.
///
/// A failed read leaves the reader in an unspecified place: the input is refused as a whole.
#[derive(Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
    length: usize,
}

impl<'a> Reader<'a> {
    /// A reader at the start of `bytes`.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            length: bytes.len(),
        }
    }

    /// Reads one byte.
    pub fn u8(&mut self) -> Result<u8, DecodeError> {
        self.array().map(u8::from_be_bytes)
    }

    /// Reads two bytes, big-endian.
    pub fn u16(&mut self) -> Result<u16, DecodeError> {
        self.array().map(u16::from_be_bytes)
    }

    /// Reads four bytes, big-endian.
    pub fn u32(&mut self) -> Result<u32, DecodeError> {
        self.array().map(u32::from_be_bytes)
    }

    /// Reads eight bytes, big-endian.
    pub fn u64(&mut self) -> Result<u64, DecodeError> {
        self.array().map(u64::from_be_bytes)
    }

    /// Reads exactly `N` bytes into an array.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        self.array_ref().copied()
    }

    /// Borrows exactly `N` bytes.
    pub fn array_ref<const N: usize>(&mut self) -> Result<&'a [u8; N], DecodeError> {
        let (head, rest) = self.rest.split_first_chunk().ok_or(DecodeError::Truncated)?;
        self.rest = rest;
        Ok(head)
    }

    /// Borrows exactly `length` bytes.
    pub fn bytes(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        let (head, rest) = self.rest.split_at_checked(length).ok_or(DecodeError::Truncated)?;
        self.rest = rest;
        Ok(head)
    }

    /// Reads a `u16` count of elements of `element_length` bytes each, R-ENC-6.
    ///
    /// What it returns may be allocated for: it is within `range`, and that many elements are there.
    pub fn count(
        &mut self,
        range: RangeInclusive<usize>,
        element_length: usize,
    ) -> Result<usize, DecodeError> {
        let count = usize::from(self.u16()?);
        if !range.contains(&count) {
            return Err(DecodeError::LengthOutOfRange);
        }
        match count.checked_mul(element_length) {
            Some(length) if length <= self.rest.len() => Ok(count),
            _ => Err(DecodeError::Truncated),
        }
    }

    /// Borrows as many bytes as the `u32` length in front of them says, R-ENC-6.
    pub fn prefixed(&mut self, range: RangeInclusive<usize>) -> Result<&'a [u8], DecodeError> {
        let length = self.length(|length| range.contains(&length))?;
        self.bytes(length)
    }

    /// As `prefixed`, and a length of zero is allowed too.
    pub fn prefixed_or_empty(&mut self, range: RangeInclusive<usize>) -> Result<&'a [u8], DecodeError> {
        let length = self.length(|length| length == 0 || range.contains(&length))?;
        self.bytes(length)
    }

    /// As `prefixed`, for lengths that are no range.
    pub fn prefixed_if(&mut self, allowed: impl FnOnce(usize) -> bool) -> Result<&'a [u8], DecodeError> {
        let length = self.length(allowed)?;
        self.bytes(length)
    }

    /// Reads the byte that names an object, R-ENC-4.
    pub fn object(&mut self, expected: Object) -> Result<(), DecodeError> {
        match self.u8()? {
            found if found == expected.byte() => Ok(()),
            found => Err(DecodeError::WrongObject { found }),
        }
    }

    /// Reads the version byte, R-ENC-4.
    pub fn version(&mut self) -> Result<(), DecodeError> {
        match self.u8()? {
            VERSION => Ok(()),
            found => Err(DecodeError::UnsupportedVersion { found }),
        }
    }

    /// Reads a suite, R-ENC-9.
    pub fn suite(&mut self) -> Result<(), DecodeError> {
        match self.u16()? {
            SUITE => Ok(()),
            found => Err(DecodeError::UnsupportedSuite { found }),
        }
    }

    /// Reads `length` reserved bytes, R-ENC-5.
    pub fn reserved(&mut self, length: usize) -> Result<(), DecodeError> {
        if self.bytes(length)?.iter().all(|&byte| byte == 0) {
            Ok(())
        } else {
            Err(DecodeError::NonZeroReserved)
        }
    }

    /// How many bytes are left.
    #[must_use]
    pub const fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// How many bytes have been read.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.length - self.rest.len()
    }

    /// Ends the reading: nothing may be left, R-ENC-2.
    pub const fn finish(self) -> Result<(), DecodeError> {
        match self.rest.len() {
            0 => Ok(()),
            count => Err(DecodeError::TrailingBytes { count }),
        }
    }

    fn length(&mut self, allowed: impl FnOnce(usize) -> bool) -> Result<usize, DecodeError> {
        match usize::try_from(self.u32()?) {
            Ok(length) if allowed(length) => Ok(length),
            _ => Err(DecodeError::LengthOutOfRange),
        }
    }
}

/// Shows where the reader stands, not what it reads: that may be a plaintext.
impl fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("position", &self.position())
            .field("remaining", &self.remaining())
            .finish()
    }
}

/// Appends fields to a byte string, SPEC 2.1.
///
/// The bytes are not wiped on drop: secrets are taken out with `into_vec` and wiped by the caller.
#[derive(Default)]
pub struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// An empty writer with room for `capacity` bytes: exact room means one allocation and no stray copies.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(capacity),
        }
    }

    /// Writes one byte.
    pub fn u8(&mut self, value: u8) {
        self.bytes.push(value);
    }

    /// Writes two bytes, big-endian.
    pub fn u16(&mut self, value: u16) {
        self.bytes(&value.to_be_bytes());
    }

    /// Writes four bytes, big-endian.
    pub fn u32(&mut self, value: u32) {
        self.bytes(&value.to_be_bytes());
    }

    /// Writes eight bytes, big-endian.
    pub fn u64(&mut self, value: u64) {
        self.bytes(&value.to_be_bytes());
    }

    /// Writes the bytes as they are.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Writes a `u16` count of elements; one that does not fit becomes `u16::MAX`, which every decoder refuses.
    pub fn count(&mut self, count: usize) {
        self.u16(u16::try_from(count).unwrap_or(u16::MAX));
    }

    /// Writes a `u32` length and the bytes; a length that does not fit becomes `u32::MAX`, which every decoder refuses.
    pub fn prefixed(&mut self, bytes: &[u8]) {
        self.u32(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        self.bytes(bytes);
    }

    /// Writes the byte that names an object.
    pub fn object(&mut self, object: Object) {
        self.u8(object.byte());
    }

    /// Writes the version byte.
    pub fn version(&mut self) {
        self.u8(VERSION);
    }

    /// Writes the suite.
    pub fn suite(&mut self) {
        self.u16(SUITE);
    }

    /// The bytes so far.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        &self.bytes
    }

    /// Hands over the bytes, without a copy.
    #[must_use]
    pub fn into_vec(self) -> Vec<u8> {
        self.bytes
    }
}

/// Shows how much is written, not what: that may be a plaintext.
impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer")
            .field("length", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

/// Decodes all of `bytes` with `fields`, R-ENC-2.
///
/// Bytes left over are found before the cross-field rules, which the caller runs on the result.
pub(crate) fn decode_all<'a, T>(
    bytes: &'a [u8],
    fields: impl FnOnce(&mut Reader<'a>) -> Result<T, DecodeError>,
) -> Result<T, DecodeError> {
    let mut reader = Reader::new(bytes);
    let value = fields(&mut reader)?;
    reader.finish()?;
    Ok(value)
}

/// Concatenates parts whose lengths add up to `N`: the encoding of a structure of fixed size.
pub(crate) fn concat<const N: usize>(parts: &[&[u8]]) -> [u8; N] {
    let mut whole = [0; N];
    let mut rest = whole.as_mut_slice();
    for part in parts {
        let (head, tail) = rest.split_at_mut(part.len());
        head.copy_from_slice(part);
        rest = tail;
    }
    debug_assert!(rest.is_empty(), "the parts are shorter than the structure");
    whole
}

/// Reads `count` elements, in any order.
pub(crate) fn elements<T>(
    count: usize,
    mut element: impl FnMut() -> Result<T, DecodeError>,
) -> Result<Vec<T>, DecodeError> {
    let mut elements = Vec::with_capacity(count);
    for _ in 0..count {
        elements.push(element()?);
    }
    Ok(elements)
}

/// Reads `count` elements in strictly ascending order of their keys, R-ENC-7.
pub(crate) fn sorted<T, K: Ord>(
    count: usize,
    mut element: impl FnMut() -> Result<T, DecodeError>,
    key: impl Fn(&T) -> K,
) -> Result<Vec<T>, DecodeError> {
    let mut elements = Vec::with_capacity(count);
    for _ in 0..count {
        let next = element()?;
        if elements.last().is_some_and(|last| key(last) >= key(&next)) {
            return Err(DecodeError::NotSorted);
        }
        elements.push(next);
    }
    Ok(elements)
}
