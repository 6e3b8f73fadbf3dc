//! Reading the engine's journals before the engine does (R-DUR-2).
//!
//! The engine cuts a journal where it does not decode and goes on without the rest; a batch whose pages reached the
//! disk out of order makes it refuse for ever; and it does not check the numbers by which it orders batches. So the
//! journals are read here first, by the format of fjall 3 (its file `version` says so), and nothing is changed:
//!
//! ```text
//! batch: 01 count[4] order[8]  items  03 xxh3[8] "FJL" 03      numbers little-endian, xxh3 over the items
//! item:  02 kind compression keyspace[8] key length[2] value length[4] stored length[4] key value
//!        04 keyspace[8]
//! ```
//!
//! A tail that was never confirmed is cut here; anything else is a loss, and only an accepted loss is cut out, to the
//! batch.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, Write},
    ops::Range,
    path::{Path, PathBuf},
};

use twotick_wire::{DecodeError, Reader};
use xxhash_rust::xxh3::xxh3_64;

use super::layout::{self, Body, Number, Table};

/// What the journals hold.
#[derive(Debug, Default)]
pub(super) struct Journals {
    files: Vec<Journal>,
    /// The last commit in them.
    pub(super) last: u64,
    /// Commits before that one which are missing, from the first that is there.
    pub(super) missing: Vec<u64>,
    /// Where something else than a batch stands, in words.
    pub(super) damage: Vec<String>,
    /// True if all that is wrong is an end that nothing follows.
    is_torn: bool,
}

/// One file.
#[derive(Debug)]
struct Journal {
    path: PathBuf,
    /// What is good in it.
    good: Vec<Range<usize>>,
    is_whole: bool,
}

/// One batch that is whole.
#[derive(Debug)]
struct Batch {
    length: usize,
    order: u64,
    /// Commits that it writes down.
    commits: Vec<u64>,
}

/// What stands at a place of a journal.
enum Found {
    Batch(Batch),
    /// Nothing but zeros, or nothing at all.
    End,
    Broken,
}

impl Journals {
    /// Reads the journals in the engine's directory. Those of another format are left to the engine.
    pub(super) fn read(directory: &Path) -> io::Result<Self> {
        let mut journals = Self::default();
        if fs::read(directory.join("version")).unwrap_or_default() != VERSION {
            return Ok(journals);
        }
        let mut paths = Vec::new();
        for entry in fs::read_dir(directory)? {
            let path = entry?.path();
            let name = path
                .file_name()
                .and_then(|name| name.to_str()?.strip_suffix(".jnl")?.parse().ok());
            paths.extend(name.map(|number: u64| (number, path)));
        }
        paths.sort();
        let mut kept: Vec<(usize, Range<usize>, Batch)> = Vec::new();
        for (_, path) in paths {
            let bytes = fs::read(&path)?;
            journals.read_file(path, &bytes, &mut kept);
        }
        let mut commits = BTreeSet::new();
        for (file, range, batch) in kept {
            // One that writes down many is the beginning after an accepted loss.
            if batch.commits.len() > 1 {
                commits.clear();
            }
            commits.extend(batch.commits);
            if let Some(journal) = journals.files.get_mut(file) {
                journal.good.push(range);
            }
        }
        journals.last = commits.last().copied().unwrap_or(0);
        let first = commits.first().copied().unwrap_or(1);
        journals.missing = (first..journals.last)
            .filter(|number| !commits.contains(number))
            .collect();
        Ok(journals)
    }

    /// True if the end was torn by a power cut before anything in it was confirmed: nothing is lost.
    pub(super) fn is_torn_unconfirmed(&self, confirmed: u64) -> bool {
        self.is_torn && self.missing.is_empty() && self.last >= confirmed
    }

    /// True if all is as the engine has written it.
    pub(super) fn are_whole(&self) -> bool {
        self.damage.is_empty() && self.missing.is_empty()
    }

    /// Leaves only what is good in each file.
    pub(super) fn cut(&self) -> io::Result<()> {
        for journal in self.files.iter().filter(|journal| !journal.is_whole) {
            let bytes = fs::read(&journal.path)?;
            let new = journal.path.with_extension("new");
            let mut file = File::create(&new)?;
            for range in &journal.good {
                file.write_all(bytes.get(range.clone()).unwrap_or_default())?;
            }
            file.sync_all()?;
            fs::rename(&new, &journal.path)?;
        }
        self.files
            .first()
            .and_then(|journal| journal.path.parent())
            .map_or(Ok(()), |directory| File::open(directory)?.sync_all())
    }

    fn read_file(&mut self, path: PathBuf, bytes: &[u8], kept: &mut Vec<(usize, Range<usize>, Batch)>) {
        let number = self.files.len();
        let name = path.display().to_string();
        self.files.push(Journal {
            path,
            good: Vec::new(),
            is_whole: true,
        });
        let mut at = 0;
        while let Some(rest) = bytes.get(at..) {
            match find(rest) {
                Found::End => return,
                Found::Batch(batch) => {
                    // A batch after a torn end: the end was not torn but damaged.
                    self.is_torn = false;
                    let end = at + batch.length;
                    self.keep(kept, (number, at..end, batch), &name);
                    at = end;
                }
                Found::Broken => {
                    self.damage.push(format!("{name} at {at}"));
                    self.spoil(number);
                    self.is_torn = self.damage.len() == 1;
                    let later = (at + 1..bytes.len()).filter(|place| bytes[*place] == START);
                    let next = later
                        .into_iter()
                        .find(|place| matches!(find(&bytes[*place..]), Found::Batch(_)));
                    let Some(next) = next else { return };
                    at = next;
                }
            }
        }
    }

    /// Keeps a batch. Of two that stand in the wrong order, the one that does not fit the others goes.
    fn keep(
        &mut self,
        kept: &mut Vec<(usize, Range<usize>, Batch)>,
        new: (usize, Range<usize>, Batch),
        name: &str,
    ) {
        let order = new.2.order;
        let fits = |last: Option<&(usize, Range<usize>, Batch)>| last.is_none_or(|last| last.2.order < order);
        if !fits(kept.last()) {
            self.damage
                .push(format!("{name} at {}: out of order", new.1.start));
            if !fits(kept.len().checked_sub(2).and_then(|before| kept.get(before))) {
                return self.spoil(new.0);
            }
            if let Some((file, ..)) = kept.pop() {
                self.spoil(file);
            }
        }
        kept.push(new);
    }

    fn spoil(&mut self, file: usize) {
        if let Some(journal) = self.files.get_mut(file) {
            journal.is_whole = false;
        }
    }
}

fn find(bytes: &[u8]) -> Found {
    match batch(bytes) {
        Ok(batch) => Found::Batch(batch),
        Err(_) if bytes.iter().all(|byte| *byte == 0) => Found::End,
        Err(_) => Found::Broken,
    }
}

/// Reads a batch at the front of `bytes`.
fn batch(bytes: &[u8]) -> Result<Batch, DecodeError> {
    let mut reader = Reader::new(bytes);
    require(reader.u8()? == START)?;
    let count = u32::from_le_bytes(reader.array()?);
    let order = u64::from_le_bytes(reader.array()?);
    let start = reader.position();
    let mut commits = Vec::new();
    for _ in 0..count {
        match reader.u8()? {
            ITEM => commits.extend(item(&mut reader)?),
            CLEAR => drop(reader.bytes(8)?),
            _ => return Err(DecodeError::InvalidValue),
        }
    }
    let items = bytes.get(start..reader.position()).unwrap_or_default();
    require(reader.u8()? == END)?;
    require(u64::from_le_bytes(reader.array()?) == xxh3_64(items))?;
    require(reader.array()? == TRAILER)?;
    Ok(Batch {
        length: reader.position(),
        order,
        commits,
    })
}

/// Reads an item; the commit that it writes down, if it is a row of the ring.
fn item(reader: &mut Reader<'_>) -> Result<Option<u64>, DecodeError> {
    let kind = reader.u8()?;
    require(kind <= 2 && reader.u8()? == 0)?;
    let _keyspace: [u8; 8] = reader.array()?;
    let key_length = usize::from(u16::from_le_bytes(reader.array()?));
    let _length: [u8; 4] = reader.array()?;
    let length = usize::try_from(u32::from_le_bytes(reader.array()?)).unwrap_or(usize::MAX);
    let key = reader.bytes(key_length)?;
    let value = reader.bytes(length)?;
    if kind != VALUE || key.first() != Some(&(Table::Ring as u8)) {
        return Ok(None);
    }
    let body = layout::open(key, bytes::Bytes::copy_from_slice(value)).ok();
    Ok(body
        .and_then(|body| Number::decode(&body).ok())
        .map(|row| row.number))
}

fn require(holds: bool) -> Result<(), DecodeError> {
    if holds {
        Ok(())
    } else {
        Err(DecodeError::InvalidValue)
    }
}

/// What the engine's file `version` holds, for the format that is read here.
const VERSION: &[u8] = b"FJL\x03";

/// The tags of a journal.
const START: u8 = 1;
const ITEM: u8 = 2;
const END: u8 = 3;
const CLEAR: u8 = 4;

/// The kind of an item that has a value.
const VALUE: u8 = 0;

/// The last bytes of a batch.
const TRAILER: [u8; 4] = *b"FJL\x03";
