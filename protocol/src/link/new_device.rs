//! The device that has no account yet (SPEC 6).

use alloc::vec::Vec;

use rand_core::CryptoRng;
use twotick_wire::{
    AccountId, LinkAcceptance, LinkCommitment, LinkCompletion, LinkHello, LinkNonce, LinkOffer, LinkProposal,
    LinkRequest, LinkReveal, LinkSealed, LinkStep, Signature, UnixTime,
};

use super::channel::Channel;
use super::digits::LinkDigits;
use super::name_only;
use super::transcript::{Offer, commit, transcript};
use crate::error::{IdentityError, LinkError};
use crate::identity::{
    Account, Device, DeviceKeys, VerifiedCertificate, account_id, require_account_signature,
};
use crate::primitive::agreement::KeyPair;

/// Where linking starts on the device that is to be added (SPEC 6).
#[derive(Clone, Copy, Debug)]
pub struct NewDevice;

impl NewDevice {
    /// Takes an offer in and draws the ephemeral key; `LinkExpired` after its end.
    pub fn enter(
        offer: LinkOffer,
        now: UnixTime,
        rng: &mut impl CryptoRng,
    ) -> Result<(LinkHello, NewHello), LinkError> {
        let offer = Offer::take(offer);
        offer.require_current(now)?;
        let ephemeral = KeyPair::generate(rng);
        let hello = offer.hello(*ephemeral.public());
        Ok((
            hello,
            NewHello {
                offer,
                ephemeral,
                hello,
            },
        ))
    }
}

/// The hello is sent.
pub struct NewHello {
    offer: Offer,
    ephemeral: KeyPair,
    hello: LinkHello,
}

impl NewHello {
    /// Takes the commitment, and only then draws the nonce (R-LNK-2).
    pub fn commitment(self, commitment: &LinkCommitment, rng: &mut impl CryptoRng) -> (LinkNonce, NewNonce) {
        let mut nonce = [0; 32];
        rng.fill_bytes(&mut nonce);
        let nonce = LinkNonce { nonce };
        (
            nonce,
            NewNonce {
                hello: self,
                commitment: *commitment,
                nonce,
            },
        )
    }
}

/// The nonce is sent.
pub struct NewNonce {
    hello: NewHello,
    commitment: LinkCommitment,
    nonce: LinkNonce,
}

impl NewNonce {
    /// Checks the reveal against the commitment (R-LNK-2).
    pub fn reveal(self, reveal: &LinkReveal) -> Result<NewDigits, LinkError> {
        if commit(reveal) != self.commitment {
            return Err(LinkError::Refused);
        }
        let NewHello {
            offer,
            ephemeral,
            hello,
        } = self.hello;
        let agreement = ephemeral.agree(&reveal.ephemeral).map_err(IdentityError::from)?;
        let transcript = transcript(&offer, &hello, &self.commitment, &self.nonce, reveal);
        let channel = Channel::derive(&offer.secret, &agreement, &transcript);
        Ok(NewDigits {
            account_id: offer.account_id,
            digits: LinkDigits::of(&transcript),
            channel,
        })
    }
}

/// The digits are on the screen.
pub struct NewDigits {
    account_id: AccountId,
    digits: LinkDigits,
    channel: Channel,
}

impl NewDigits {
    /// What to show, for a person to type into the existing device.
    #[must_use]
    pub fn digits(&self) -> LinkDigits {
        self.digits
    }

    /// Takes the digits that the existing device shows; others end the attempt (R-LNK-3).
    pub fn confirm(self, typed: LinkDigits) -> Result<NewConfirmed, LinkError> {
        self.digits.require_same(typed)?;
        Ok(NewConfirmed {
            account_id: self.account_id,
            channel: self.channel,
        })
    }
}

/// A person has confirmed that nobody is between the devices.
pub struct NewConfirmed {
    account_id: AccountId,
    channel: Channel,
}

impl NewConfirmed {
    /// Asks for a certificate of these keys: step 1 (SPEC 6.3).
    #[must_use]
    pub fn request(self, keys: DeviceKeys) -> (Vec<u8>, NewRequested) {
        let request = keys.request();
        let sealed = self.channel.seal(LinkStep::Request, &request.encode());
        (
            sealed,
            NewRequested {
                account_id: self.account_id,
                channel: self.channel,
                keys,
                request,
            },
        )
    }
}

/// The request is sent.
pub struct NewRequested {
    account_id: AccountId,
    channel: Channel,
    keys: DeviceKeys,
    request: LinkRequest,
}

impl NewRequested {
    /// Counter-signs the proposal if it is of exactly what was asked, in the offer's account: step 3 (R-LNK-4).
    pub fn proposal(
        self,
        message: &LinkSealed<'_>,
        now: UnixTime,
    ) -> Result<(Vec<u8>, NewAccepted), LinkError> {
        let proposal = LinkProposal::decode(&self.channel.open(LinkStep::Proposal, message)?)?;
        let certificate = proposal.with_signature(&Signature::new([0; 64]))?;
        let asked = self.keys.are_in(&certificate)
            && certificate.suites == self.request.suites
            && certificate.capabilities == self.request.capabilities;
        if !asked || account_id(&certificate.account_key) != self.account_id {
            return Err(LinkError::Refused);
        }
        require_account_signature(&certificate)?;
        let device = self.keys.accept(certificate);
        VerifiedCertificate::verify(device.certificate().clone(), now)?;
        let acceptance = LinkAcceptance {
            device_signature: device.certificate().device_signature,
        };
        let sealed = self.channel.seal(LinkStep::Acceptance, &acceptance.encode());
        Ok((
            sealed,
            NewAccepted {
                account_id: self.account_id,
                channel: self.channel,
                device,
            },
        ))
    }
}

/// The acceptance is sent.
pub struct NewAccepted {
    account_id: AccountId,
    channel: Channel,
    device: Device,
}

impl NewAccepted {
    /// Verifies list, account, own entry and siblings: the device is linked (R-LNK-4).
    ///
    /// Returns the device, its account, and the other devices' certificates that are valid now, in the list's order.
    /// The caller stores all of them.
    pub fn completion(
        self,
        message: &LinkSealed<'_>,
        now: UnixTime,
    ) -> Result<(Device, Account, Vec<VerifiedCertificate>), LinkError> {
        let completion = LinkCompletion::decode(&self.channel.open(LinkStep::Completion, message)?)?;
        let account = Account::trust(self.account_id, completion.device_list, now)?;
        if !account.contains(&self.device.device_id(), &self.device.certificate_hash()) {
            return Err(IdentityError::NotInDeviceList.into());
        }
        if !account
            .device_ids()
            .eq(completion.siblings.iter().map(|sibling| sibling.device_id))
        {
            return Err(IdentityError::NotInDeviceList.into());
        }
        let mut siblings = Vec::with_capacity(completion.siblings.len());
        for sibling in completion.siblings {
            match account.admit(sibling, Some(&self.device), &siblings, now) {
                // A device whose certificate ran out unrenewed does not keep others from being linked.
                Err(IdentityError::Expired) => {}
                admitted => siblings.push(admitted?),
            }
        }
        siblings.retain(|sibling| sibling.device_id() != self.device.device_id());
        Ok((self.device, account, siblings))
    }
}

name_only!(
    NewHello,
    NewNonce,
    NewDigits,
    NewConfirmed,
    NewRequested,
    NewAccepted
);
