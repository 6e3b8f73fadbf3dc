//! End-to-end encryption between devices, as SPEC.md part I describes it.
//!
//! ```text
//!  messenger   send, receive: one message to all devices, one staged change      (SPEC 11.3)
//!  ├ conversation  clock, sequence, history links, what is missing              (SPEC 13)
//!  ├ session       peer devices: current and archived sessions, healing         (SPEC 12)
//!  │ ├ handshake   X3DH with a KEM, one transcript hash                         (SPEC 9)
//!  │ └ ratchet     Double Ratchet with header encryption                        (SPEC 10)
//!  ├ prekey        signed and one-time prekeys, verified bundles                (SPEC 8)
//!  ├ identity      account key, device, certificates, lists, rotation           (SPEC 5)
//!  ├ link, safety, receipt                                                      (SPEC 6, 7, 14)
//!  └ primitive     the only callers of the cryptographic crates                 (SPEC 3)
//! ```
//!
//! No I/O, no clock, no ambient randomness: time and generator are arguments. Every change of state is [`Staged`]: its
//! result is released by [`Staged::commit`], after the caller has stored the new state.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

mod body;
mod budget;
mod conversation;
mod error;
mod handshake;
#[cfg(feature = "hazmat")]
pub mod hazmat;
mod identity;
mod limits;
mod link;
mod messenger;
mod padding;
mod payload;
mod prekey;
mod primitive;
mod ratchet;
mod receipt;
mod relay;
mod safety;
mod sealed_record;
mod secret;
mod session;
mod staged;
mod state;

pub use budget::Budget;
pub use conversation::{
    Conversation, ConversationTransition, Dropped, HistoryReport, Missing, OrderKey, conversation_id,
};
pub use error::*;
pub use identity::{
    Account, AccountKeyPair, AccountTransition, Device, DeviceKeys, HeadComparison, ListUpdate,
    RotationFollowed, VerifiedCertificate, account_id, certificate_hash, list_hash, list_head,
};
pub use limits::{Limits, constants};
pub use link::{
    ExistingCommitted, ExistingConfirmed, ExistingDevice, ExistingDigits, ExistingOffered, ExistingProposed,
    LinkDigits, NewAccepted, NewConfirmed, NewDevice, NewDigits, NewHello, NewNonce, NewRequested,
};
pub use messenger::{
    DevicePlan, DeviceSetMismatch, HeadReport, NewReceipts, Outgoing, Received, ReceivedContent,
    ReceivedMessage, ResendCopy, ResendParts, Sender, Sent, device_plan, receive, resend, send, send_control,
};
pub use payload::{BodyKey, Content, Message, Payload, PayloadContent, ReceiptKey};
pub use prekey::{
    HandshakeStrength, PrekeyTransition, Prekeys, PublishedPrekeys, VerifiedBundle, one_time_prekey_id,
    signed_prekey_id,
};
#[cfg(feature = "operation-counts")]
pub use primitive::count::{Counts, take as take_counts};
pub use receipt::{
    ReceiptChange, ReceiptContext, ReceiptPolicy, SentReceipts, SentReceiptsTransition, make_receipt,
    receipt_delay,
};
pub use relay::{capability_hash, link_channel};
pub use safety::{SafetyNumber, verify_safety_code};
pub use sealed_record::{RecordContext, StorageKey, open_record, seal_record};
pub use secret::Secret;
#[cfg(feature = "hazmat")]
pub use session::{ChainVariables, PeerVariables, SessionVariables, SkippedVariables};
pub use session::{
    Incoming, OpenedMessage, PeerDevice, PeerTransition, Recovery, RecoveryCause, SessionEvent, SessionStatus,
};
pub use staged::{Change, Changes, Record, RecordKey, RecordKind, Staged, Transition};
pub use twotick_wire as wire;
