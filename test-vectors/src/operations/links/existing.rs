//! The device that holds the account key.

use twotick_protocol::wire::{DeviceCertificate, DeviceList, LinkHello, LinkNonce, LinkSealed, UnixTime};
use twotick_protocol::{
    Account, AccountKeyPair, Device, DeviceKeys, ExistingCommitted, ExistingConfirmed, ExistingDevice,
    ExistingDigits, ExistingOffered, ExistingProposed,
};

use super::{Done, typed};
use crate::answer::Failure;
use crate::arguments::Arguments;
use crate::operations::device::account;
use crate::operations::identity::trusted;
use crate::random::Source;

/// The states between its steps.
pub(super) enum Existing {
    Begin,
    Offered(Household, ExistingOffered),
    Committed(Household, ExistingCommitted),
    Digits(Household, ExistingDigits),
    Confirmed(Household, ExistingConfirmed),
    Proposed(Household, ExistingProposed),
}

/// What the device has of its account.
pub(super) struct Household {
    key: AccountKeyPair,
    own: Account,
    certificates: Vec<DeviceCertificate>,
}

impl Existing {
    pub(super) fn step(self, arguments: &Arguments<'_>, random: &mut Source) -> Result<Done<Self>, Failure> {
        let now = arguments.time("now")?;
        match self {
            Self::Begin => {
                let household = Household::read(&arguments.object("input")?)?;
                let (offer, state) = ExistingDevice::offer(household.key.account_id(), now, random);
                Ok(Done::new(Self::Offered(household, state), Some(&offer.encode())))
            }
            Self::Offered(household, state) => {
                let hello = LinkHello::decode(&arguments.bytes("input")?)?;
                let (commitment, state) = state.hello(&hello, now, random)?;
                let next = Self::Committed(household, state);
                Ok(Done::new(next, Some(&commitment.encode())))
            }
            Self::Committed(household, state) => {
                let nonce = LinkNonce::decode(&arguments.bytes("input")?)?;
                let (reveal, state) = state.nonce(&nonce);
                let digits = state.digits();
                let next = Self::Digits(household, state);
                Ok(Done::with_digits(next, Some(&reveal.encode()), digits))
            }
            Self::Digits(household, state) => {
                let state = state.confirm(typed(arguments, "input")?)?;
                Ok(Done::new(Self::Confirmed(household, state), None))
            }
            Self::Confirmed(household, state) => household.propose(state, arguments, now),
            Self::Proposed(household, state) => household.complete(state, arguments, now),
        }
    }
}

impl Household {
    fn read(input: &Arguments<'_>) -> Result<Self, Failure> {
        let key = account(input, "account_seed")?;
        let list = DeviceList::decode(&input.bytes("list")?)?;
        let mut certificates = Vec::new();
        for bytes in input.byte_list("certificates")? {
            certificates.push(DeviceCertificate::decode(&bytes)?);
        }
        Ok(Self {
            key,
            own: trusted(list)?,
            certificates,
        })
    }

    fn propose(
        self,
        state: ExistingConfirmed,
        arguments: &Arguments<'_>,
        now: UnixTime,
    ) -> Result<Done<Existing>, Failure> {
        let bytes = arguments.bytes("input")?;
        let message = LinkSealed::decode(&bytes)?;
        let us = self.any_device(now);
        let (sealed, state) = state.request(&message, &self.key, &self.own, &self.certificates, &us, now)?;
        Ok(Done::new(Existing::Proposed(self, state), Some(&sealed)))
    }

    /// The input is the acceptance, or with it a list that has come after that of the first step.
    fn complete(
        self,
        state: ExistingProposed,
        arguments: &Arguments<'_>,
        now: UnixTime,
    ) -> Result<Done<Existing>, Failure> {
        let (own, bytes) = match arguments.object("input") {
            Ok(input) => (
                trusted(DeviceList::decode(&input.bytes("list")?)?)?,
                input.bytes("acceptance")?,
            ),
            Err(_) => (self.own, arguments.bytes("input")?),
        };
        let message = LinkSealed::decode(&bytes)?;
        let (certificate, list, sealed) = state.acceptance(&message, &self.key, own.list(), now)?;
        Ok(Done::last(Some(&sealed), &list.encode(), &certificate.encode()))
    }

    /// The reference adds this device's certificate to those of the list. They are all here, so any device does.
    fn any_device(&self, now: UnixTime) -> Device {
        let draws = vec![vec![0; 16], vec![0; 32], vec![0; 32]];
        DeviceKeys::generate(&mut Source::script(draws)).certify(&self.key, now)
    }
}
