//! Mailboxes on this machine's disk: the store that a relay has by default.
//!
//! ```text
//!  submit ──▶ queue ──▶ committer ──▶ one batch, flushed ──▶ ledger ──▶ answers, wake-ups
//!                          │ reads through its own changes      │
//!  read ──────▶ snapshot of the last flushed commit             └──▶ keeper: flush of the ledger, watermark
//! ```
//!
//! | module | holds |
//! |---|---|
//! | `layout` | every key and value, byte by byte |
//! | `engine`, `view` | fjall, with its errors and panics made ours |
//! | `changes`, `work` | what operations do to rows |
//! | `committer`, `keeper` | the two threads |
//! | `rails`, `journal`, `recovery` | what shows a loss, and the start that looks for one |
//! | `scrub`, `inspect`, `purge` | reading everything, printing everything, forgetting what was deleted |
//! | `fail_point` | where tests stop the world |

mod changes;
mod committer;
mod engine;
mod fail_point;
mod inspect;
mod journal;
mod keeper;
mod layout;
mod loss;
mod options;
mod page;
mod purge;
mod rails;
mod recovery;
mod scrub;
mod shared;
mod view;
mod work;

use std::{
    fmt,
    future::Future,
    path::Path,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicU8, mpsc},
    thread::JoinHandle,
    time::Duration,
};

use tokio::sync::oneshot;
use twotick_wire::{DeviceId, UnixTime};

use self::{
    committer::{Command, Committer},
    engine::Sizes,
    keeper::{End, Keeper},
    rails::Mark,
    shared::{Queued, Shared},
    work::Ground,
};
use super::{
    Admission, Answer, Durability, Hints, Identity, LaneEntry, MailboxItem, Op, PageBounds, Store,
    StoreError, Usage,
};

pub use self::{
    fail_point::{FailPoint, Point},
    inspect::{InspectError, inspect},
    loss::{Loss, MailboxLoss, OpenError},
    options::{EmbeddedOptions, Health},
    scrub::ScrubReport,
};

/// A store on this machine's disk.
pub struct EmbeddedStore {
    shared: Arc<Shared>,
    queue: Option<mpsc::Sender<Command>>,
    threads: Vec<JoinHandle<()>>,
}

impl EmbeddedStore {
    /// Opens the store in `directory`, or makes it there. Refuses if something that was confirmed is missing.
    pub fn open(
        directory: &Path,
        options: EmbeddedOptions,
        hints: Arc<dyn Hints>,
        admission: Arc<dyn Admission>,
    ) -> Result<Self, OpenError> {
        let sizes = Sizes {
            cache: options.cache,
            buffer: options.buffer,
        };
        let ground = Ground::new(options.limits, admission);
        let found = recovery::open(
            directory,
            sizes,
            &ground,
            options.fresh_epoch,
            options.accept_loss,
        )?;
        let commit = found.commit;
        let shared = Arc::new(Shared {
            engine: found.engine,
            rails: found.rails,
            keeper: Keeper::default(),
            identity: Identity {
                epoch: commit.epoch,
                durability: Durability::Disk,
            },
            hints,
            fail_point: options.fail_point,
            reserve: options.reserve,
            health: AtomicU8::new(Health::Good as u8),
            usage: Mutex::default(),
            queued: Queued::default(),
        });
        shared.set_usage(&commit);
        let (queue, commands) = mpsc::channel();
        let committer = Committer {
            shared: Arc::clone(&shared),
            ground,
            commit,
        };
        let kept = Arc::clone(&shared);
        let mark = Mark {
            number: commit.number,
            now: commit.now,
        };
        let threads = vec![
            spawn("store-committer", move || committer.run(&commands))?,
            spawn("store-keeper", move || keeper::run(&kept, mark))?,
        ];
        Ok(Self {
            shared,
            queue: Some(queue),
            threads,
        })
    }

    /// Whether changes are taken, and whether the process should end.
    #[must_use]
    pub fn health(&self) -> Health {
        self.shared.health()
    }

    /// The latest time that the store has been told: a relay's clock starts no earlier (R-DUR-5).
    pub fn latest_time(&self) -> Result<UnixTime, StoreError> {
        recovery::commit_of(&self.shared.engine).map(|commit| commit.map_or(UnixTime::default(), |c| c.now))
    }

    /// Reads everything and makes the numbers of mailboxes fit what is there; pauses for `pause` now and then.
    ///
    /// Blocks for as long as that takes. What is damaged is announced as a gap in any case (R-DLV-6).
    pub fn scrub(&self, pause: Duration) -> Result<ScrubReport, StoreError> {
        let report = scrub::scrub(&self.shared.engine.snapshot(), pause);
        let miscounted = report.mailboxes.iter().map(|loss| (loss.mailbox, Vec::new()));
        for (mailbox, lost) in report.lost.clone().into_iter().chain(miscounted) {
            let repaired = self.enqueue(|reply| Command::Repair(mailbox, lost, reply));
            repaired.blocking_recv().unwrap_or(Err(StoreError::Closing))?;
        }
        if !report.is_clean() {
            let (damaged, strays, mailboxes) = (report.damaged, report.strays, report.mailboxes.len() as u64);
            tracing::warn!(name: "store_damaged", damaged, strays, mailboxes);
        }
        Ok(report)
    }

    /// Removes from the files what was deleted before now (R-DUR-6). Blocks for as long as that takes.
    ///
    /// Refuses while the disk is nearly full: rewriting takes as much room as what is alive.
    pub fn purge(&self) -> Result<(), StoreError> {
        if self.health() != Health::Good {
            return Err(StoreError::Unavailable);
        }
        purge::purge(&self.shared.engine).map_err(|error| {
            self.shared.fail(&error);
            StoreError::Unavailable
        })
    }

    /// Answers all that was submitted, writes the watermark, and lets the directory go.
    pub fn close(mut self) {
        self.let_go(End::Closed);
    }

    fn let_go(&mut self, end: End) {
        drop(self.queue.take());
        let keeper = self.threads.pop();
        // A thread that panicked has said so in the store's health.
        self.threads
            .drain(..)
            .for_each(|committer| drop(committer.join()));
        self.shared.keeper.end(end);
        keeper.into_iter().for_each(|keeper| drop(keeper.join()));
    }

    fn enqueue<T>(
        &self,
        command: impl FnOnce(committer::Reply<T>) -> Command,
    ) -> oneshot::Receiver<Result<T, StoreError>> {
        let (reply, answer) = oneshot::channel();
        let command = command(reply);
        let bytes = committer::size(&command);
        if !self.shared.queued.add(bytes) {
            return refused(StoreError::Unavailable);
        }
        match self.queue.as_ref().map(|queue| queue.send(command)) {
            Some(Ok(())) => answer,
            _ => refused(StoreError::Closing),
        }
    }
}

/// Opens a store that no process has, and reads everything in it.
pub fn verify(directory: &Path) -> Result<(Loss, ScrubReport), OpenError> {
    let found = recovery::examine(directory)?;
    let report = scrub::scrub(&found.engine.snapshot(), Duration::ZERO);
    Ok((found.loss, report))
}

/// An answer that is there already.
fn refused<T>(error: StoreError) -> oneshot::Receiver<Result<T, StoreError>> {
    let (reply, answer) = oneshot::channel();
    // The receiver is in this function, so the send cannot fail.
    drop(reply.send(Err(error)));
    answer
}

/// Goes as a process that is killed: everything submitted is answered, no watermark is written.
impl Drop for EmbeddedStore {
    fn drop(&mut self) {
        self.let_go(End::Dropped);
    }
}

impl fmt::Debug for EmbeddedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedStore")
            .field("identity", &self.shared.identity)
            .field("health", &self.health())
            .finish_non_exhaustive()
    }
}

impl Store for EmbeddedStore {
    fn identity(&self) -> Identity {
        self.shared.identity
    }

    fn submit(&self, op: Op) -> impl Future<Output = Result<Answer, StoreError>> + Send + 'static {
        let answer = self.enqueue(|reply| Command::Op(Box::new(op), reply));
        async { answer.await.unwrap_or(Err(StoreError::Closing)) }
    }

    fn read(
        &self,
        mailbox: DeviceId,
        after: u64,
        bounds: PageBounds,
    ) -> impl Future<Output = Result<Vec<MailboxItem>, StoreError>> + Send + 'static {
        let shared = Arc::clone(&self.shared);
        let queue = self.queue.clone();
        blocking(move || {
            let found = page::read(&shared.engine.snapshot(), &mailbox, after, bounds)?;
            if let (false, Some(queue)) = (found.lost.is_empty(), queue) {
                repair(&shared, &queue, mailbox, found.lost);
            }
            Ok(found.items)
        })
    }

    fn read_lane(
        &self,
        mailbox: DeviceId,
        after: u64,
        count: usize,
    ) -> impl Future<Output = Result<Vec<LaneEntry>, StoreError>> + Send + 'static {
        let shared = Arc::clone(&self.shared);
        blocking(move || page::read_lane(&shared.engine.snapshot(), &mailbox, after, count))
    }

    fn usage(&self) -> impl Future<Output = Result<Usage, StoreError>> + Send + 'static {
        let usage = *self.shared.usage.lock().unwrap_or_else(PoisonError::into_inner);
        std::future::ready(Ok(usage))
    }

    fn health(&self) -> Health {
        self.shared.health()
    }

    fn latest_time(&self) -> Result<UnixTime, StoreError> {
        Self::latest_time(self)
    }

    fn scrub(&self, pause: Duration) -> Result<u64, StoreError> {
        let report = Self::scrub(self, pause)?;
        let mailboxes = report.mailboxes.len() as u64;
        Ok(report
            .damaged
            .saturating_add(report.strays)
            .saturating_add(mailboxes))
    }

    fn purge(&self) -> Result<(), StoreError> {
        Self::purge(self)
    }

    fn close(self) {
        Self::close(self);
    }
}

/// Has envelopes ended that cannot be read (R-DLV-7). Nobody waits for it: the next reader asks again.
fn repair(shared: &Shared, queue: &mpsc::Sender<Command>, mailbox: DeviceId, lost: Vec<u64>) {
    let (reply, _) = oneshot::channel();
    let command = Command::Repair(mailbox, lost, reply);
    if shared.queued.add(committer::size(&command)) {
        // A store that is closing leaves it to the next start.
        drop(queue.send(command));
    }
}

/// Reads on a thread that may wait for the disk.
async fn blocking<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(read)
        .await
        .unwrap_or(Err(StoreError::Damaged))
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, OpenError> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(run)
        .map_err(OpenError::Io)
}
