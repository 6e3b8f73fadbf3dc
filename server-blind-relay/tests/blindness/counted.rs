//! A store that notes what it is asked to do.

use std::sync::{Arc, Mutex, PoisonError};

use twotick_relay::store::{
    Answer, EmbeddedStore, Identity, LaneEntry, MailboxItem, Op, PageBounds, Store, StoreError, Usage,
};
use twotick_wire::DeviceId;

/// The kinds of operations that were asked for.
pub(crate) type Work = Vec<&'static str>;

/// Notes what a store is asked.
pub(crate) struct Counted {
    store: EmbeddedStore,
    work: Arc<Mutex<Work>>,
}

impl Counted {
    /// A store that notes its work there.
    pub(crate) fn new(store: EmbeddedStore, work: Arc<Mutex<Work>>) -> Self {
        Self { store, work }
    }

    fn note(&self, what: &'static str) {
        self.work
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(what);
    }
}

impl Store for Counted {
    fn identity(&self) -> Identity {
        self.store.identity()
    }

    fn submit(&self, op: Op) -> impl Future<Output = Result<Answer, StoreError>> + Send + 'static {
        self.note(match op {
            Op::Attach(_) => "attach",
            Op::Send(_) => "send",
            Op::Ack(_) => "ack",
            Op::Receipts { .. } => "receipts",
            Op::PublishPrekeys(_) => "publish prekeys",
            Op::TakePrekeys(_) => "take prekeys",
            Op::PublishList(_) => "publish list",
            Op::FetchList(_) => "fetch list",
            Op::Reach(_) => "reach",
            Op::ChangeCapabilities(_) => "change capabilities",
            // The relay does it by itself, whoever asks for what.
            Op::Expire { .. } => return self.store.submit(op),
        });
        self.store.submit(op)
    }

    fn read(
        &self,
        mailbox: DeviceId,
        after: u64,
        bounds: PageBounds,
    ) -> impl Future<Output = Result<Vec<MailboxItem>, StoreError>> + Send + 'static {
        self.store.read(mailbox, after, bounds)
    }

    fn read_lane(
        &self,
        mailbox: DeviceId,
        after: u64,
        count: usize,
    ) -> impl Future<Output = Result<Vec<LaneEntry>, StoreError>> + Send + 'static {
        self.store.read_lane(mailbox, after, count)
    }

    fn usage(&self) -> impl Future<Output = Result<Usage, StoreError>> + Send + 'static {
        self.store.usage()
    }
}
