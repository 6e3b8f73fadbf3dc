//! What is around every body: a checksum over the row, and a version (R-DUR-1).

use bytes::{Buf, Bytes};

use crate::store::StoreError;

/// The version of all bodies.
const VERSION: u8 = 1;

/// Bytes before a body.
const OVERHEAD: usize = 5;

/// The value of a row.
pub(crate) fn close(key: &[u8], body: &[u8]) -> Vec<u8> {
    let mut value = Vec::with_capacity(OVERHEAD + body.len());
    value.extend_from_slice(&checksum(key, VERSION, body).to_be_bytes());
    value.push(VERSION);
    value.extend_from_slice(body);
    value
}

/// The body of a row, if key, version and body are those that were stored.
pub(crate) fn open(key: &[u8], mut value: Bytes) -> Result<Bytes, StoreError> {
    let Some((sum, rest)) = value.split_first_chunk() else {
        return Err(StoreError::Damaged);
    };
    match rest.split_first() {
        Some((&VERSION, body)) if checksum(key, VERSION, body) == u32::from_be_bytes(*sum) => {
            value.advance(OVERHEAD);
            Ok(value)
        }
        _ => Err(StoreError::Damaged),
    }
}

fn checksum(key: &[u8], version: u8, body: &[u8]) -> u32 {
    let sum = crc32c::crc32c(key);
    crc32c::crc32c_append(crc32c::crc32c_append(sum, &[version]), body)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R-DUR-1: a value is good with its own key only, and no bit of it may change.
    #[test]
    fn a_value_that_changed_or_moved_is_damaged() {
        let value = close(b"key", b"body");
        assert_eq!(
            open(b"key", value.clone().into()),
            Ok(Bytes::from_static(b"body"))
        );
        assert_eq!(open(b"kex", value.clone().into()), Err(StoreError::Damaged));
        for bit in 0..value.len() * 8 {
            let mut flipped = value.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(open(b"key", flipped.into()), Err(StoreError::Damaged));
        }
        for length in 0..value.len() {
            assert_eq!(
                open(b"key", value[..length].to_vec().into()),
                Err(StoreError::Damaged)
            );
        }
    }
}
