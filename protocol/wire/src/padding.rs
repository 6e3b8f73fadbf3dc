//! Buckets: the lengths that sealed content may have, SPEC 11.2.

/// The largest bucket of a payload, SPEC 4.3. Larger makes every message to every device larger; smaller and control
/// payloads do not fit.
pub const MAX_PAYLOAD: usize = 4096;

/// The largest bucket of a shared body, SPEC 4.3. Larger fills a relay's mailbox faster; smaller splits long texts.
pub const MAX_BODY: usize = 65_536;

const SMALLEST: usize = 256;
const STEP: usize = 4096;
const LENGTH_PREFIX: usize = 4;

/// The smallest bucket for content of this length and its four length bytes; none if it would be over `maximum`.
#[must_use]
pub const fn bucket_for(content_length: usize, maximum: usize) -> Option<usize> {
    let Some(needed) = content_length.checked_add(LENGTH_PREFIX) else {
        return None;
    };
    let bucket = if needed <= SMALLEST {
        Some(SMALLEST)
    } else if needed <= STEP {
        Some(needed.next_power_of_two())
    } else {
        needed.checked_next_multiple_of(STEP)
    };
    match bucket {
        Some(bucket) if bucket <= maximum => Some(bucket),
        _ => None,
    }
}

/// True if `length` is a bucket and not over `maximum`, R-MSG-3.
#[must_use]
pub const fn is_bucket(length: usize, maximum: usize) -> bool {
    length >= SMALLEST
        && length <= maximum
        && if length < STEP {
            length.is_power_of_two()
        } else {
            length.is_multiple_of(STEP)
        }
}
