//! Making sure that what was deleted is gone from the files too (R-DUR-6).
//!
//! A deletion in the engine is a mark; the value stays in a journal, a table or a blob file until those are rewritten.
//! That happens by itself as traffic goes on, but not within a bound. A purge makes it happen:
//!
//! 1. write what is in memory into tables;
//! 2. fill the journal until the engine begins another one: it does so only when the old one has 64 MB;
//! 3. write the rest into tables, which lets the old journals be removed;
//! 4. rewrite all tables: values that are deleted are left out, and blob files learn what is stale in them;
//! 5. rewrite again: blob files that hold anything stale are rewritten.

use super::engine::{Engine, EngineError};

/// Does all of the above. Readers and changes go on meanwhile.
pub(super) fn purge(engine: &Engine) -> Result<(), EngineError> {
    engine.flush_buffers()?;
    engine.fill_journal()?;
    engine.flush_buffers()?;
    engine.rewrite()?;
    engine.rewrite()?;
    engine.forget_old_states()
}
