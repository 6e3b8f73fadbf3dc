//! `cargo xtask bench protocol [--json]`: the protocol crate beside its own primitives and beside vodozemac.
//!
//! Without cargo's `--bench` everything runs once, so that a test run sees that it works.

#![allow(
    unsafe_code,
    reason = "the counting allocator has to implement `GlobalAlloc`; nothing else here is unsafe"
)]
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench prints, and stops at whatever goes wrong"
)]
#![allow(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]

mod allocations;
mod bare;
mod clock;
mod fan_out;
mod handshakes;
mod messages;
mod pair;
mod peer;
mod singles;
mod sizes;
#[path = "../table/mod.rs"]
mod table;
mod world;

use std::env;

use crate::allocations::Counting;
use crate::clock::Effort;
use crate::table::Report;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() {
    let asked = |flag: &str| env::args().any(|argument| argument == flag);
    let measured = asked("--bench") && !asked("--test");
    let effort = if measured { Effort::FULL } else { Effort::SMOKE };
    let mut report = Report::new(
        asked("--json"),
        measured,
        "microseconds of thread CPU time, fastest of the rounds; B are bytes",
    );
    messages::run(effort, &mut report);
    handshakes::run(effort, &mut report);
    sizes::run(effort, &mut report);
    fan_out::run(effort, &mut report);
    singles::run(effort, &mut report);
    report.end();
}
