//! What is around every body: a checksum over the row, and a version (R-DUR-1).

use bytes::{Buf, Bytes};
use twotick_wire::Writer;

use crate::store::StoreError;

/// The version of all bodies.
const VERSION: u8 = 1;

/// Bytes before a body.
const OVERHEAD: usize = 5;

/// The value of a row with this body.
pub(crate) fn close(key: &[u8], body: &[u8]) -> Bytes {
    close_with(key, body.len(), |writer| writer.bytes(body))
}

/// The value of a row whose body is written here, `length` bytes of it or so.
pub(crate) fn close_with(key: &[u8], length: usize, write: impl FnOnce(&mut Writer)) -> Bytes {
    let mut writer = Writer::with_capacity(OVERHEAD + length);
    writer.u32(0);
    writer.u8(VERSION);
    write(&mut writer);
    let mut value = writer.into_vec();
    let sum = checksum(key, &value[4..]).to_be_bytes();
    value[..4].copy_from_slice(&sum);
    value.into()
}

/// The body of a row, if key, version and body are those that were stored.
pub(crate) fn open(key: &[u8], mut value: Bytes) -> Result<Bytes, StoreError> {
    let Some((sum, rest)) = value.split_first_chunk() else {
        return Err(StoreError::Damaged);
    };
    if rest.first() != Some(&VERSION) || checksum(key, rest) != u32::from_be_bytes(*sum) {
        return Err(StoreError::Damaged);
    }
    value.advance(OVERHEAD);
    Ok(value)
}

fn checksum(key: &[u8], version_and_body: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(key), version_and_body)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R-DUR-1: a value is good with its own key only, and no bit of it may change.
    #[test]
    fn a_value_that_changed_or_moved_is_damaged() {
        let value = close(b"key", b"body");
        assert_eq!(open(b"key", value.clone()), Ok(Bytes::from_static(b"body")));
        assert_eq!(open(b"kex", value.clone()), Err(StoreError::Damaged));
        for bit in 0..value.len() * 8 {
            let mut flipped = value.to_vec();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(open(b"key", flipped.into()), Err(StoreError::Damaged));
        }
        for length in 0..value.len() {
            assert_eq!(open(b"key", value.slice(..length)), Err(StoreError::Damaged));
        }
    }
}
