//! The Double Ratchet with header encryption (SPEC 10).
//!
//! ```text
//!                       receive: header opens with NHKr                        send
//!  ┌────────────────────┐   DH step, receiving half   ┌───────────────────┐   DH step, sending half   ┌────────────┐
//!  │ sending chain live │ ──────────────────────────▶ │ sending chain due │ ────────────────────────▶ │ chain live │
//!  └────────────────────┘                             └───────────────────┘                           └────────────┘
//! ```
//!
//! Nothing here changes in place: [`Ratchet::seal`] and [`Ratchet::open`] borrow the state and return the next one.

mod advance;
mod core;
#[cfg(feature = "hazmat")]
pub(crate) mod hazmat;
mod header;
mod keys;
mod open;
mod seal;
mod skipped;

#[cfg(feature = "hazmat")]
pub(crate) use self::core::Chain;
pub(crate) use self::core::Core;
pub(crate) use advance::CoreChange;
pub(crate) use header::Route;
pub(crate) use open::{OpenFailure, Opened, Text};
pub(crate) use seal::SealFailure;
pub(crate) use skipped::{Skipped, SkippedChange};

use crate::error::StateError;
use crate::secret::Secret;
use crate::state::{StateReader, StateWriter};

/// `SID`: names a session inside keys and associated data; known to both ends, never sent.
pub(crate) type SessionId = Secret<32>;

/// One session's ratchet: the small core that each message changes, and the store of skipped keys.
pub(crate) struct Ratchet {
    pub(crate) core: Core,
    pub(crate) skipped: Skipped,
}

/// The state after an opened message, beside the state before it.
pub(crate) struct RatchetChange {
    pub(crate) core: CoreChange,
    pub(crate) skipped: SkippedChange,
}

impl Ratchet {
    pub(crate) fn new(core: Core) -> Self {
        Self {
            core,
            skipped: Skipped::default(),
        }
    }

    /// Installs a change in place; what it replaces is left in `change`, to be wiped there.
    pub(crate) fn apply(&mut self, change: &mut RatchetChange) {
        self.core.apply(&mut change.core);
        self.skipped.apply(::core::mem::take(&mut change.skipped));
    }

    pub(crate) fn encode_to(&self, writer: &mut StateWriter) {
        self.core.encode_to(writer);
        self.skipped.encode_to(writer);
    }

    pub(crate) fn decode_from(reader: &mut StateReader<'_>) -> Result<Self, StateError> {
        Ok(Self {
            core: Core::decode_from(reader)?,
            skipped: Skipped::decode_from(reader)?,
        })
    }
}
