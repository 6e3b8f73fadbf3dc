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
    layout::{self, Account, Body, Commit, Key, ListRow, Mailbox},
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
    lists: RefCell<HashMap<AccountId, Arc<Listed>>>,
}

/// A decoded list and its certificates.
struct Listed {
    known: Arc<KnownList>,
    certificates: Vec<Bytes>,
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
        }?;
        if !matches!(answer, Answer::Refused(_)) {
            let done = work.done();
            self.keep(done);
        }
        Ok(answer)
    }

    /// Each account of a Send stands for itself (R-SND-1), also when a row of another is damaged.
    fn send(&mut self, request: &SendRequest) -> Answer {
        let mut outcomes = Vec::with_capacity(request.accounts.len());
        for send in &request.accounts {
            let mut work = Work::on(self);
            let outcome = work.send(request, send);
            outcomes.push(match outcome {
                Ok(outcome) => {
                    let done = work.done();
                    self.keep(done);
                    outcome
                }
                Err(_) => AccountOutcome::Refused {
                    code: ErrorCode::StoreUnavailable,
                    retry_after: 0,
                    list: None,
                },
            });
        }
        Answer::Sent(outcomes)
    }

    /// Counts what is there in a mailbox, and makes its numbers fit (R-DLV-6); true if they did not.
    pub(super) fn recount(&mut self, device: &DeviceId) -> Result<bool, StoreError> {
        let mut work = Work::on(self);
        let Some(mut mailbox) = work.mailbox(device)? else {
            return Ok(false);
        };
        let before = mailbox;
        work.recount(device, &mut mailbox)?;
        if mailbox == before {
            return Ok(false);
        }
        work.set_mailbox(device, &mailbox);
        let done = work.done();
        self.keep(done);
        Ok(true)
    }

    fn keep(&mut self, done: Done) {
        self.changes.extend(done.changes);
        self.wakes.extend(done.wakes);
        self.commit = done.commit;
    }
}

/// One operation on its way: what it would change.
struct Work<'a> {
    ground: &'a Ground,
    view: &'a View<'a>,
    earlier: &'a Changes,
    changes: Changes,
    wakes: Vec<Wake>,
    commit: Commit,
}

/// What an operation changes.
struct Done {
    changes: Changes,
    wakes: Vec<Wake>,
    commit: Commit,
}

impl<'a> Work<'a> {
    fn on(batch: &'a Batch<'_>) -> Self {
        Self {
            ground: batch.ground,
            view: &batch.view,
            earlier: &batch.changes,
            changes: Changes::new(),
            wakes: Vec::new(),
            commit: batch.commit,
        }
    }

    fn done(self) -> Done {
        Done {
            changes: self.changes,
            wakes: self.wakes,
            commit: self.commit,
        }
    }

    fn limits(&self) -> &'a StoreLimits {
        &self.ground.limits
    }

    fn now(&self) -> UnixTime {
        self.commit.now
    }

    fn body(&self, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        if let Some(body) = self.changes.get(key).or_else(|| self.earlier.get(key)) {
            return Ok(body.clone());
        }
        let hot = self.ground.hot.borrow().body(key);
        if hot.is_some() {
            return Ok(hot);
        }
        let body = self.view.body(key)?;
        if body.is_some() {
            self.ground.hot.borrow_mut().keep(key, body.as_ref());
        }
        Ok(body)
    }

    fn row<T: Body>(&self, key: &[u8]) -> Result<Option<T>, StoreError> {
        let body = self.body(key)?;
        body.map(|body| T::decode(&body))
            .transpose()
            .map_err(|_| StoreError::Damaged)
    }

    fn put(&mut self, key: Key, row: &impl Body) {
        self.changes.insert(key, Some(row.encode()));
    }

    fn put_bytes(&mut self, key: Key, body: Bytes) {
        self.changes.insert(key, Some(body));
    }

    fn delete(&mut self, key: Key) {
        self.changes.insert(key, None);
    }

    /// The keys that are there in a range, ascending.
    fn keys(&self, range: (Key, Key)) -> Merged<'_> {
        Merged::new(self.view, self.earlier, &self.changes, range)
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
    fn listed(&self, account: &AccountId) -> Result<Option<Arc<Listed>>, StoreError> {
        let head = self.account(account)?.list;
        if head == ListHead::NONE {
            return Ok(None);
        }
        let cached = self.ground.lists.borrow().get(account).cloned();
        if let Some(listed) = cached.filter(|listed| listed.known.head == head) {
            return Ok(Some(listed));
        }
        let row: ListRow = self.row(&layout::list(account))?.ok_or(StoreError::Damaged)?;
        let list = DeviceList::decode(&row.list).map_err(|_| StoreError::Damaged)?;
        let known = Arc::new(KnownList {
            list,
            head,
            encoded: row.list,
        });
        let listed = Arc::new(Listed {
            known,
            certificates: row.certificates,
        });
        let mut lists = self.ground.lists.borrow_mut();
        if lists.len() >= CACHED_LISTS {
            lists.clear();
        }
        lists.insert(*account, Arc::clone(&listed));
        Ok(Some(listed))
    }
}

/// Decoded lists in memory. More: memory, up to 7 KiB each; fewer: decoding for each operation.
const CACHED_LISTS: usize = 4_096;
