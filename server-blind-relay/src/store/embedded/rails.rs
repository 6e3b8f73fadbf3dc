//! What is kept outside the engine, so that a loss inside it shows (R-DUR-2, R-DUR-4).
//!
//! An engine whose journal was damaged in the middle opens without what came after, and says nothing. So:
//!
//! - `ledger`, one page: the number of each commit, written after its flush and before its answers. A page of the
//!   kernel outlives the process, so `kill -9` loses none of it; it is flushed right after, beside the next commit,
//!   so only a power cut *and* damage to the journal within the same few milliseconds could hide one another.
//! - `watermark`: the last number and time, replaced as a whole once a second while there is something new.
//! - `lock`: held by the one process that has the store.
//!
//! A start compares the greater of both numbers with what the engine gave back. Damage to one of them is healed from
//! the other.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use twotick_wire::UnixTime;

use super::layout::FORMAT;

/// A number that was confirmed, and the relay's time then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mark {
    pub(super) number: u64,
    pub(super) now: UnixTime,
}

/// What the rails say of the past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Past {
    /// There was none: the directory is new.
    None,
    /// Commits up to this one were confirmed.
    Confirmed(Mark),
    /// There is an engine, and nothing that says what it must hold.
    Unknown,
}

impl Past {
    /// The last that was confirmed, as far as is known.
    pub(super) fn mark(self) -> Mark {
        match self {
            Self::Confirmed(mark) => mark,
            Self::None | Self::Unknown => Mark::default(),
        }
    }
}

/// The files outside the engine.
#[derive(Debug)]
pub(super) struct Rails {
    directory: PathBuf,
    ledger: File,
    _lock: File,
}

/// Why a directory cannot be used.
#[derive(Debug)]
pub(super) enum RailsError {
    Io(io::Error),
    Locked,
    Format(u8),
}

impl From<io::Error> for RailsError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Rails {
    /// Takes the directory for this process, and reads what was confirmed.
    pub(super) fn open(directory: &Path) -> Result<(Self, Past), RailsError> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)?;
        let lock = options()
            .create(true)
            .truncate(false)
            .open(directory.join("lock"))?;
        take(&lock)?;
        let watermark = read_watermark(&directory.join("watermark"))?;
        let is_new = !directory.join(ENGINE).exists();
        let path = directory.join("ledger");
        let ledger = options().create(true).truncate(false).open(&path)?;
        let recorded = read_ledger(&ledger)?;
        let past = match (watermark, recorded) {
            (None, None) if is_new => Past::None,
            (None, None) => Past::Unknown,
            (mark, number) => {
                let mark = mark.unwrap_or_default();
                Past::Confirmed(Mark {
                    number: mark.number.max(number.unwrap_or(0)),
                    ..mark
                })
            }
        };
        let rails = Self {
            directory: directory.to_owned(),
            ledger,
            _lock: lock,
        };
        if watermark.is_none() && past != Past::Unknown {
            rails.set_watermark(past.mark())?;
        }
        // The page is written as a whole once, so that later writes change nothing but bytes in it.
        if recorded.is_none() && past != Past::Unknown {
            rails.ledger.write_all_at(&[0; PAGE], 0)?;
            rails.ledger.set_len(PAGE as u64)?;
            rails.record(past.mark().number)?;
            rails.ledger.sync_all()?;
        }
        sync_directory(directory)?;
        Ok((rails, past))
    }

    /// Where the engine has its files.
    pub(super) fn engine(directory: &Path) -> PathBuf {
        directory.join(ENGINE)
    }

    /// Writes down a commit that was flushed.
    pub(super) fn record(&self, number: u64) -> io::Result<()> {
        let slot = number % SLOTS;
        let mut record = [0; RECORD];
        let (number_at, sum_at) = record.split_at_mut(8);
        number_at.copy_from_slice(&number.to_be_bytes());
        sum_at.copy_from_slice(&sum(slot, number).to_be_bytes());
        self.ledger.write_all_at(&record, slot * RECORD as u64)
    }

    /// Flushes what was written down.
    pub(super) fn flush(&self) -> io::Result<()> {
        self.ledger.sync_data()
    }

    /// Replaces the watermark.
    pub(super) fn set_watermark(&self, mark: Mark) -> io::Result<()> {
        let mut bytes = MAGIC.to_vec();
        bytes.push(FORMAT);
        bytes.extend_from_slice(&mark.number.to_be_bytes());
        bytes.extend_from_slice(&mark.now.seconds().to_be_bytes());
        let sum = crc32c::crc32c(&bytes);
        bytes.extend_from_slice(&sum.to_be_bytes());
        let new = self.directory.join("watermark.new");
        let mut file = options().create(true).truncate(true).open(&new)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&new, self.directory.join("watermark"))?;
        sync_directory(&self.directory)
    }

    /// Bytes that may still be written to the disk.
    pub(super) fn free_space(&self) -> io::Result<u64> {
        let space = rustix::fs::statvfs(&self.directory)?;
        Ok(space.f_bavail.saturating_mul(space.f_frsize))
    }
}

/// Waits a little for a process that is just ending.
fn take(lock: &File) -> Result<(), RailsError> {
    let until = Instant::now() + LOCK_PATIENCE;
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if Instant::now() < until => thread::sleep(LOCK_PAUSE),
            Err(TryLockError::WouldBlock) => return Err(RailsError::Locked),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
    }
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).mode(0o600);
    options
}

fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// The watermark, or nothing if it is not there or damaged. Another format is an error: it must not be touched.
fn read_watermark(path: &Path) -> Result<Option<Mark>, RailsError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let Some((rest, sum)) = bytes.split_last_chunk() else {
        return Ok(None);
    };
    if crc32c::crc32c(rest) != u32::from_be_bytes(*sum) {
        return Ok(None);
    }
    let Some((&format, rest)) = rest.strip_prefix(MAGIC).and_then(<[u8]>::split_first) else {
        return Ok(None);
    };
    if format != FORMAT {
        return Err(RailsError::Format(format));
    }
    let (Some(number), Some(now)) = (rest.first_chunk(), rest.last_chunk()) else {
        return Ok(None);
    };
    let now = UnixTime::new(u64::from_be_bytes(*now));
    Ok(Some(Mark {
        number: u64::from_be_bytes(*number),
        now,
    }))
}

/// The highest number in the ledger.
fn read_ledger(ledger: &File) -> io::Result<Option<u64>> {
    let mut page = [0; PAGE];
    let mut filled = 0;
    while filled < PAGE {
        match ledger.read_at(&mut page[filled..], filled as u64)? {
            0 => break,
            count => filled += count,
        }
    }
    let numbers = page.chunks_exact(RECORD).zip(0..).filter_map(|(record, slot)| {
        let number = u64::from_be_bytes(*record.first_chunk()?);
        let is_good = *record.last_chunk()? == sum(slot, number).to_be_bytes();
        is_good.then_some(number)
    });
    Ok(numbers.max())
}

fn sum(slot: u64, number: u64) -> u32 {
    let sum = crc32c::crc32c(b"twotick ledger");
    crc32c::crc32c_append(
        crc32c::crc32c_append(sum, &slot.to_be_bytes()),
        &number.to_be_bytes(),
    )
}

/// How long a start waits for the process before it to end. More: a mistake is told later; less: restarts fail.
const LOCK_PATIENCE: Duration = Duration::from_millis(500);

/// Between two tries.
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// The folder of the engine.
const ENGINE: &str = "engine";

/// The first bytes of a watermark, before its format.
const MAGIC: &[u8] = b"twotick store ";

/// Bytes of the ledger: what a disk writes as one.
const PAGE: usize = 4_096;

/// Bytes of a record: a number and a checksum.
const RECORD: usize = 12;

/// Records in the ledger. Damage to the last leaves those before it.
const SLOTS: u64 = (PAGE / RECORD) as u64;

#[cfg(test)]
mod tests;
