//! What operations answer about messages.

use serde_json::{Value, json};
use twotick_protocol::{
    HandshakeStrength, HeadComparison, HistoryReport, Received, ReceivedContent, ReceivedMessage, Record,
    SentReceipts,
};

/// `"one_time"` or `"signed_only"`.
pub(super) fn strength(strength: HandshakeStrength) -> &'static str {
    match strength {
        HandshakeStrength::OneTime => "one_time",
        HandshakeStrength::SignedOnly => "signed_only",
    }
}

/// The receipt key in hex. Its record begins with kind, version and key.
pub(super) fn key_of(receipts: &SentReceipts) -> String {
    let record = receipts.encode();
    hex::encode(record.get(2..18).unwrap_or_default())
}

/// The answer of `message.receive`. `receipts` holds the receipt key of the message.
pub(super) fn received_answer(
    received: &Received,
    receipts: Option<&SentReceipts>,
    history: Option<&HistoryReport>,
) -> Value {
    let said = Said::of(&received.content);
    let message = said.message.map(|received| &received.message);
    json!({
        "message_id": received.message_id.to_string(),
        "from": received.from.to_string(),
        "account": received.sender.to_string(),
        "generation": received.generation,
        "began": received.began.map(strength),
        "kind": said.kind,
        "content": said.content.map(hex::encode),
        "recipient_account": said.recipient,
        "message_ids": said.message_ids,
        "conversation": said.conversation,
        "lamport": message.map(|message| message.lamport.to_string()),
        "sequence": message.map(|message| message.sequence),
        "sent_at": message.map(|message| message.sent_at.to_string()),
        "receipt_key": receipts.map(key_of),
        "link": history.map(|report| report.link.to_string()),
        "duplicate": history.map(|report| report.duplicate),
        "missing": history.map(missing),
        "heads": {
            "sender": comparison(received.heads.sender),
            "own": comparison(received.heads.own),
        },
    })
}

fn missing(report: &HistoryReport) -> Value {
    let gaps: Vec<_> = report
        .missing
        .gaps
        .iter()
        .map(|(device, range)| json!([device.to_string(), range.start(), range.end()]))
        .collect();
    json!({ "gaps": gaps, "unknown_parents": report.missing.unknown_parents })
}

fn comparison(comparison: HeadComparison) -> &'static str {
    match comparison {
        HeadComparison::Unknown => "unknown",
        HeadComparison::Older => "older",
        HeadComparison::Same => "same",
        HeadComparison::Newer => "newer",
        HeadComparison::Fork => "fork",
    }
}

/// What depends on the kind.
#[derive(Default)]
struct Said<'a> {
    kind: u8,
    content: Option<&'a [u8]>,
    recipient: Option<String>,
    message_ids: Option<Vec<String>>,
    conversation: Option<String>,
    message: Option<&'a ReceivedMessage>,
}

impl<'a> Said<'a> {
    fn of(content: &'a ReceivedContent) -> Self {
        match content {
            ReceivedContent::Message(message) => Self::message(1, message),
            ReceivedContent::SentCopy { recipient, message } => Self {
                recipient: Some(recipient.to_string()),
                ..Self::message(2, message)
            },
            ReceivedContent::Ephemeral {
                conversation,
                content,
            } => Self {
                kind: 3,
                content: Some(content),
                conversation: Some(conversation.to_string()),
                ..Self::default()
            },
            ReceivedContent::RetryRequest(ids) => Self {
                kind: 4,
                message_ids: Some(ids.iter().map(ToString::to_string).collect()),
                ..Self::default()
            },
            ReceivedContent::Reset => Self {
                kind: 5,
                ..Self::default()
            },
            ReceivedContent::DeviceSync(content) => Self {
                kind: 6,
                content: Some(content),
                ..Self::default()
            },
        }
    }

    fn message(kind: u8, message: &'a ReceivedMessage) -> Self {
        Self {
            kind,
            content: Some(&message.content),
            conversation: Some(message.message.conversation.to_string()),
            message: Some(message),
            ..Self::default()
        }
    }
}
