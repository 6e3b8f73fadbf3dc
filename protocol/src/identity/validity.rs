//! The dates of certificates and lists (R-IDN-3).

use twotick_wire::UnixTime;

use crate::error::IdentityError;
use crate::limits::constants::CLOCK_SKEW;

/// Refuses a period over `longest` seconds, one that has not started, and one that has ended (R-IDN-3).
pub(super) fn check(
    start: UnixTime,
    end: UnixTime,
    longest: u64,
    now: UnixTime,
) -> Result<(), IdentityError> {
    if start > end || end.saturating_since(start) > longest {
        Err(IdentityError::ValidityTooLong)
    } else if start > now.saturating_add(CLOCK_SKEW) {
        Err(IdentityError::NotYetValid)
    } else if end < now {
        Err(IdentityError::Expired)
    } else {
        Ok(())
    }
}
