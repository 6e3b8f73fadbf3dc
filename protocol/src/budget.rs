//! A number of operations, refilled over time (SPEC 4.3, 14.2).

use twotick_wire::UnixTime;

use crate::error::StateError;
use crate::state::{StateReader, StateWriter};

/// A token bucket: `capacity` operations at once, one more each `refill_seconds` (SPEC 4.3).
///
/// It never gives more than `capacity` and one for each whole interval by which the clock went forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    capacity: u32,
    refill_seconds: u64,
    left: u32,
    counted_until: UnixTime,
}

impl Budget {
    /// A full budget.
    pub fn new(capacity: u32, refill_seconds: u64) -> Self {
        Self {
            capacity,
            refill_seconds: refill_seconds.max(1),
            left: capacity,
            counted_until: UnixTime::new(0),
        }
    }

    /// Uses up one operation; false if there is none.
    pub fn take(&mut self, now: UnixTime) -> bool {
        self.refill(now);
        let allowed = self.left > 0;
        self.left = self.left.saturating_sub(1);
        allowed
    }

    /// How many operations are left at `now`.
    pub fn available(&self, now: UnixTime) -> u32 {
        let mut copy = *self;
        copy.refill(now);
        copy.left
    }

    /// Credits whole intervals. A clock that went back gives nothing, and is counted from there.
    fn refill(&mut self, now: UnixTime) {
        let intervals = now.saturating_since(self.counted_until) / self.refill_seconds;
        let room = self.capacity - self.left;
        if now < self.counted_until || intervals >= u64::from(room) {
            self.counted_until = now;
        } else {
            self.counted_until = self.counted_until.saturating_add(intervals * self.refill_seconds);
        }
        let credit = u32::try_from(intervals).unwrap_or(u32::MAX);
        self.left = self.left.saturating_add(credit).min(self.capacity);
    }

    /// Writes what varies; capacity and interval are constants of the code.
    pub(crate) fn encode_to(&self, writer: &mut StateWriter) {
        writer.u32(self.left);
        writer.time(self.counted_until);
    }

    pub(crate) fn decode_from(
        reader: &mut StateReader<'_>,
        capacity: u32,
        refill_seconds: u64,
    ) -> Result<Self, StateError> {
        let left = reader.u32()?;
        let counted_until = reader.time()?;
        if left > capacity {
            return Err(StateError::Corrupt);
        }
        Ok(Self {
            left,
            counted_until,
            ..Self::new(capacity, refill_seconds)
        })
    }
}

#[cfg(test)]
mod tests;
