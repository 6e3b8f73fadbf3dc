//! One message to all devices that should have it, and from one device to us (SPEC 11.3).

mod plan;
mod receive;
mod send;

pub use plan::{DevicePlan, DeviceSetMismatch, device_plan};
pub use receive::{HeadReport, Received, ReceivedContent, ReceivedMessage, receive};
pub use send::{NewReceipts, Outgoing, ResendCopy, ResendParts, Sender, Sent, resend, send, send_control};
