//! The score card of another program: every vector, by file and by requirement.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::case::VectorFile;
use crate::check::{Mismatch, Peer, run_case};
use crate::interop::difference::{first_difference, shortened};

/// How many cases went which way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Score {
    /// Answered as the file says.
    pub passed: usize,
    /// Answered otherwise.
    pub failed: usize,
    /// An operation that the program does not know.
    pub unsupported: usize,
}

/// A case that failed.
#[derive(Debug, Clone, Serialize)]
pub struct Failed {
    /// Its id.
    pub case: String,
    /// Which step, from 1, those of the world counted.
    pub step: usize,
    /// Its operation.
    pub operation: String,
    /// Where the answer differs first.
    pub at: String,
    /// What the file says there.
    pub expected: String,
    /// What came.
    pub found: String,
}

/// The whole card.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ScoreCard {
    /// All cases.
    pub total: Score,
    /// By file.
    pub files: BTreeMap<String, Score>,
    /// By requirement; a case counts for each it names.
    pub requirements: BTreeMap<String, Score>,
    /// What failed.
    pub failures: Vec<Failed>,
    /// Operations the program does not know.
    pub unsupported: Vec<String>,
}

impl ScoreCard {
    /// Whether nothing failed.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.total.failed == 0
    }
}

/// Runs every case.
pub fn run(peer: &mut dyn Peer, files: &[VectorFile]) -> ScoreCard {
    let mut card = ScoreCard::default();
    for file in files {
        for case in &file.cases {
            let outcome = run_case(peer, file, case);
            let mut scores = vec![&mut card.total];
            scores.push(card.files.entry(file.file.clone()).or_default());
            let score = |score: &mut Score| match &outcome {
                Ok(()) => score.passed += 1,
                Err(mismatch) if is_unsupported(mismatch) => score.unsupported += 1,
                Err(_) => score.failed += 1,
            };
            scores.into_iter().for_each(score);
            for name in &case.requirements {
                score(card.requirements.entry(name.clone()).or_default());
            }
            match outcome {
                Ok(()) => {}
                Err(mismatch) if is_unsupported(&mismatch) => card.unsupported.push(mismatch.operation),
                Err(mismatch) => card.failures.push(failed(*mismatch)),
            }
        }
    }
    card.unsupported.sort();
    card.unsupported.dedup();
    card
}

/// Whether the answer is that there is no such operation.
fn is_unsupported(mismatch: &Mismatch) -> bool {
    let fault = mismatch.found.get("fault").and_then(|fault| fault.as_str());
    fault.is_some_and(|fault| fault.starts_with("unknown operation"))
}

fn failed(mismatch: Mismatch) -> Failed {
    let difference = first_difference(&mismatch.expected, &mismatch.found);
    let (at, expected, found) = match difference {
        Some(difference) => (difference.path, difference.expected, difference.found),
        None => (String::new(), String::new(), shortened(&mismatch.found)),
    };
    Failed {
        case: mismatch.case,
        step: mismatch.step,
        operation: mismatch.operation,
        at,
        expected,
        found,
    }
}

impl fmt::Display for ScoreCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for failed in &self.failures {
            let Failed {
                case,
                step,
                operation,
                ..
            } = failed;
            writeln!(f, "FAILED {case}, step {step}: {operation}, at {}", failed.at)?;
            writeln!(f, "  expected {}\n  found    {}", failed.expected, failed.found)?;
        }
        for (title, scores) in [("file", &self.files), ("requirement", &self.requirements)] {
            writeln!(
                f,
                "{title:<24} {:>7} {:>7} {:>11}",
                "passed", "failed", "unsupported"
            )?;
            for (name, score) in scores {
                row(f, name, *score)?;
            }
            writeln!(f)?;
        }
        if !self.unsupported.is_empty() {
            writeln!(f, "not known to the program: {}", self.unsupported.join(", "))?;
        }
        let Score {
            passed,
            failed,
            unsupported,
        } = self.total;
        writeln!(f, "{passed} passed, {failed} failed, {unsupported} unsupported")
    }
}

fn row(f: &mut fmt::Formatter<'_>, name: &str, score: Score) -> fmt::Result {
    let Score {
        passed,
        failed,
        unsupported,
    } = score;
    writeln!(f, "{name:<24} {passed:>7} {failed:>7} {unsupported:>11}")
}
