//! The primitives as their crates offer them, without this project's code around them.

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Key, Nonce, Tag};
use curve25519_dalek::montgomery::MontgomeryPoint;
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use libcrux_ml_kem::mlkem1024;
use ml_kem::array::Array;
use ml_kem::kem::{Decapsulate, KeyExport};
use ml_kem::ml_kem_1024::{DecapsulationKey, EncapsulationKey};
use sha2::{Digest, Sha256};
use x25519_dalek::{PublicKey, StaticSecret};

pub(crate) const BYTES: [u8; 32] = [0x42; 32];

pub(crate) fn public_key() -> [u8; 32] {
    PublicKey::from(&StaticSecret::from(BYTES)).to_bytes()
}

pub(crate) fn agreement(them: &[u8; 32]) -> [u8; 32] {
    StaticSecret::from(BYTES)
        .diffie_hellman(&PublicKey::from(*them))
        .to_bytes()
}

/// The subgroup check of SPEC 3.3.
pub(crate) fn is_prime_order(key: &[u8; 32]) -> bool {
    let point = MontgomeryPoint(*key).to_edwards(0);
    point.is_some_and(|point| point.is_torsion_free())
}

/// Two HMACs with one key: message key, next chain key.
pub(crate) fn chain_step(chain: &[u8; 32]) -> ([u8; 32], [u8; 32]) {
    let mut message = Hmac::<Sha256>::new_from_slice(chain).expect("any length");
    let mut next = message.clone();
    message.update(&[1]);
    next.update(&[2]);
    (
        message.finalize().into_bytes().into(),
        next.finalize().into_bytes().into(),
    )
}

/// As many bytes of label and context as the protocol's expansions have.
const INFO: [u8; 36] = [7; 36];

pub(crate) fn expand(prk: &[u8; 32]) -> [u8; 32] {
    let mut out = [0; 32];
    let prk = Hkdf::<Sha256>::from_prk(prk).expect("32 bytes");
    prk.expand(&INFO, &mut out).expect("short output");
    out
}

pub(crate) fn extract_and_expand<const N: usize>(salt: &[u8; 32], secret: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    let prk = Hkdf::<Sha256>::new(Some(salt), secret);
    prk.expand(&INFO, &mut out).expect("short output");
    out
}

pub(crate) fn sha256(data: &[u8]) -> [u8; 32] {
    Sha256::digest(data).into()
}

pub(crate) fn seal(key: &[u8; 32], associated: &[u8], text: &mut [u8]) -> [u8; 16] {
    let cipher = Aes256Gcm::new(<&Key<Aes256Gcm>>::from(key));
    let tag = cipher.encrypt_inout_detached(&Nonce::from([9; 12]), associated, text.into());
    tag.expect("short input").into()
}

pub(crate) fn open(key: &[u8; 32], associated: &[u8], text: &mut [u8], tag: &[u8; 16]) {
    let cipher = Aes256Gcm::new(<&Key<Aes256Gcm>>::from(key));
    cipher
        .decrypt_inout_detached(&Nonce::from([9; 12]), associated, text.into(), &Tag::from(*tag))
        .expect("the tag made before");
}

/// A text of `N` bytes, sealed, to be opened again and again.
pub(crate) struct SealedText<const N: usize> {
    associated: Vec<u8>,
    text: [u8; N],
    tag: [u8; 16],
}

impl<const N: usize> SealedText<N> {
    pub(crate) fn new(associated: usize) -> Self {
        let associated = vec![3; associated];
        let mut text = [5; N];
        let tag = seal(&BYTES, &associated, &mut text);
        Self {
            associated,
            text,
            tag,
        }
    }

    pub(crate) fn open(&self) -> [u8; N] {
        let mut text = self.text;
        open(&BYTES, &self.associated, &mut text, &self.tag);
        text
    }
}

/// A KEM key pair and a ciphertext, for both crates.
pub(crate) struct Kem {
    pub(crate) public: [u8; 1568],
    ciphertext: [u8; 1568],
    expanded: DecapsulationKey,
    verified: mlkem1024::MlKem1024PrivateKey,
}

const SEED: [u8; 64] = [6; 64];

impl Kem {
    pub(crate) fn new() -> Self {
        let expanded = DecapsulationKey::from_seed(Array::from(SEED));
        let public = expanded.encapsulation_key().to_bytes().into();
        let (verified, _) = mlkem1024::generate_key_pair(SEED).into_parts();
        Self {
            public,
            ciphertext: encapsulate(&public),
            expanded,
            verified,
        }
    }

    pub(crate) fn decapsulate(&self) -> [u8; 32] {
        self.expanded.decapsulate(&Array::from(self.ciphertext)).into()
    }

    pub(crate) fn decapsulate_verified(&self) -> [u8; 32] {
        mlkem1024::decapsulate(&self.verified, &self.ciphertext.into())
    }

    /// From the seed, as it is kept, by the crate the protocol is built with.
    pub(crate) fn decapsulate_from_seed(&self) -> [u8; 32] {
        if cfg!(feature = "kem-libcrux") {
            let (private, _) = mlkem1024::generate_key_pair(SEED).into_parts();
            mlkem1024::decapsulate(&private, &self.ciphertext.into())
        } else {
            let key = DecapsulationKey::from_seed(Array::from(SEED));
            key.decapsulate(&Array::from(self.ciphertext)).into()
        }
    }

    /// To the key as it comes from the wire, by the crate the protocol is built with.
    pub(crate) fn encapsulate(&self) -> [u8; 1568] {
        if cfg!(feature = "kem-libcrux") {
            self.encapsulate_verified()
        } else {
            encapsulate(&self.public)
        }
    }

    pub(crate) fn encapsulate_verified(&self) -> [u8; 1568] {
        let key = mlkem1024::MlKem1024PublicKey::from(&self.public);
        let (ciphertext, _) = mlkem1024::encapsulate(&key, BYTES);
        let mut bytes = [0; 1568];
        bytes.copy_from_slice(ciphertext.as_slice());
        bytes
    }
}

pub(crate) fn encapsulate(public: &[u8; 1568]) -> [u8; 1568] {
    let key = EncapsulationKey::new(&Array::from(*public)).expect("a generated key");
    key.encapsulate_deterministic(&Array::from(BYTES)).0.into()
}

pub(crate) fn generate() -> DecapsulationKey {
    DecapsulationKey::from_seed(Array::from(SEED))
}

pub(crate) fn generate_verified() -> mlkem1024::MlKem1024KeyPair {
    mlkem1024::generate_key_pair(SEED)
}

/// The primitives of one operation of the protocol, one after the other.
pub(crate) struct Sum {
    header: SealedText<48>,
    body: SealedText<256>,
    kem: Kem,
    peer: [u8; 32],
}

impl Sum {
    pub(crate) fn new() -> Self {
        Self {
            header: SealedText::new(74),
            body: SealedText::new(171),
            kem: Kem::new(),
            peer: public_key(),
        }
    }

    /// A chain step, an expansion, header and body opened.
    pub(crate) fn decrypt(&self) -> [u8; 256] {
        let (message, _) = chain_step(&BYTES);
        std::hint::black_box((expand(&message), self.header.open()));
        self.body.open()
    }

    /// A key pair, four agreements, an encapsulation, a derivation.
    pub(crate) fn initiate(&self) -> [u8; 128] {
        std::hint::black_box((public_key(), self.kem.encapsulate()));
        extract_and_expand(&BYTES, &self.four_agreements())
    }

    /// A subgroup check, four agreements, a decapsulation from the seed, a derivation; then the first ratchet
    /// agreement with its derivation, and a message opened.
    pub(crate) fn accept(&self) -> [u8; 256] {
        std::hint::black_box((is_prime_order(&self.peer), self.kem.decapsulate_from_seed()));
        let root: [u8; 128] = extract_and_expand(&BYTES, &self.four_agreements());
        let step: [u8; 96] = extract_and_expand(&BYTES, &agreement(&self.peer));
        std::hint::black_box((root, step));
        self.decrypt()
    }

    fn four_agreements(&self) -> [u8; 161] {
        let mut secrets = [1; 161];
        for secret in secrets[1..129].chunks_exact_mut(32) {
            secret.copy_from_slice(&agreement(&self.peer));
        }
        secrets
    }
}
