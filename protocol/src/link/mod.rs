//! Linking a device (SPEC 6): one type for each state, each consumed by its only step.
//!
//! ```text
//!  existing device                            new device
//!  ExistingDevice::offer   ══ LinkOffer ═══▶  NewDevice::enter
//!  ExistingOffered::hello      ◀─ LinkHello ─
//!                       ─ LinkCommitment ──▶  NewHello::commitment
//!  ExistingCommitted::nonce    ◀─ LinkNonce ─
//!                       ─ LinkReveal ──────▶  NewNonce::reveal
//!  ExistingDigits::confirm  ◀══ digits ════▶  NewDigits::confirm
//!  ExistingConfirmed::request    ◀─ request ─ NewConfirmed::request
//!                       ─ proposal ────────▶  NewRequested::proposal
//!  ExistingProposed::acceptance ◀ acceptance ─
//!                       ─ completion ──────▶  NewAccepted::completion
//! ```
//!
//! A person carries what is drawn with double lines. A failure ends the attempt: the state is gone.

mod channel;
mod digits;
mod existing;
#[cfg(feature = "hazmat")]
pub(crate) mod hazmat;
mod new_device;
mod transcript;

pub use digits::LinkDigits;
pub use existing::{
    ExistingCommitted, ExistingConfirmed, ExistingDevice, ExistingDigits, ExistingOffered, ExistingProposed,
};
pub use new_device::{NewAccepted, NewConfirmed, NewDevice, NewDigits, NewHello, NewNonce, NewRequested};

/// `Debug` of a state that holds secrets: its name.
macro_rules! name_only {
    ($($state:ident),* $(,)?) => {$(
        impl core::fmt::Debug for $state {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.debug_struct(stringify!($state)).finish_non_exhaustive()
            }
        }
    )*};
}

use name_only;
