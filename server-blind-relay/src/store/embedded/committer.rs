//! The one thread that changes the store: collects operations, commits them as one, answers.

use std::{
    sync::{Arc, mpsc},
    time::Instant,
};

use tokio::sync::oneshot;
use twotick_wire::DeviceId;

use super::{
    engine::EngineError,
    fail_point::Point,
    layout::{self, Commit, Number},
    options::Health,
    rails::Mark,
    shared::Shared,
    work::{Batch, Ground},
};
use crate::store::{Answer, Op, StoreError, Wake};

/// Where an answer goes.
pub(super) type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// What the thread is asked for.
pub(super) enum Command {
    /// An operation.
    Op(Box<Op>, Reply<Answer>),
    /// To end envelopes that cannot be read, and to make the numbers of the mailbox fit what is there.
    Repair(DeviceId, Vec<u64>, Reply<()>),
}

/// The thread's own.
pub(super) struct Committer {
    pub(super) shared: Arc<Shared>,
    pub(super) ground: Ground,
    pub(super) commit: Commit,
}

/// An answer that waits for its commit.
enum Pending {
    Op(Reply<Answer>, Result<Answer, StoreError>),
    Repair(Reply<()>, Result<(), StoreError>),
}

impl Committer {
    /// Runs until nobody can ask any more, and everybody who has asked was answered.
    pub(super) fn run(mut self, queue: &mpsc::Receiver<Command>) {
        let unwinding = FailOnUnwind(Arc::clone(&self.shared));
        while let Ok(first) = queue.recv() {
            let mut commands = vec![first];
            let mut bytes = size(&commands[0]);
            while commands.len() < BATCH_OPS && bytes < BATCH_BYTES {
                let Ok(next) = queue.try_recv() else { break };
                bytes += size(&next);
                commands.push(next);
            }
            self.shared.queued.remove(commands.len(), bytes);
            self.perform(commands, bytes as u64);
        }
        drop(unwinding);
    }

    fn perform(&mut self, commands: Vec<Command>, bytes: u64) {
        let shared = Arc::clone(&self.shared);
        let started = Instant::now();
        let health = shared.check_space(bytes);
        let mut batch = Batch::new(&self.ground, shared.engine.snapshot(), self.commit);
        let mut deletes = false;
        let mut pending = Vec::with_capacity(commands.len());
        for command in commands {
            pending.push(match command {
                Command::Op(op, reply) if !may_run(&op, health) => {
                    Pending::Op(reply, Err(StoreError::Unavailable))
                }
                Command::Op(op, reply) => {
                    deletes |= matches!(*op, Op::Ack(_));
                    Pending::Op(reply, batch.run(*op))
                }
                Command::Repair(_, _, reply) if health != Health::Good => {
                    Pending::Repair(reply, Err(StoreError::Unavailable))
                }
                Command::Repair(device, lost, reply) => {
                    let done = batch.lose(&device, &lost).and_then(|()| batch.recount(&device));
                    Pending::Repair(reply, done)
                }
            });
        }
        // A time that was used is kept too: after a restart it may not be earlier (R-DUR-5).
        let is_later = health == Health::Good && batch.commit.now > self.commit.now;
        let is_due = !batch.changes.is_empty() || is_later;
        let done = if is_due {
            Self::commit(&shared, &mut batch, deletes)
        } else {
            Ok(())
        };
        let Batch {
            changes,
            wakes,
            commit,
            ..
        } = batch;
        match done {
            Ok(()) => {
                self.ground.committed(&changes);
                self.commit = commit;
                shared.finished(&commit, started.elapsed());
                pending.into_iter().for_each(Pending::answer);
                self.wake(wakes);
            }
            Err(error) => {
                shared.fail(&error);
                pending.into_iter().for_each(Pending::refuse);
            }
        }
    }

    /// Writes and flushes what the batch changes, and writes down that it did.
    fn commit(shared: &Shared, batch: &mut Batch<'_>, deletes: bool) -> Result<(), EngineError> {
        batch.commit.number += 1;
        let number = batch.commit.number;
        batch.put(layout::commit(), &batch.commit.clone());
        batch.put(layout::ring(number), &Number { number });
        if deletes {
            shared.reach(Point::BeforeDelete)?;
        }
        shared.reach(Point::BeforeWrite)?;
        let flush = || shared.reach(Point::BeforeFlush);
        let flush: Option<&dyn Fn() -> Result<(), EngineError>> =
            shared.fail_point.is_some().then_some(&flush);
        let rows = batch.changes.iter().map(|(key, body)| (key, body.as_ref()));
        shared.engine.commit(rows, flush)?;
        shared
            .rails
            .record(number)
            .map_err(|error| EngineError(error.to_string()))?;
        if deletes {
            shared.reach(Point::AfterDelete)?;
        }
        shared.reach(Point::BeforeReply)
    }

    fn wake(&self, wakes: Vec<Wake>) {
        if wakes.is_empty() {
            return;
        }
        if let Err(error) = self.shared.reach(Point::BeforeHint) {
            self.shared.fail(&error);
        }
        wakes.into_iter().for_each(|wake| self.shared.hints.wake(wake));
    }
}

impl Pending {
    /// Somebody who does not wait any more needs no answer.
    fn answer(self) {
        match self {
            Self::Op(reply, answer) => drop(reply.send(answer)),
            Self::Repair(reply, answer) => drop(reply.send(answer)),
        }
    }

    fn refuse(self) {
        match self {
            Self::Op(reply, _) => drop(reply.send(Err(StoreError::Unavailable))),
            Self::Repair(reply, _) => drop(reply.send(Err(StoreError::Unavailable))),
        }
    }
}

/// What may run with this health: looks always, what makes room while there is some left, changes when all is well.
fn may_run(op: &Op, health: Health) -> bool {
    match (op, health) {
        (Op::FetchList(_) | Op::Reach(_), _) | (_, Health::Good) => true,
        (Op::Ack(_) | Op::Expire { .. }, Health::Full) => true,
        (_, Health::Full | Health::NoRoom | Health::Failed) => false,
    }
}

/// Roughly the bytes that a command adds to a batch.
pub(super) fn size(command: &Command) -> usize {
    let Command::Op(op, _) = command else { return 64 };
    let own = match op.as_ref() {
        Op::Send(send) => {
            let envelopes = send.accounts.iter().flat_map(|account| &account.envelopes);
            envelopes.map(|(_, envelope)| envelope.len() + 256).sum()
        }
        Op::PublishPrekeys(published) => {
            let signed = published.signed.as_ref().map_or(0, bytes::Bytes::len);
            signed
                + published
                    .one_time
                    .iter()
                    .map(|(_, prekey)| prekey.len())
                    .sum::<usize>()
        }
        Op::PublishList(published) => published.encoded.len() + published.certificates.len() * 264,
        Op::Ack(ack) => ack.receipts.len() * 256,
        Op::Receipts { receipts, .. } => receipts.len() * 256,
        Op::ChangeCapabilities(change) => (change.granted.len() + change.revoked.len()) * 128,
        Op::Attach(_) | Op::TakePrekeys(_) | Op::FetchList(_) | Op::Reach(_) | Op::Expire { .. } => 0,
    };
    own + 256
}

/// A thread that ends by a panic leaves a store that does not change any more.
struct FailOnUnwind(Arc<Shared>);

impl Drop for FailOnUnwind {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.fail(&EngineError("the committer panicked".to_owned()));
        }
    }
}

impl Shared {
    /// The mark of a commit, for the rails.
    fn finished(&self, commit: &Commit, took: std::time::Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        tracing::trace!(name: "committed", micros);
        self.set_usage(commit);
        self.keeper.note(Mark {
            number: commit.number,
            now: commit.now,
        });
    }
}

/// Operations in a commit. More: later answers; fewer: more flushes.
const BATCH_OPS: usize = 256;

/// Bytes after which no more operations join a commit. More and less as above.
const BATCH_BYTES: usize = 256 << 10;
