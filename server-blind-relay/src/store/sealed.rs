//! What a relay passes on and cannot read.

use bytes::Bytes;

/// An encoded Envelope. It cannot be printed or serialised: whoever wants its bytes asks for them by name (R-BLD-1).
#[derive(Clone, PartialEq, Eq)]
#[expect(missing_debug_implementations, reason = "sealed bytes are never shown")]
pub struct SealedBytes(Bytes);

impl SealedBytes {
    /// Wraps the bytes.
    #[must_use]
    pub const fn new(bytes: Bytes) -> Self {
        Self(bytes)
    }

    /// How many they are.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "an Envelope is never empty")]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The bytes, to be written to a socket or a disk.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}
