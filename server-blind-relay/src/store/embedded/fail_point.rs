//! Places where a test stops the world.

use std::{fmt, io};

/// A place on the way of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Point {
    /// A commit that deletes acknowledged envelopes is about to be written.
    BeforeDelete,
    /// A commit is about to be written.
    BeforeWrite,
    /// It is written, not flushed.
    BeforeFlush,
    /// A commit that deletes acknowledged envelopes is flushed.
    AfterDelete,
    /// It is flushed; nobody has been told.
    BeforeReply,
    /// Answers were given; nobody has been woken.
    BeforeHint,
}

impl Point {
    /// Every place, in the order in which a commit comes by.
    pub const ALL: [Self; 6] = [
        Self::BeforeDelete,
        Self::BeforeWrite,
        Self::BeforeFlush,
        Self::AfterDelete,
        Self::BeforeReply,
        Self::BeforeHint,
    ];
}

/// Is told when a commit comes by; an error there is an error of the disk.
///
/// With one installed, write and flush are two calls of the engine, which otherwise are one.
pub trait FailPoint: Send + Sync {
    /// May end the process, wait, or fail.
    fn reach(&self, point: Point) -> io::Result<()>;
}

impl fmt::Debug for dyn FailPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FailPoint")
    }
}
