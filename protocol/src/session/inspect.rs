//! The variables of SPEC 10.1 and 12 in the open, for test vectors only.

use alloc::vec::Vec;

use super::{PeerDevice, Session};
use crate::error::StateError;
use crate::ratchet::Chain;
use crate::secret::Secret;
use crate::staged::Record;

/// What a peer record holds: `generation`, `confirmed` and the sessions (SPEC 12). Shows secrets.
#[expect(missing_debug_implementations, reason = "secrets are not printed by accident")]
pub struct PeerVariables {
    /// The highest generation used or accepted.
    pub generation: u32,
    /// The highest generation of a confirmed session; 0 if there was none.
    pub confirmed: u32,
    /// The current session.
    pub current: Option<SessionVariables>,
    /// Archived sessions, newest first.
    pub archived: Vec<SessionVariables>,
}

/// One session (SPEC 10.1). Shows secrets.
#[expect(missing_debug_implementations, reason = "secrets are not printed by accident")]
pub struct SessionVariables {
    /// Its generation.
    pub generation: u32,
    /// Whether it is confirmed.
    pub confirmed: bool,
    /// `SID`.
    pub session_id: [u8; 32],
    /// `RK`.
    pub root_key: [u8; 32],
    /// Private half of `DHs`.
    pub sending_ratchet_private: Option<[u8; 32]>,
    /// `DHr`.
    pub receiving_ratchet_key: Option<[u8; 32]>,
    /// `HKs`, `CKs`, `Ns`; absent while the sending half of a step is due.
    pub sending: Option<ChainVariables>,
    /// `HKr`, `CKr`, `Nr`.
    pub receiving: Option<ChainVariables>,
    /// `NHKs`.
    pub next_sending_header_key: [u8; 32],
    /// `NHKr`.
    pub next_receiving_header_key: [u8; 32],
    /// `PN`.
    pub previous_length: u32,
    /// Skipped keys: of the receiving chain, then of finished chains, newest first.
    pub skipped: Vec<SkippedVariables>,
}

/// One live chain (SPEC 10.1). Shows secrets.
#[expect(missing_debug_implementations, reason = "secrets are not printed by accident")]
pub struct ChainVariables {
    /// What seals its headers.
    pub header_key: [u8; 32],
    /// What its next message key comes from.
    pub chain_key: [u8; 32],
    /// Its next number.
    pub number: u32,
}

/// The skipped keys of one chain (SPEC 10.5). Shows its header key.
#[expect(missing_debug_implementations, reason = "secrets are not printed by accident")]
pub struct SkippedVariables {
    /// What opens its headers.
    pub header_key: [u8; 32],
    /// The numbers whose keys are stored, ascending.
    pub numbers: Vec<u32>,
}

impl PeerDevice {
    /// Every variable of its sessions, secrets included. For test vectors only: nothing else has a use for them.
    #[must_use]
    pub fn inspect(&self) -> PeerVariables {
        let archived = self
            .sessions
            .iter()
            .filter(|session| session.meta.archived.is_some());
        PeerVariables {
            generation: self.book.generation,
            confirmed: self.book.confirmed,
            current: self.current().map(variables),
            archived: archived.map(|session| variables(session)).collect(),
        }
    }

    /// A second one, to try what may fail. Two that both send use numbers twice: keep one of them only.
    pub fn duplicate(&self) -> Result<Self, StateError> {
        let mut copy = Self::decode(&self.encode())?;
        copy.take_handshake_budget(self);
        Ok(copy)
    }

    /// Counts the failed handshakes that `other` has counted (R-HS-7).
    pub fn take_handshake_budget(&mut self, other: &Self) {
        self.handshakes = other.handshakes;
    }
}

fn variables(session: &Session) -> SessionVariables {
    let core = &session.ratchet.core;
    let bytes = |secret: &Secret<32>| *secret.expose();
    SessionVariables {
        generation: session.generation,
        confirmed: session.meta.confirmed,
        session_id: bytes(&session.id),
        root_key: bytes(&core.root),
        sending_ratchet_private: core.own.as_ref().map(|pair| bytes(pair.secret())),
        receiving_ratchet_key: core.peer.as_ref().map(|key| *key.as_bytes()),
        sending: core.sending.as_ref().map(chain),
        receiving: core.receiving.as_ref().map(chain),
        next_sending_header_key: bytes(&core.next_sending_header),
        next_receiving_header_key: bytes(&core.next_receiving_header),
        previous_length: core.previous_length,
        skipped: skipped(session),
    }
}

fn chain(chain: &Chain) -> ChainVariables {
    ChainVariables {
        header_key: *chain.header_key.expose(),
        chain_key: *chain.chain_key.expose(),
        number: chain.number,
    }
}

fn skipped(session: &Session) -> Vec<SkippedVariables> {
    let receiving = session.ratchet.core.receiving.as_ref();
    let chains = session.ratchet.skipped.numbers();
    let listed = chains.filter(|(_, numbers)| !numbers.is_empty());
    listed
        .filter_map(|(header_key, numbers)| {
            let header_key = header_key.or(receiving.map(|chain| &chain.header_key))?;
            Some(SkippedVariables {
                header_key: *header_key.expose(),
                numbers,
            })
        })
        .collect()
}
