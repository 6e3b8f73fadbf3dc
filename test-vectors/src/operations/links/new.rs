//! The device that has no account yet.

use twotick_protocol::wire::{LinkCommitment, LinkOffer, LinkReveal, LinkSealed};
use twotick_protocol::{
    DeviceKeys, NewAccepted, NewConfirmed, NewDevice, NewDigits, NewHello, NewNonce, NewRequested,
};

use super::{Done, typed};
use crate::answer::Failure;
use crate::arguments::Arguments;
use crate::random::Source;

/// The states between its steps.
#[expect(
    clippy::large_enum_variant,
    reason = "there is one of these in an attempt, and the reference moves its states by value"
)]
pub(super) enum New {
    Begin,
    Hello(NewHello),
    Nonce(NewNonce),
    Digits(NewDigits),
    Requested(NewRequested),
    Accepted(NewAccepted),
}

impl New {
    pub(super) fn step(self, arguments: &Arguments<'_>, random: &mut Source) -> Result<Done<Self>, Failure> {
        let now = arguments.time("now")?;
        if let Self::Digits(state) = self {
            return request(state, &arguments.object("input")?);
        }
        let bytes = arguments.bytes("input")?;
        match self {
            Self::Begin => {
                let (hello, state) = NewDevice::enter(LinkOffer::decode(&bytes)?, now, random)?;
                Ok(Done::new(Self::Hello(state), Some(&hello.encode())))
            }
            Self::Hello(state) => {
                let (nonce, state) = state.commitment(&LinkCommitment::decode(&bytes)?, random);
                Ok(Done::new(Self::Nonce(state), Some(&nonce.encode())))
            }
            Self::Nonce(state) => {
                let state = state.reveal(&LinkReveal::decode(&bytes)?)?;
                let digits = state.digits();
                Ok(Done::with_digits(Self::Digits(state), None, digits))
            }
            Self::Digits(_) => Err(Failure::fault("the digits are confirmed before")),
            Self::Requested(state) => {
                let (sealed, state) = state.proposal(&LinkSealed::decode(&bytes)?, now)?;
                Ok(Done::new(Self::Accepted(state), Some(&sealed)))
            }
            Self::Accepted(state) => {
                let (device, account, _) = state.completion(&LinkSealed::decode(&bytes)?, now)?;
                let certificate = device.certificate().encode();
                Ok(Done::last(None, &account.list().encode(), &certificate))
            }
        }
    }
}

/// Confirms the digits and asks for a certificate of the keys in `input`.
fn request(state: NewDigits, input: &Arguments<'_>) -> Result<Done<New>, Failure> {
    let confirmed: NewConfirmed = state.confirm(typed(input, "digits")?)?;
    let draws = vec![
        input.array::<16>("device_id")?.to_vec(),
        input.array::<32>("signing_seed")?.to_vec(),
        input.array::<32>("identity_private_key")?.to_vec(),
    ];
    let keys = DeviceKeys::generate(&mut Source::script(draws));
    let (sealed, state) = confirmed.request(keys);
    Ok(Done::new(New::Requested(state), Some(&sealed)))
}
