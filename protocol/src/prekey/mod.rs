//! Prekeys: made and kept by their device, verified by whoever wants to write to it (SPEC 8).

mod bundle;
mod secrets;
mod store;
mod transition;

pub use bundle::{HandshakeStrength, VerifiedBundle};
pub(crate) use secrets::{OneTimeSecret, SignedSecret};
pub use store::{Prekeys, PublishedPrekeys};
pub use transition::PrekeyTransition;
pub(crate) use transition::PrekeyUse;

use twotick_wire::{Label, OneTimePrekey, OneTimePrekeyId, SignedPrekey, SignedPrekeyId};

use crate::primitive::hash::hash16;

/// `signed_prekey_id` of SPEC 8.1: a content hash, so it carries no order.
pub fn signed_prekey_id(prekey: &SignedPrekey) -> SignedPrekeyId {
    SignedPrekeyId::new(hash16(Label::SignedPrekeyId, &[&prekey.id_input()]))
}

/// `one_time_prekey_id` of SPEC 8.2.
pub fn one_time_prekey_id(prekey: &OneTimePrekey) -> OneTimePrekeyId {
    OneTimePrekeyId::new(hash16(Label::OneTimePrekeyId, &[&prekey.id_input()]))
}
