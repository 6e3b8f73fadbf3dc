//! Who gets a receipt (SPEC 14.2).

use rand_core::CryptoRng;
use twotick_wire::ReceiptState;

use crate::error::ReceiptError;

/// What the person has decided about a contact (SPEC 14.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiptPolicy {
    /// The sender is an accepted contact. Receipts to anyone else tell strangers when one is online.
    pub accepted_contact: bool,
    /// The person allows read receipts.
    pub read_receipts: bool,
}

/// What is known of a message that could get a receipt (SPEC 14.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiptContext {
    /// It is of kind 1.
    pub kind_is_message: bool,
    /// It carries a receipt key.
    pub has_key: bool,
    /// It arrived before.
    pub duplicate: bool,
    /// It is stored durably here.
    pub durable: bool,
    /// The message it reacts to, edits or deletes is here; true for a message that does none of these.
    pub target_present: bool,
    /// A person could have seen it.
    pub visible: bool,
    /// The receipt that any device of the account made already.
    pub already: Option<ReceiptState>,
}

impl ReceiptPolicy {
    /// Whether a receipt of this state may be made: `ReceiptNotDue` if not (R-RCP-4).
    pub fn due(&self, context: &ReceiptContext, state: ReceiptState) -> Result<(), ReceiptError> {
        let delivered = self.accepted_contact
            && context.kind_is_message
            && context.has_key
            && !context.duplicate
            && context.durable
            && context.target_present;
        let allowed = match state {
            ReceiptState::Delivered => delivered,
            ReceiptState::Read => delivered && context.visible && self.read_receipts,
        };
        if allowed && context.already < Some(state) {
            Ok(())
        } else {
            Err(ReceiptError::NotDue)
        }
    }
}

/// Milliseconds to wait before a receipt is sent, 0 to 2,000: `u32(RAND(4)) * 2001 >> 32` (R-RCP-4).
pub fn receipt_delay(rng: &mut impl CryptoRng) -> u32 {
    let mut drawn = [0; 4];
    rng.fill_bytes(&mut drawn);
    ((u64::from(u32::from_be_bytes(drawn)) * 2001) >> 32) as u32
}
