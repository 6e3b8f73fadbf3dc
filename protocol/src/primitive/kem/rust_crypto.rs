//! ML-KEM-1024 by the `ml-kem` crate.

use ml_kem::array::Array;
use ml_kem::kem::{Decapsulate, KeyExport};
use ml_kem::ml_kem_1024::{DecapsulationKey, EncapsulationKey};
use twotick_wire::{KEM_CIPHERTEXT_LENGTH, KemPublicKey};

use super::{BadKey, KemCiphertext};
use crate::secret::Secret;

pub(crate) fn public_key(seed: &Secret<64>) -> KemPublicKey {
    let key = DecapsulationKey::from_seed(Array::from(*seed.expose()));
    #[expect(
        clippy::expect_used,
        reason = "the crate's key type has the length the decoder checks"
    )]
    KemPublicKey::decode(&key.encapsulation_key().to_bytes()).expect("an encapsulation key has 1,568 bytes")
}

pub(crate) fn validate(key: &KemPublicKey) -> Result<(), BadKey> {
    parse(key).map(|_| ())
}

pub(crate) fn encapsulate(key: &KemPublicKey, m: &Secret<32>) -> Result<(KemCiphertext, Secret<32>), BadKey> {
    let (ciphertext, shared) = parse(key)?.encapsulate_deterministic(&Array::from(*m.expose()));
    let mut boxed = KemCiphertext::new([0; KEM_CIPHERTEXT_LENGTH]);
    boxed.copy_from_slice(&ciphertext);
    Ok((boxed, Secret::from_bytes(shared.into())))
}

pub(crate) fn decapsulate(seed: &Secret<64>, ciphertext: &[u8; KEM_CIPHERTEXT_LENGTH]) -> Secret<32> {
    let key = DecapsulationKey::from_seed(Array::from(*seed.expose()));
    Secret::from_bytes(key.decapsulate(&Array::from(*ciphertext)).into())
}

fn parse(key: &KemPublicKey) -> Result<EncapsulationKey, BadKey> {
    EncapsulationKey::new(&Array::from(*key.as_bytes())).map_err(|_| BadKey)
}
