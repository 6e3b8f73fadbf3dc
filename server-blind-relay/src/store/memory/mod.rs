//! The store in memory: the model that every backend is compared with, and what `--dev` runs on.
//!
//! Plain maps behind one lock; an operation is done when [`Store::submit`] returns. Nothing survives the process.

mod ending;
mod keys;
mod mail;

use std::{
    collections::{BTreeMap, BTreeSet},
    future::{Future, ready},
    ops::Bound,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use twotick_wire::{
    AccountId, CapabilityHash, CertificateHash, DeviceId, LaneItem, MessageId, OneTimePrekeyId, SendId,
    StoreEpoch, UnixTime,
};

use self::ending::Ending;
use super::{
    Admission, Answer, Durability, Hints, Identity, LaneEntry, MailboxItem, Op, PageBounds, SealedBytes,
    SessionEpoch, Store, StoreError, StoreLimits, Usage, Wake,
    rules::{Capability, KnownList, Sent},
};

/// A store whose contents end with the process.
pub struct MemoryStore {
    epoch: StoreEpoch,
    hints: Arc<dyn Hints>,
    state: Mutex<State>,
}

impl MemoryStore {
    /// An empty store; `epoch` is random, as its past begins now.
    #[must_use]
    pub fn new(
        limits: StoreLimits,
        epoch: StoreEpoch,
        hints: Arc<dyn Hints>,
        admission: Arc<dyn Admission>,
    ) -> Self {
        let state = Mutex::new(State::new(limits, admission));
        Self { epoch, hints, state }
    }

    /// No operation leaves the state half changed, so a lock that a panic left behind is good.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryStore")
            .field("epoch", &self.epoch)
            .finish_non_exhaustive()
    }
}

impl Store for MemoryStore {
    fn identity(&self) -> Identity {
        Identity {
            epoch: self.epoch,
            durability: Durability::Memory,
        }
    }

    fn submit(&self, op: Op) -> impl Future<Output = Result<Answer, StoreError>> + Send + 'static {
        let mut wakes = Vec::new();
        let answer = self.state().apply(op, &mut wakes);
        wakes.into_iter().for_each(|wake| self.hints.wake(wake));
        ready(answer)
    }

    fn read(
        &self,
        mailbox: DeviceId,
        after: u64,
        bounds: PageBounds,
    ) -> impl Future<Output = Result<Vec<MailboxItem>, StoreError>> + Send + 'static {
        let state = self.state();
        let page = state
            .mailboxes
            .get(&mailbox)
            .map(|mailbox| mailbox.page(after, bounds));
        ready(Ok(page.unwrap_or_default()))
    }

    fn read_lane(
        &self,
        mailbox: DeviceId,
        after: u64,
        count: usize,
    ) -> impl Future<Output = Result<Vec<LaneEntry>, StoreError>> + Send + 'static {
        let state = self.state();
        let entry = |(place, kept): (&u64, &LaneRow)| LaneEntry {
            place: *place,
            item: kept.item,
        };
        let beyond = (Bound::Excluded(after), Bound::Unbounded);
        let items = state
            .mailboxes
            .get(&mailbox)
            .map(|mailbox| mailbox.lane.range(beyond).take(count).map(entry).collect());
        ready(Ok(items.unwrap_or_default()))
    }

    fn usage(&self) -> impl Future<Output = Result<Usage, StoreError>> + Send + 'static {
        let state = self.state();
        let mut usage = Usage::default();
        for mailbox in state.mailboxes.values() {
            usage.mailboxes += 1;
            usage.envelopes += u64::from(mailbox.room().envelopes);
            usage.bytes += mailbox.room().bytes;
        }
        ready(Ok(usage))
    }
}

/// All that the store holds.
struct State {
    limits: StoreLimits,
    admission: Arc<dyn Admission>,
    /// The latest time of an operation: the store's time never goes back (R-DUR-5).
    now: UnixTime,
    mailboxes: BTreeMap<DeviceId, Mailbox>,
    accounts: BTreeMap<AccountId, Account>,
    sent: BTreeMap<(DeviceId, SendId), Sent>,
    endings: BTreeSet<(UnixTime, Ending)>,
}

/// A mailbox with its lane and the prekeys of its device.
struct Mailbox {
    account: AccountId,
    certificate: CertificateHash,
    session_epoch: SessionEpoch,
    acked: u64,
    next: u64,
    refused: u32,
    envelopes: BTreeMap<u64, Waiting>,
    /// When it is next looked at for what has expired.
    due: Option<UnixTime>,
    lane_next: u64,
    lane: BTreeMap<u64, LaneRow>,
    /// Where the receipt of a message by an account stands in the lane.
    receipts: BTreeMap<(MessageId, AccountId), u64>,
    signed: Option<Bytes>,
    one_time: BTreeMap<OneTimePrekeyId, Bytes>,
    /// Prekeys that were handed out, until when that is remembered.
    taken: BTreeMap<OneTimePrekeyId, UnixTime>,
}

/// An envelope that waits.
struct Waiting {
    from: DeviceId,
    message_id: MessageId,
    accepted: UnixTime,
    expires: UnixTime,
    envelope: SealedBytes,
}

struct LaneRow {
    expires: UnixTime,
    item: LaneItem,
}

/// What is kept of an account beside its mailboxes.
#[derive(Default)]
struct Account {
    list: Option<Arc<KnownList>>,
    certificates: Vec<Bytes>,
    capabilities: BTreeMap<CapabilityHash, Capability>,
}

impl State {
    fn new(limits: StoreLimits, admission: Arc<dyn Admission>) -> Self {
        Self {
            limits,
            admission,
            now: UnixTime::default(),
            mailboxes: BTreeMap::new(),
            accounts: BTreeMap::new(),
            sent: BTreeMap::new(),
            endings: BTreeSet::new(),
        }
    }

    fn apply(&mut self, mut op: Op, wakes: &mut Vec<Wake>) -> Result<Answer, StoreError> {
        self.now = self.now.max(op.now());
        op.set_now(self.now);
        Ok(match op {
            Op::Attach(attachment) => self.attach(&attachment, wakes),
            Op::Send(send) => self.send(&send, wakes)?,
            Op::Ack(ack) => self.ack(&ack, wakes),
            Op::Receipts { from, receipts, .. } => {
                self.receipts(from, &receipts, wakes);
                Answer::Done
            }
            Op::PublishPrekeys(published) => self.publish_prekeys(&published),
            Op::TakePrekeys(take) => self.take_prekeys(&take),
            Op::PublishList(published) => self.publish_list(published, wakes),
            Op::FetchList(fetch) => self.fetch_list(&fetch),
            Op::Reach(fetch) => self.reach(&fetch),
            Op::ChangeCapabilities(change) => self.change_capabilities(&change),
            Op::Expire { budget, .. } => self.expire(budget, wakes),
        })
    }
}
