//! The initiator's side (SPEC 9.3).

use rand_core::CryptoRng;
use twotick_wire::{CertificateHash, InitialHeader, OneTimePrekey, SignedPrekey, X25519PublicKey};

use super::{SessionKeys, Shared, Transcript, kem_key_hash};
use crate::identity::Device;
use crate::prekey::{VerifiedBundle, one_time_prekey_id, signed_prekey_id};
use crate::primitive::agreement::{BadKey, KeyPair};
use crate::primitive::kem;
use crate::secret::Secret;

/// Agrees with a verified bundle. Draws `RAND(32)` for the ephemeral key, then `RAND(32)` for the KEM.
pub(crate) fn initiate(
    us: &Device,
    them: &VerifiedBundle,
    generation: u32,
    rng: &mut impl CryptoRng,
) -> Result<(InitialHeader, SessionKeys), BadKey> {
    let them = Responder {
        certificate: &them.certificate.hash(),
        identity: &them.certificate.certificate().device_identity_key,
        signed: &them.bundle.signed_prekey,
        one_time: them.bundle.one_time_prekey.as_ref(),
    };
    initiate_with(us, &them, generation, rng, Shared::keys)
}

/// What an initiator uses of a bundle.
pub(super) struct Responder<'a> {
    pub(super) certificate: &'a CertificateHash,
    pub(super) identity: &'a X25519PublicKey,
    pub(super) signed: &'a SignedPrekey,
    pub(super) one_time: Option<&'a OneTimePrekey>,
}

/// As [`initiate`], with what `derive` makes of the shared secrets.
pub(super) fn initiate_with<T>(
    us: &Device,
    them: &Responder<'_>,
    generation: u32,
    rng: &mut impl CryptoRng,
    derive: impl FnOnce(Shared, &Transcript<'_>) -> T,
) -> Result<(InitialHeader, T), BadKey> {
    let (signed, one_time) = (them.signed, them.one_time);
    let ephemeral = KeyPair::generate(rng);
    let dh1 = us.identity_pair().agree(&signed.diffie_hellman)?;
    let dh2 = ephemeral.agree(them.identity)?;
    let dh3 = ephemeral.agree(&signed.diffie_hellman)?;
    let dh4 = one_time
        .map(|prekey| ephemeral.agree(&prekey.diffie_hellman))
        .transpose()?;
    let kem_key = one_time.map_or(&signed.kem, |prekey| &prekey.kem);
    let (kem_ciphertext, kem) = kem::encapsulate(kem_key, &Secret::random(rng))?;
    let transcript = Transcript {
        initiator: &us.certificate_hash(),
        responder: them.certificate,
        generation,
        signed_prekey: &signed.diffie_hellman,
        one_time_prekey: one_time.map(|prekey| &prekey.diffie_hellman),
        ephemeral: ephemeral.public(),
        kem_key: &kem_key_hash(kem_key),
        kem_ciphertext: &kem_ciphertext,
    };
    let shared = Shared {
        dh1,
        dh2,
        dh3,
        dh4,
        kem,
    };
    let keys = derive(shared, &transcript);
    let header = InitialHeader {
        certificate: us.certificate().clone(),
        generation,
        signed_prekey_id: signed_prekey_id(signed),
        one_time_prekey_id: one_time.map(one_time_prekey_id),
        ephemeral: *ephemeral.public(),
        kem_ciphertext,
    };
    Ok((header, keys))
}
