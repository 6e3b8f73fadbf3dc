//! Prekeys and bundles (SPEC 8).

use serde_json::{Value, json};
use twotick_wire::{OneTimePrekey, PrekeyBundle, SignedPrekey};

use super::super::values::hex;
use super::Decoded;
use super::certified::certificate_fields;

pub(super) fn signed_prekey(bytes: &[u8]) -> Decoded {
    let prekey = SignedPrekey::decode(bytes)?;
    Ok((signed_fields(&prekey), prekey.encode()))
}

pub(super) fn one_time_prekey(bytes: &[u8]) -> Decoded {
    let prekey = OneTimePrekey::decode(bytes)?;
    Ok((one_time_fields(&prekey), prekey.encode()))
}

pub(super) fn bundle(bytes: &[u8]) -> Decoded {
    let bundle = PrekeyBundle::decode(bytes)?;
    let fields = json!({
        "certificate": certificate_fields(&bundle.certificate),
        "signed_prekey": signed_fields(&bundle.signed_prekey),
        "one_time_prekey": bundle.one_time_prekey.as_ref().map(one_time_fields),
    });
    Ok((fields, bundle.encode()))
}

pub(in crate::operations) fn signed_fields(prekey: &SignedPrekey) -> Value {
    json!({
        "diffie_hellman": hex(prekey.diffie_hellman.as_bytes()),
        "kem": hex(prekey.kem.as_bytes()),
        "not_before": prekey.not_before.seconds(),
        "not_after": prekey.not_after.seconds(),
        "signature": hex(prekey.signature.as_bytes()),
    })
}

pub(in crate::operations) fn one_time_fields(prekey: &OneTimePrekey) -> Value {
    json!({
        "diffie_hellman": hex(prekey.diffie_hellman.as_bytes()),
        "kem": hex(prekey.kem.as_bytes()),
        "signature": hex(prekey.signature.as_bytes()),
    })
}
