//! Private halves of prekeys, and their records (SPEC 8, 15.2).

use alloc::collections::BTreeSet;

use twotick_wire::UnixTime;

use crate::error::StateError;
use crate::handshake::kem_key_hash;
use crate::limits::constants::{REPLAY_ENTRIES, SIGNED_PREKEY_KEPT};
use crate::primitive::agreement::KeyPair;
use crate::primitive::kem::KemKeyPair;
use crate::secret::Secret;
use crate::staged::{Record, RecordKind, Sealed};
use crate::state::{StateReader, StateWriter};

/// First 16 bytes of the hash of an ephemeral key.
pub(crate) type ReplayEntry = [u8; 16];

/// Private half of a signed prekey, with its replay set.
pub(crate) struct SignedSecret {
    pub(crate) pair: KeyPair,
    pub(crate) seed: Secret<64>,
    pub(crate) kem_key: [u8; 32],
    pub(super) not_before: UnixTime,
    pub(super) replayed: BTreeSet<ReplayEntry>,
}

/// Private half of a one-time prekey.
pub(crate) struct OneTimeSecret {
    pub(crate) pair: KeyPair,
    pub(crate) seed: Secret<64>,
    pub(crate) kem_key: [u8; 32],
    pub(super) created: UnixTime,
}

impl SignedSecret {
    pub(crate) fn new(pair: KeyPair, kem: &KemKeyPair, now: UnixTime) -> Self {
        let (seed, kem_key) = (kem.seed().duplicate(), kem_key_hash(kem.public()));
        Self {
            pair,
            seed,
            kem_key,
            not_before: now,
            replayed: BTreeSet::new(),
        }
    }

    pub(super) fn is_expired(&self, now: UnixTime) -> bool {
        now.saturating_since(self.not_before) > SIGNED_PREKEY_KEPT
    }

    pub(crate) fn has_accepted(&self, entry: &ReplayEntry) -> bool {
        self.replayed.contains(entry)
    }

    pub(crate) fn is_full(&self) -> bool {
        self.replayed.len() >= REPLAY_ENTRIES
    }

    pub(super) fn decode(value: &[u8]) -> Result<Self, StateError> {
        let mut reader = StateReader::start(value, RecordKind::SignedPrekey)?;
        let pair = KeyPair::from_parts(reader.secret()?, reader.x25519()?);
        let (seed, kem_key, not_before) = (reader.secret()?, reader.array()?, reader.time()?);
        let secret = Self {
            pair,
            seed,
            kem_key,
            not_before,
            replayed: BTreeSet::new(),
        };
        reader.finish()?;
        Ok(secret)
    }
}

impl OneTimeSecret {
    pub(crate) fn new(pair: KeyPair, kem: &KemKeyPair, now: UnixTime) -> Self {
        Self {
            pair,
            seed: kem.seed().duplicate(),
            kem_key: kem_key_hash(kem.public()),
            created: now,
        }
    }

    pub(super) fn decode(value: &[u8]) -> Result<Self, StateError> {
        let mut reader = StateReader::start(value, RecordKind::OneTimePrekey)?;
        let pair = KeyPair::from_parts(reader.secret()?, reader.x25519()?);
        let secret = Self {
            pair,
            seed: reader.secret()?,
            kem_key: reader.array()?,
            created: reader.time()?,
        };
        reader.finish()?;
        Ok(secret)
    }
}

/// An entry whose whole content is its key.
pub(super) struct ReplayRecord;

impl Sealed for ReplayRecord {}
impl Record for ReplayRecord {
    fn encode_to(&self, writer: &mut StateWriter) {
        writer.start(RecordKind::ReplayEntry);
    }
}

impl Sealed for SignedSecret {}
impl Record for SignedSecret {
    fn encode_to(&self, writer: &mut StateWriter) {
        writer.start(RecordKind::SignedPrekey);
        encode_pair(&self.pair, (&self.seed, &self.kem_key), self.not_before, writer);
    }
}

impl Sealed for OneTimeSecret {}
impl Record for OneTimeSecret {
    fn encode_to(&self, writer: &mut StateWriter) {
        writer.start(RecordKind::OneTimePrekey);
        encode_pair(&self.pair, (&self.seed, &self.kem_key), self.created, writer);
    }
}

fn encode_pair(
    pair: &KeyPair,
    (seed, kem_key): (&Secret<64>, &[u8; 32]),
    time: UnixTime,
    writer: &mut StateWriter,
) {
    writer.secret(pair.secret());
    writer.bytes(pair.public().as_bytes());
    writer.secret(seed);
    writer.bytes(kem_key);
    writer.time(time);
}
