//! The six digits that two people carry between two screens (SPEC 6.2).

use core::fmt;

use subtle::ConstantTimeEq;
use twotick_wire::Label;

use crate::error::LinkError;
use crate::primitive::hash::hash;

/// Six digits of the transcript, as a screen shows them or a person typed them (SPEC 6.2).
#[derive(Clone, Copy)]
pub struct LinkDigits(u32);

impl LinkDigits {
    /// Reads what a person typed: six ASCII digits, spaces allowed. Anything else cannot agree: `LinkDigitsDiffer`.
    pub fn parse(typed: &str) -> Result<Self, LinkError> {
        let digits = typed.bytes().filter(|byte| *byte != b' ');
        let number = digits.clone().try_fold(0, |number: u32, byte| match byte {
            b'0'..=b'9' => number.checked_mul(10)?.checked_add(u32::from(byte - b'0')),
            _ => None,
        });
        match number {
            Some(number) if digits.count() == 6 => Ok(Self(number)),
            _ => Err(LinkError::DigitsDiffer),
        }
    }

    /// `u64(H("hash/link-digits", T)[0:8]) mod 1,000,000`.
    pub(super) fn of(transcript: &[u8; 32]) -> Self {
        let [a, b, c, d, e, f, g, h, ..] = hash(Label::LinkDigits, &[transcript]);
        let number = u64::from_be_bytes([a, b, c, d, e, f, g, h]) % 1_000_000;
        Self(u32::try_from(number).unwrap_or_default())
    }

    /// Whether both are the same, in constant time (R-LNK-3).
    pub(super) fn require_same(self, typed: Self) -> Result<(), LinkError> {
        if self.0.ct_eq(&typed.0).into() {
            Ok(())
        } else {
            Err(LinkError::DigitsDiffer)
        }
    }
}

impl fmt::Display for LinkDigits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06}", self.0)
    }
}

/// Leaves the digits out: a log is not a screen.
impl fmt::Debug for LinkDigits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinkDigits").finish_non_exhaustive()
    }
}
