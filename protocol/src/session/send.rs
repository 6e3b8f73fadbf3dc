//! Initiating a session and sealing in the current one (SPEC 12.1, 12.3).

use alloc::boxed::Box;
use alloc::vec::Vec;

use rand_core::CryptoRng;
use twotick_wire::{
    InitialHeader, MAX_PAYLOAD, MessageId, Object, SUITE, UnixTime, X25519PublicKey, bucket_for,
};

use super::arrangement::Arrangement;
use super::receive::report_erased;
use super::{Meta, PeerChange, PeerDevice, PeerTransition, Session, SessionEvent, SessionStatus};
use crate::error::SendError;
use crate::handshake::initiate;
use crate::identity::{Account, Device};
use crate::prekey::{HandshakeStrength, VerifiedBundle};
use crate::ratchet::{Core, Ratchet, Route, SealFailure};
use crate::staged::Staged;

impl PeerDevice {
    /// Starts a session of the next generation with a verified bundle; it is current at once (R-SES-1).
    ///
    /// Draws `RAND(32)`, `RAND(32)`. Costs 4 agreements and an encapsulation. Errors: `BadKey`, `NotInDeviceList`
    /// (the bundle is of another device), `DeviceListStale`, `RandomnessFailure`.
    pub fn initiate(
        &mut self,
        us: &Device,
        account: &Account,
        bundle: &VerifiedBundle,
        now: UnixTime,
        rng: &mut impl CryptoRng,
    ) -> Result<Staged<PeerTransition<'_>, (HandshakeStrength, Vec<SessionEvent>)>, SendError> {
        self.require_listed(account)
            .map_err(|_| SendError::NotInDeviceList)?;
        if bundle.certificate().hash() != self.certificate {
            return Err(SendError::NotInDeviceList);
        }
        if account.is_stale(now) && self.book.generation == 0 {
            return Err(SendError::DeviceListStale);
        }
        let generation = self
            .book
            .generation
            .checked_add(1)
            .ok_or(SendError::ChainExhausted)?;
        let (header, keys) = initiate(us, bundle, generation, rng)?;
        if self.knows_key(us, &header.ephemeral) {
            return Err(SendError::RandomnessFailure);
        }
        let peer_key = bundle.bundle.signed_prekey.diffie_hellman;
        let core = Core::initiator(keys.root, keys.initiator_header, keys.responder_header, peer_key);
        let session = Session {
            id: keys.session,
            generation,
            ephemeral: header.ephemeral,
            created: now,
            meta: Meta::default(),
            header: Some(boxed(&header)),
            ratchet: Ratchet::new(core),
        };
        let mut events = Vec::new();
        let mut arrangement = Arrangement::of(self, now, &mut events);
        arrangement.promote_new(false, now);
        arrangement.limit(self, generation, &mut events);
        let mut book = self.book.clone();
        book.generation = generation;
        let mut change = PeerChange {
            arrangement: None,
            moved: None,
            new: Some(Box::new(session)),
            book: Some(book),
            names: None,
            oldest: self.limits.oldest_key(now),
        };
        let erased = change.arrange(self, arrangement, self.limits.skipped_keys_of_peer);
        report_erased(erased, &mut events);
        let transition = PeerTransition {
            peer: self,
            change,
            prekeys: None,
        };
        Ok(Staged {
            transition,
            output: (bundle.strength(), events),
        })
    }

    /// Seals `payload` in the current session: an initial message until it is confirmed, then a ratchet message.
    ///
    /// One allocation, the message. Draws as R-DR-7. Errors: `NoSession`, `SessionUnanswered`,
    /// `ContentTooLong`, `ChainExhausted`, `NotInDeviceList`, `RandomnessFailure`.
    pub fn seal(
        &mut self,
        us: &Device,
        account: &Account,
        (message_id, payload): (MessageId, &[u8]),
        now: UnixTime,
        rng: &mut impl CryptoRng,
    ) -> Result<Staged<PeerTransition<'_>, Vec<u8>>, SendError> {
        self.require_listed(account)
            .map_err(|_| SendError::NotInDeviceList)?;
        let (change, message) = self.plan_seal(us, (message_id, payload), now, rng)?;
        Ok(Staged {
            transition: PeerTransition {
                peer: self,
                change,
                prekeys: None,
            },
            output: message,
        })
    }

    pub(crate) fn plan_seal(
        &self,
        us: &Device,
        (message_id, payload): (MessageId, &[u8]),
        now: UnixTime,
        rng: &mut impl CryptoRng,
    ) -> Result<(PeerChange, Vec<u8>), SendError> {
        let session = self.current().ok_or(SendError::NoSession(self.device))?;
        if self.status(now) == SessionStatus::Expired {
            return Err(SendError::SessionUnanswered(self.device));
        }
        let bucket = bucket_for(payload.len(), MAX_PAYLOAD).ok_or(SendError::ContentTooLong)?;
        let object = if session.header.is_some() {
            Object::InitialMessage
        } else {
            Object::RatchetMessage
        };
        let route = Route {
            object,
            from: us.device_id(),
            to: self.device,
            message_id,
        };
        let prefix = session.header.as_ref().map_or(3, |header| header.len());
        let mut message = Vec::with_capacity(prefix + OVERHEAD + bucket);
        match &session.header {
            Some(header) => message.extend_from_slice(&header[..]),
            None => {
                message.push(object as u8);
                message.extend_from_slice(&SUITE.to_be_bytes());
            }
        }
        let core = session
            .ratchet
            .core
            .seal(&session.id, &route, (payload, bucket), &mut message, rng)
            .map_err(|failure| match failure {
                SealFailure::ChainExhausted => SendError::ChainExhausted,
                SealFailure::BadKey => SendError::BadKey,
                SealFailure::NotYet => SendError::NoSession(self.device),
            })?;
        let new_key = core.replacement().and_then(|core| core.own.as_ref());
        if new_key.is_some_and(|own| self.knows_key(us, own.public())) {
            return Err(SendError::RandomnessFailure);
        }
        Ok((PeerChange::sealed(core), message))
    }
}

impl PeerDevice {
    /// R-PRM-9: whether a key that should be new is one that we hold, or have used with this device.
    fn knows_key(&self, us: &Device, key: &X25519PublicKey) -> bool {
        let repeats = |session: &Session| {
            let core = &session.ratchet.core;
            let own = core.own.as_ref().map(|own| *own.public());
            [Some(session.ephemeral), own, core.former.as_ref().copied()].contains(&Some(*key))
        };
        us.holds_key(key) || self.sessions.iter().any(|session| repeats(session))
    }
}

/// Salt, sealed header and tag of the body.
const OVERHEAD: usize = 12 + 64 + 16;

fn boxed(header: &InitialHeader) -> Box<[u8; InitialHeader::LENGTH]> {
    let mut bytes = Box::new([0; InitialHeader::LENGTH]);
    bytes.copy_from_slice(&header.encode());
    bytes
}
