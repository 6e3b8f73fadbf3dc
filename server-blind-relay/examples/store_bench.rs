//! How fast the embedded store is, beside a log that is only appended to and flushed.
//!
//! ```text
//! cargo run --release --example store_bench -- append DIR          appends a second, by how many are in flight
//! cargo run --release --example store_bench -- fill DIR COUNT      fills a store, then ends as a killed process does
//! cargo run --release --example store_bench -- open DIR            how long a start takes, and how much memory
//! ```

#![allow(clippy::print_stdout, reason = "its purpose")]

use std::{
    fs::{self, File},
    os::unix::fs::FileExt,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use tokio::runtime::Builder;
use twotick_relay::store::{
    AccountSend, Admission, Answer, EmbeddedOptions, EmbeddedStore, Hints, Op, PageBounds, PublishedList,
    SealedBytes, SendRequest, Store, Wake,
};
use twotick_wire::{
    AccountId, AccountKey, CapabilityHash, CertificateHash, DeviceEntry, DeviceId, DeviceList, ListHash,
    ListHead, ListHeadHash, MessageId, SendId, Signature, StoreEpoch, UnixTime,
};

/// Mailboxes that are written to.
const MAILBOXES: u64 = 10_000;

/// Bytes of an envelope.
const LENGTH: usize = 1_024;

/// The one sender.
const SENDER: u64 = 0;

struct Nobody;

impl Hints for Nobody {
    fn wake(&self, _: Wake) {}
}

impl Admission for Nobody {
    fn admit(&self, _: &DeviceId, _: usize) -> Result<(), u32> {
        Ok(())
    }
}

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["append", directory] => append(Path::new(directory)),
        ["fill", directory, count] => fill(Path::new(directory), count.parse()?),
        ["open", directory] => start(Path::new(directory)),
        _ => bail!("append DIR, fill DIR COUNT or open DIR"),
    }
}

fn open(directory: &Path) -> Result<EmbeddedStore> {
    let options = EmbeddedOptions::new(StoreEpoch::new([1; 16]));
    Ok(EmbeddedStore::open(
        directory,
        options,
        Arc::new(Nobody),
        Arc::new(Nobody),
    )?)
}

fn device(number: u64) -> DeviceId {
    // Spread over the key space, as random ids are.
    let high = (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    DeviceId::new(((u128::from(high) << 64) | u128::from(number)).to_be_bytes())
}

fn account(number: u64) -> AccountId {
    let mut id = [0; 32];
    id[..16].copy_from_slice(device(number).as_bytes());
    AccountId::new(id)
}

const HEAD: ListHead = ListHead {
    epoch: 1,
    hash: ListHeadHash::new([1; 16]),
};

/// A list of one device, for the store to know the account.
fn list(number: u64) -> Op {
    let entry = DeviceEntry {
        device_id: device(number),
        certificate_hash: CertificateHash::new([1; 32]),
    };
    let list = DeviceList {
        account_key: AccountKey::new([1; 32]),
        epoch: 1,
        previous: ListHash::new([0; 32]),
        issued: UnixTime::new(1),
        expires: UnixTime::new(2),
        devices: vec![entry],
        revoked: Vec::new(),
        signature: Signature::new([0; 64]),
    };
    Op::PublishList(PublishedList {
        account: account(number),
        head: HEAD,
        encoded: list.encode().into(),
        certificates: vec![Bytes::from(vec![1; 264])],
        list,
        now: UnixTime::new(1),
    })
}

fn capability(number: u64) -> Op {
    let hash = CapabilityHash::new([1; 32]);
    let grant = twotick_wire::Grant {
        hash,
        is_single: false,
        envelopes: 0,
        expires: UnixTime::new(0),
    };
    Op::ChangeCapabilities(twotick_relay::store::CapabilityChange {
        account: account(number),
        revoked: Vec::new(),
        granted: vec![grant],
        now: UnixTime::new(1),
    })
}

fn envelope(number: u64, body: &Bytes) -> Op {
    let to = 1 + number % MAILBOXES;
    let mut id = [0; 16];
    id[..8].copy_from_slice(&number.to_be_bytes());
    Op::Send(SendRequest {
        from: device(SENDER),
        from_account: account(SENDER),
        message_id: MessageId::new(id),
        lifetime: 1_000_000,
        accounts: vec![AccountSend {
            account: account(to),
            capability: CapabilityHash::new([1; 32]),
            send_id: SendId::new(id),
            digest: [1; 16],
            list: HEAD,
            is_partial: false,
            envelopes: vec![(device(to), SealedBytes::new(body.clone()))],
        }],
        now: UnixTime::new(1_000),
    })
}

async fn settle(store: &EmbeddedStore, ops: impl Iterator<Item = Op>) -> Result<()> {
    let pending: Vec<_> = ops.map(|op| store.submit(op)).collect();
    for answer in pending {
        match answer.await? {
            Answer::Sent(outcomes) if outcomes != [twotick_relay::store::AccountOutcome::Stored] => {
                bail!("refused: {outcomes:?}")
            }
            Answer::Refused(code) => bail!("refused: {code:?}"),
            _ => {}
        }
    }
    Ok(())
}

async fn people(store: &EmbeddedStore) -> Result<()> {
    for first in (0..=MAILBOXES).step_by(1_000) {
        settle(store, (first..(first + 1_000).min(MAILBOXES + 1)).map(list)).await?;
        settle(store, (first..(first + 1_000).min(MAILBOXES + 1)).map(capability)).await?;
    }
    Ok(())
}

fn append(directory: &Path) -> Result<()> {
    let store = open(&directory.join("store"))?;
    let log = Log::make(&directory.join("log"))?;
    let body = Bytes::from(vec![7; LENGTH]);
    Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(async {
            people(&store).await?;
            let (mut number, mut at) = (0, 0);
            println!("in flight | store: a second, p50, p99, worst | raw log: a second, p50, p99, worst");
            for in_flight in [1, 10, 100, 1_000_u64] {
                let rounds = (4_000 / in_flight).clamp(20, 1_000);
                let (mut ours, mut theirs) = (Times::default(), Times::default());
                for _ in 0..rounds {
                    let begun = Instant::now();
                    settle(
                        &store,
                        (number..number + in_flight).map(|number| envelope(number, &body)),
                    )
                    .await?;
                    ours.0.push(begun.elapsed());
                    number += in_flight;
                    let begun = Instant::now();
                    at = log.append(at, in_flight, &body)?;
                    theirs.0.push(begun.elapsed());
                }
                println!(
                    "{in_flight:9} | {} | {}",
                    ours.text(in_flight),
                    theirs.text(in_flight)
                );
            }
            anyhow::Ok(())
        })?;
    store.close();
    Ok(())
}

/// A file that is there already, written from its start.
struct Log(File);

impl Log {
    fn make(path: &Path) -> Result<Self> {
        fs::write(path, vec![0; 64 << 20])?;
        let file = File::options().write(true).open(path)?;
        file.sync_all()?;
        Ok(Self(file))
    }

    /// Appends so many at once and flushes; begins again where the file ends.
    fn append(&self, at: u64, count: u64, body: &Bytes) -> Result<u64> {
        let bytes = body.repeat(usize::try_from(count)?);
        let at = if at + bytes.len() as u64 > 64 << 20 { 0 } else { at };
        self.0.write_all_at(&bytes, at)?;
        self.0.sync_data()?;
        Ok(at + bytes.len() as u64)
    }
}

#[derive(Default)]
struct Times(Vec<Duration>);

impl Times {
    fn text(&mut self, count: u64) -> String {
        self.0.sort();
        let all: Duration = self.0.iter().sum();
        let rate = (self.0.len() as u64 * count) as f64 / all.as_secs_f64();
        let at = |part: usize| {
            self.0
                .get((self.0.len() - 1) * part / 100)
                .map_or(0.0, |time| time.as_secs_f64() * 1e3)
        };
        format!("{rate:9.0}/s {:7.3} {:7.3} {:7.3} ms", at(50), at(99), at(100))
    }
}

fn fill(directory: &Path, count: u64) -> Result<()> {
    let store = open(directory)?;
    let body = Bytes::from(vec![7; LENGTH]);
    Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(async {
            people(&store).await?;
            let (begun, mut worst) = (Instant::now(), Duration::ZERO);
            for first in (0..count).step_by(1_000) {
                let round = Instant::now();
                settle(
                    &store,
                    (first..(first + 1_000).min(count)).map(|number| envelope(number, &body)),
                )
                .await?;
                worst = worst.max(round.elapsed());
            }
            let rate = count as f64 / begun.elapsed().as_secs_f64();
            println!(
                "{rate:.0} envelopes a second, slowest thousand {} ms, {}",
                worst.as_millis(),
                memory()?
            );
            anyhow::Ok(())
        })?;
    rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL)?;
    Ok(())
}

fn start(directory: &Path) -> Result<()> {
    let begun = Instant::now();
    let store = open(directory)?;
    let opened = begun.elapsed();
    Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(async {
            let bounds = PageBounds {
                envelopes: 64,
                bytes: 1 << 20,
            };
            let page = store.read(device(77), 0, bounds).await?;
            println!(
                "open {} ms, first page of {} after {} ms",
                opened.as_millis(),
                page.len(),
                begun.elapsed().as_millis()
            );
            println!("{:?}, {}", store.usage().await?, memory()?);
            anyhow::Ok(())
        })?;
    let begun = Instant::now();
    let report = store.scrub(Duration::ZERO)?;
    println!(
        "scrub {} ms: {report}, {}",
        begun.elapsed().as_millis(),
        memory()?
    );
    store.close();
    Ok(())
}

/// Memory of this process now and at most.
fn memory() -> Result<String> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = |name: &str| {
        let line = status
            .lines()
            .find(|line| line.starts_with(name))
            .context("no such line")?;
        anyhow::Ok(line.split_whitespace().skip(1).collect::<Vec<_>>().join(" "))
    };
    Ok(format!("RSS {}, at most {}", line("VmRSS")?, line("VmHWM")?))
}
