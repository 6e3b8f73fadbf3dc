//! Structures that stand in several frames.

use serde_json::{Value, json};
use twotick_wire::frame::{Certificates, MessageTo, ReceiptFor};
use twotick_wire::{ListHead, Receipt};

use super::super::values::hex;

pub(super) fn head(head: &ListHead) -> Value {
    json!({ "epoch": head.epoch, "hash": hex(head.hash.as_bytes()) })
}

pub(super) fn receipt(receipt: &Receipt) -> Value {
    json!({
        "state": receipt.state.byte(),
        "message_id": hex(receipt.message_id.as_bytes()),
        "tag": hex(receipt.tag),
    })
}

pub(super) fn receipt_for(given: &ReceiptFor) -> Value {
    json!({
        "account_id": hex(given.account.as_bytes()),
        "capability": hex(given.capability.as_bytes()),
        "receipt": receipt(&given.receipt),
    })
}

pub(super) fn message_to(message: &MessageTo<'_>) -> Value {
    json!({ "to": hex(message.to.as_bytes()), "message": hex(message.message.as_bytes()) })
}

pub(super) fn certificates(certificates: &Certificates<'_>) -> Vec<Value> {
    certificates.as_slice().iter().map(hex).collect()
}

pub(super) fn all<T>(elements: &[T], show: impl Fn(&T) -> Value) -> Vec<Value> {
    elements.iter().map(show).collect()
}
