//! Parts of frames that a relay also keeps.

use crate::{AccountId, CapabilityHash, DeviceId, MessageId, Receipt, UnixTime};

/// What stands in a lane, SPEC 21.2 and 25.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LaneItem {
    /// A receipt, and whose devices made it.
    Receipt {
        /// The account of the device that handed it in.
        account: AccountId,
        /// The receipt; its tag is for the sender to verify.
        receipt: Receipt,
    },
    /// An envelope that ended without having been delivered.
    Bounce {
        /// Whose mailbox it was in.
        device: DeviceId,
        /// The message.
        message_id: MessageId,
        /// A code of SPEC 4.4; one that is unknown is a refusal too (R-FRM-5).
        reason: u16,
    },
}

/// A capability that an account grants, SPEC 21.1 and 26.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The hash of the capability.
    pub hash: CapabilityHash,
    /// True if the first account that stores with it is the only one.
    pub is_single: bool,
    /// How many envelopes may be stored with it; 0 for any number.
    pub envelopes: u16,
    /// When it ends; 0 for never.
    pub expires: UnixTime,
}
