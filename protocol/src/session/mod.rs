//! Sessions with a peer device (SPEC 12).
//!
//! ```text
//!                     ┌──────────── a session that wins arrives or is initiated ────────────┐
//! none ──initiate──▶ current, unanswered ──a message opens──▶ current, confirmed ───────────┴──▶ archived ──▶ erased
//!   └────accept────────────────────────────────────────────────▲                receive only, never comes back
//! ```

mod accept;
mod arrangement;
mod book;
mod change;
mod expire;
#[cfg(feature = "hazmat")]
mod inspect;
mod peer;
mod receive;
mod recertify;
mod recover;
mod send;

pub use change::PeerTransition;
#[cfg(feature = "hazmat")]
pub use inspect::{ChainVariables, PeerVariables, SessionVariables, SkippedVariables};
pub use peer::{PeerDevice, SessionEvent, SessionStatus};
pub use receive::{Incoming, OpenedMessage};
pub use recover::{Recovery, RecoveryCause};

pub(crate) use change::PeerChange;

use alloc::boxed::Box;

use twotick_wire::{InitialHeader, UnixTime, X25519PublicKey};

use crate::error::StateError;
use crate::ratchet::{Ratchet, SessionId};
use crate::state::{StateReader, StateWriter};

/// One session: its ratchet and what is known about it.
pub(crate) struct Session {
    pub(crate) id: SessionId,
    pub(crate) generation: u32,
    pub(crate) ephemeral: X25519PublicKey,
    pub(crate) created: UnixTime,
    pub(crate) meta: Meta,
    /// The initiator's first-message header, until the session is confirmed (R-SES-8).
    pub(crate) header: Option<Box<[u8; InitialHeader::LENGTH]>>,
    pub(crate) ratchet: Ratchet,
}

/// The part of a session that changes without its ratchet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Meta {
    pub(crate) confirmed: bool,
    /// Since when it is archived; `None` for the current session.
    pub(crate) archived: Option<UnixTime>,
    /// When an archived session is erased.
    pub(crate) retires: UnixTime,
}

impl Meta {
    /// Whether it is archived and past its time (R-SES-5).
    pub(crate) fn has_retired(&self, now: UnixTime) -> bool {
        self.archived.is_some() && self.retires <= now
    }
}

impl Session {
    /// Everything but the ratchet, with the meta data it will have.
    pub(crate) fn encode_head_to(&self, meta: &Meta, writer: &mut StateWriter) {
        writer.secret(&self.id);
        writer.u32(self.generation);
        writer.bytes(self.ephemeral.as_bytes());
        writer.time(self.created);
        writer.bool(meta.confirmed);
        writer.option(meta.archived.as_ref(), |writer, time| writer.time(*time));
        writer.time(meta.retires);
        let header = self.header.as_ref().filter(|_| !meta.confirmed);
        writer.option(header, |writer, header| writer.bytes(&header[..]));
    }

    pub(crate) fn decode_from(reader: &mut StateReader<'_>) -> Result<Self, StateError> {
        let session = Self {
            id: reader.secret()?,
            generation: reader.u32()?,
            ephemeral: reader.x25519()?,
            created: reader.time()?,
            meta: Meta {
                confirmed: reader.bool()?,
                archived: reader.option(StateReader::time)?,
                retires: reader.time()?,
            },
            header: reader.option(|reader| Ok(Box::new(reader.array()?)))?,
            ratchet: Ratchet::decode_from(reader)?,
        };
        // An initiator's header goes when the session is confirmed, and every other session begins confirmed.
        let sound = session.generation > 0 && session.header.is_some() != session.meta.confirmed;
        if sound {
            Ok(session)
        } else {
            Err(StateError::Corrupt)
        }
    }
}
