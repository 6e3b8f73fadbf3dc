//! Payloads (SPEC 11.1).

use serde_json::{Value, json};
use twotick_protocol::{Content, Message, Payload, PayloadContent, hazmat};
use twotick_wire::ListHead;

use super::super::values::{hex, long, shown};
use super::Decoded;

pub(super) fn payload(bytes: &[u8]) -> Decoded {
    let payload = Payload::decode(bytes)?;
    let (kind, mut message, mut recipient, mut conversation, mut message_ids) = (
        kind(&payload.content),
        None,
        Value::Null,
        Value::Null,
        Value::Null,
    );
    match &payload.content {
        PayloadContent::Message(own) => message = Some(own),
        PayloadContent::SentCopy {
            recipient: account,
            message: copy,
        } => {
            recipient = hex(account.as_bytes());
            message = Some(copy);
        }
        PayloadContent::Ephemeral { conversation: id, .. } => conversation = hex(id.as_bytes()),
        PayloadContent::RetryRequest(ids) => {
            message_ids = ids.iter().map(|id| hex(id.as_bytes())).collect();
        }
        PayloadContent::Reset | PayloadContent::DeviceSync(_) => {}
    }
    let flags = u8::from(message.is_some_and(|message| message.receipt_key.is_some()));
    let fields = json!({
        "kind": kind,
        "flags": flags,
        "own": head_fields(&payload.own),
        "peer": head_fields(&payload.peer),
        "recipient_account": recipient,
        "message": message.map(message_fields),
        "conversation": conversation,
        "content": payload.content.content().map(content_fields),
        "message_ids": message_ids,
    });
    Ok((fields, payload.encode().to_vec()))
}

fn kind(content: &PayloadContent) -> u8 {
    match content {
        PayloadContent::Message(_) => 1,
        PayloadContent::SentCopy { .. } => 2,
        PayloadContent::Ephemeral { .. } => 3,
        PayloadContent::RetryRequest(_) => 4,
        PayloadContent::Reset => 5,
        PayloadContent::DeviceSync(_) => 6,
    }
}

fn head_fields(head: &ListHead) -> Value {
    json!({ "epoch": head.epoch, "hash": hex(head.hash.as_bytes()) })
}

fn message_fields(message: &Message) -> Value {
    let key = message.receipt_key.as_ref();
    let parents = message.parents.iter().map(|parent| hex(parent.as_bytes()));
    json!({
        "conversation": hex(message.conversation.as_bytes()),
        "lamport": long(message.lamport),
        "sequence": message.sequence,
        "sent_at": long(message.sent_at),
        "receipt_key": key.map(|key| shown(hazmat::receipt_key_bytes(key))),
        "parents": parents.collect::<Vec<_>>(),
    })
}

fn content_fields(content: &Content) -> Value {
    match content {
        Content::Inline(content) => json!({ "form": 1, "content": hex(content.as_slice()) }),
        Content::Shared { key, hash } => json!({
            "form": 2,
            "body_key": shown(hazmat::body_key_bytes(key)),
            "body_hash": hex(hash.as_bytes()),
        }),
    }
}
