//! The device that holds the account key (SPEC 6).

use alloc::vec::Vec;

use rand_core::CryptoRng;
use twotick_wire::{
    AccountId, DecodeError, DeviceCertificate, DeviceList, LinkAcceptance, LinkCommitment, LinkCompletion,
    LinkHello, LinkNonce, LinkOffer, LinkRequest, LinkReveal, LinkSealed, LinkStep, MAX_DEVICES, UnixTime,
};

use super::channel::Channel;
use super::digits::LinkDigits;
use super::name_only;
use super::transcript::{Offer, commit, transcript};
use crate::error::{IdentityError, LinkError};
use crate::identity::{Account, AccountKeyPair, Device, OUR_SUITES, VerifiedCertificate, certificate_hash};
use crate::limits::constants::LINK_OFFER;
use crate::primitive::agreement::{KeyPair, require_prime_order};
use crate::secret::Secret;

/// Where linking starts on the device that holds the account key. It never takes a code in (SPEC 6).
#[derive(Clone, Copy, Debug)]
pub struct ExistingDevice;

impl ExistingDevice {
    /// Draws the secret and makes an offer, good for 60 seconds and one hello (R-LNK-1).
    pub fn offer(
        account_id: AccountId,
        now: UnixTime,
        rng: &mut impl CryptoRng,
    ) -> (LinkOffer, ExistingOffered) {
        let expires = now.saturating_add(LINK_OFFER);
        let offer = Offer {
            secret: Secret::random(rng),
            account_id,
            expires,
        };
        (offer.to_wire(), ExistingOffered { offer })
    }
}

/// The offer is shown.
pub struct ExistingOffered {
    offer: Offer,
}

impl ExistingOffered {
    /// Takes the one hello, draws ephemeral key and nonce, and commits to them (R-LNK-1, R-LNK-2).
    pub fn hello(
        self,
        hello: &LinkHello,
        now: UnixTime,
        rng: &mut impl CryptoRng,
    ) -> Result<(LinkCommitment, ExistingCommitted), LinkError> {
        self.offer.require_current(now)?;
        self.offer.verify(hello)?;
        let ephemeral = KeyPair::generate(rng);
        let mut nonce = [0; 32];
        rng.fill_bytes(&mut nonce);
        let agreement = ephemeral.agree(&hello.ephemeral).map_err(IdentityError::from)?;
        let reveal = LinkReveal {
            ephemeral: *ephemeral.public(),
            nonce,
        };
        Ok((
            commit(&reveal),
            ExistingCommitted {
                offer: self.offer,
                hello: *hello,
                reveal,
                agreement,
            },
        ))
    }
}

/// The commitment is sent.
pub struct ExistingCommitted {
    offer: Offer,
    hello: LinkHello,
    reveal: LinkReveal,
    agreement: Secret<32>,
}

impl ExistingCommitted {
    /// Takes the other's nonce, and only then reveals (R-LNK-2).
    #[must_use]
    pub fn nonce(self, nonce: &LinkNonce) -> (LinkReveal, ExistingDigits) {
        let transcript = transcript(
            &self.offer,
            &self.hello,
            &commit(&self.reveal),
            nonce,
            &self.reveal,
        );
        let digits = LinkDigits::of(&transcript);
        let channel = Channel::derive(&self.offer.secret, &self.agreement, &transcript);
        (
            self.reveal,
            ExistingDigits {
                account_id: self.offer.account_id,
                digits,
                channel,
            },
        )
    }
}

/// The digits are on the screen.
pub struct ExistingDigits {
    account_id: AccountId,
    digits: LinkDigits,
    channel: Channel,
}

impl ExistingDigits {
    /// What to show, for a person to type into the new device.
    #[must_use]
    pub fn digits(&self) -> LinkDigits {
        self.digits
    }

    /// Takes the digits that the new device shows; others end the attempt (R-LNK-3).
    pub fn confirm(self, typed: LinkDigits) -> Result<ExistingConfirmed, LinkError> {
        self.digits.require_same(typed)?;
        Ok(ExistingConfirmed {
            account_id: self.account_id,
            channel: self.channel,
        })
    }
}

/// A person has confirmed that nobody is between the devices.
pub struct ExistingConfirmed {
    account_id: AccountId,
    channel: Channel,
}

impl ExistingConfirmed {
    /// Checks the requested keys and proposes a certificate for them (SPEC 6.3, R-LNK-5).
    ///
    /// `siblings` are the certificates of the devices in `own_list`; this device's own may be left out.
    #[expect(
        clippy::too_many_arguments,
        reason = "each is a different thing the rules compare"
    )]
    pub fn request(
        self,
        message: &LinkSealed<'_>,
        account: &AccountKeyPair,
        own_list: &Account,
        siblings: &[DeviceCertificate],
        us: &Device,
        now: UnixTime,
    ) -> Result<(Vec<u8>, ExistingProposed), LinkError> {
        let request = LinkRequest::decode(&self.channel.open(LinkStep::Request, message)?)?;
        if account.account_id() != self.account_id || own_list.account_id() != self.account_id {
            return Err(IdentityError::WrongAccount.into());
        }
        let siblings = in_order_of(own_list.list(), siblings.iter().chain([us.certificate()]))?;
        require_acceptable(&request, own_list.list(), &siblings)?;
        let certificate = account.propose(&request, now);
        let proposal = self
            .channel
            .seal(LinkStep::Proposal, &certificate.device_signing_input());
        Ok((
            proposal,
            ExistingProposed {
                channel: self.channel,
                certificate,
                siblings,
            },
        ))
    }
}

/// The certificate is signed by the account, and not yet by the device.
pub struct ExistingProposed {
    channel: Channel,
    certificate: DeviceCertificate,
    siblings: Vec<DeviceCertificate>,
}

impl ExistingProposed {
    /// Verifies the counter-signature, and only then makes the list after `last`, the newest (R-LNK-4).
    ///
    /// Returns the certificate, the list and the sealed completion. The caller adopts and stores the list before it
    /// sends the completion.
    pub fn acceptance(
        mut self,
        message: &LinkSealed<'_>,
        account: &AccountKeyPair,
        last: &DeviceList,
        now: UnixTime,
    ) -> Result<(DeviceCertificate, DeviceList, Vec<u8>), LinkError> {
        let acceptance = LinkAcceptance::decode(&self.channel.open(LinkStep::Acceptance, message)?)?;
        self.certificate.device_signature = acceptance.device_signature;
        let verified = VerifiedCertificate::verify(self.certificate, now)?;
        let certificate = verified.certificate();
        if last.entry(&certificate.device_id).is_some() {
            return Err(IdentityError::DuplicateKey.into());
        }
        let device_list = account.sign_next_list(last, &[certificate], &[], now)?;
        let siblings = in_order_of(&device_list, self.siblings.iter().chain([certificate]))?;
        let completion = LinkCompletion {
            device_list,
            siblings,
        };
        let sealed = self.channel.seal(LinkStep::Completion, &completion.encode());
        Ok((certificate.clone(), completion.device_list, sealed))
    }
}

/// The certificates of a list in its order (R-LNK-4); one that is not there is `NotInDeviceList`.
fn in_order_of<'a>(
    list: &DeviceList,
    certificates: impl Iterator<Item = &'a DeviceCertificate> + Clone,
) -> Result<Vec<DeviceCertificate>, IdentityError> {
    let find = |entry: &twotick_wire::DeviceEntry| {
        let mut certificates = certificates.clone();
        certificates.find(|certificate| {
            certificate.device_id == entry.device_id
                && certificate_hash(certificate) == entry.certificate_hash
        })
    };
    list.devices
        .iter()
        .map(|entry| find(entry).cloned().ok_or(IdentityError::NotInDeviceList))
        .collect()
}

/// The rules of certificates and lists, applied before anything is signed (R-LNK-5).
fn require_acceptable(
    request: &LinkRequest,
    list: &DeviceList,
    siblings: &[DeviceCertificate],
) -> Result<(), LinkError> {
    if request.suites & OUR_SUITES == 0 {
        return Err(DecodeError::UnsupportedSuite {
            found: request.suites,
        }
        .into());
    }
    require_prime_order(&request.device_identity_key).map_err(IdentityError::from)?;
    if request.device_id.is_zero() {
        return Err(DecodeError::InvalidValue.into());
    }
    let shared = siblings.iter().any(|sibling| {
        sibling.device_id == request.device_id
            || sibling.device_signing_key == request.device_signing_key
            || sibling.device_identity_key == request.device_identity_key
    });
    if shared {
        return Err(IdentityError::DuplicateKey.into());
    }
    if list
        .revoked
        .iter()
        .any(|revocation| revocation.device_id == request.device_id)
    {
        return Err(IdentityError::DeviceRevoked.into());
    }
    if list.devices.len() >= MAX_DEVICES {
        return Err(IdentityError::TooManyDevices.into());
    }
    Ok(())
}

name_only!(
    ExistingOffered,
    ExistingCommitted,
    ExistingDigits,
    ExistingConfirmed,
    ExistingProposed
);
