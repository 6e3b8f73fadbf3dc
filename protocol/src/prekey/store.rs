//! The private halves of a device's own prekeys, and the handshakes they have accepted (SPEC 8, R-HS-5, R-HS-6).

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use twotick_wire::{
    KemPublicKey, Label, OneTimePrekey, OneTimePrekeyId, SignedPrekey, SignedPrekeyId, UnixTime,
};
use twotick_wire::{Signature, X25519PublicKey};

use super::{one_time_prekey_id, signed_prekey_id};
use crate::error::{IdentityError, StateError};
use crate::handshake::kem_key_hash;
use crate::identity::Device;
use crate::limits::constants::{
    ONE_TIME_PREKEYS_KEPT, REPLAY_ENTRIES, SIGNED_PREKEY_KEPT, SIGNED_PREKEY_RENEWAL, SIGNED_PREKEY_VALIDITY,
};
use crate::primitive::agreement::KeyPair;
use crate::primitive::kem::KemKeyPair;
use crate::secret::Secret;
use crate::staged::{Change, Record, RecordKey, RecordKind, Sealed, Staged, Transition, Visit};
use crate::state::{StateReader, StateWriter};

/// First 16 bytes of the hash of an ephemeral key.
pub(crate) type ReplayEntry = [u8; 16];

/// A device's own prekeys. Private halves are boxed: a tree that rebalances moves pointers, not secrets.
#[derive(Default)]
pub struct Prekeys {
    signed: BTreeMap<SignedPrekeyId, Box<SignedSecret>>,
    one_time: BTreeMap<OneTimePrekeyId, Box<OneTimeSecret>>,
}

impl fmt::Debug for Prekeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prekeys")
            .field("signed", &self.signed.len())
            .field("one_time", &self.one_time.len())
            .finish_non_exhaustive()
    }
}

/// Private half of a signed prekey, with its replay set.
pub(crate) struct SignedSecret {
    pub(crate) pair: KeyPair,
    pub(crate) seed: Secret<64>,
    pub(crate) kem_key: [u8; 32],
    not_before: UnixTime,
    replayed: BTreeSet<ReplayEntry>,
}

/// Private half of a one-time prekey.
pub(crate) struct OneTimeSecret {
    pub(crate) pair: KeyPair,
    pub(crate) seed: Secret<64>,
    pub(crate) kem_key: [u8; 32],
    created: UnixTime,
}

/// What is uploaded after prekeys were made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublishedPrekeys {
    /// The new signed prekey, if one was made.
    pub signed: Option<SignedPrekey>,
    /// The new one-time prekeys.
    pub one_time: Vec<OneTimePrekey>,
    /// One-time prekeys pushed out because over 200 were kept (R-PRE-3).
    pub dropped: Vec<OneTimePrekeyId>,
    /// Signed prekeys erased by age, with their replay sets.
    pub expired: Vec<SignedPrekeyId>,
}

/// The prekeys an accepted handshake uses up.
pub(crate) struct PrekeyUse {
    pub(crate) one_time: Option<OneTimePrekeyId>,
    pub(crate) replay: Option<(SignedPrekeyId, ReplayEntry)>,
}

impl Prekeys {
    /// No prekeys.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the newest signed prekey is due for renewal, or there is none.
    pub fn needs_renewal(&self, now: UnixTime) -> bool {
        let newest = self.signed.values().map(|secret| secret.not_before).max();
        newest.is_none_or(|time| now.saturating_since(time) >= SIGNED_PREKEY_RENEWAL)
    }

    /// One-time prekeys whose private half is here.
    pub fn one_time_count(&self) -> usize {
        self.one_time.len()
    }

    /// Makes a signed prekey (`signed`) and `count` one-time prekeys, and erases what is too old.
    ///
    /// Draws per prekey `RAND(32)`, then `RAND(64)`; the signed one first (SPEC 8.1, 8.2).
    pub fn generate(
        &mut self,
        device: &Device,
        signed: bool,
        count: usize,
        now: UnixTime,
        rng: &mut impl CryptoRng,
    ) -> Result<Staged<PrekeyTransition<'_>, PublishedPrekeys>, IdentityError> {
        let mut change = PrekeyChange::default();
        let mut published = PublishedPrekeys::default();
        if signed {
            let (pair, kem) = draw(rng);
            self.require_new(&pair, &change, device)?;
            let prekey = sign_signed(device, &pair, &kem, now);
            let secret = SignedSecret::new(pair, &kem, now);
            change.signed = Some((signed_prekey_id(&prekey), Box::new(secret)));
            published.signed = Some(prekey);
        }
        for _ in 0..count {
            let (pair, kem) = draw(rng);
            self.require_new(&pair, &change, device)?;
            let prekey = sign_one_time(device, &pair, &kem);
            let secret = OneTimeSecret::new(pair, &kem, now);
            change
                .one_time
                .push((one_time_prekey_id(&prekey), Box::new(secret)));
            published.one_time.push(prekey);
        }
        change.expired = self.expired(now);
        change.dropped = self.surplus(change.one_time.len());
        published.dropped.clone_from(&change.dropped);
        published.expired.clone_from(&change.expired);
        Ok(Staged {
            transition: PrekeyTransition {
                prekeys: self,
                change,
            },
            output: published,
        })
    }

    /// Erases signed prekeys past their 30 days, without making new ones.
    pub fn expire(&mut self, now: UnixTime) -> Staged<PrekeyTransition<'_>, Vec<SignedPrekeyId>> {
        let expired = self.expired(now);
        let change = PrekeyChange {
            expired: expired.clone(),
            ..PrekeyChange::default()
        };
        Staged {
            transition: PrekeyTransition {
                prekeys: self,
                change,
            },
            output: expired,
        }
    }

    /// Reads back one stored record of kind signed prekey, one-time prekey or replay entry.
    ///
    /// Replay entries go after the signed prekeys they belong to.
    pub fn load(&mut self, key: &RecordKey, value: &[u8]) -> Result<(), StateError> {
        match key.kind() {
            RecordKind::SignedPrekey => {
                let id = SignedPrekeyId::new(id_bytes(key.id())?);
                self.signed.insert(id, Box::new(SignedSecret::decode(value)?));
            }
            RecordKind::OneTimePrekey => {
                let id = OneTimePrekeyId::new(id_bytes(key.id())?);
                self.one_time.insert(id, Box::new(OneTimeSecret::decode(value)?));
            }
            RecordKind::ReplayEntry => {
                StateReader::start(value, RecordKind::ReplayEntry)?.finish()?;
                let (prekey, entry) = key.id().split_at_checked(16).ok_or(StateError::Corrupt)?;
                let signed = self
                    .signed
                    .get_mut(&SignedPrekeyId::new(id_bytes(prekey)?))
                    .ok_or(StateError::Corrupt)?;
                signed.replayed.insert(id_bytes(entry)?);
            }
            _ => return Err(StateError::Corrupt),
        }
        Ok(())
    }

    pub(crate) fn signed(&self, id: &SignedPrekeyId, now: UnixTime) -> Option<&SignedSecret> {
        self.signed
            .get(id)
            .map(Box::as_ref)
            .filter(|secret| !secret.is_expired(now))
    }

    pub(crate) fn one_time(&self, id: &OneTimePrekeyId) -> Option<&OneTimeSecret> {
        self.one_time.get(id).map(Box::as_ref)
    }

    /// Visits the changes of `used` for a store.
    pub(crate) fn visit_use(used: &PrekeyUse, visit: &mut dyn FnMut(Change<'_>)) {
        if let Some(id) = &used.one_time {
            visit(Change::Delete {
                key: RecordKey::new(RecordKind::OneTimePrekey, &[id.as_bytes()]),
            });
        }
        if let Some((id, entry)) = &used.replay {
            let key = RecordKey::new(RecordKind::ReplayEntry, &[id.as_bytes(), entry]);
            visit(Change::Put {
                key,
                value: &ReplayRecord,
            });
        }
    }

    pub(crate) fn apply_use(&mut self, used: PrekeyUse) {
        if let Some(id) = used.one_time {
            self.one_time.remove(&id);
        }
        if let Some((id, entry)) = used.replay
            && let Some(signed) = self.signed.get_mut(&id)
        {
            signed.replayed.insert(entry);
        }
    }

    fn expired(&self, now: UnixTime) -> Vec<SignedPrekeyId> {
        self.signed
            .iter()
            .filter(|(_, secret)| secret.is_expired(now))
            .map(|(id, _)| *id)
            .collect()
    }

    /// The oldest one-time prekeys over the limit once `new` ones join.
    fn surplus(&self, new: usize) -> Vec<OneTimePrekeyId> {
        let over = (self.one_time.len() + new).saturating_sub(ONE_TIME_PREKEYS_KEPT);
        let mut oldest: Vec<_> = self
            .one_time
            .iter()
            .map(|(id, secret)| (secret.created, *id))
            .collect();
        oldest.sort_unstable();
        oldest.into_iter().take(over).map(|(_, id)| id).collect()
    }

    /// R-PRM-9: a generator that repeats itself must not go on.
    fn require_new(
        &self,
        pair: &KeyPair,
        change: &PrekeyChange,
        device: &Device,
    ) -> Result<(), IdentityError> {
        let known = self.signed.values().map(|secret| secret.pair.public());
        let known = known.chain(self.one_time.values().map(|secret| secret.pair.public()));
        let known = known.chain(change.signed.iter().map(|(_, secret)| secret.pair.public()));
        let mut known = known.chain(change.one_time.iter().map(|(_, secret)| secret.pair.public()));
        let repeated =
            known.any(|key: &X25519PublicKey| key == pair.public()) || device.holds_key(pair.public());
        if repeated {
            Err(IdentityError::RandomnessFailure)
        } else {
            Ok(())
        }
    }
}

impl SignedSecret {
    fn new(pair: KeyPair, kem: &KemKeyPair, now: UnixTime) -> Self {
        let (seed, kem_key) = (kem.seed().duplicate(), kem_key_hash(kem.public()));
        Self {
            pair,
            seed,
            kem_key,
            not_before: now,
            replayed: BTreeSet::new(),
        }
    }

    fn is_expired(&self, now: UnixTime) -> bool {
        now.saturating_since(self.not_before) > SIGNED_PREKEY_KEPT
    }

    pub(crate) fn has_accepted(&self, entry: &ReplayEntry) -> bool {
        self.replayed.contains(entry)
    }

    pub(crate) fn is_full(&self) -> bool {
        self.replayed.len() >= REPLAY_ENTRIES
    }

    fn decode(value: &[u8]) -> Result<Self, StateError> {
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
    fn new(pair: KeyPair, kem: &KemKeyPair, now: UnixTime) -> Self {
        Self {
            pair,
            seed: kem.seed().duplicate(),
            kem_key: kem_key_hash(kem.public()),
            created: now,
        }
    }

    fn decode(value: &[u8]) -> Result<Self, StateError> {
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

/// New and erased prekeys, staged.
#[derive(Default)]
struct PrekeyChange {
    signed: Option<(SignedPrekeyId, Box<SignedSecret>)>,
    one_time: Vec<(OneTimePrekeyId, Box<OneTimeSecret>)>,
    dropped: Vec<OneTimePrekeyId>,
    expired: Vec<SignedPrekeyId>,
}

/// Installs new prekeys.
pub struct PrekeyTransition<'a> {
    prekeys: &'a mut Prekeys,
    change: PrekeyChange,
}

impl fmt::Debug for PrekeyTransition<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrekeyTransition").finish_non_exhaustive()
    }
}

impl Visit for PrekeyTransition<'_> {
    fn visit(&self, visit: &mut dyn FnMut(Change<'_>)) {
        if let Some((id, secret)) = &self.change.signed {
            visit(Change::Put {
                key: RecordKey::new(RecordKind::SignedPrekey, &[id.as_bytes()]),
                value: &**secret,
            });
        }
        for (id, secret) in &self.change.one_time {
            visit(Change::Put {
                key: RecordKey::new(RecordKind::OneTimePrekey, &[id.as_bytes()]),
                value: &**secret,
            });
        }
        for id in &self.change.dropped {
            visit(Change::Delete {
                key: RecordKey::new(RecordKind::OneTimePrekey, &[id.as_bytes()]),
            });
        }
        for id in &self.change.expired {
            for entry in self
                .prekeys
                .signed
                .get(id)
                .iter()
                .flat_map(|secret| &secret.replayed)
            {
                visit(Change::Delete {
                    key: RecordKey::new(RecordKind::ReplayEntry, &[id.as_bytes(), entry]),
                });
            }
            visit(Change::Delete {
                key: RecordKey::new(RecordKind::SignedPrekey, &[id.as_bytes()]),
            });
        }
    }
}

impl Transition for PrekeyTransition<'_> {
    fn apply(self) {
        let Self { prekeys, change } = self;
        prekeys.signed.extend(change.signed);
        prekeys.one_time.extend(change.one_time);
        change
            .dropped
            .iter()
            .for_each(|id| drop(prekeys.one_time.remove(id)));
        change
            .expired
            .iter()
            .for_each(|id| drop(prekeys.signed.remove(id)));
    }
}

struct ReplayRecord;

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

fn draw(rng: &mut impl CryptoRng) -> (KeyPair, KemKeyPair) {
    (KeyPair::generate(rng), KemKeyPair::generate(rng))
}

fn sign_signed(device: &Device, pair: &KeyPair, kem: &KemKeyPair, now: UnixTime) -> SignedPrekey {
    let kem: KemPublicKey = kem.public().clone();
    let mut prekey = SignedPrekey {
        diffie_hellman: *pair.public(),
        kem,
        not_before: now,
        not_after: now.saturating_add(SIGNED_PREKEY_VALIDITY),
        signature: Signature::new([0; 64]),
    };
    let input = prekey.signing_input(&device.certificate_hash());
    prekey.signature = device.sign(Label::SignSignedPrekey, &[&input]);
    prekey
}

fn sign_one_time(device: &Device, pair: &KeyPair, kem: &KemKeyPair) -> OneTimePrekey {
    let kem: KemPublicKey = kem.public().clone();
    let mut prekey = OneTimePrekey {
        diffie_hellman: *pair.public(),
        kem,
        signature: Signature::new([0; 64]),
    };
    let input = prekey.signing_input(&device.certificate_hash());
    prekey.signature = device.sign(Label::SignOneTimePrekey, &[&input]);
    prekey
}

fn id_bytes(bytes: &[u8]) -> Result<[u8; 16], StateError> {
    bytes.try_into().map_err(|_| StateError::Corrupt)
}
