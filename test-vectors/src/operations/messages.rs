//! Padding, shared bodies, receipts, safety number, conversations, records, linking keys (SPEC 6, 7, 11, 13 to 15).

mod bodies;
mod receipts;
mod records;

use serde_json::json;
use twotick_protocol::hazmat::{self, HistoryPlace, LinkMessages};
use twotick_protocol::{SafetyNumber, conversation_id, verify_safety_code};
use twotick_wire::{Label, LinkCommitment, LinkHello, LinkNonce, LinkOffer, LinkReveal, SafetyCode};

use super::values::{hex, shown};
use crate::answer::Outcome;
use crate::arguments::Arguments;
use crate::random::Source;

pub(super) fn run(name: &str, arguments: &Arguments<'_>, random: &mut Source) -> Option<Outcome> {
    Some(match name {
        "padding.pad" => bodies::pad(arguments),
        "padding.unpad" => bodies::unpad(arguments),
        "body.seal" => bodies::seal(arguments, random),
        "body.open" => bodies::open(arguments),
        "receipt.make" => receipts::make(arguments),
        "receipt.verify" => receipts::verify(arguments),
        "receipt.due" => receipts::due(arguments),
        "receipt.delay" => receipts::delay(random),
        "safety.number" => safety_number(arguments),
        "safety.scan" => scan(arguments),
        "conversation.id" => conversation(arguments),
        "history.link" => link(arguments),
        "record.seal" => records::seal(arguments, random),
        "record.open" => records::open(arguments),
        "link.keys" => link_keys(arguments),
        _ => return None,
    })
}

fn safety_number(arguments: &Arguments<'_>) -> Outcome {
    let (ours, theirs) = (arguments.account_key("ours")?, arguments.account_key("theirs")?);
    Ok(json!({ "digits": SafetyNumber::of(&ours, &theirs).digits() }))
}

fn scan(arguments: &Arguments<'_>) -> Outcome {
    let code = SafetyCode::decode(&arguments.bytes("code")?)?;
    verify_safety_code(
        &code,
        &arguments.account_id("us")?,
        &arguments.account_id("them")?,
    )?;
    Ok(json!({}))
}

fn conversation(arguments: &Arguments<'_>) -> Outcome {
    let id = conversation_id(&arguments.account_id("a")?, &arguments.account_id("b")?);
    Ok(json!({ "conversation": hex(id.as_bytes()) }))
}

fn link(arguments: &Arguments<'_>) -> Outcome {
    let conversation = arguments.conversation("conversation")?;
    let message_id = arguments.message_id("message_id")?;
    let author = arguments.device_id("author")?;
    let lamport = arguments.long("lamport")?;
    let sequence = arguments.number("sequence")?;
    let content = arguments.bytes("content")?;
    let place = HistoryPlace {
        conversation,
        author,
        lamport,
        sequence,
        parents: &arguments.links("parents")?,
    };
    Ok(json!({
        "content_hash": hex(hazmat::labelled_hash(Label::Content, &content)),
        "link": hex(hazmat::history_link(&place, &message_id, &content).as_bytes()),
    }))
}

fn link_keys(arguments: &Arguments<'_>) -> Outcome {
    let messages = LinkMessages {
        offer: LinkOffer::decode(&arguments.bytes("offer")?)?,
        hello: LinkHello::decode(&arguments.bytes("hello")?)?,
        commitment: LinkCommitment::decode(&arguments.bytes("commitment")?)?,
        nonce: LinkNonce::decode(&arguments.bytes("nonce")?)?,
        reveal: LinkReveal::decode(&arguments.bytes("reveal")?)?,
    };
    let keys = hazmat::link_keys(messages, &arguments.secret("shared")?);
    Ok(json!({
        "mac": hex(keys.mac),
        "computed_commitment": hex(keys.computed_commitment),
        "transcript": hex(keys.transcript),
        "digits": keys.digits.to_string(),
        "prk": shown(&keys.prk),
        "key_new": shown(&keys.key_new),
        "key_existing": shown(&keys.key_existing),
    }))
}
