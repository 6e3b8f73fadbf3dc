//! The responder's side (SPEC 9.3). The checks that come before it are in `session::accept`.

use twotick_wire::{CertificateHash, InitialHeaderRef};

use super::{SessionKeys, Shared, Transcript};
use crate::identity::Device;
use crate::prekey::{OneTimeSecret, SignedSecret};
use crate::primitive::agreement::{BadKey, require_prime_order};
use crate::primitive::kem;

/// Agrees with the initiator of `header`, whose certificate has been verified and hashes to `initiator`.
pub(crate) fn agree(
    us: &Device,
    header: &InitialHeaderRef<'_>,
    initiator: &CertificateHash,
    signed: &SignedSecret,
    one_time: Option<&OneTimeSecret>,
) -> Result<SessionKeys, BadKey> {
    agree_with(us, (header, initiator), signed, one_time, Shared::keys)
}

/// As [`agree`], with what `derive` makes of the shared secrets.
pub(super) fn agree_with<T>(
    us: &Device,
    (header, initiator): (&InitialHeaderRef<'_>, &CertificateHash),
    signed: &SignedSecret,
    one_time: Option<&OneTimeSecret>,
    derive: impl FnOnce(Shared, &Transcript<'_>) -> T,
) -> Result<T, BadKey> {
    require_prime_order(&header.ephemeral)?;
    let (seed, kem_key) = one_time.map_or((&signed.seed, &signed.kem_key), |secret| {
        (&secret.seed, &secret.kem_key)
    });
    let shared = Shared {
        dh1: signed.pair.agree(&header.certificate.device_identity_key)?,
        dh2: us.identity_pair().agree(&header.ephemeral)?,
        dh3: signed.pair.agree(&header.ephemeral)?,
        dh4: one_time
            .map(|secret| secret.pair.agree(&header.ephemeral))
            .transpose()?,
        kem: kem::decapsulate(seed, header.kem_ciphertext),
    };
    let transcript = Transcript {
        initiator,
        responder: &us.certificate_hash(),
        generation: header.generation,
        signed_prekey: signed.pair.public(),
        one_time_prekey: one_time.map(|secret| secret.pair.public()),
        ephemeral: &header.ephemeral,
        kem_key,
        kem_ciphertext: header.kem_ciphertext,
    };
    Ok(derive(shared, &transcript))
}
