//! The engine beneath: two keyspaces of fjall, with its panics and errors made ours.
//!
//! What this module guarantees: a row is given back only as it was stored; readers see whole commits, and only those
//! that were flushed; a panic of the engine on damaged files is an error here, not the end of a thread.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{PoisonError, RwLock},
};

use bytes::Bytes;
use fjall::{Database, Keyspace, KeyspaceCreateOptions, KvSeparationOptions, PersistMode, Snapshot};

use super::{
    layout::{Key, Table},
    view::View,
};

/// Sizes of the engine's buffers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    /// Bytes of read cache. More: memory; less: cold reads.
    pub(crate) cache: u64,
    /// Bytes of each of the two write buffers. More: memory, longer replay at start; less: more compaction.
    pub(crate) buffer: u64,
}

/// The open engine.
pub(crate) struct Engine {
    database: Database,
    rows: Keyspace,
    blobs: Keyspace,
    /// What readers see: the state after the last commit that was flushed.
    visible: RwLock<Snapshot>,
}

/// Why the engine did not open or write, in its words.
#[derive(Debug)]
pub(crate) struct EngineError(pub(crate) String);

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Engine {
    /// Opens the engine in `directory`, or makes it there.
    pub(crate) fn open(directory: &Path, sizes: Sizes) -> Result<Self, EngineError> {
        guarded(|| {
            let database = Database::builder(directory)
                .cache_size(sizes.cache)
                .max_journaling_size(MAX_JOURNALS)
                .manual_journal_persist(true)
                .worker_threads(WORKERS)
                .open()?;
            let rows = database.keyspace("rows", || options(sizes))?;
            let blobs =
                database.keyspace("blobs", || options(sizes).with_kv_separation(Some(separation())))?;
            let visible = RwLock::new(database.snapshot());
            Ok(Self {
                database,
                rows,
                blobs,
                visible,
            })
        })
    }

    /// What readers see now.
    pub(crate) fn snapshot(&self) -> View<'_> {
        let snapshot = self
            .visible
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        View::new(self, snapshot)
    }

    /// Writes rows as one, and flushes them; `flush` runs between, if it is given.
    ///
    /// With it, write and flush are two calls of the engine, which otherwise are one.
    pub(crate) fn commit<'a>(
        &self,
        rows: impl Iterator<Item = (&'a Key, Option<&'a Bytes>)>,
        flush: Option<&dyn Fn() -> Result<(), EngineError>>,
    ) -> Result<(), EngineError> {
        let mode = if flush.is_some() {
            PersistMode::Buffer
        } else {
            PersistMode::SyncData
        };
        guarded(|| {
            let mut batch = self.database.batch().durability(Some(mode));
            for (key, value) in rows {
                let keyspace = self.keyspace(key);
                match value {
                    Some(value) => batch.insert(keyspace, key.clone(), value.clone()),
                    None => batch.remove(keyspace, key.clone()),
                }
            }
            batch.commit()
        })?;
        if let Some(flush) = flush {
            flush()?;
            guarded(|| self.database.persist(PersistMode::SyncData))?;
        }
        self.renew_snapshot();
        Ok(())
    }

    /// Starts writing what is in memory into tables.
    pub(crate) fn begin_flush(&self) -> Result<(), EngineError> {
        guarded(|| {
            self.rows.rotate_memtable()?;
            self.blobs.rotate_memtable().map(|_| ())
        })
    }

    /// Writes what is in memory into tables, so that journals before now are not needed any more.
    pub(crate) fn flush_buffers(&self) -> Result<(), EngineError> {
        guarded(|| {
            self.rows.rotate_memtable_and_wait()?;
            self.blobs.rotate_memtable_and_wait()
        })
    }

    /// Writes zeros until the engine begins another journal, and takes them away again.
    ///
    /// By deleting each: the engine does not open again after a keyspace was cleared (3.1.13).
    pub(crate) fn fill_journal(&self) -> Result<(), EngineError> {
        let filler = self.filler()?;
        let keys = || (0..JOURNAL / FILLER).map(usize::to_be_bytes);
        guarded(|| {
            keys().try_for_each(|key| filler.insert(key, vec![0; FILLER]))?;
            filler.rotate_memtable_and_wait()?;
            keys().try_for_each(|key| filler.remove(key))
        })?;
        self.forget_old_states()?;
        guarded(|| filler.major_compact())
    }

    /// Rewrites every table and every blob file that holds something that was deleted.
    pub(crate) fn rewrite(&self) -> Result<(), EngineError> {
        self.forget_old_states()?;
        guarded(|| {
            self.rows.major_compact()?;
            self.blobs.major_compact()
        })
    }

    /// Makes the engine see that nobody reads an older state, which it looks for only when it writes a buffer out.
    pub(crate) fn forget_old_states(&self) -> Result<(), EngineError> {
        let filler = self.filler()?;
        // One change more than those that are to be forgotten: the last of all is always kept.
        guarded(|| filler.insert("last", ""))?;
        self.renew_snapshot();
        guarded(|| filler.rotate_memtable_and_wait())
    }

    /// A keyspace without meaning.
    fn filler(&self) -> Result<Keyspace, EngineError> {
        let options = || KeyspaceCreateOptions::default().max_memtable_size(FILLER_BUFFER);
        guarded(|| self.database.keyspace("filler", options))
    }

    /// Readers see the same, and nothing older is kept for them.
    fn renew_snapshot(&self) {
        *self.visible.write().unwrap_or_else(PoisonError::into_inner) = self.database.snapshot();
    }

    pub(super) fn keyspace(&self, key: &[u8]) -> &Keyspace {
        if key.first().copied().is_some_and(Table::is_large) {
            &self.blobs
        } else {
            &self.rows
        }
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

/// Runs the engine; a panic is an error. What it says is not taken over: it may name a mailbox (R-BLD-1).
pub(super) fn guarded<T>(run: impl FnOnce() -> fjall::Result<T>) -> Result<T, EngineError> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(done) => done.map_err(|error| EngineError(error.to_string())),
        Err(_) => Err(EngineError("the engine panicked".to_owned())),
    }
}

fn options(sizes: Sizes) -> KeyspaceCreateOptions {
    KeyspaceCreateOptions::default()
        .manual_journal_persist(true)
        .max_memtable_size(sizes.buffer)
}

/// Any staleness makes a rewrite take up a file: nothing that was deleted may stay behind (R-DUR-6).
fn separation() -> KvSeparationOptions {
    KvSeparationOptions::default()
        .separation_threshold(SEPARATED)
        .file_target_size(BLOB_FILE)
        .staleness_threshold(f32::MIN_POSITIVE)
        .age_cutoff(1.0)
}

/// Bytes from which a value goes into a blob file. Less: more small reads; more: compaction moves sealed bytes around.
const SEPARATED: u32 = 256;

/// Bytes of a blob file. Less: more files; more: a rewrite moves more that is alive.
const BLOB_FILE: u64 = 32 << 20;

/// Bytes of journals after which buffers are written out. Less: smaller tables; more: longer replay at start.
const MAX_JOURNALS: u64 = 256 << 20;

/// Threads that write tables. Less: stalls while one compacts; more: they take the cores of connections.
const WORKERS: usize = 2;

/// Bytes after which the engine begins another journal when it writes a table: a number of its own.
const JOURNAL: usize = 66 << 20;

/// Bytes of a value that fills a journal.
const FILLER: usize = 256 << 10;

/// Bytes of the write buffer for those.
const FILLER_BUFFER: u64 = 4 << 20;
