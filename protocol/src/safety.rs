//! Comparing account keys between people (SPEC 7).

use alloc::string::String;
use core::fmt::{self, Write};

use twotick_wire::{AccountId, AccountKey, Label, SafetyCode};

use crate::error::SafetyError;
use crate::limits::constants::SAFETY_ITERATIONS;
use crate::primitive::hash::hash;

/// The 60 digits that both people see, whichever of them computes (R-SAF-1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SafetyNumber {
    digits: String,
}

impl SafetyNumber {
    /// How many digits it has.
    pub const LENGTH: usize = GROUPS * GROUP_LENGTH;

    /// Computes the number of two account keys, in either order (SPEC 7). It costs 10,402 hashes.
    #[must_use]
    pub fn of(ours: &AccountKey, theirs: &AccountKey) -> Self {
        let (ours, theirs) = (half(ours), half(theirs));
        let (low, high) = if ours <= theirs {
            (ours, theirs)
        } else {
            (theirs, ours)
        };
        Self { digits: low + &high }
    }

    /// The 60 digits without spaces.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.digits
    }

    /// The 12 groups of five digits, as they are shown.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        (0..GROUPS).map(|index| &self.digits[index * GROUP_LENGTH..(index + 1) * GROUP_LENGTH])
    }

    /// Whether each group the other person read out, given by index from 0, is this number's (R-SAF-1).
    ///
    /// No group at all matches nothing.
    #[must_use]
    pub fn matches_groups(&self, groups: &[(usize, &str)]) -> bool {
        !groups.is_empty()
            && groups
                .iter()
                .all(|&(index, group)| self.groups().nth(index) == Some(group))
    }
}

impl fmt::Display for SafetyNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, group) in self.groups().enumerate() {
            if index > 0 {
                f.write_char(' ')?;
            }
            f.write_str(group)?;
        }
        Ok(())
    }
}

/// Accepts a scanned code that `them`, as known here, shows to `us` (R-SAF-2).
pub fn verify_safety_code(code: &SafetyCode, us: &AccountId, them: &AccountId) -> Result<(), SafetyError> {
    if code.shown_to == *us && code.shown_by == *them {
        Ok(())
    } else {
        Err(SafetyError::BadSafetyCode)
    }
}

/// Six groups from the iterated hash of one key.
fn half(key: &AccountKey) -> String {
    let mut fingerprint = hash(Label::SafetyNumber, &[key.as_bytes()]);
    for _ in 0..SAFETY_ITERATIONS {
        fingerprint = hash(Label::SafetyNumber, &[&fingerprint, key.as_bytes()]);
    }
    let groups = fingerprint.chunks_exact(GROUP_LENGTH).take(GROUPS / 2);
    groups.fold(
        String::with_capacity(SafetyNumber::LENGTH),
        |mut digits, group| {
            let number = group
                .iter()
                .fold(0, |number: u64, &byte| number << 8 | u64::from(byte))
                % 100_000;
            // Writing to a string cannot fail.
            let _ = write!(digits, "{number:05}");
            digits
        },
    )
}

const GROUPS: usize = 12;

/// Digits of a group, and also the bytes it is taken from.
const GROUP_LENGTH: usize = 5;
