//! `cargo xtask bench relay [--json]`: the relay beside the disk, a raw WebSocket and mosquitto, in one run.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench prints, and stops at whatever goes wrong"
)]
#![allow(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "lengths and shares of lengths"
)]

mod disk;
mod floor;
mod latency;
mod mosquitto;
mod process;
mod socket;
#[path = "../table.rs"]
mod table;
mod window;

fn main() {}
