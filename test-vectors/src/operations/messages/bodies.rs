//! Padding and shared bodies (SPEC 11.2, 11.4).

use serde_json::json;
use twotick_protocol::{BodyKey, hazmat};
use twotick_wire::{BodyHash, MAX_BODY, MAX_PAYLOAD};

use super::super::values::{hex, shown};
use crate::answer::{Failure, Outcome};
use crate::arguments::Arguments;
use crate::random::Source;

pub(super) fn pad(arguments: &Arguments<'_>) -> Outcome {
    let payload = arguments.bytes("payload")?;
    let padded = hazmat::pad(&payload, maximum(arguments)?)?;
    Ok(json!({ "padded": hex(padded) }))
}

pub(super) fn unpad(arguments: &Arguments<'_>) -> Outcome {
    let padded = arguments.bytes("padded")?;
    let payload = hazmat::unpadded(&padded, maximum(arguments)?)?;
    Ok(json!({ "payload": hex(payload) }))
}

pub(super) fn seal(arguments: &Arguments<'_>, random: &mut Source) -> Outcome {
    let content = arguments.bytes("content")?;
    let message_id = arguments.message_id("message_id")?;
    let key = BodyKey::generate(random);
    let sealed = hazmat::seal_body(&key, &message_id, &content)?;
    Ok(json!({
        "body_key": shown(hazmat::body_key_bytes(&key)),
        "key": shown(&sealed.key),
        "commitment": shown(&sealed.commitment),
        "shared_body": hex(sealed.shared_body),
        "body_hash": hex(sealed.hash.as_bytes()),
    }))
}

pub(super) fn open(arguments: &Arguments<'_>) -> Outcome {
    let body = arguments.bytes("shared_body")?;
    let key = BodyKey::from(arguments.secret("body_key")?);
    let hash = BodyHash::new(arguments.array("body_hash")?);
    let message_id = arguments.message_id("message_id")?;
    let content = hazmat::open_shared_body(&key, &hash, &message_id, &body)?;
    Ok(json!({ "content": hex(content.as_slice()) }))
}

fn maximum(arguments: &Arguments<'_>) -> Result<usize, Failure> {
    match arguments.number("maximum")? {
        maximum @ (MAX_PAYLOAD | MAX_BODY) => Ok(maximum),
        _ => Err(Failure::fault("argument 'maximum' is not 4096 or 65536")),
    }
}
