//! A store of either kind, run to the end of each operation.

use std::sync::{Arc, Mutex};

use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use twotick_relay::store::{
    Admission, Answer, EmbeddedOptions, EmbeddedStore, Hints, LaneEntry, MailboxItem, MemoryStore, Op,
    OpenError, PageBounds, Store, StoreError, StoreLimits, Usage, Wake,
};
use twotick_wire::{DeviceId, StoreEpoch};

/// Remembers every wake-up.
#[derive(Default)]
pub(crate) struct Recorder(Mutex<Vec<Wake>>);

impl Hints for Recorder {
    fn wake(&self, wake: Wake) {
        self.0.lock().expect("not poisoned").push(wake);
    }
}

impl Recorder {
    /// What has come since it was last asked, as text.
    pub(crate) fn take(&self) -> Vec<String> {
        let wakes = std::mem::take(&mut *self.0.lock().expect("not poisoned"));
        wakes.iter().map(|wake| format!("{wake:?}")).collect()
    }
}

/// Admits while there is something left.
#[derive(Default)]
pub(crate) struct Gate(Mutex<Option<usize>>);

impl Gate {
    /// From now on `count` more.
    pub(crate) fn leave(&self, count: usize) {
        *self.0.lock().expect("not poisoned") = Some(count);
    }
}

impl Admission for Gate {
    fn admit(&self, _: &DeviceId, _: usize) -> Result<(), u32> {
        match self.0.lock().expect("not poisoned").as_mut() {
            Some(0) => Err(77),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

enum Kind {
    Memory(MemoryStore),
    Embedded(EmbeddedStore),
    Closed,
}

/// A store with those who listen to it.
pub(crate) struct World {
    runtime: Runtime,
    kind: Kind,
    limits: StoreLimits,
    pub(crate) hints: Arc<Recorder>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) directory: Option<TempDir>,
}

impl World {
    /// One of each kind.
    pub(crate) fn both(limits: StoreLimits) -> [Self; 2] {
        [Self::memory(limits), Self::embedded(limits)]
    }

    pub(crate) fn memory(limits: StoreLimits) -> Self {
        let mut world = Self::closed(limits);
        let (hints, gate) = (world.hints.clone(), world.gate.clone());
        world.kind = Kind::Memory(MemoryStore::new(limits, StoreEpoch::new([1; 16]), hints, gate));
        world
    }

    pub(crate) fn embedded(limits: StoreLimits) -> Self {
        let mut world = Self::closed(limits);
        world.directory = Some(tempfile::tempdir().expect("a folder"));
        world.open(|_| ()).expect("a new store opens");
        world
    }

    fn closed(limits: StoreLimits) -> Self {
        Self {
            runtime: Builder::new_current_thread().build().expect("a runtime"),
            kind: Kind::Closed,
            limits,
            hints: Arc::default(),
            gate: Arc::default(),
            directory: None,
        }
    }

    /// Opens the directory again.
    pub(crate) fn open(&mut self, change: impl FnOnce(&mut EmbeddedOptions)) -> Result<(), OpenError> {
        let mut options = options(self.limits);
        change(&mut options);
        let directory = self.directory.as_ref().expect("an embedded store").path();
        let store = EmbeddedStore::open(directory, options, self.hints.clone(), self.gate.clone())?;
        self.kind = Kind::Embedded(store);
        Ok(())
    }

    /// Ends as a process that is killed; a store in memory goes on, as the model of what must come back.
    pub(crate) fn crash(&mut self) {
        if let Kind::Embedded(_) = self.kind {
            self.kind = Kind::Closed;
        }
    }

    /// Ends in order.
    pub(crate) fn close(&mut self) {
        if let Kind::Embedded(_) = self.kind {
            let Kind::Embedded(store) = std::mem::replace(&mut self.kind, Kind::Closed) else {
                return;
            };
            store.close();
        }
    }

    /// Crashes or closes, and opens again.
    pub(crate) fn again(&mut self, in_order: bool) {
        if self.directory.is_none() {
            return;
        }
        if in_order {
            self.close();
        } else {
            self.crash();
        }
        self.open(|_| ()).expect("the store opens again");
    }

    pub(crate) fn embedded_store(&self) -> &EmbeddedStore {
        match &self.kind {
            Kind::Embedded(store) => store,
            _ => panic!("no embedded store is open"),
        }
    }

    pub(crate) fn try_submit(&self, op: Op) -> Result<Answer, StoreError> {
        self.runtime.block_on(async {
            match &self.kind {
                Kind::Memory(store) => store.submit(op).await,
                Kind::Embedded(store) => store.submit(op).await,
                Kind::Closed => Err(StoreError::Closing),
            }
        })
    }

    pub(crate) fn submit(&self, op: Op) -> Answer {
        self.try_submit(op).expect("the store answers")
    }

    pub(crate) fn read(&self, mailbox: DeviceId, after: u64, bounds: PageBounds) -> Vec<MailboxItem> {
        let read = self.runtime.block_on(async {
            match &self.kind {
                Kind::Memory(store) => store.read(mailbox, after, bounds).await,
                Kind::Embedded(store) => store.read(mailbox, after, bounds).await,
                Kind::Closed => Err(StoreError::Closing),
            }
        });
        read.expect("the store reads")
    }

    /// All that stands in a mailbox.
    pub(crate) fn all(&self, mailbox: DeviceId) -> Vec<MailboxItem> {
        self.read(
            mailbox,
            0,
            PageBounds {
                envelopes: 10_000,
                bytes: usize::MAX,
            },
        )
    }

    pub(crate) fn lane(&self, mailbox: DeviceId, after: u64, count: usize) -> Vec<LaneEntry> {
        let read = self.runtime.block_on(async {
            match &self.kind {
                Kind::Memory(store) => store.read_lane(mailbox, after, count).await,
                Kind::Embedded(store) => store.read_lane(mailbox, after, count).await,
                Kind::Closed => Err(StoreError::Closing),
            }
        });
        read.expect("the store reads")
    }

    pub(crate) fn usage(&self) -> Usage {
        let usage = self.runtime.block_on(async {
            match &self.kind {
                Kind::Memory(store) => store.usage().await,
                Kind::Embedded(store) => store.usage().await,
                Kind::Closed => Err(StoreError::Closing),
            }
        });
        usage.expect("the store counts")
    }

    /// Polls many operations at once, in the order given.
    pub(crate) fn submit_together(&self, ops: Vec<Op>) -> Vec<Answer> {
        self.runtime.block_on(async {
            let mut answers = Vec::new();
            match &self.kind {
                Kind::Memory(store) => {
                    for answer in ops.into_iter().map(|op| store.submit(op)) {
                        answers.push(answer.await.expect("the store answers"));
                    }
                }
                Kind::Embedded(store) => {
                    let pending: Vec<_> = ops.into_iter().map(|op| store.submit(op)).collect();
                    for answer in pending {
                        answers.push(answer.await.expect("the store answers"));
                    }
                }
                Kind::Closed => {}
            }
            answers
        })
    }
}

/// Small buffers, and little of the disk kept free.
pub(crate) fn options(limits: StoreLimits) -> EmbeddedOptions {
    let mut options = EmbeddedOptions::new(StoreEpoch::new([2; 16]));
    options.limits = limits;
    options.reserve = 64 << 20;
    options
}

/// Limits that a test meets.
pub(crate) fn small() -> StoreLimits {
    StoreLimits {
        envelopes: 4,
        bytes: 1_500,
        lane: 3,
        capabilities: 3,
        prekeys: 4,
        send_id: 500,
        lane_lifetime: 400,
        orphan: 300,
    }
}
