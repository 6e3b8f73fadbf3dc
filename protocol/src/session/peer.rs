//! A peer device: who it is, the sessions with it, and how healing stands (SPEC 12).

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use twotick_wire::{AccountId, CertificateHash, DeviceId, InitialMessage, UnixTime, X25519PublicKey};

use super::Session;
use super::book::Book;
use super::change::Names;
use crate::budget::Budget;
use crate::error::{ReceiveError, StateError};
use crate::identity::{Account, VerifiedCertificate};
use crate::limits::Limits;
use crate::limits::constants::{HANDSHAKE_BUDGET, HANDSHAKE_REFILL, UNANSWERED_SESSION};
use crate::staged::{Record, RecordKey, RecordKind, Sealed};
use crate::state::{StateReader, StateWriter};

/// One device of a contact, or another device of our own, as seen from this device.
pub struct PeerDevice {
    pub(crate) device: DeviceId,
    pub(crate) account: AccountId,
    pub(crate) certificate: CertificateHash,
    pub(crate) identity: X25519PublicKey,
    pub(crate) book: Book,
    /// The current session first, if there is one, then archived ones, newest first. Boxed: moving one moves no secret.
    #[expect(
        clippy::vec_box,
        reason = "sessions are rearranged; their secrets stay where they are"
    )]
    pub(crate) sessions: Vec<Box<Session>>,
    /// Failing handshakes it may still cause. In memory only (R-HS-7).
    pub(crate) handshakes: Budget,
    pub(crate) limits: Limits,
}

impl fmt::Debug for PeerDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PeerDevice")
            .field("device", &self.device)
            .field("account", &self.account)
            .field("generation", &self.book.generation)
            .field("sessions", &self.sessions.len())
            .finish_non_exhaustive()
    }
}

/// What happened to sessions and keys besides the result (R-LIM-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionEvent {
    /// An archived session is gone, by age or as the oldest of five.
    SessionErased {
        /// Its generation.
        generation: u32,
    },
    /// Skipped keys are gone, by age or limit: their messages will not open.
    SkippedKeysErased {
        /// How many.
        count: usize,
    },
}

/// Whether a message can be sent to a peer device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionStatus {
    /// No session: fetch a bundle and initiate.
    None,
    /// Started by us, not answered yet; messages carry the initial header.
    Unanswered,
    /// Started by us and not answered for 30 days: fetch a bundle and initiate.
    Expired,
    /// Confirmed.
    Ready,
}

impl PeerDevice {
    /// A peer device without sessions. The certificate has been verified and found in its account's list.
    pub fn new(certificate: &VerifiedCertificate) -> Self {
        Self {
            device: certificate.device_id(),
            account: certificate.account_id(),
            certificate: certificate.hash(),
            identity: certificate.certificate().device_identity_key,
            book: Book::new(),
            sessions: Vec::new(),
            handshakes: Budget::new(HANDSHAKE_BUDGET, HANDSHAKE_REFILL),
            limits: Limits::default(),
        }
    }

    /// Lowers the limits of its sessions.
    pub fn with_limits(mut self, limits: Limits) -> Result<Self, StateError> {
        self.limits = limits.checked()?;
        Ok(self)
    }

    /// Reads a stored record.
    pub fn decode(bytes: &[u8]) -> Result<Self, StateError> {
        let mut reader = StateReader::start(bytes, RecordKind::PeerDevice)?;
        let device = DeviceId::new(reader.array()?);
        let account = AccountId::new(reader.array()?);
        let certificate = CertificateHash::new(reader.array()?);
        let identity = reader.x25519()?;
        let book = Book::decode_from(&mut reader)?;
        let limits = Limits::default();
        let count = reader.count(1 + limits.archived_sessions)?;
        let mut sessions = Vec::with_capacity(count);
        for position in 0..count {
            let session = Session::decode_from(&mut reader)?;
            if session.meta.archived.is_none() && position > 0 {
                return Err(StateError::Corrupt);
            }
            sessions.push(Box::new(session));
        }
        reader.finish()?;
        let handshakes = Budget::new(HANDSHAKE_BUDGET, HANDSHAKE_REFILL);
        Ok(Self {
            device,
            account,
            certificate,
            identity,
            book,
            sessions,
            handshakes,
            limits,
        })
    }

    /// The key of its record.
    pub fn record_key(&self) -> RecordKey {
        self.record_key_under(&self.account)
    }

    pub(crate) fn record_key_under(&self, account: &AccountId) -> RecordKey {
        RecordKey::new(
            RecordKind::PeerDevice,
            &[account.as_bytes(), self.device.as_bytes()],
        )
    }

    /// Its device id.
    pub fn device_id(&self) -> DeviceId {
        self.device
    }

    /// The account that certified it.
    pub fn account_id(&self) -> AccountId {
        self.account
    }

    /// The hash of the certificate it is known by; another one that is listed is to be taken over (R-SES-12).
    pub fn certificate_hash(&self) -> CertificateHash {
        self.certificate
    }

    /// The highest generation used or accepted.
    pub fn generation(&self) -> u32 {
        self.book.generation
    }

    /// Whether and how it can be written to.
    pub fn status(&self, now: UnixTime) -> SessionStatus {
        match self.current() {
            None => SessionStatus::None,
            Some(session) if session.meta.confirmed => SessionStatus::Ready,
            Some(session) if now.saturating_since(session.created) > UNANSWERED_SESSION => {
                SessionStatus::Expired
            }
            Some(_) => SessionStatus::Unanswered,
        }
    }

    /// The generation of the current session, and whether both ends are sure of it.
    pub fn current_session(&self) -> Option<(u32, bool)> {
        self.current()
            .map(|session| (session.generation, session.meta.confirmed))
    }

    /// Skipped keys held over all sessions.
    pub fn skipped_keys(&self) -> usize {
        self.sessions
            .iter()
            .map(|session| session.ratchet.skipped.len())
            .sum()
    }

    pub(crate) fn current(&self) -> Option<&Session> {
        self.sessions
            .first()
            .map(Box::as_ref)
            .filter(|session| session.meta.archived.is_none())
    }

    /// The device is in the newest verified list of its account (R-LST-2).
    pub(crate) fn require_listed(&self, account: &Account) -> Result<(), ReceiveError> {
        let listed =
            account.account_id() == self.account && account.contains(&self.device, &self.certificate);
        if listed {
            Ok(())
        } else {
            Err(ReceiveError::NotInDeviceList)
        }
    }

    pub(crate) fn claims(&self, message: &InitialMessage<'_>) -> bool {
        let certificate = &message.header.certificate;
        certificate.device_id == self.device
            && crate::identity::certificate_hash(certificate) == self.certificate
    }

    pub(crate) fn encode_names(&self, names: Option<&Names>, writer: &mut StateWriter) {
        let (account, certificate) = names.map_or((&self.account, &self.certificate), |names| {
            (&names.account, &names.certificate)
        });
        writer.bytes(self.device.as_bytes());
        writer.bytes(account.as_bytes());
        writer.bytes(certificate.as_bytes());
        writer.bytes(self.identity.as_bytes());
    }
}

impl Sealed for PeerDevice {}
impl Record for PeerDevice {
    fn encode_to(&self, writer: &mut StateWriter) {
        writer.start(RecordKind::PeerDevice);
        self.encode_names(None, writer);
        self.book.encode_to(writer);
        writer.count(self.sessions.len());
        for session in &self.sessions {
            session.encode_head_to(&session.meta, writer);
            session.ratchet.encode_to(writer);
        }
    }
}
