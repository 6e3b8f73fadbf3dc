//! `cargo xtask bench relay [--json]`: the relay beside the disk, a raw WebSocket and mosquitto, in one run.
//!
//! Servers run in processes of their own; the clients share this machine's cores with them. Each comparison interleaves
//! its parties round by round and takes medians. Without cargo's `--bench` nothing is measured: the relay as it ships
//! is not built then. `cargo bench -p twotick-e2e --bench relay -- --only PART` measures one part of `run.rs`.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a bench prints, and stops at whatever goes wrong"
)]
#![allow(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "lengths and shares of lengths"
)]

mod client;
mod disk;
mod floor;
mod http;
mod latency;
mod load;
mod mosquitto;
mod people;
mod process;
mod run;
mod scenes;
mod socket;
#[path = "../table/mod.rs"]
mod table;
mod transports;
mod window;

use std::env;
use std::path::Path;

use crate::table::Report;

fn main() {
    let arguments: Vec<String> = env::args().collect();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    if let Some(at) = arguments.iter().position(|argument| argument == "--serve") {
        let [what, port, directory] = &arguments[at + 1..] else {
            panic!("--serve WHAT PORT DIRECTORY");
        };
        let port = port.parse().expect("a port");
        match what.as_str() {
            "echo" => runtime.block_on(floor::echo(port)),
            _ => runtime.block_on(floor::log(port, Path::new(directory))),
        }
        return;
    }
    let asked = |flag: &str| arguments.iter().any(|argument| argument == flag);
    if !asked("--bench") || asked("--test") {
        println!("measured by `cargo xtask bench relay` only");
        return;
    }
    let report = Report::new(
        asked("--json"),
        true,
        "wall time and CPU of the server's process, medians of the rounds; ours beside the peer named",
    );
    let only = arguments
        .iter()
        .skip_while(|argument| *argument != "--only")
        .nth(1);
    runtime.block_on(run::everything(report, only.map(String::as_str)));
}
