//! Steps of the ratchet (SPEC 10.3, 10.4).

use serde_json::json;
use twotick_protocol::hazmat::{self, MessageKeys, MessageRoute, OpenHeader};
use twotick_wire::{Object, Sealed};

use super::super::values::{hex, shown};
use crate::answer::{Failure, Outcome};
use crate::arguments::Arguments;
use crate::random::Source;

pub(super) fn root_step(arguments: &Arguments<'_>) -> Outcome {
    let step = hazmat::root_step(&arguments.secret("root_key")?, &arguments.secret("dh")?);
    Ok(json!({
        "prk": shown(&step.prk),
        "root_key": shown(&step.root_key),
        "chain_key": shown(&step.chain_key),
        "next_header_key": shown(&step.next_header_key),
    }))
}

pub(super) fn chain_step(arguments: &Arguments<'_>) -> Outcome {
    let chain_key = arguments.secret("chain_key")?;
    let steps: u32 = arguments.number("steps")?;
    if steps == 0 {
        return Err(Failure::fault("argument 'steps' is not from 1"));
    }
    let mut last = hazmat::chain_step(&chain_key);
    for _ in 1..steps {
        last = hazmat::chain_step(&last.chain_key);
    }
    Ok(json!({
        "message_key": shown(&last.message_key),
        "chain_key": shown(&last.chain_key),
    }))
}

pub(super) fn seal(arguments: &Arguments<'_>, random: &mut Source) -> Outcome {
    let keys = MessageKeys {
        session_id: arguments.secret("session_id")?,
        header_key: arguments.secret("header_key")?,
        message_key: arguments.secret("message_key")?,
    };
    let route = route(arguments)?;
    let header = OpenHeader {
        ratchet_key: arguments.x25519("ratchet_key")?,
        previous_length: arguments.number("previous_length")?,
        number: arguments.number("number")?,
    };
    let padded = arguments.bytes("padded")?;
    let sealed = hazmat::seal(&keys, &route, &header, &padded, random);
    Ok(json!({
        "route": hex(sealed.route),
        "salt": hex(sealed.salt),
        "sealed_header": hex(sealed.sealed_header),
        "body_key": shown(&sealed.body_key),
        "sealed_body": hex(sealed.sealed_body),
    }))
}

pub(super) fn open_header(arguments: &Arguments<'_>) -> Outcome {
    let header_key = arguments.secret("header_key")?;
    let route = route(arguments)?;
    let salt = arguments.array("salt")?;
    let sealed_header = arguments.array("sealed_header")?;
    let header = hazmat::open_header(&header_key, &route, &salt, &sealed_header)?;
    Ok(json!({
        "ratchet_key": hex(header.ratchet_key.as_bytes()),
        "previous_length": header.previous_length,
        "number": header.number,
    }))
}

pub(super) fn open_body(arguments: &Arguments<'_>) -> Outcome {
    let session_id = arguments.secret("session_id")?;
    let message_key = arguments.secret("message_key")?;
    let route = route(arguments)?;
    let salt = arguments.array("salt")?;
    let header = arguments.array("sealed_header")?;
    let body = arguments.bytes("sealed_body")?;
    let sealed = Sealed {
        salt,
        header: &header,
        body: &body,
    };
    let padded = hazmat::open_body(&message_key, &session_id, &route, &sealed)?;
    Ok(json!({ "padded": hex(padded.as_slice()) }))
}

fn route(arguments: &Arguments<'_>) -> Result<MessageRoute, Failure> {
    let object = match Object::from_byte(arguments.number("type")?) {
        Some(object @ (Object::InitialMessage | Object::RatchetMessage)) => object,
        _ => return Err(Failure::fault("argument 'type' is not 16 or 17")),
    };
    Ok(MessageRoute {
        object,
        from: arguments.device_id("from")?,
        to: arguments.device_id("to")?,
        message_id: arguments.message_id("message_id")?,
    })
}
