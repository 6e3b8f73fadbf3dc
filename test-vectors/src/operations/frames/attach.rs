//! The proof of a device (SPEC 22.1).

use serde_json::json;
use twotick_protocol::{VerifiedCertificate, hazmat};
use twotick_wire::frame::{Attach, Opaque};
use twotick_wire::{DeviceCertificate, Label, RequestId, Signature, StoreEpoch};

use super::super::device::device;
use super::super::values::hex;
use super::REFUSED;
use crate::answer::{Failure, Outcome};
use crate::arguments::Arguments;

pub(super) fn sign(arguments: &Arguments<'_>) -> Outcome {
    let (_, device) = device(&arguments.object("us")?)?;
    let certificate = device.certificate().encode();
    let mut attach = Attach {
        request: RequestId::new(arguments.number("request")?),
        nonce: arguments.array("nonce")?,
        certificate: Opaque::new(&certificate),
        store_epoch: StoreEpoch::new(arguments.array("store_epoch")?),
        cursor: arguments.long("cursor")?,
        lane_cursor: arguments.long("lane_cursor")?,
        window_envelopes: arguments.number("window_envelopes")?,
        window_bytes: arguments.number("window_bytes")?,
        is_send_only: flag(arguments)?,
        signature: Signature::new([0; 64]),
    };
    let input = attach.signing_input(&arguments.bytes("name")?);
    attach.signature = device.sign_relay_attach(&input);
    Ok(json!({ "attach": hex(attach.encode()) }))
}

/// Flags of which bit 0 alone is defined.
fn flag(arguments: &Arguments<'_>) -> Result<bool, Failure> {
    match arguments.number("flags")? {
        0_u8 => Ok(false),
        1 => Ok(true),
        _ => Err(Failure::fault("argument 'flags' has undefined bits")),
    }
}

/// The clauses of R-ATT-2 that need no store, in their order.
pub(super) fn verify(arguments: &Arguments<'_>) -> Outcome {
    let bytes = arguments.bytes("attach")?;
    let attach = Attach::decode(&bytes)?;
    let name = arguments.bytes("name")?;
    let nonce: [u8; 32] = arguments.array("nonce")?;
    let now = arguments.time("now")?;
    let is_ours = attach.nonce == nonce;
    if !is_ours {
        return Err(REFUSED);
    }
    let certificate = DeviceCertificate::decode(&attach.certificate).map_err(|_| REFUSED)?;
    let verified = VerifiedCertificate::verify(certificate.clone(), now).map_err(|_| REFUSED)?;
    let key = certificate.device_signing_key.as_bytes();
    let input = attach.signing_input(&name);
    let is_signed = hazmat::verify_signature(key, Label::SignRelayAttach, &input, &attach.signature);
    if !is_signed {
        return Err(REFUSED);
    }
    Ok(json!({
        "account_id": hex(verified.account_id().as_bytes()),
        "device_id": hex(verified.device_id().as_bytes()),
    }))
}
