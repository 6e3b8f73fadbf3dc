//! Sealed records, for stores that do not encrypt by themselves (SPEC 15.4).

use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use twotick_wire::{AccountId, DeviceId, Label};
use zeroize::Zeroizing;

use crate::error::StateError;
use crate::primitive::aead::{self, TAG_LENGTH};
use crate::primitive::derive::Expander;
use crate::secret::Secret;
use crate::staged::RecordKind;

/// Bytes of the random part that makes each record's key its own.
const NONCE_LENGTH: usize = 24;

/// Seals the records of one store: 32 uniform bytes (SPEC 15.4).
pub struct StorageKey(Secret<32>);

impl StorageKey {
    /// Draws a key: `RAND(32)`.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self(Secret::random(rng))
    }

    /// The key's bytes, for whoever keeps it.
    pub fn expose(&self) -> &Secret<32> {
        &self.0
    }
}

impl From<Secret<32>> for StorageKey {
    fn from(key: Secret<32>) -> Self {
        Self(key)
    }
}

impl fmt::Debug for StorageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StorageKey").finish_non_exhaustive()
    }
}

/// What a record is sealed as, and opens as only (R-STO-5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordContext<'a> {
    /// The kind of record.
    pub kind: RecordKind,
    /// Whose it is.
    pub account: AccountId,
    /// The device whose store it is in.
    pub device: DeviceId,
    /// The id within the kind, at most 48 bytes.
    pub id: &'a [u8],
    /// Grows with each write: an older record does not open as a newer one.
    pub revision: u64,
}

impl RecordContext<'_> {
    fn encode(&self) -> Vec<u8> {
        let length = u16::try_from(self.id.len()).unwrap_or(u16::MAX);
        [
            &[self.kind as u8][..],
            self.account.as_bytes(),
            self.device.as_bytes(),
            &length.to_be_bytes(),
            self.id,
            &self.revision.to_be_bytes(),
        ]
        .concat()
    }
}

/// Seals a record's value: `nonce || ciphertext || tag` (SPEC 15.4).
pub fn seal_record(
    key: &StorageKey,
    context: &RecordContext<'_>,
    value: &[u8],
    rng: &mut impl CryptoRng,
) -> Vec<u8> {
    let mut nonce = [0; NONCE_LENGTH];
    rng.fill_bytes(&mut nonce);
    let context = context.encode();
    let mut record = Vec::with_capacity(NONCE_LENGTH + value.len() + TAG_LENGTH);
    record.extend_from_slice(&nonce);
    record.extend_from_slice(value);
    record.extend_from_slice(&[0; TAG_LENGTH]);
    aead::seal(
        &record_key(key, &nonce, &context),
        &[0; 12],
        &associated(&context),
        &mut record[NONCE_LENGTH..],
    );
    record
}

/// Opens a record as what it was sealed as; anything else is `RecordRefused` (R-STO-5).
pub fn open_record(
    key: &StorageKey,
    context: &RecordContext<'_>,
    record: &[u8],
) -> Result<Zeroizing<Vec<u8>>, StateError> {
    let (nonce, sealed) = record
        .split_first_chunk::<NONCE_LENGTH>()
        .ok_or(StateError::RecordRefused)?;
    let context = context.encode();
    let mut value = Zeroizing::new(sealed.to_vec());
    let length = aead::open(
        &record_key(key, nonce, &context),
        &[0; 12],
        &associated(&context),
        &mut value,
    )
    .map_err(|_| StateError::RecordRefused)?
    .len();
    value.truncate(length);
    Ok(value)
}

fn record_key(key: &StorageKey, nonce: &[u8; NONCE_LENGTH], context: &[u8]) -> Secret<32> {
    Expander::new(&key.0).expand(Label::DeriveRecord, &[nonce, context])
}

fn associated(context: &[u8]) -> Vec<u8> {
    [Label::SealRecord.framed(), context].concat()
}
