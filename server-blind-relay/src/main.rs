//! `twotick-relay`: see `--help`.

#![forbid(unsafe_code)]

mod failure;
mod task;

use std::process::ExitCode;

use clap::Parser as _;
use twotick_relay::command::{Command, Task};

use failure::Failure;

fn main() -> ExitCode {
    let command = Command::parse();
    let outcome = match &command.task {
        None => task::serve(&command.serving),
        Some(Task::Inspect { directory }) => task::inspect(directory),
        Some(Task::Verify { directory }) => task::verify(directory),
        Some(Task::Config(serving)) => task::print_configuration(serving),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
