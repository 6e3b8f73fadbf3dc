//! What an operation does to rows. Each runs on all that came before it, and is kept as a whole or dropped.

mod ending;
mod keys;
mod lane;
mod mail;

use std::{cell::RefCell, collections::HashMap, sync::Arc};

use bytes::Bytes;
use twotick_wire::{AccountId, DeviceId, DeviceList, ErrorCode, ListHead, UnixTime};

use super::{
    changes::{Changes, Hot, Merged},
    layout::{self, Account, Body, Commit, Key, ListRow, Mailbox, SentRow},
    view::View,
};
use crate::store::{
    AccountOutcome, Admission, Answer, Op, SendRequest, StoreError, StoreLimits, Wake, rules::KnownList,
};

pub(super) use self::{lane::place, mail::accepted};

/// What outlives a batch: caches of committed rows, and what every operation asks.
pub(super) struct Ground {
    pub(super) limits: StoreLimits,
    pub(super) admission: Arc<dyn Admission>,
    hot: RefCell<Hot>,
    lists: RefCell<HashMap<AccountId, Arc<KnownList>>>,
}

impl Ground {
    pub(super) fn new(limits: StoreLimits, admission: Arc<dyn Admission>) -> Self {
        Self {
            limits,
            admission,
            hot: RefCell::default(),
            lists: RefCell::default(),
        }
    }

    /// Takes over what a batch has made of rows, once that is committed.
    pub(super) fn committed(&self, changes: &Changes) {
        let mut hot = self.hot.borrow_mut();
        changes
            .iter()
            .for_each(|(key, body)| hot.keep(key, body.as_ref()));
    }
}

/// The operations of one commit.
pub(super) struct Batch<'a> {
    ground: &'a Ground,
    view: View<'a>,
    /// What they make of rows.
    pub(super) changes: Changes,
    /// Whom to tell.
    pub(super) wakes: Vec<Wake>,
    /// The totals with all of them.
    pub(super) commit: Commit,
}

impl<'a> Batch<'a> {
    pub(super) fn new(ground: &'a Ground, view: View<'a>, commit: Commit) -> Self {
        Self {
            ground,
            view,
            changes: Changes::new(),
            wakes: Vec::new(),
            commit,
        }
    }

    /// Runs one operation. What it refuses, or could not read, leaves nothing behind.
    pub(super) fn run(&mut self, mut op: Op) -> Result<Answer, StoreError> {
        self.commit.now = self.commit.now.max(op.now());
        op.set_now(self.commit.now);
        let mut work = Work::on(self);
        let answer = match op {
            Op::Send(request) => return Ok(self.send(&request)),
            Op::Attach(attachment) => work.attach(&attachment),
            Op::Ack(ack) => work.ack(&ack),
            Op::Receipts { from, receipts, .. } => work.receipts(from, &receipts).map(|()| Answer::Done),
            Op::PublishPrekeys(published) => work.publish_prekeys(&published),
            Op::TakePrekeys(take) => work.take_prekeys(&take),
            Op::PublishList(published) => work.publish_list(published),
            Op::FetchList(fetch) => work.fetch_list(&fetch),
            Op::Reach(fetch) => work.reach(&fetch),
            Op::ChangeCapabilities(change) => work.change_capabilities(&change),
            Op::Expire { budget, .. } => work.expire(budget),
        };
        if matches!(answer, Err(_) | Ok(Answer::Refused(_))) {
            work.undo();
        }
        answer
    }

    /// Each account of a Send stands for itself (R-SND-1), also when a row of another is damaged.
    fn send(&mut self, request: &SendRequest) -> Answer {
        let mut outcomes = Vec::with_capacity(request.accounts.len());
        for send in &request.accounts {
            let mut work = Work::on(self);
            outcomes.push(work.send(request, send).unwrap_or_else(|_| {
                work.undo();
                let code = ErrorCode::StoreUnavailable;
                AccountOutcome::Refused {
                    code,
                    retry_after: 0,
                    list: None,
                }
            }));
        }
        Answer::Sent(outcomes)
    }

    /// Counts what is there in a mailbox, and makes its numbers fit (R-DLV-6).
    pub(super) fn recount(&mut self, device: &DeviceId) -> Result<(), StoreError> {
        let mut work = Work::on(self);
        let done = work.recount_row(device);
        if done.is_err() {
            work.undo();
        }
        done
    }

    /// Ends envelopes that cannot be read any more, and tells their senders (R-DLV-7).
    pub(super) fn lose(&mut self, device: &DeviceId, seqs: &[u64]) -> Result<(), StoreError> {
        let mut work = Work::on(self);
        let done = work.lose(device, seqs);
        if done.is_err() {
            work.undo();
        }
        done
    }

    /// Puts a row of the store itself.
    pub(super) fn put(&mut self, key: Key, row: &impl Body) {
        let value = row.close(&key);
        self.changes.insert(key, Some(value));
    }
}

/// One operation on its way: it changes the batch, and can take that back.
struct Work<'a> {
    ground: &'a Ground,
    view: &'a View<'a>,
    changes: &'a mut Changes,
    wakes: &'a mut Vec<Wake>,
    commit: &'a mut Commit,
    /// What was known of the send id that is being looked at.
    sent_before: Option<SentRow>,
    before: Before,
}

/// What it takes to take an operation back.
struct Before {
    /// What was in the batch for each row that was changed, in the order of the changes.
    changes: Vec<(Key, Option<Option<Bytes>>)>,
    wakes: usize,
    commit: Commit,
}

impl<'a> Work<'a> {
    fn on(batch: &'a mut Batch<'_>) -> Self {
        let before = Before {
            changes: Vec::new(),
            wakes: batch.wakes.len(),
            commit: batch.commit,
        };
        Self {
            ground: batch.ground,
            view: &batch.view,
            changes: &mut batch.changes,
            wakes: &mut batch.wakes,
            commit: &mut batch.commit,
            sent_before: None,
            before,
        }
    }

    fn undo(&mut self) {
        for (key, before) in self.before.changes.drain(..).rev() {
            match before {
                Some(change) => self.changes.insert(key, change),
                None => self.changes.remove(&key),
            };
        }
        self.wakes.truncate(self.before.wakes);
        *self.commit = self.before.commit;
    }

    fn limits(&self) -> &'a StoreLimits {
        &self.ground.limits
    }

    fn now(&self) -> UnixTime {
        self.commit.now
    }

    fn body(&self, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        let value = match self.changes.get(key) {
            Some(change) => change.clone(),
            None => self.committed(key)?,
        };
        value.map(|value| layout::open(key, value)).transpose()
    }

    fn committed(&self, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        let hot = self.ground.hot.borrow().value(key);
        if hot.is_some() {
            return Ok(hot);
        }
        let value = self.view.value(key)?;
        if value.is_some() {
            self.ground
                .hot
                .borrow_mut()
                .keep(&Key::copy_from_slice(key), value.as_ref());
        }
        Ok(value)
    }

    fn row<T: Body>(&self, key: &[u8]) -> Result<Option<T>, StoreError> {
        let body = self.body(key)?;
        body.map(|body| T::decode(&body))
            .transpose()
            .map_err(|_| StoreError::Damaged)
    }

    fn put(&mut self, key: Key, row: &impl Body) {
        let value = row.close(&key);
        self.change(key, Some(value));
    }

    fn put_bytes(&mut self, key: Key, body: &[u8]) {
        let value = layout::close(&key, body);
        self.change(key, Some(value));
    }

    fn delete(&mut self, key: Key) {
        self.change(key, None);
    }

    fn change(&mut self, key: Key, value: Option<Bytes>) {
        let before = self.changes.insert(key.clone(), value);
        self.before.changes.push((key, before));
    }

    /// The keys that are there in a range, ascending.
    fn keys(&self, range: (Key, Key)) -> Merged<'_> {
        Merged::new(self.view, self.changes, range)
    }

    fn mailbox(&self, device: &DeviceId) -> Result<Option<Mailbox>, StoreError> {
        self.row(&layout::mailbox(device))
    }

    fn set_mailbox(&mut self, device: &DeviceId, mailbox: &Mailbox) {
        self.put(layout::mailbox(device), mailbox);
    }

    /// The row of an account, or an empty one.
    fn account(&self, account: &AccountId) -> Result<Account, StoreError> {
        let none = Account {
            list: ListHead::NONE,
            mailboxes: 0,
            capabilities: 0,
        };
        Ok(self.row(&layout::account(account))?.unwrap_or(none))
    }

    /// The list of an account, decoded once for all operations.
    fn known_list(&self, account: &AccountId) -> Result<Option<Arc<KnownList>>, StoreError> {
        let head = self.account(account)?.list;
        if head == ListHead::NONE {
            return Ok(None);
        }
        let cached = self.ground.lists.borrow().get(account).cloned();
        if let Some(known) = cached.filter(|known| known.head == head) {
            return Ok(Some(known));
        }
        let encoded = self.list_row(account)?.list;
        let list = DeviceList::decode(&encoded).map_err(|_| StoreError::Damaged)?;
        let known = Arc::new(KnownList { list, head, encoded });
        let mut lists = self.ground.lists.borrow_mut();
        if lists.len() >= CACHED_LISTS {
            lists.clear();
        }
        lists.insert(*account, Arc::clone(&known));
        Ok(Some(known))
    }

    /// The list of an account that has one, with its certificates.
    fn list_row(&self, account: &AccountId) -> Result<ListRow, StoreError> {
        self.row(&layout::list(account))?.ok_or(StoreError::Damaged)
    }
}

/// Decoded lists in memory. More: memory, up to 5 KiB each, mostly under 1; fewer: decoding for each operation.
const CACHED_LISTS: usize = 16_384;
