//! A bit flipped and a file cut short, at every 4 KiB of every file: served, refused or announced, never silent.
//!
//! A child looks at the damaged stores, as the engine ends a process on some damage.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio::runtime::Builder;
use twotick_relay::store::{
    Answer, EmbeddedStore, MailboxItem, Op, PageBounds, PublishedPrekeys, Store, StoreError, StoreLimits,
};
use twotick_wire::{OneTimePrekeyId, ReceiptState};

use crate::child::{ALICE, BOB, Working, damage_job, numbered, text};
use crate::people::{
    Device, account, ack, at, attach, capability, envelope, fetch, grant, granted, next_list, receipt,
};
use crate::world::{Gate, Recorder, World, options};

/// Numbers that were acknowledged, and all that were sent.
const ACKED: u64 = 60;
const SENT: u64 = 400;

/// A change to one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Damage {
    Flip,
    Cut,
}

/// Fills a store so that tables, blob files and a journal hold something.
fn filled() -> World {
    let mut world = World::embedded(StoreLimits::default());
    for (number, device) in [(0, ALICE), (1, BOB)] {
        world.submit(Op::PublishList(next_list(number, None, &[(device, 0)])));
        world.submit(attach(device, at(0)));
    }
    world.submit(granted(1, vec![grant(0)], at(0)));
    world.submit(granted(0, vec![grant(0)], at(0)));
    let one_time = (0..20).map(|id| (OneTimePrekeyId::new([id; 16]), envelope("one-time")));
    world.submit(Op::PublishPrekeys(PublishedPrekeys {
        device: BOB.id(),
        signed: Some(envelope("signed")),
        one_time: one_time.collect(),
        now: at(0),
    }));
    for number in 1..=SENT {
        world.submit(numbered(number));
        if number == SENT / 4 {
            world.embedded_store().purge().expect("a purge");
        }
        if number == SENT / 2 {
            world.submit(Op::Ack(ack(BOB, 1, ACKED, at(0))));
            world.again(true);
        }
    }
    for number in 1..20 {
        let receipts = vec![receipt(0, capability(0), number, ReceiptState::Read)];
        world.submit(Op::Receipts {
            from: account(1),
            receipts,
            now: at(1),
        });
    }
    // Opening cuts the journal to what is in it.
    world.again(true);
    world.close();
    world
}

/// The files that damage is done to, with their lengths.
fn files(directory: &Path) -> Vec<(PathBuf, u64)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).expect("a folder") {
        let entry = entry.expect("an entry");
        let kind = entry.metadata().expect("its kind");
        if kind.is_dir() {
            found.extend(files(&entry.path()));
        } else if kind.len() > 0 {
            found.push((entry.path(), kind.len()));
        }
    }
    found.sort();
    found
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.metadata().expect("its kind").is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

/// Does it, in a copy of the store.
fn damage(source: &Path, scratch: &Path, (file, at, kind): &(PathBuf, u64, Damage)) {
    let _ = fs::remove_dir_all(scratch);
    copy(source, scratch);
    let target = scratch.join(file);
    let mut bytes = fs::read(&target).expect("the file");
    let place = usize::try_from(*at).expect("a place");
    match kind {
        Damage::Flip => bytes[place] ^= 0x10,
        Damage::Cut => bytes.truncate(place),
    }
    fs::write(&target, bytes).expect("a write");
}

/// What the child does: looks at each case of a list, from where it is told.
pub(crate) fn look_at_all(list: &Path, say: &mut dyn FnMut(&str)) {
    let list = fs::read_to_string(list).expect("the list");
    let mut lines = list.lines();
    let source = PathBuf::from(lines.next().expect("the source"));
    let scratch = PathBuf::from(lines.next().expect("the copy"));
    for line in lines {
        let words: Vec<&str> = line.split('\t').collect();
        let [number, file, at, kind] = words.as_slice() else {
            panic!("{line}")
        };
        let kind = if *kind == "Flip" {
            Damage::Flip
        } else {
            Damage::Cut
        };
        damage(
            &source,
            &scratch,
            &(PathBuf::from(file), at.parse().expect("a number"), kind),
        );
        say(&format!("{number} {}", look(&scratch)));
    }
}

/// Opens a damaged store and holds it to what it confirmed.
fn look(directory: &Path) -> String {
    let (hints, gate) = (Arc::<Recorder>::default(), Arc::<Gate>::default());
    let store = match EmbeddedStore::open(directory, options(StoreLimits::default()), hints, gate) {
        Ok(store) => store,
        Err(error) => return format!("refused {error}").replace('\n', " "),
    };
    let read = Builder::new_current_thread()
        .build()
        .expect("a runtime")
        .block_on(look_inside(&store));
    match read {
        Err(StoreError::Damaged | StoreError::Unavailable) => "announced an error".to_owned(),
        Err(error) => format!("SILENT {error}"),
        Ok(Some(wrong)) => format!("SILENT {wrong}"),
        Ok(None) => {
            let report = store.scrub(Duration::ZERO);
            format!(
                "served, scrub {}",
                report.map_or("failed", |report| if report.is_clean() {
                    "clean"
                } else {
                    "finds"
                })
            )
        }
    }
}

/// What is wrong and was not announced; an error is an announcement.
async fn look_inside(store: &EmbeddedStore) -> Result<Option<String>, StoreError> {
    let all = PageBounds {
        envelopes: 1_000_000,
        bytes: usize::MAX,
    };
    let mut expected = ACKED;
    for item in store.read(BOB.id(), 0, all).await? {
        match item {
            MailboxItem::Delivery(delivery) => {
                expected += 1;
                let right = envelope(&text(expected));
                if delivery.seq != expected || delivery.envelope.as_bytes() != right {
                    return Ok(Some(format!("{} in the place of {expected}", delivery.seq)));
                }
            }
            MailboxItem::Gap { from, to } if from == expected + 1 => expected = to,
            MailboxItem::Gap { from, .. } => return Ok(Some(format!("a gap from {from} at {expected}"))),
        }
    }
    if expected != SENT {
        return Ok(Some(format!("the mailbox ends at {expected}")));
    }
    if store.submit(numbered(SENT)).await? != Answer::Sent(vec![twotick_relay::store::AccountOutcome::Stored])
    {
        return Ok(None);
    }
    let again = store.read(BOB.id(), SENT, all).await?;
    if !again.is_empty() {
        return Ok(Some("a repetition was stored twice".to_owned()));
    }
    let devices = store.submit(Op::Reach(fetch(1, 0, capability(0), at(1)))).await?;
    if devices != Answer::Devices(vec![BOB.id()]) {
        return Ok(Some("the list is another".to_owned()));
    }
    let hello = store.submit(attach(BOB, at(2))).await?;
    let Answer::Attached(hello) = hello else {
        return Ok(Some("Bob cannot attach".to_owned()));
    };
    if (hello.acked, hello.next, hello.prekeys) != (ACKED, SENT + 1, 20) {
        return Ok(Some(format!("Hello says {hello:?}")));
    }
    let strangers = store.read(Device(2, 0).id(), 0, all).await?;
    Ok((!strangers.is_empty()).then(|| "a stranger has mail".to_owned()))
}

/// R-DUR-1, R-DUR-2, R-DLV-6: all that was confirmed is served, or the start is refused, or the gap is announced.
#[test]
fn damage_anywhere_is_never_silent() {
    let world = filled();
    let source = world.directory.as_ref().expect("a folder").path();
    let work = tempfile::tempdir().expect("a folder");
    let step: u64 = if std::env::var_os("TWOTICK_STORE_DAMAGE_ALL").is_some() {
        4_096
    } else {
        65_536
    };
    let mut cases = Vec::new();
    for (file, length) in files(source) {
        let file = file.strip_prefix(source).expect("a path").to_owned();
        for place in (0..length.div_ceil(step)).map(|block| (block * step + 1_000).min(length - 1)) {
            cases.extend([Damage::Flip, Damage::Cut].map(|kind| (file.clone(), place, kind)));
        }
        cases.push((file, 0, Damage::Flip));
    }
    let mut results: Vec<Option<String>> = vec![None; cases.len()];
    let list = work.path().join("list");
    while let Some(first) = results.iter().position(Option::is_none) {
        let mut text = format!("{}\n{}\n", source.display(), work.path().join("copy").display());
        for (number, (file, place, kind)) in cases.iter().enumerate().skip(first) {
            text.push_str(&format!("{number}\t{}\t{place}\t{kind:?}\n", file.display()));
        }
        fs::write(&list, text).expect("the list");
        let mut child = Working::start(&damage_job(&list));
        for line in child.by_ref() {
            let (number, result) = line.split_once(' ').expect("a result");
            results[number.parse::<usize>().expect("a number")] = Some(result.to_owned());
        }
        if !child.end()
            && let Some(next) = results.iter_mut().find(|result| result.is_none())
        {
            *next = Some("ended the process".to_owned());
        }
    }
    let results: Vec<String> = results.into_iter().flatten().collect();
    for (case, result) in cases.iter().zip(&results) {
        println!("{case:?}: {result}");
    }
    let silent = results
        .iter()
        .filter(|result| result.starts_with("SILENT"))
        .count();
    let ended = results
        .iter()
        .filter(|result| result.starts_with("ended"))
        .count();
    assert_eq!((silent, ended), (0, 0), "of {} cases", cases.len());
}
