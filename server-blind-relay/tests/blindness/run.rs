//! One long conversation through the program: eight devices, over a thousand sealed messages, absences, a restart, a
//! kill, errors of all kinds. What was left behind is kept for the tests to look through.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{SystemTime, UNIX_EPOCH};

use tempfile::TempDir;
use twotick_relay::hub::Hub;
use twotick_relay::limits::{Limiter, RelayLimits};
use twotick_relay::store::{EmbeddedOptions, EmbeddedStore};
use twotick_wire::frame::{Ack, Bundles, ReceiptFor, RelayFrame, RequestId, SendReceipts, SendResult};
use twotick_wire::{StoreEpoch, UnixTime};

use crate::client::events::EventsLink;
use crate::client::poll::PollLink;
use crate::client::websocket::WebSocketLink;
use crate::client::{Link, decoded};
use crate::errors;
use crate::household::Household;
use crate::layout::{self, Row};
use crate::person::Terms;
use crate::program::{Program, files};
use crate::proxy::Proxy;
use crate::relay::Target;
use crate::scan::Needles;

/// What a run leaves behind.
pub(crate) struct Run {
    /// Private keys, seeds, contents, conversations.
    pub(crate) secrets: Needles,
    /// Capabilities and tokens.
    pub(crate) credentials: Needles,
    /// Ciphertext, and identifiers in full.
    pub(crate) unlogged: Needles,
    /// Ciphertext that was acknowledged, and ciphertext that still waits.
    pub(crate) acknowledged: Needles,
    pub(crate) waiting: Needles,
    /// How many messages were sealed.
    pub(crate) sealed: usize,
    /// What of the secrets was in memory: during the run and at its end.
    pub(crate) in_memory: Vec<BTreeSet<String>>,
    /// Bytes of memory that were looked through.
    pub(crate) memory: usize,
    pub(crate) files: Vec<(PathBuf, Vec<u8>)>,
    /// The same after a purge.
    pub(crate) purged: Vec<(PathBuf, Vec<u8>)>,
    pub(crate) rows: Vec<Row>,
    pub(crate) log: Vec<u8>,
    pub(crate) metrics: Vec<u8>,
    pub(crate) errors: Vec<Vec<u8>>,
    pub(crate) capture: Vec<Vec<u8>>,
}

/// The addresses that everything came from.
pub(crate) const ADDRESSES: [Ipv4Addr; 5] = [
    Ipv4Addr::new(127, 77, 201, 83),
    Ipv4Addr::new(127, 77, 142, 219),
    Ipv4Addr::new(127, 77, 93, 177),
    Ipv4Addr::new(127, 77, 236, 101),
    Ipv4Addr::new(127, 77, 158, 247),
];

/// The run, made by the first test that looks at it.
pub(crate) fn the_run() -> &'static Run {
    static RUN: OnceLock<Run> = OnceLock::new();
    RUN.get_or_init(|| {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        runtime.expect("a runtime").block_on(run())
    })
}

async fn run() -> Run {
    let directory = TempDir::new().expect("a directory");
    let (data, log) = (directory.path().join("data"), directory.path().join("log"));
    let mut stage = Stage::open(&data, &log).await;
    stage.meet().await;
    stage.talk(&[]).await;
    let mut in_memory = vec![];
    let mut memory = 0;
    memory += stage.look(&mut in_memory);
    // A device of each account is away; then the relay stops and starts; then it is killed.
    stage.talk(&[1, 3, 5, 7]).await;
    let (program, mut stage) = stage.leave();
    program.stop();
    stage.enter(&data, &log).await;
    stage.talk(&[]).await;
    let (program, mut stage) = stage.leave();
    program.kill();
    stage.enter(&data, &log).await;
    stage.talk(&[0, 2]).await;
    stage.over_http().await;
    let errors = errors::provoke(&stage.target, &stage.household).await;
    let metrics = errors::metrics(&stage.target).await;
    memory += stage.look(&mut in_memory);
    let capture = stage.proxies.iter().flat_map(Proxy::heard).collect();
    let (program, stage) = stage.leave();
    program.stop();
    let before = files(&data);
    let rows = layout::rows(&data);
    purge(&data);
    let sealed = |all: &[Vec<u8>]| {
        needles(
            all.iter()
                .map(|bytes| ("sealed".to_owned(), bytes.clone()))
                .collect(),
        )
    };
    Run {
        secrets: needles(stage.household.secrets()),
        credentials: needles(stage.credentials()),
        unlogged: needles(stage.unlogged()),
        acknowledged: sealed(&stage.sealed),
        waiting: sealed(&stage.waiting),
        sealed: stage.sealed.len() + stage.waiting.len(),
        in_memory,
        memory,
        files: before,
        purged: files(&data),
        rows,
        log: std::fs::read(&log).expect("a log"),
        metrics,
        errors,
        capture,
    }
}

/// Makes the store forget what was deleted, as it does by itself within a day.
fn purge(data: &Path) {
    let limits = RelayLimits::default();
    let hints = Arc::new(Hub::new(&limits));
    let admission = Arc::new(Limiter::new(limits, 1, [0; 32]));
    let options = EmbeddedOptions::new(StoreEpoch::new([1; 16]));
    let store = EmbeddedStore::open(data, options, hints, admission).expect("the store");
    store.purge().expect("a purge");
    store.close();
}

fn needles(all: Vec<(String, Vec<u8>)>) -> Needles {
    let mut needles = Needles::default();
    all.iter().for_each(|(name, bytes)| needles.add(name, bytes));
    needles
}

/// Devices and the relay between them.
struct Stage {
    household: Household,
    program: Option<Program>,
    proxies: Vec<Proxy>,
    target: Target,
    links: BTreeMap<usize, WebSocketLink>,
    /// Envelopes that each device has not read yet.
    due: Vec<usize>,
    /// The highest number read, and the highest place of the lane.
    read: Vec<(u64, u64)>,
    /// Sixteen bytes and more of each sealed message: those that are acknowledged in the end, and those that are not.
    sealed: Vec<Vec<u8>>,
    waiting: Vec<Vec<u8>>,
    tokens: Vec<Vec<u8>>,
    request: u32,
}

impl Stage {
    async fn open(data: &Path, log: &Path) -> Self {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .expect("after 1970")
            .as_secs();
        let program = Program::start(data, log);
        let proxy = Proxy::start(program.address, ADDRESSES.to_vec()).await;
        Self {
            household: Household::seeded(29, 4, UnixTime::new(now)),
            target: Target {
                address: proxy.address,
                tls: None,
            },
            program: Some(program),
            proxies: vec![proxy],
            links: BTreeMap::new(),
            due: vec![0; 8],
            read: vec![(0, 0); 8],
            sealed: vec![],
            waiting: vec![],
            tokens: vec![],
            request: 100,
        }
    }

    fn leave(mut self) -> (Program, Self) {
        self.links.clear();
        (self.program.take().expect("it runs"), self)
    }

    async fn enter(&mut self, data: &Path, log: &Path) {
        let program = Program::start(data, log);
        let proxy = Proxy::start(program.address, ADDRESSES.to_vec()).await;
        self.target.address = proxy.address;
        self.program = Some(program);
        self.proxies.push(proxy);
    }

    /// Everybody publishes, and writes to everybody for the first time.
    async fn meet(&mut self) {
        for member in 0..8 {
            self.attach(member).await;
            let owner = self.household.members[member].owner;
            let link = self.links.get_mut(&member).expect("attached");
            if member % 2 == 1 {
                link.done(self.household.publish_list(owner)).await;
                link.done(self.household.grant(owner)).await;
            }
        }
        for member in 0..8 {
            let prekeys = self.household.publish_prekeys(member);
            self.links.get_mut(&member).expect("attached").ask(prekeys).await;
        }
        for member in 0..8 {
            self.drain(member).await;
            for owner in 0..4 {
                let Some(frame) = self.household.take_prekeys(member, owner) else {
                    continue;
                };
                let answer = self.links.get_mut(&member).expect("attached").ask(frame).await;
                let bundles = Bundles::decode(&answer).expect("bundles");
                bundles
                    .bundles
                    .iter()
                    .for_each(|bundle| self.household.initiate(member, bundle));
            }
            self.write(member, 3).await;
        }
        self.drain_all().await;
    }

    /// Everybody who is not away writes much; then all read, and come back first if they were away.
    async fn talk(&mut self, away: &[usize]) {
        for member in away {
            self.links.remove(member);
        }
        for member in (0..8).filter(|member| !away.contains(member)) {
            self.attach(member).await;
            self.write(member, 21).await;
            let typing = self.household.ephemeral(member % 4, &self.sealed[0].repeat(16));
            self.links.get_mut(&member).expect("attached").done(typing).await;
        }
        self.drain_all().await;
    }

    /// Writes that many messages, one after the other to each other account.
    async fn write(&mut self, member: usize, count: usize) {
        let own = self.household.members[member].owner;
        let mut frames = vec![];
        for (number, owner) in (0..4)
            .filter(|owner| *owner != own)
            .cycle()
            .take(count)
            .enumerate()
        {
            self.request += 1;
            // Now and then one that needs a shared body.
            let length = if number % 10 == 9 { 6_000 } else { 120 };
            let letter = self.household.write(self.request, member, owner, length);
            letter
                .to
                .iter()
                .for_each(|to| self.due[self.household.place_of(to)] += 1);
            self.sealed.extend(letter.sealed);
            frames.push(letter.frame);
        }
        let link = self.links.get_mut(&member).expect("attached");
        for answer in link.ask_all(frames).await.expect("answers") {
            let answer = SendResult::decode(&answer).expect("a result");
            assert!(
                answer.results.iter().all(|result| result.status == 0),
                "{answer:?}"
            );
        }
    }

    async fn drain_all(&mut self) {
        for member in 0..8 {
            self.drain(member).await;
        }
    }

    async fn attach(&mut self, member: usize) {
        if !self.links.contains_key(&member) {
            let device = &self.household.members[member].device;
            let link = WebSocketLink::attach(&self.target, device, &Terms::default())
                .await
                .expect("attached");
            self.read[member] = (link.hello().acked, self.read[member].1);
            self.links.insert(member, link);
        }
    }

    /// Reads and acknowledges all that a device has not read.
    async fn drain(&mut self, member: usize) {
        self.attach(member).await;
        let mut receipts = vec![];
        while self.due[member] > 0 {
            let frame = self
                .links
                .get_mut(&member)
                .expect("attached")
                .next()
                .await
                .expect("a frame");
            self.take(member, &frame, &mut receipts);
            if receipts.len() >= 24 || self.due[member] == 0 {
                self.ack(member, &mut receipts).await;
            }
        }
    }

    fn take(&mut self, member: usize, frame: &[u8], receipts: &mut Vec<ReceiptFor>) {
        match decoded(frame) {
            RelayFrame::Page(page) => {
                for delivery in page.deliveries {
                    assert_eq!(delivery.seq, self.read[member].0 + 1, "in order, without gaps");
                    self.read[member].0 = delivery.seq;
                    self.due[member] -= 1;
                    receipts.extend(self.household.read(member, &delivery.envelope));
                }
            }
            RelayFrame::LanePage(page) => self.read[member].1 = page.items.last().expect("an item").place,
            RelayFrame::EphemeralDelivery(_) | RelayFrame::Drained(_) => {}
            other => panic!("not expected: {other:?}"),
        }
    }

    async fn ack(&mut self, member: usize, receipts: &mut Vec<ReceiptFor>) {
        let link = self.links.get_mut(&member).expect("attached");
        let (upto, lane_upto) = self.read[member];
        let ack = Ack {
            request: RequestId::new(7),
            session_epoch: link.hello().session_epoch,
            upto,
            lane_upto,
            rejected: vec![],
            receipts: receipts.drain(..receipts.len().min(64)).collect(),
        };
        link.done(ack.encode()).await;
        if !receipts.is_empty() {
            let receipts = std::mem::take(receipts);
            let request = RequestId::new(8);
            link.done(SendReceipts { request, receipts }.encode()).await;
        }
    }

    /// Two devices go on over the other transports; their tokens are remembered.
    async fn over_http(&mut self) {
        let letter = self.household.write(90, 1, 2, 64);
        let (poll, events) = (
            &self.household.members[1].device,
            &self.household.members[4].device,
        );
        self.links.remove(&1);
        self.links.remove(&4);
        let mut link = PollLink::attach(&self.target, poll, &Terms::default())
            .await
            .expect("attached");
        self.tokens
            .push(hex::decode(&link.session.token).expect("a token"));
        link.ask(letter.frame).await;
        self.waiting = letter.sealed;
        let mut link = EventsLink::attach(&self.target, events, &Terms::default())
            .await
            .expect("attached");
        loop {
            let frame = link.next().await.expect("a frame");
            if let RelayFrame::Page(page) = decoded(&frame) {
                let envelope = page.deliveries[0].envelope;
                self.household.read(4, &envelope);
                break;
            }
        }
        // It stays unacknowledged, so the disk has something at the end.
    }

    /// Looks for everything private that there is so far in the memory of the program. Returns how much it has.
    fn look(&self, found: &mut Vec<BTreeSet<String>>) -> usize {
        let needles = needles(self.household.secrets());
        let (mut all, mut size) = (BTreeSet::new(), 0);
        self.program.as_ref().expect("it runs").memory(|bytes| {
            size += bytes.len();
            all.extend(needles.found_in(bytes).into_iter().map(str::to_owned));
        });
        found.push(all);
        size
    }

    fn credentials(&self) -> Vec<(String, Vec<u8>)> {
        let capabilities = self
            .household
            .accounts
            .iter()
            .map(|owner| owner.capability.as_bytes().to_vec());
        let capabilities = capabilities.map(|bytes| ("a capability".to_owned(), bytes));
        capabilities
            .chain(
                self.tokens
                    .iter()
                    .map(|bytes| ("a token".to_owned(), bytes.clone())),
            )
            .collect()
    }

    fn unlogged(&self) -> Vec<(String, Vec<u8>)> {
        let sealed = self
            .sealed
            .iter()
            .chain(&self.waiting)
            .map(|bytes| ("sealed bytes".to_owned(), bytes.clone()));
        sealed
            .chain(self.household.identifiers())
            .chain(self.credentials())
            .collect()
    }
}
