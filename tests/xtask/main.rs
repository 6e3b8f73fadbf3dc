//! `cargo xtask`: the project's checks, benches and fuzz runs behind one command.

#![forbid(unsafe_code)]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a task runner talks to a terminal"
)]

mod arguments;
mod bench;
mod checks;
mod dependencies;
mod features;
mod fuzz;
mod licence;
mod metadata;
mod process;
mod step;
mod vectors;

use std::env;
use std::process::ExitCode;

use crate::arguments::{Request, USAGE};

fn main() -> ExitCode {
    let request = match arguments::parse(env::args().skip(1)) {
        Ok(request) => request,
        Err(error) => {
            eprintln!("error: {error}\nhelp: `cargo xtask help` lists what there is");
            return ExitCode::from(2);
        }
    };
    let outcome = match request {
        Request::Help => {
            print!("{USAGE}");
            Ok(())
        }
        Request::Test => checks::run(),
        Request::Bench { suite, json } => bench::run(suite, json),
        Request::Fuzz { target, seconds } => fuzz::run(target.as_deref(), seconds),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
