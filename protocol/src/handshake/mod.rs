//! X3DH with a KEM: agreement, transcript, first keys (SPEC 9).

#[cfg(feature = "hazmat")]
pub(crate) mod hazmat;
mod initiator;
mod responder;

pub(crate) use initiator::initiate;
pub(crate) use responder::agree;

use twotick_wire::{CertificateHash, KEM_CIPHERTEXT_LENGTH, KemPublicKey, Label, SUITE, X25519PublicKey};

use crate::primitive::derive::{Expander, piece};
use crate::primitive::hash::hash;
use crate::secret::Secret;

/// What the transcript hash covers (R-HS-2).
pub(crate) struct Transcript<'a> {
    pub(crate) initiator: &'a CertificateHash,
    pub(crate) responder: &'a CertificateHash,
    pub(crate) generation: u32,
    pub(crate) signed_prekey: &'a X25519PublicKey,
    pub(crate) one_time_prekey: Option<&'a X25519PublicKey>,
    pub(crate) ephemeral: &'a X25519PublicKey,
    /// `H("hash/kem-key", K)`; kept beside the seed, as expanding it again costs a key generation.
    pub(crate) kem_key: &'a [u8; 32],
    pub(crate) kem_ciphertext: &'a [u8; KEM_CIPHERTEXT_LENGTH],
}

impl Transcript<'_> {
    fn mode(&self) -> u8 {
        self.one_time_prekey.is_some().into()
    }

    /// `TH` of SPEC 9.3.
    fn hash(&self) -> [u8; 32] {
        let none = [0; 32];
        hash(
            Label::Handshake,
            &[
                &SUITE.to_be_bytes(),
                &[self.mode()],
                self.initiator.as_bytes(),
                self.responder.as_bytes(),
                &self.generation.to_be_bytes(),
                self.signed_prekey.as_bytes(),
                self.one_time_prekey.map_or(&none, |key| key.as_bytes()),
                self.ephemeral.as_bytes(),
                self.kem_key,
                self.kem_ciphertext,
            ],
        )
    }
}

/// The secrets both sides compute.
pub(crate) struct Shared {
    pub(crate) dh1: Secret<32>,
    pub(crate) dh2: Secret<32>,
    pub(crate) dh3: Secret<32>,
    pub(crate) dh4: Option<Secret<32>>,
    pub(crate) kem: Secret<32>,
}

/// The first keys of a session (SPEC 9.4).
pub(crate) struct SessionKeys {
    pub(crate) root: Secret<32>,
    pub(crate) initiator_header: Secret<32>,
    pub(crate) responder_header: Secret<32>,
    pub(crate) session: Secret<32>,
}

impl Shared {
    /// The keys of `Expand(HKDF-Extract(0^32, mode || DH1 || … || ss), …)`, SPEC 9.4.
    fn keys(self, transcript: &Transcript<'_>) -> SessionKeys {
        let mode = [transcript.mode()];
        let expander = Expander::extract(&[0; 32], &self.input(&mode));
        SessionKeys::expand(&expander, &transcript.hash())
    }

    /// `mode || DH1 || DH2 || DH3 || [DH4] || ss`.
    fn input<'a>(&'a self, mode: &'a [u8; 1]) -> [&'a [u8]; 6] {
        let dh4: &[u8] = self.dh4.as_ref().map_or(&[], |secret| secret.expose());
        [
            mode,
            self.dh1.expose(),
            self.dh2.expose(),
            self.dh3.expose(),
            dh4,
            self.kem.expose(),
        ]
    }
}

impl SessionKeys {
    /// `Expand(prk, "derive/handshake", TH, 128)`.
    fn expand(expander: &Expander, transcript: &[u8; 32]) -> Self {
        let keys: Secret<128> = expander.expand(Label::DeriveHandshake, &[transcript]);
        Self {
            root: piece(&keys, 0),
            initiator_header: piece(&keys, 1),
            responder_header: piece(&keys, 2),
            session: piece(&keys, 3),
        }
    }
}

/// `H("hash/kem-key", K)`.
pub(crate) fn kem_key_hash(key: &KemPublicKey) -> [u8; 32] {
    hash(Label::KemKey, &[key.as_bytes()])
}
