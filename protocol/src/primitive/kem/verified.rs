//! ML-KEM-1024 by libcrux, whose code is formally verified.

use libcrux_ml_kem::mlkem1024::{self, MlKem1024Ciphertext, MlKem1024PrivateKey, MlKem1024PublicKey};
use twotick_wire::{KEM_CIPHERTEXT_LENGTH, KemPublicKey};
use zeroize::Zeroize;

use super::{BadKey, KemCiphertext};
use crate::secret::Secret;

pub(crate) fn public_key(seed: &Secret<64>) -> KemPublicKey {
    let (private, public) = mlkem1024::generate_key_pair(*seed.expose()).into_parts();
    wipe(private);
    #[expect(
        clippy::expect_used,
        reason = "the crate's key type has the length the decoder checks"
    )]
    KemPublicKey::decode(public.as_slice()).expect("an encapsulation key has 1,568 bytes")
}

pub(crate) fn validate(key: &KemPublicKey) -> Result<(), BadKey> {
    parse(key).map(|_| ())
}

pub(crate) fn encapsulate(key: &KemPublicKey, m: &Secret<32>) -> Result<(KemCiphertext, Secret<32>), BadKey> {
    let (ciphertext, shared) = mlkem1024::encapsulate(&parse(key)?, *m.expose());
    let mut boxed = KemCiphertext::new([0; KEM_CIPHERTEXT_LENGTH]);
    boxed.copy_from_slice(ciphertext.as_slice());
    Ok((boxed, Secret::from_bytes(shared)))
}

pub(crate) fn decapsulate(seed: &Secret<64>, ciphertext: &[u8; KEM_CIPHERTEXT_LENGTH]) -> Secret<32> {
    let (private, _) = mlkem1024::generate_key_pair(*seed.expose()).into_parts();
    let shared = mlkem1024::decapsulate(&private, &MlKem1024Ciphertext::from(ciphertext));
    wipe(private);
    Secret::from_bytes(shared)
}

/// The crate's key type does not wipe itself; its index access is all it offers.
fn wipe(mut private: MlKem1024PrivateKey) {
    private[0..MlKem1024PrivateKey::len()].zeroize();
}

fn parse(key: &KemPublicKey) -> Result<MlKem1024PublicKey, BadKey> {
    let key = MlKem1024PublicKey::from(key.as_bytes());
    if mlkem1024::validate_public_key(&key) {
        Ok(key)
    } else {
        Err(BadKey)
    }
}
