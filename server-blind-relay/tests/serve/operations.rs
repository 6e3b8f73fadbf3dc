//! What an operator asks: is it up, is it ready, what does it count (SPEC 29).

use std::collections::BTreeSet;
use std::future::{Future, ready};
use std::sync::Arc;

use twotick_relay::serve::{self, Options};
use twotick_relay::store::{
    Answer, Identity, LaneEntry, MailboxItem, MemoryStore, Op, PageBounds, Store, StoreError, Usage,
};
use twotick_wire::{DeviceId, ErrorCode};

use crate::client::Link;
use crate::client::http::Http;
use crate::client::poll::PollLink;
use crate::client::websocket::WebSocketLink;
use crate::conformance::{attached, known, numbers, status};
use crate::person::{Person, ack_with};
use crate::relay::{EPOCH, START, Target, World};

/// R-BLD-1: metrics count what happens, and hold nothing of anybody.
#[tokio::test]
async fn metrics_count_and_name_nobody() {
    let world = World::new().await;
    let (alice, bob) = (
        known::<PollLink>(&world, 1, 1).await,
        known::<WebSocketLink>(&world, 2, 1).await,
    );
    let mut sender: PollLink = attached(&world, &alice).await;
    let mut receiver: WebSocketLink = attached(&world, &bob).await;
    assert_eq!(status(&sender.ask(bob.letter(1, 1)).await), 0);
    assert_eq!(numbers(&mut receiver, 1).await, [1]);
    let page = metrics(&world.target).await;
    for line in [
        "twotick_relay_mailboxes 2",
        "twotick_relay_envelopes 1",
        "twotick_relay_attaches_total{transport=\"websocket\"} 2",
        "twotick_relay_attaches_total{transport=\"poll\"} 2",
        "twotick_relay_attached 1",
        "twotick_relay_store_writable 1",
        "twotick_relay_draining 0",
        "twotick_relay_envelope_bytes_count 1",
        "twotick_relay_stage_seconds_count{stage=\"queue\"} 1",
        "twotick_relay_stage_seconds_count{stage=\"commit\"} 1",
        "twotick_relay_stage_seconds_count{stage=\"hint\"} 1",
        "twotick_relay_stage_seconds_count{stage=\"push\"} 1",
    ] {
        assert!(
            page.lines().any(|found| found == line),
            "{line} is not in\n{page}"
        );
    }
    let epoch = receiver.hello().session_epoch;
    receiver
        .done(ack_with(2, epoch, 1, 0, vec![alice.receipt(1)]))
        .await;
    let page = metrics(&world.target).await;
    for person in [&alice, &bob] {
        let account = person.id().to_bytes();
        for secret in [&account[..], &person.device(0).to_bytes(), &[1; 16], &[7; 16]] {
            assert!(!page.contains(&hex::encode(secret)) && !page.contains(&format!("{secret:?}")));
        }
    }
    assert!(!page.contains("127.0.0.1"));
}

/// R-BLD-1: the names and labels of metrics are these and no others: a new one is a decision about metadata.
#[tokio::test]
async fn metrics_are_on_a_list() {
    let world = World::new().await;
    let page = metrics(&world.target).await;
    let names: BTreeSet<_> = page
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split([' ', '{']).next().expect("a name"))
        .map(|name| name.strip_prefix("twotick_relay_").expect("our prefix"))
        .collect();
    let expected = [
        "attached",
        "attaches_total",
        "clock_doubted",
        "closed_total",
        "connections",
        "connections_accepted_total",
        "connections_refused_total",
        "draining",
        "envelope_bytes_bucket",
        "envelope_bytes_count",
        "envelope_bytes_sum",
        "envelopes",
        "expired_total",
        "frames_received_total",
        "frames_sent_total",
        "log_fields_dropped_total",
        "log_lines_lost_total",
        "mailboxes",
        "purges_total",
        "received_bytes_total",
        "responses_total",
        "sent_bytes_total",
        "stage_seconds_bucket",
        "stage_seconds_count",
        "stage_seconds_sum",
        "store_damaged",
        "store_writable",
        "stored_bytes",
    ];
    assert_eq!(names, BTreeSet::from(expected));
    let labels: BTreeSet<_> = page
        .split(['{', ','])
        .filter_map(|part| part.split_once("=\""))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(
        labels,
        BTreeSet::from(["class", "le", "reason", "stage", "transport"])
    );
}

/// R-BLD-1: operators may have an address of their own; then clients are not told.
#[tokio::test]
async fn operators_may_have_their_own_address() {
    let world = World::with(|options| options.admin_listen = Some(([127, 0, 0, 1], 0).into())).await;
    let admin = Target {
        address: world.relay.admin_address,
        ..world.target.clone()
    };
    assert_ne!(admin.address, world.target.address);
    for path in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(Http::new(&world.target).get(path, None).await.0, 404, "{path}");
        assert_eq!(Http::new(&admin).get(path, None).await.0, 200, "{path}");
    }
    assert_eq!(Http::new(&admin).get("/v1/challenge", None).await.0, 404);
}

/// R-DUR-3: a relay whose store does not write is not ready, says so to who stores, and goes on reading.
#[tokio::test]
async fn a_relay_that_cannot_write_is_not_ready() {
    let options = Options {
        limits: crate::relay::generous(),
        ..Options::loopback(clock())
    };
    let limits = options.limits.store;
    let is_broken = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let breaking = Arc::clone(&is_broken);
    let relay = serve::start(options, |hints, admission| {
        let inner = MemoryStore::new(limits, EPOCH, hints, admission);
        Ok::<_, std::convert::Infallible>(Breaking {
            inner,
            is_broken: breaking,
        })
    })
    .await
    .expect("a relay");
    let target = Target {
        address: relay.address,
        tls: None,
    };
    let person = |seed| Person::seeded(seed, 1, START);
    let (alice, bob) = (person(1), person(2));
    let mut receiver = WebSocketLink::attach(&target, &bob.devices[0], &Default::default())
        .await
        .expect("attached");
    receiver.done(bob.publish_list(1)).await;
    receiver.done(Person::grant(2)).await;
    let mut sender = WebSocketLink::attach(&target, &alice.devices[0], &Default::default())
        .await
        .expect("attached");
    assert_eq!(status(&sender.ask(bob.letter(1, 1)).await), 0);
    assert_eq!(Http::new(&target).get("/readyz", None).await.0, 200);
    is_broken.store(true, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(
        status(&sender.ask(bob.letter(2, 2)).await),
        ErrorCode::StoreUnavailable.number()
    );
    assert_eq!(Http::new(&target).get("/readyz", None).await.0, 503);
    assert_eq!(Http::new(&target).get("/healthz", None).await.0, 200);
    assert_eq!(numbers(&mut receiver, 1).await, [1]);
    is_broken.store(false, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(status(&sender.ask(bob.letter(3, 3)).await), 0);
    assert_eq!(Http::new(&target).get("/readyz", None).await.0, 200);
}

/// A store that stops writing when it is told to.
struct Breaking {
    inner: MemoryStore,
    is_broken: Arc<std::sync::atomic::AtomicBool>,
}

impl Store for Breaking {
    fn identity(&self) -> Identity {
        self.inner.identity()
    }

    fn submit(&self, op: Op) -> impl Future<Output = Result<Answer, StoreError>> + Send + 'static {
        let is_broken = self.is_broken.load(std::sync::atomic::Ordering::Relaxed);
        let inner = (!is_broken).then(|| self.inner.submit(op));
        async {
            match inner {
                Some(inner) => inner.await,
                None => Err(StoreError::Unavailable),
            }
        }
    }

    fn read(
        &self,
        mailbox: DeviceId,
        after: u64,
        bounds: PageBounds,
    ) -> impl Future<Output = Result<Vec<MailboxItem>, StoreError>> + Send + 'static {
        self.inner.read(mailbox, after, bounds)
    }

    fn read_lane(
        &self,
        mailbox: DeviceId,
        after: u64,
        count: usize,
    ) -> impl Future<Output = Result<Vec<LaneEntry>, StoreError>> + Send + 'static {
        self.inner.read_lane(mailbox, after, count)
    }

    fn usage(&self) -> impl Future<Output = Result<Usage, StoreError>> + Send + 'static {
        ready(Ok(Usage::default()))
    }
}

async fn metrics(target: &Target) -> String {
    let (status, body) = Http::new(target).get("/metrics", None).await;
    assert_eq!(status, 200);
    String::from_utf8(body.to_vec()).expect("text")
}

fn clock() -> Arc<twotick_relay::clock::RelayClock> {
    Arc::new(twotick_relay::clock::RelayClock::new(Box::new(
        crate::relay::Hands::new(),
    )))
}
