//! Opening messages: in a session that exists, or with the handshake that makes one (SPEC 9.5, 10.4, 12.2).

use alloc::vec::Vec;
use core::fmt;

use twotick_wire::{DeviceId, DeviceMessage, MessageId, Object, Sealed, UnixTime};

use super::arrangement::Arrangement;
use super::{PeerChange, PeerDevice, PeerTransition, Session, SessionEvent};
use crate::error::ReceiveError;
use crate::identity::{Account, Device};
use crate::prekey::{HandshakeStrength, PrekeyUse, Prekeys};
use crate::ratchet::{OpenFailure, Opened, Route, Text};
use crate::staged::Staged;

/// A message as it arrived: routing, and the bytes for this device.
#[derive(Clone, Debug)]
pub struct Incoming<'a> {
    /// The device it says it is from.
    pub from: DeviceId,
    /// The device it is for.
    pub to: DeviceId,
    /// Its message id.
    pub message_id: MessageId,
    /// The decoded device message.
    pub message: DeviceMessage<'a>,
}

/// An opened ratchet message.
pub struct OpenedMessage {
    pub(crate) text: Text,
    /// The generation of the session it came in.
    pub generation: u32,
    /// Present if this message began the session.
    pub began: Option<HandshakeStrength>,
    /// What else happened.
    pub events: Vec<SessionEvent>,
}

impl fmt::Debug for OpenedMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenedMessage")
            .field("generation", &self.generation)
            .field("began", &self.began)
            .field("events", &self.events)
            .finish_non_exhaustive()
    }
}

impl OpenedMessage {
    /// The payload, an encoded `Payload` of SPEC 11.1.
    pub fn payload(&self) -> &[u8] {
        self.text.as_slice()
    }
}

/// What opening changes, before it is staged.
pub(crate) struct OpenPlan {
    pub(crate) change: PeerChange,
    pub(crate) used: Option<PrekeyUse>,
    pub(crate) opened: OpenedMessage,
}

impl PeerDevice {
    /// Opens a message of this device; begins a session if it is an initial message of a new one.
    ///
    /// Every error leaves the stored state as it was. A forged message costs AEAD openings (R-DR-1); a forged initial
    /// message that passes the look-ups costs a handshake, of which `TooManyHandshakes` limits the number.
    pub fn open<'a>(
        &'a mut self,
        us: &Device,
        account: &Account,
        prekeys: &'a mut Prekeys,
        incoming: &Incoming<'_>,
        now: UnixTime,
    ) -> Result<Staged<PeerTransition<'a>, OpenedMessage>, ReceiveError> {
        let plan = self.plan_open(us, account, prekeys, incoming, now)?;
        let prekeys = plan.used.map(|used| (prekeys, used));
        let transition = PeerTransition {
            peer: self,
            change: plan.change,
            prekeys,
        };
        Ok(Staged {
            transition,
            output: plan.opened,
        })
    }

    pub(crate) fn plan_open(
        &mut self,
        us: &Device,
        account: &Account,
        prekeys: &Prekeys,
        incoming: &Incoming<'_>,
        now: UnixTime,
    ) -> Result<OpenPlan, ReceiveError> {
        let claimed = match &incoming.message {
            DeviceMessage::Initial(message) => message.header.certificate.device_id,
            DeviceMessage::Ratchet(_) => incoming.from,
        };
        if [incoming.from, claimed].contains(&us.device_id()) {
            return Err(ReceiveError::OwnDevice);
        }
        if [incoming.from, claimed] != [self.device; 2] || incoming.to != us.device_id() {
            return Err(ReceiveError::WrongDevice);
        }
        self.require_listed(account)?;
        let route = |object| Route {
            object,
            from: incoming.from,
            to: incoming.to,
            message_id: incoming.message_id,
        };
        match &incoming.message {
            DeviceMessage::Ratchet(message) => {
                self.open_in_session(&route(Object::RatchetMessage), &message.sealed, now, |_| true)
            }
            DeviceMessage::Initial(message) => {
                if !self.claims(message) {
                    return Err(ReceiveError::NotInDeviceList);
                }
                let route = route(Object::InitialMessage);
                let ephemeral = message.header.ephemeral;
                if self.sessions.iter().any(|session| session.ephemeral == ephemeral) {
                    return self.open_in_session(&route, &message.sealed, now, |session| {
                        session.ephemeral == ephemeral
                    });
                }
                self.accept(us, (account, prekeys), (&route, message), now)
            }
        }
    }

    /// Tries the sessions in order: current, then archived, newest first (R-SES-6).
    fn open_in_session(
        &self,
        route: &Route,
        sealed: &Sealed<'_>,
        now: UnixTime,
        eligible: impl Fn(&Session) -> bool,
    ) -> Result<OpenPlan, ReceiveError> {
        let living = self
            .sessions
            .iter()
            .enumerate()
            .filter(|(_, session)| !session.meta.has_retired(now));
        for (slot, (index, session)) in living.enumerate() {
            if !eligible(session) {
                continue;
            }
            if let Some(found) = session.ratchet.find(route, sealed) {
                let found = found.map_err(failure)?;
                let opened = session
                    .ratchet
                    .open(&found, &session.id, route, sealed, (now, &self.limits))
                    .map_err(failure)?;
                return Ok(self.plan_opened(session, (slot, index), opened, now));
            }
        }
        Err(ReceiveError::Undecryptable)
    }

    fn plan_opened(
        &self,
        session: &Session,
        (slot, index): (usize, usize),
        opened: Opened,
        now: UnixTime,
    ) -> OpenPlan {
        let mut events = Vec::new();
        let generation = session.generation;
        let book = (self.book.retry_open || self.book.confirmed < generation).then(|| {
            let mut book = self.book.clone();
            book.retry_open = false;
            book.confirmed = book.confirmed.max(generation);
            book
        });
        let mut change = PeerChange {
            arrangement: None,
            moved: Some((index, opened.change)),
            new: None,
            book,
            names: None,
            oldest: self.limits.oldest_key(now),
        };
        let mut evicted = opened.evicted;
        // A session alone and confirmed has nobody to give way to, and its own limit has been kept already.
        let most = self.limits.skipped_keys_of_peer;
        let alone = self.sessions.len() == 1 && session.meta.confirmed && self.limits.skipped_keys <= most;
        if !alone {
            let mut arrangement = Arrangement::of(self, now, &mut events);
            arrangement.confirm(slot, now);
            evicted += change.arrange(self, arrangement, most);
        }
        report_erased(evicted, &mut events);
        let opened = OpenedMessage {
            text: opened.text,
            generation,
            began: None,
            events,
        };
        OpenPlan {
            change,
            used: None,
            opened,
        }
    }
}

pub(super) fn report_erased(count: usize, events: &mut Vec<SessionEvent>) {
    if count > 0 {
        events.push(SessionEvent::SkippedKeysErased { count });
    }
}

pub(super) fn failure(failure: OpenFailure) -> ReceiveError {
    match failure {
        OpenFailure::Undecryptable => ReceiveError::Undecryptable,
        OpenFailure::KeyConsumed { number } => ReceiveError::KeyConsumed { number },
        OpenFailure::TooFarAhead { gap, limit } => ReceiveError::TooFarAhead { gap, limit },
    }
}
