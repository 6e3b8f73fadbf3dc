//! What was checked, and what was wrong.

use std::fmt;

use serde_json::Value;

use super::difference::{first_difference, shortened};

/// A kind of check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    /// Accounts, devices, lists, prekeys.
    Setup,
    /// The program began a session that was accepted.
    Initiator,
    /// The program accepted a session.
    Responder,
    /// Both began one.
    Simultaneous,
    /// A message was sealed as it should be.
    Sent,
    /// It opened to what was sent.
    Opened,
    /// A second copy was refused.
    Duplicate,
    /// A changed copy was refused.
    Corrupted,
    /// A message opened after a later one.
    Late,
    /// A message that did not come was reported missing.
    Lost,
    /// A party went on from what it had stored.
    Restart,
    /// A session was begun anew.
    Reset,
    /// Receipts moved ticks as they should.
    Receipts,
    /// What was asked for came again.
    Resend,
    /// What has to be refused otherwise was refused.
    Refused,
    /// An operation that was refused changed nothing.
    Unchanged,
    /// Both ends hold the same at the end.
    Agreement,
    /// The program answered as the reference does.
    Mirrored,
}

/// All rows, as the table has them.
pub const ROWS: [(Row, &str); 18] = [
    (Row::Setup, "accounts, lists, prekeys"),
    (Row::Initiator, "handshake as initiator"),
    (Row::Responder, "handshake as responder"),
    (Row::Simultaneous, "simultaneous"),
    (Row::Sent, "message sealed"),
    (Row::Opened, "message opened"),
    (Row::Duplicate, "duplicate refused"),
    (Row::Corrupted, "corrupted refused"),
    (Row::Late, "late"),
    (Row::Lost, "lost"),
    (Row::Restart, "restart"),
    (Row::Reset, "reset"),
    (Row::Receipts, "receipts"),
    (Row::Resend, "resend"),
    (Row::Refused, "refused otherwise"),
    (Row::Unchanged, "refused without a change"),
    (Row::Agreement, "agreement at the end"),
    (Row::Mirrored, "mirrored equality"),
];

/// A check that failed.
#[derive(Debug, Clone)]
pub struct Failure {
    /// Of the conversation.
    pub seed: u64,
    /// Which operation of the conversation, from 1.
    pub step: u64,
    /// What was checked.
    pub row: Row,
    /// The operation.
    pub operation: Value,
    /// What should have come.
    pub expected: Value,
    /// What came.
    pub found: Value,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, step, .. } = self;
        writeln!(f, "FAILED {}: conversation {seed}, step {step}", name(self.row))?;
        writeln!(f, "  operation {}", shortened(&self.operation))?;
        match first_difference(&self.expected, &self.found) {
            Some(difference) => {
                writeln!(f, "  at        {}", difference.path)?;
                writeln!(f, "  expected  {}", difference.expected)?;
                writeln!(f, "  found     {}", difference.found)
            }
            None => writeln!(f, "  found     {}", shortened(&self.found)),
        }
    }
}

/// How many checks of each row passed and failed.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    counts: [(u64, u64); ROWS.len()],
}

impl Tally {
    /// Counts one check.
    pub fn count(&mut self, row: Row, passed: bool) {
        let (good, bad) = &mut self.counts[row as usize];
        *if passed { good } else { bad } += 1;
    }

    /// Checks of this row that passed, and that failed.
    #[must_use]
    pub fn of(&self, row: Row) -> (u64, u64) {
        self.counts[row as usize]
    }

    /// All that passed, all that failed.
    #[must_use]
    pub fn total(&self) -> (u64, u64) {
        self.counts
            .iter()
            .fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1))
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<26} {:>9} {:>9}", "", "passed", "failed")?;
        for (row, name) in ROWS {
            let (passed, failed) = self.of(row);
            writeln!(f, "{name:<26} {passed:>9} {failed:>9}")?;
        }
        let (passed, failed) = self.total();
        writeln!(f, "{passed} passed, {failed} failed")
    }
}

fn name(row: Row) -> &'static str {
    ROWS[row as usize].1
}
