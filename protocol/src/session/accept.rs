//! Accepting a handshake (SPEC 9.5) and placing its session (SPEC 12.2).

use alloc::boxed::Box;
use alloc::vec::Vec;

use twotick_wire::{InitialHeaderRef, InitialMessage, Label, UnixTime};

use super::arrangement::Arrangement;
use super::receive::{OpenPlan, failure, report_erased};
use super::{Meta, OpenedMessage, PeerChange, PeerDevice, Session};
use crate::error::{IdentityError, ReceiveError};
use crate::handshake::agree;
use crate::identity::{Account, Device};
use crate::limits::constants::GENERATION_STEP;
use crate::prekey::{HandshakeStrength, OneTimeSecret, PrekeyUse, Prekeys, SignedSecret};
use crate::primitive::hash::hash16;
use crate::ratchet::{Core, Opened, Ratchet, Route, Text};

/// The prekeys of a handshake that passed the look-ups of R-HS-4.
struct LookedUp<'a> {
    signed: &'a SignedSecret,
    one_time: Option<&'a OneTimeSecret>,
    used: PrekeyUse,
}

impl<'a> LookedUp<'a> {
    fn find(
        prekeys: &'a Prekeys,
        header: &InitialHeaderRef<'_>,
        now: UnixTime,
    ) -> Result<Self, ReceiveError> {
        let signed = prekeys
            .signed(&header.signed_prekey_id, now)
            .ok_or(ReceiveError::UnknownSignedPrekey)?;
        if let Some(id) = &header.one_time_prekey_id {
            let one_time = prekeys.one_time(id).ok_or(ReceiveError::UnknownOneTimePrekey)?;
            let used = PrekeyUse {
                one_time: Some(*id),
                replay: None,
            };
            return Ok(Self {
                signed,
                one_time: Some(one_time),
                used,
            });
        }
        let entry = hash16(Label::InitialMessage, &[header.ephemeral.as_bytes()]);
        if signed.has_accepted(&entry) {
            return Err(ReceiveError::InitialMessageReplayed);
        }
        if signed.is_full() {
            return Err(ReceiveError::ReplaySetFull);
        }
        let used = PrekeyUse {
            one_time: None,
            replay: Some((header.signed_prekey_id, entry)),
        };
        Ok(Self {
            signed,
            one_time: None,
            used,
        })
    }

    fn strength(&self) -> HandshakeStrength {
        if self.one_time.is_some() {
            HandshakeStrength::OneTime
        } else {
            HandshakeStrength::SignedOnly
        }
    }
}

impl PeerDevice {
    /// R-HS-4: look-ups first, then the budget, then the asymmetric work.
    pub(super) fn accept(
        &mut self,
        us: &Device,
        (account, prekeys): (&Account, &Prekeys),
        (route, message): (&Route, &InitialMessage<'_>),
        now: UnixTime,
    ) -> Result<OpenPlan, ReceiveError> {
        if account.is_stale(now) && self.book.generation == 0 {
            return Err(ReceiveError::Identity(IdentityError::DeviceListStale));
        }
        if message.header.generation > self.book.generation.saturating_add(GENERATION_STEP) {
            return Err(ReceiveError::GenerationTooFar {
                known: self.book.generation,
                received: message.header.generation,
            });
        }
        let looked_up = LookedUp::find(prekeys, &message.header, now)?;
        if self.handshakes.available(now) == 0 {
            return Err(ReceiveError::TooManyHandshakes);
        }
        let strength = looked_up.strength();
        let placed = self
            .respond(us, &looked_up, (route, message), now)
            .and_then(|(session, opened)| self.place(session, opened, (looked_up.used, strength), now));
        if placed.is_err() {
            self.count_failed_handshake(now);
        }
        placed
    }

    /// Takes one from the budget (R-HS-7).
    pub(crate) fn count_failed_handshake(&mut self, now: UnixTime) {
        self.handshakes.take(now);
    }

    /// Agrees, and opens the first message in the session this makes.
    fn respond(
        &self,
        us: &Device,
        looked_up: &LookedUp<'_>,
        (route, message): (&Route, &InitialMessage<'_>),
        now: UnixTime,
    ) -> Result<(Box<Session>, (Text, usize)), ReceiveError> {
        let header = &message.header;
        let keys = agree(
            us,
            header,
            &self.certificate,
            looked_up.signed,
            looked_up.one_time,
        )
        .map_err(|_| ReceiveError::Identity(IdentityError::BadKey))?;
        let own = looked_up.signed.pair.duplicate();
        let core = Core::responder(keys.root, keys.responder_header, keys.initiator_header, own);
        let mut ratchet = Ratchet::new(core);
        let found = ratchet
            .find(route, &message.sealed)
            .ok_or(ReceiveError::Undecryptable)?
            .map_err(failure)?;
        let Opened {
            text,
            mut change,
            evicted,
        } = ratchet
            .open(&found, &keys.session, route, &message.sealed, (now, &self.limits))
            .map_err(failure)?;
        ratchet.apply(&mut change);
        let session = Session {
            id: keys.session,
            generation: header.generation,
            ephemeral: header.ephemeral,
            created: now,
            meta: Meta::default(),
            header: None,
            ratchet,
        };
        Ok((Box::new(session), (text, evicted)))
    }

    /// The table of SPEC 12.2.
    fn place(
        &self,
        session: Box<Session>,
        (text, evicted): (Text, usize),
        (used, strength): (PrekeyUse, HandshakeStrength),
        now: UnixTime,
    ) -> Result<OpenPlan, ReceiveError> {
        let generation = session.generation;
        let confirmed = self.book.confirmed;
        if generation < confirmed {
            return Err(ReceiveError::StaleGeneration {
                confirmed,
                received: generation,
            });
        }
        let mut events = Vec::new();
        let mut arrangement = Arrangement::of(self, now, &mut events);
        let wins = self.current().is_none_or(|current| {
            let lower = session.id.expose() < current.id.expose();
            generation > current.generation || (generation == current.generation && lower)
        });
        if wins {
            arrangement.promote_new(true, now)
        } else {
            arrangement.archive_new(now)
        }
        arrangement.limit(self, generation, &mut events);
        let mut book = self.book.clone();
        book.generation = book.generation.max(generation);
        book.confirmed = generation;
        book.retry_open = false;
        let mut change = PeerChange {
            arrangement: None,
            moved: None,
            new: Some(session),
            book: Some(book),
            names: None,
            oldest: self.limits.oldest_key(now),
        };
        let evicted = evicted + change.arrange(self, arrangement, self.limits.skipped_keys_of_peer);
        report_erased(evicted, &mut events);
        let opened = OpenedMessage {
            text,
            generation,
            began: Some(strength),
            events,
        };
        Ok(OpenPlan {
            change,
            used: Some(used),
            opened,
        })
    }
}
