//! Changes that exist only once they are stored (SPEC 15.1).

use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroizing;

use crate::state::StateWriter;

/// An operation that has been computed and has not happened yet.
///
/// Its result is behind [`commit`](Self::commit). Dropping it changes nothing.
#[must_use = "nothing happens until `commit`"]
pub struct Staged<X, T> {
    pub(crate) transition: X,
    pub(crate) output: T,
}

impl<X, T> fmt::Debug for Staged<X, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Staged").finish_non_exhaustive()
    }
}

impl<X: Transition, T> Staged<X, T> {
    /// Stores the changes with `store`, which must make them durable together, then installs them and releases the result.
    ///
    /// If `store` fails, its error is returned and nothing has changed.
    pub fn commit<E>(mut self, store: impl FnOnce(&Changes<'_>) -> Result<(), E>) -> Result<T, E> {
        store(&Changes(&self.transition))?;
        self.transition.apply();
        Ok(self.output)
    }

    /// Joins two operations into one batch.
    pub fn and<Y: Transition, U>(self, other: Staged<Y, U>) -> Staged<(X, Y), (T, U)> {
        Staged {
            transition: (self.transition, other.transition),
            output: (self.output, other.output),
        }
    }
}

/// The changes of a staged operation, for the storing function.
pub struct Changes<'a>(&'a dyn Visit);

impl fmt::Debug for Changes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Changes").finish_non_exhaustive()
    }
}

impl Changes<'_> {
    /// Calls `visit` with each change. All of them belong in one transaction.
    pub fn for_each(&self, mut visit: impl FnMut(Change<'_>)) {
        self.0.visit(&mut visit);
    }
}

/// One record to be written or removed.
pub enum Change<'a> {
    /// Write this value under this key.
    Put {
        /// Where.
        key: RecordKey,
        /// What; encode it into the store's own buffer.
        value: &'a dyn Record,
    },
    /// Remove the value under this key.
    Delete {
        /// Where.
        key: RecordKey,
    },
}

impl fmt::Debug for Change<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Put { key, .. } => f.debug_struct("Put").field("key", key).finish_non_exhaustive(),
            Self::Delete { key } => f.debug_struct("Delete").field("key", key).finish(),
        }
    }
}

/// State that can be stored. Its encoding is for storage alone (SPEC 15.2).
pub trait Record: sealed::Sealed {
    /// Appends the encoding.
    fn encode_to(&self, writer: &mut StateWriter);

    /// The encoding, in a buffer that wipes itself.
    fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut writer = StateWriter::new();
        self.encode_to(&mut writer);
        writer.into_bytes()
    }
}

/// Kind and id of a record: the key under which a store keeps it (SPEC 15.2).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RecordKey {
    kind: RecordKind,
    id: Vec<u8>,
}

impl RecordKey {
    /// Names a record.
    pub fn new(kind: RecordKind, id: &[&[u8]]) -> Self {
        Self {
            kind,
            id: id.concat(),
        }
    }

    /// The kind of record.
    pub fn kind(&self) -> RecordKind {
        self.kind
    }

    /// The id within the kind, 0 to 48 bytes.
    pub fn id(&self) -> &[u8] {
        &self.id
    }
}

/// The kinds of records (SPEC 15.2).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum RecordKind {
    /// Own device: keys and certificate.
    Device = 0x80,
    /// Account key.
    AccountKey = 0x81,
    /// Private half of a signed prekey.
    SignedPrekey = 0x82,
    /// Private half of a one-time prekey.
    OneTimePrekey = 0x83,
    /// A handshake that was accepted.
    ReplayEntry = 0x84,
    /// A peer device and its sessions.
    PeerDevice = 0x85,
    /// An account as trusted.
    Account = 0x86,
    /// A conversation.
    Conversation = 0x87,
    /// Receipt key of a sent message.
    ReceiptKey = 0x88,
}

/// What [`Staged`] installs. Implemented in this crate only.
pub trait Transition: Visit {
    /// Installs the changes; cannot fail. In place, so that the state it replaces is wiped where it lies.
    fn apply(&mut self);
}

impl<X: Transition, Y: Transition> Transition for (X, Y) {
    fn apply(&mut self) {
        self.0.apply();
        self.1.apply();
    }
}

impl<X: Visit, Y: Visit> Visit for (X, Y) {
    fn visit(&self, visit: &mut dyn FnMut(Change<'_>)) {
        self.0.visit(visit);
        self.1.visit(visit);
    }
}

impl<X: Transition> Transition for Vec<X> {
    fn apply(&mut self) {
        self.iter_mut().for_each(Transition::apply);
    }
}

impl<X: Visit> Visit for Vec<X> {
    fn visit(&self, visit: &mut dyn FnMut(Change<'_>)) {
        self.iter().for_each(|transition| transition.visit(visit));
    }
}

impl<X: Transition> Transition for Option<X> {
    fn apply(&mut self) {
        self.iter_mut().for_each(Transition::apply);
    }
}

impl<X: Visit> Visit for Option<X> {
    fn visit(&self, visit: &mut dyn FnMut(Change<'_>)) {
        self.iter().for_each(|transition| transition.visit(visit));
    }
}

pub(crate) use sealed::{Sealed, Visit};

mod sealed {
    use super::Change;

    /// Keeps [`Record`](super::Record) to this crate.
    pub trait Sealed {}

    /// Lists changes; keeps [`Transition`](super::Transition) to this crate.
    pub trait Visit {
        fn visit(&self, visit: &mut dyn FnMut(Change<'_>));
    }
}
