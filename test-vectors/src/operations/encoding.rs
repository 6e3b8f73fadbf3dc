//! Decoding, and the primitives alone.

mod certified;
mod fields;
mod linking;
mod payload;
mod prekeys;

use serde_json::{Value, json};
use twotick_protocol::hazmat;
use twotick_wire::{ErrorCode, Object, Signature};

use super::values::{hex, shown};
use crate::answer::{Failure, Outcome};
use crate::arguments::Arguments;
use crate::random::Source;

pub(super) use prekeys::{one_time_fields, signed_fields};

pub(super) fn run(name: &str, arguments: &Arguments<'_>, _random: &mut Source) -> Option<Outcome> {
    Some(match name {
        "decode" => decode(arguments),
        "hash" => hash(arguments),
        "sign.verify" => verify(arguments),
        "agree" => agree(arguments),
        "on_curve" => on_curve(arguments),
        _ => return None,
    })
}

/// The fields of an object and the bytes they encode to.
type Decoded = Result<(Value, Vec<u8>), Failure>;

fn decode(arguments: &Arguments<'_>) -> Outcome {
    let name = arguments.text("object")?;
    let object = Object::ALL.iter().find(|object| object.name() == name);
    let object = object.ok_or_else(|| Failure::fault(format!("unknown object '{name}'")))?;
    let bytes = arguments.bytes("bytes")?;
    let (fields, encoded) = decode_as(*object, &bytes)?;
    if encoded == bytes {
        Ok(json!({ "fields": fields }))
    } else {
        Err(Failure::fault("what was decoded encodes to other bytes"))
    }
}

fn decode_as(object: Object, bytes: &[u8]) -> Decoded {
    match object {
        Object::DeviceCertificate => certified::certificate(bytes),
        Object::DeviceList => certified::list(bytes),
        Object::AccountRotation => certified::rotation(bytes),
        Object::SignedPrekey => prekeys::signed_prekey(bytes),
        Object::OneTimePrekey => prekeys::one_time_prekey(bytes),
        Object::PrekeyBundle => prekeys::bundle(bytes),
        Object::InitialMessage => fields::initial_message(bytes),
        Object::RatchetMessage => fields::ratchet_message(bytes),
        Object::SharedBody => fields::shared_body(bytes),
        Object::Envelope => fields::envelope(bytes),
        Object::Receipt => fields::receipt(bytes),
        Object::LinkOffer => linking::offer(bytes),
        Object::LinkHello => linking::hello(bytes),
        Object::LinkCommitment => linking::commitment(bytes),
        Object::LinkNonce => linking::nonce(bytes),
        Object::LinkReveal => linking::reveal(bytes),
        Object::LinkSealed => linking::sealed(bytes),
        Object::SafetyCode => linking::safety_code(bytes),
        Object::Payload => payload::payload(bytes),
    }
}

fn hash(arguments: &Arguments<'_>) -> Outcome {
    let label = arguments.label("label")?;
    let data = arguments.bytes("data")?;
    Ok(json!({ "hash": hex(hazmat::labelled_hash(label, &data)) }))
}

fn verify(arguments: &Arguments<'_>) -> Outcome {
    let key = arguments.array("public_key")?;
    let label = arguments.label("label")?;
    let data = arguments.bytes("data")?;
    let signature = Signature::new(arguments.array("signature")?);
    if hazmat::verify_signature(&key, label, &data, &signature) {
        Ok(json!({}))
    } else {
        Err(ErrorCode::BadAccountSignature.into())
    }
}

fn agree(arguments: &Arguments<'_>) -> Outcome {
    let private_key = arguments.secret("private_key")?;
    let public_key = arguments.x25519("public_key")?;
    let shared = hazmat::agree(private_key, &public_key)?;
    Ok(json!({ "shared": shown(&shared) }))
}

fn on_curve(arguments: &Arguments<'_>) -> Outcome {
    hazmat::require_on_curve(&arguments.x25519("public_key")?)?;
    Ok(json!({}))
}
