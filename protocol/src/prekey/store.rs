//! The private halves of a device's own prekeys, and the handshakes they have accepted (SPEC 8, R-HS-5, R-HS-6).

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use twotick_wire::Signature;
use twotick_wire::{
    KemPublicKey, Label, OneTimePrekey, OneTimePrekeyId, SignedPrekey, SignedPrekeyId, UnixTime,
};

use super::secrets::{OneTimeSecret, SignedSecret};
use super::transition::{PrekeyChange, PrekeyTransition};
use super::{one_time_prekey_id, signed_prekey_id};
use crate::error::{IdentityError, StateError};
use crate::handshake::kem_key_hash;
use crate::identity::Device;
use crate::limits::constants::{ONE_TIME_PREKEYS_KEPT, SIGNED_PREKEY_RENEWAL, SIGNED_PREKEY_VALIDITY};
use crate::primitive::agreement::KeyPair;
use crate::primitive::kem::KemKeyPair;
use crate::staged::{RecordKey, RecordKind, Staged};
use crate::state::StateReader;

/// A device's own prekeys. Private halves are boxed: a tree that rebalances moves pointers, not secrets.
#[derive(Default)]
pub struct Prekeys {
    pub(super) signed: BTreeMap<SignedPrekeyId, Box<SignedSecret>>,
    pub(super) one_time: BTreeMap<OneTimePrekeyId, Box<OneTimeSecret>>,
}

impl fmt::Debug for Prekeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prekeys")
            .field("signed", &self.signed.len())
            .field("one_time", &self.one_time.len())
            .finish_non_exhaustive()
    }
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

impl Prekeys {
    /// No prekeys.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the newest signed prekey is due for renewal, by age or as its replay set is full, or there is none.
    pub fn needs_renewal(&self, now: UnixTime) -> bool {
        let newest = self.signed.values().max_by_key(|secret| secret.not_before);
        newest.is_none_or(|secret| {
            now.saturating_since(secret.not_before) >= SIGNED_PREKEY_RENEWAL || secret.is_full()
        })
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
            self.require_new((&pair, &kem), &change, device)?;
            let prekey = sign_signed(device, &pair, &kem, now);
            let secret = SignedSecret::new(pair, &kem, now);
            change.signed = Some((signed_prekey_id(&prekey), Box::new(secret)));
            published.signed = Some(prekey);
        }
        for _ in 0..count {
            let (pair, kem) = draw(rng);
            self.require_new((&pair, &kem), &change, device)?;
            let prekey = sign_one_time(device, &pair, &kem);
            let secret = OneTimeSecret::new(pair, &kem, now);
            change
                .one_time
                .push((one_time_prekey_id(&prekey), Box::new(secret)));
            published.one_time.push(prekey);
        }
        change.expired = self.expired(now);
        change.dropped = self.surplus(change.one_time.len());
        let over = change.one_time.len().saturating_sub(ONE_TIME_PREKEYS_KEPT);
        published.one_time.drain(..over);
        let over = change.one_time.drain(..over).map(|(id, _)| id);
        change.dropped.extend(over);
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
        (pair, kem): (&KeyPair, &KemKeyPair),
        change: &PrekeyChange,
        device: &Device,
    ) -> Result<(), IdentityError> {
        let signed = self
            .signed
            .values()
            .chain(change.signed.iter().map(|(_, new)| new));
        let one_time = self
            .one_time
            .values()
            .chain(change.one_time.iter().map(|(_, new)| new));
        let signed = signed.map(|secret| (secret.pair.public(), &secret.kem_key));
        let mut known = signed.chain(one_time.map(|secret| (secret.pair.public(), &secret.kem_key)));
        let kem = kem_key_hash(kem.public());
        let repeated = known.any(|(public, known)| public == pair.public() || *known == kem);
        if repeated || device.holds_key(pair.public()) {
            Err(IdentityError::RandomnessFailure)
        } else {
            Ok(())
        }
    }
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
