//! What a client and a relay say to each other (SPEC part II): frames, the proof of a device, what hides behind hashes.

mod attach;
mod client;
mod parts;
mod relay;

use serde_json::{Value, json};
use twotick_protocol::{capability_hash, link_channel};
use twotick_wire::frame::FrameSequence;
use twotick_wire::{ClientFrame, ErrorCode, LinkOffer, RelayFrame};

use super::values::hex;
use crate::answer::{Failure, Outcome};
use crate::arguments::Arguments;
use crate::random::Source;

pub(super) fn run(name: &str, arguments: &Arguments<'_>, _random: &mut Source) -> Option<Outcome> {
    Some(match name {
        "frame.decode" => decode(arguments),
        "frames.split" => split(arguments),
        "attach.sign" => attach::sign(arguments),
        "attach.verify" => attach::verify(arguments),
        "capability.hash" => hash_capability(arguments),
        "link.channel" => channel(arguments),
        _ => return None,
    })
}

fn decode(arguments: &Arguments<'_>) -> Outcome {
    let sender = arguments.text("sender")?;
    let bytes = arguments.bytes("bytes")?;
    let (name, fields, encoded) = match sender {
        "client" => {
            let frame = ClientFrame::decode(&bytes);
            let frame = frame.map_err(|error| Failure::Error(ClientFrame::refusal(&bytes, error)))?;
            (frame.kind().name(), client::fields(&frame), frame.encode())
        }
        "relay" => {
            let frame = RelayFrame::decode(&bytes);
            let frame = frame.map_err(|error| Failure::Error(RelayFrame::refusal(&bytes, error)))?;
            (frame.kind().name(), relay::fields(&frame), frame.encode())
        }
        _ => return Err(Failure::fault("argument 'sender' is not client or relay")),
    };
    if encoded == bytes {
        Ok(json!({ "frame": name, "fields": fields }))
    } else {
        Err(Failure::fault("what was decoded encodes to other bytes"))
    }
}

fn split(arguments: &Arguments<'_>) -> Outcome {
    let bytes = arguments.bytes("bytes")?;
    let frames = FrameSequence::decode(&bytes, FrameSequence::MAX_REQUEST)?;
    let frames: Vec<Value> = frames.map(hex).collect();
    Ok(json!({ "frames": frames }))
}

fn hash_capability(arguments: &Arguments<'_>) -> Outcome {
    let capability = arguments.array("capability")?;
    let hash = capability_hash(&capability);
    Ok(json!({ "hash": hex(hash.as_bytes()) }))
}

fn channel(arguments: &Arguments<'_>) -> Outcome {
    let offer = LinkOffer::decode(&arguments.bytes("offer")?)?;
    Ok(json!({ "channel": hex(link_channel(&offer).as_bytes()) }))
}

/// Everything wrong with a proof is this, and nothing else (R-ATT-2).
const REFUSED: Failure = Failure::Error(ErrorCode::AttachRefused);
