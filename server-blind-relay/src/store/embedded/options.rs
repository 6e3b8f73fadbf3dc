//! How the embedded store is opened, and how it is.

use std::sync::Arc;

use twotick_wire::StoreEpoch;

use super::fail_point::FailPoint;
use crate::store::StoreLimits;

/// How an [`EmbeddedStore`](super::EmbeddedStore) is opened.
#[derive(Debug)]
pub struct EmbeddedOptions {
    /// What it refuses beyond.
    pub limits: StoreLimits,
    /// Sixteen random bytes: the epoch of a store that is new, or that goes on after a loss.
    pub fresh_epoch: StoreEpoch,
    /// Goes on although confirmed changes are lost (R-DUR-2).
    pub accept_loss: bool,
    /// Bytes of the disk that stay free. More: earlier `StoreUnavailable`; less: the engine itself runs out.
    pub reserve: u64,
    /// Bytes of read cache. More: memory; less: cold reads.
    pub cache: u64,
    /// Bytes of each of two write buffers. More: memory, longer starts; less: more rewriting.
    pub buffer: u64,
    /// Where tests stop the world.
    pub fail_point: Option<Arc<dyn FailPoint>>,
}

impl EmbeddedOptions {
    /// The defaults, with an epoch of sixteen random bytes.
    #[must_use]
    pub fn new(fresh_epoch: StoreEpoch) -> Self {
        Self {
            limits: StoreLimits::default(),
            fresh_epoch,
            accept_loss: false,
            reserve: 512 << 20,
            cache: 64 << 20,
            buffer: 32 << 20,
            fail_point: None,
        }
    }
}

/// Whether changes are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Health {
    /// All is well.
    Good,
    /// The disk is nearly full: what makes room is done, everything else is refused until there is some.
    Full,
    /// The disk is full: nothing is changed until there is room.
    NoRoom,
    /// A write or a flush has failed: nothing is changed any more, and the process should end (R-DUR-3).
    Failed,
}
