//! Receipts: made by MAC, read by the relay (SPEC 14).

use twotick_wire::{AccountId, Label, MessageId, Receipt, ReceiptState};

use crate::payload::ReceiptKey;
use crate::primitive::derive::mac;
use crate::primitive::hash::first16;
use crate::secret::Secret;

mod policy;
mod sent;

pub use policy::{ReceiptContext, ReceiptPolicy, receipt_delay};
pub use sent::{ReceiptChange, SentReceipts, SentReceiptsTransition};

/// Makes the receipt of `recipient`, the account that got the message (SPEC 14.1).
///
/// Whether one may be made is for [`ReceiptPolicy::due`] to say.
pub fn make_receipt(
    key: &ReceiptKey,
    state: ReceiptState,
    message_id: &MessageId,
    recipient: &AccountId,
) -> Receipt {
    Receipt {
        state,
        message_id: *message_id,
        tag: *tag(key, state, message_id, recipient).expose(),
    }
}

/// The tag of a receipt (SPEC 14.1); a secret until it is sent.
fn tag(key: &ReceiptKey, state: ReceiptState, message_id: &MessageId, recipient: &AccountId) -> Secret<16> {
    let parts: [&[u8]; 3] = [&[state.byte()], message_id.as_bytes(), recipient.as_bytes()];
    Secret::from_bytes(first16(mac(key.0.expose(), Label::MacReceipt, &parts).expose()))
}
