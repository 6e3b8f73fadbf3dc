//! Conversations between a program and the reference, and what each answer must be.
//!
//! A conversation is a random schedule made from one number. The harness keeps its own small account of what must happen
//! (`peers`, `ratchet`, `history`), and the reference plays the program's parties a second time, with the same
//! randomness: every answer of the program must be equal to it.

mod bench;
mod closing;
mod conversation;
mod delivering;
mod dice;
pub mod difference;
mod healing;
mod history;
mod peers;
mod ratchet;
mod sending;
pub mod tally;
mod world;

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;

use crate::check::Peer;
use tally::{Failure, Tally};

/// Which conversations to run.
#[derive(Debug, Clone, Copy)]
pub struct Schedule {
    /// Of the first conversation; each next one has the next number.
    pub seed: u64,
    /// How many.
    pub conversations: u64,
    /// Whether the reference plays the program's parties too, and must answer the same.
    pub mirrored: bool,
}

/// What came of them.
#[derive(Debug, Default)]
pub struct Report {
    /// All checks.
    pub tally: Tally,
    /// The first check that failed in each conversation.
    pub failures: Vec<Failure>,
    /// How many conversations were run.
    pub conversations: u64,
}

impl Report {
    /// Whether nothing failed.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.tally.total().1 == 0
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for failure in &self.failures {
            writeln!(f, "{failure}  again     --seed {} --first 1", failure.seed)?;
        }
        let failed = self.failures.len();
        writeln!(f, "{} conversations, {failed} of them failed", self.conversations)?;
        write!(f, "{}", self.tally)
    }
}

/// Runs the conversations. A program that is gone ends the run.
pub fn run(tested: &mut dyn Peer, schedule: Schedule) -> Report {
    let mut report = Report::default();
    for index in 0..schedule.conversations {
        let seed = schedule.seed.wrapping_add(index);
        report.conversations += 1;
        if let Err(failure) = conversation::run(tested, &mut report.tally, (seed, schedule.mirrored)) {
            report.failures.push(*failure);
            if tested.answer(&json!({ "op": "reset" })).get("ok").is_none() {
                break;
            }
        }
    }
    report
}

/// A seed that nobody chose.
#[must_use]
pub fn any_seed() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(1, |since| since.as_micros() as u64 % 1_000_000_000)
}
