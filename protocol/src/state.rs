//! Reading and writing of stored state (SPEC 15.2): the strict codec, into buffers that wipe themselves.

use alloc::vec::Vec;
use core::fmt;

use twotick_wire::{DecodeError, Reader, UnixTime, X25519PublicKey};
use zeroize::{Zeroize, Zeroizing};

use crate::error::StateError;
use crate::secret::Secret;
use crate::staged::RecordKind;

const VERSION: u8 = 1;

/// Writes stored state. When it grows, the old buffer is wiped.
pub struct StateWriter(Zeroizing<Vec<u8>>);

impl fmt::Debug for StateWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StateWriter")
            .field("length", &self.0.len())
            .finish_non_exhaustive()
    }
}

impl StateWriter {
    pub(crate) fn new() -> Self {
        Self(Zeroizing::new(Vec::with_capacity(1024)))
    }

    pub(crate) fn into_bytes(self) -> Zeroizing<Vec<u8>> {
        self.0
    }

    pub(crate) fn start(&mut self, kind: RecordKind) {
        self.u8(kind as u8);
        self.u8(VERSION);
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        let needed = self.0.len() + bytes.len();
        if needed > self.0.capacity() {
            let mut larger = Vec::with_capacity(needed.max(2 * self.0.capacity()));
            larger.extend_from_slice(&self.0);
            self.0.zeroize();
            *self.0 = larger;
        }
        self.0.extend_from_slice(bytes);
    }

    pub(crate) fn u8(&mut self, value: u8) {
        self.bytes(&[value]);
    }

    pub(crate) fn bool(&mut self, value: bool) {
        self.u8(value.into());
    }

    pub(crate) fn u32(&mut self, value: u32) {
        self.bytes(&value.to_be_bytes());
    }

    pub(crate) fn u64(&mut self, value: u64) {
        self.bytes(&value.to_be_bytes());
    }

    pub(crate) fn time(&mut self, value: UnixTime) {
        self.u64(value.seconds());
    }

    pub(crate) fn secret<const N: usize>(&mut self, secret: &Secret<N>) {
        self.bytes(secret.expose());
    }

    /// A count of elements that follow; every list in the state is bounded far below 2^32.
    pub(crate) fn count(&mut self, count: usize) {
        self.u32(u32::try_from(count).unwrap_or(u32::MAX));
    }

    /// `u8` 0, or 1 and the value.
    pub(crate) fn option<T>(&mut self, value: Option<&T>, write: impl FnOnce(&mut Self, &T)) {
        self.bool(value.is_some());
        if let Some(value) = value {
            write(self, value);
        }
    }
}

/// Reads stored state.
pub(crate) struct StateReader<'a>(Reader<'a>);

impl<'a> StateReader<'a> {
    /// Checks kind and version.
    pub(crate) fn start(bytes: &'a [u8], kind: RecordKind) -> Result<Self, StateError> {
        let mut reader = Self(Reader::new(bytes));
        if reader.u8()? != kind as u8 {
            return Err(StateError::Corrupt);
        }
        match reader.u8()? {
            VERSION => Ok(reader),
            0 => Err(StateError::Corrupt),
            _ => Err(StateError::Unsupported),
        }
    }

    pub(crate) fn finish(self) -> Result<(), StateError> {
        Ok(self.0.finish()?)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, StateError> {
        Ok(self.0.u8()?)
    }

    pub(crate) fn bool(&mut self) -> Result<bool, StateError> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(StateError::Corrupt),
        }
    }

    pub(crate) fn u32(&mut self) -> Result<u32, StateError> {
        Ok(self.0.u32()?)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, StateError> {
        Ok(self.0.u64()?)
    }

    pub(crate) fn time(&mut self) -> Result<UnixTime, StateError> {
        Ok(UnixTime::new(self.u64()?))
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], StateError> {
        Ok(self.0.array()?)
    }

    pub(crate) fn bytes(&mut self, length: usize) -> Result<&'a [u8], StateError> {
        Ok(self.0.bytes(length)?)
    }

    pub(crate) fn secret<const N: usize>(&mut self) -> Result<Secret<N>, StateError> {
        Ok(Secret::from_bytes(self.array()?))
    }

    pub(crate) fn x25519(&mut self) -> Result<X25519PublicKey, StateError> {
        Ok(X25519PublicKey::decode(self.array()?)?)
    }

    /// A count of at most `most` elements.
    pub(crate) fn count(&mut self, most: usize) -> Result<usize, StateError> {
        let count = usize::try_from(self.u32()?).map_err(|_| StateError::Corrupt)?;
        if count > most {
            Err(StateError::Corrupt)
        } else {
            Ok(count)
        }
    }

    pub(crate) fn option<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, StateError>,
    ) -> Result<Option<T>, StateError> {
        if self.bool()? {
            read(self).map(Some)
        } else {
            Ok(None)
        }
    }
}

impl From<DecodeError> for StateError {
    fn from(_: DecodeError) -> Self {
        Self::Corrupt
    }
}
