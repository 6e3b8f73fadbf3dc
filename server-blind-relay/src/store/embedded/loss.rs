//! What a start says when it refuses.

use std::{fmt, io};

use twotick_wire::DeviceId;

use super::layout;

/// Why a store does not open.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process has it (R-DUR-4).
    #[error("the directory is in use by another process")]
    Locked,
    /// The directory cannot be read or written.
    #[error("the directory cannot be used")]
    Io(#[source] io::Error),
    /// Another version has made it.
    #[error("the store has format {format}, this program reads format {}", layout::FORMAT)]
    Format {
        /// Its format.
        format: u8,
    },
    /// The engine refuses its files.
    #[error(
        "the files are damaged beyond what can be skipped ({reason}): restore them, or start with an empty directory"
    )]
    Damaged {
        /// In the engine's words.
        reason: String,
    },
    /// Changes that were confirmed are missing (R-DUR-2).
    #[error("{0}")]
    Lost(Loss),
}

/// What is missing of what was confirmed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loss {
    /// The last commit that was confirmed; nothing if the files that say so are gone.
    pub confirmed: Option<u64>,
    /// The last commit that is there.
    pub recovered: u64,
    /// Commits before that one which are missing.
    pub missing: Vec<u64>,
    /// Where the journals are damaged. While they are, nothing else is opened and mailboxes are not counted.
    pub journals: Vec<String>,
    /// Rows of mailboxes that cannot be read.
    pub unreadable: u64,
    /// Mailboxes whose numbers do not fit what is there.
    pub mailboxes: Vec<MailboxLoss>,
    /// True if the totals of the last commit do not fit the mailboxes that are there.
    pub totals_differ: bool,
}

/// A mailbox whose numbers do not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailboxLoss {
    /// The mailbox.
    pub mailbox: DeviceId,
    /// Envelopes that should wait.
    pub expected: u32,
    /// Envelopes that do.
    pub found: u32,
}

impl Loss {
    /// True if a start must be refused.
    #[must_use]
    pub fn is_any(&self) -> bool {
        self.confirmed.is_none_or(|confirmed| confirmed > self.recovered)
            || !self.missing.is_empty()
            || !self.journals.is_empty()
            || self.unreadable > 0
            || self.totals_differ
    }
}

/// The loss, exactly, for the operator.
impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let recovered = self.recovered;
        match self.confirmed {
            None => write!(
                f,
                "the files that say what was confirmed are missing; commit {recovered} is there"
            )?,
            Some(confirmed) if confirmed > recovered => {
                let count = confirmed - recovered;
                write!(
                    f,
                    "{count} confirmed commits are lost: {} to {confirmed}",
                    recovered + 1
                )?;
            }
            Some(_) => write!(f, "commit {recovered}, the last confirmed, is there")?,
        }
        if !self.missing.is_empty() {
            write!(f, "; {} commits before it are missing: ", self.missing.len())?;
            for (index, run) in self.missing.chunk_by(|a, b| a + 1 == *b).enumerate() {
                let (comma, first, last) = (if index > 0 { ", " } else { "" }, run[0], run[run.len() - 1]);
                write!(f, "{comma}{first} to {last}")?;
            }
        }
        for place in &self.journals {
            write!(f, "\njournal {place}: not what was written")?;
        }
        if self.unreadable > 0 {
            write!(f, "; {} mailboxes cannot be read", self.unreadable)?;
        }
        if self.totals_differ {
            write!(f, "; the totals do not fit the mailboxes")?;
        }
        for MailboxLoss {
            mailbox,
            expected,
            found,
        } in &self.mailboxes
        {
            write!(f, "\nmailbox {mailbox}: {found} of {expected} envelopes")?;
        }
        Ok(())
    }
}
