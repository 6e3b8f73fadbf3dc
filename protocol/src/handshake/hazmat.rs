//! An agreement with everything on its way visible (SPEC 9.3, 9.4).

use alloc::vec::Vec;

use rand_core::CryptoRng;
use twotick_wire::{InitialHeader, InitialHeaderRef, PrekeyBundle, UnixTime};
use zeroize::Zeroizing;

use super::initiator::{Responder, initiate_with};
use super::responder::agree_with;
use super::{SessionKeys, Shared, Transcript};
use crate::error::IdentityError;
use crate::identity::{Device, certificate_hash};
use crate::prekey::{OneTimeSecret, SignedSecret};
use crate::primitive::agreement::KeyPair;
use crate::primitive::derive::Expander;
use crate::primitive::kem::KemKeyPair;
use crate::secret::Secret;

/// All that an agreement computes.
#[expect(missing_debug_implementations, reason = "it holds keys")]
pub struct Agreement {
    /// 1 with a one-time prekey, else 0.
    pub mode: u8,
    /// The initiator's identity key with the signed prekey.
    pub dh1: Secret<32>,
    /// The ephemeral key with the responder's identity key.
    pub dh2: Secret<32>,
    /// The ephemeral key with the signed prekey.
    pub dh3: Secret<32>,
    /// The ephemeral key with the one-time prekey.
    pub dh4: Option<Secret<32>>,
    /// `ss`.
    pub kem_secret: Secret<32>,
    /// `H("hash/kem-key", K)`.
    pub kem_key_hash: [u8; 32],
    /// `TH`.
    pub transcript_hash: [u8; 32],
    /// `mode || DH1 || DH2 || DH3 || [DH4] || ss`.
    pub ikm: Zeroizing<Vec<u8>>,
    /// What the keys are expanded from.
    pub prk: Secret<32>,
    /// `RK`.
    pub root_key: Secret<32>,
    /// `HK_i`.
    pub initiator_header_key: Secret<32>,
    /// `HK_r`.
    pub responder_header_key: Secret<32>,
    /// `SID`.
    pub session_id: Secret<32>,
}

/// The private half of a prekey.
#[expect(missing_debug_implementations, reason = "it holds keys")]
pub struct PrekeySecret {
    /// Of the Diffie-Hellman half.
    pub private_key: Secret<32>,
    /// Of the KEM half: `d || z`.
    pub kem_seed: Secret<64>,
}

/// The initiator's side, with a bundle of which nothing is verified. Draws `RAND(32)` twice (SPEC 9.3).
pub fn initiate(
    us: &Device,
    bundle: &PrekeyBundle,
    generation: u32,
    rng: &mut impl CryptoRng,
) -> Result<(InitialHeader, Agreement), IdentityError> {
    let them = Responder {
        certificate: &certificate_hash(&bundle.certificate),
        identity: &bundle.certificate.device_identity_key,
        signed: &bundle.signed_prekey,
        one_time: bundle.one_time_prekey.as_ref(),
    };
    Ok(initiate_with(us, &them, generation, rng, see)?)
}

/// The responder's side. Of the header, only the subgroup of the ephemeral key is verified (SPEC 9.3).
pub fn respond(
    us: &Device,
    signed: PrekeySecret,
    one_time: Option<PrekeySecret>,
    header: &InitialHeaderRef<'_>,
) -> Result<Agreement, IdentityError> {
    let initiator = certificate_hash(&header.certificate);
    let (pair, kem) = pairs(signed);
    let signed = SignedSecret::new(pair, &kem, UnixTime::default());
    let one_time = one_time.map(|secret| {
        let (pair, kem) = pairs(secret);
        OneTimeSecret::new(pair, &kem, UnixTime::default())
    });
    Ok(agree_with(
        us,
        (header, &initiator),
        &signed,
        one_time.as_ref(),
        see,
    )?)
}

fn pairs(secret: PrekeySecret) -> (KeyPair, KemKeyPair) {
    (
        KeyPair::from_secret(secret.private_key),
        KemKeyPair::from_seed(secret.kem_seed),
    )
}

/// `Shared::keys`, and what it computes on the way.
fn see(shared: Shared, transcript: &Transcript<'_>) -> Agreement {
    let mode = [transcript.mode()];
    let input = shared.input(&mode);
    let ikm = Zeroizing::new(input.concat());
    let (prk, expander) = Expander::extract_seen(&[0; 32], &input);
    let transcript_hash = transcript.hash();
    let keys = SessionKeys::expand(&expander, &transcript_hash);
    Agreement {
        mode: mode[0],
        dh1: shared.dh1,
        dh2: shared.dh2,
        dh3: shared.dh3,
        dh4: shared.dh4,
        kem_secret: shared.kem,
        kem_key_hash: *transcript.kem_key,
        transcript_hash,
        ikm,
        prk,
        root_key: keys.root,
        initiator_header_key: keys.initiator_header,
        responder_header_key: keys.responder_header,
        session_id: keys.session,
    }
}
