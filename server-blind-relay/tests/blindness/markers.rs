//! Nothing private is in memory, on disk, in logs, on the metrics page, in refusals or on the wire.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng};
use tempfile::TempDir;
use tracing::level_filters::LevelFilter;
use twotick_relay::clock::{RelayClock, SystemClock};

use crate::client::Link as _;
use crate::client::websocket::WebSocketLink;
use crate::person::{Person, Terms};
use crate::program::{Program, files};
use crate::proxy::Proxy;
use crate::relay::Target;
use crate::run::{ADDRESSES, Run, the_run};
use crate::scan::Needles;

/// R-BLD-1, R-BLD-2: after a thousand messages no secret of eight devices is in the relay's memory.
#[test]
fn no_secret_is_in_memory() {
    let run = the_run();
    assert!(run.sealed >= 1_000, "{} sealed", run.sealed);
    assert!(run.secrets.len() > 2_000, "{} secrets", run.secrets.len());
    assert!(run.memory > 1 << 24, "{} bytes of memory", run.memory);
    assert_eq!(run.in_memory, [BTreeSet::new(), BTreeSet::new()]);
}

/// R-BLD-1: nor on disk, in what it logs at trace, on its metrics page, in a refusal, or on the wire.
#[test]
fn no_secret_is_left_anywhere_else() {
    let run = the_run();
    for (place, bytes) in places(run) {
        assert_eq!(run.secrets.found_in(bytes), BTreeSet::new(), "{place}");
    }
    for capture in &run.capture {
        assert_eq!(run.secrets.found_in(capture), BTreeSet::new(), "the wire");
    }
}

/// R-CAP-1, R-TRN-1: capabilities and tokens are known to the relay by their hashes only; none is stored or written down.
#[test]
fn no_credential_is_stored_or_shown() {
    let run = the_run();
    for (place, bytes) in places(run) {
        assert_eq!(run.credentials.found_in(bytes), BTreeSet::new(), "{place}");
    }
    let captured = run
        .capture
        .iter()
        .flat_map(|bytes| run.credentials.found_in(bytes));
    let sent: BTreeSet<_> = captured.collect();
    assert_eq!(
        sent,
        BTreeSet::from(["a capability", "a token"]),
        "the control: they were sent"
    );
}

/// R-BLD-1: sealed bytes and full identifiers are in no log, metric or refusal, though they are on disk.
#[test]
fn nothing_sealed_and_no_identifier_is_shown() {
    let run = the_run();
    for (place, bytes) in places(run).filter(|(place, _)| !place.starts_with("disk")) {
        let found = run.unlogged.found_in(bytes);
        assert_eq!(found, BTreeSet::new(), "{place}");
    }
    let on_disk: BTreeSet<_> = run
        .files
        .iter()
        .flat_map(|(_, bytes)| run.unlogged.found_in(bytes))
        .collect();
    assert!(on_disk.contains("sealed bytes"), "the control: they are stored");
    assert!(on_disk.contains("an account id"));
}

/// R-BLD-1: where people came from is nowhere.
#[test]
fn no_address_is_written_down() {
    let run = the_run();
    for (place, bytes) in places(run) {
        assert_eq!(addresses_in(bytes), Vec::<Ipv4Addr>::new(), "{place}");
    }
}

/// The control: an address is found in a text and in binary.
#[test]
fn an_address_that_is_written_down_is_found() {
    assert_eq!(addresses_in(b"peer=127.77.201.83:4711"), [ADDRESSES[0]]);
    assert_eq!(addresses_in(&[0, 1, 127, 77, 142, 219, 9]), [ADDRESSES[1]]);
}

/// The control: what a client fails to seal is found in memory, on disk and on the wire.
#[test]
fn a_secret_that_is_sent_in_clear_is_found() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.expect("a runtime").block_on(send_in_clear());
}

async fn send_in_clear() {
    let directory = TempDir::new().expect("a directory");
    let data = directory.path().join("data");
    let program = Program::start(&data, &directory.path().join("log"));
    let proxy = Proxy::start(program.address, vec![Ipv4Addr::LOCALHOST]).await;
    let target = Target {
        address: proxy.address,
        tls: None,
    };
    let (needles, message) = planted();
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("after 1970");
    let bob = Person::seeded(3, 1, twotick_wire::UnixTime::new(now.as_secs()));
    let mut link = WebSocketLink::attach(&target, &bob.devices[0], &Terms::default())
        .await
        .expect("attached");
    link.done(bob.publish_list(2)).await;
    link.done(Person::grant(3)).await;
    let alice = Person::seeded(4, 1, bob.now);
    drop(link);
    let mut link = WebSocketLink::attach(&target, &alice.devices[0], &Terms::default())
        .await
        .expect("attached");
    link.ask(bob.letter_of(4, 5, &message, &[])).await;
    let mut in_memory = BTreeSet::new();
    program.memory(|bytes| in_memory.extend(needles.found_in(bytes).into_iter().map(str::to_owned)));
    let on_the_wire: BTreeSet<_> = proxy
        .heard()
        .iter()
        .flat_map(|bytes| needles.found_in(bytes))
        .map(str::to_owned)
        .collect();
    program.kill();
    let on_disk: BTreeSet<_> = files(&data)
        .iter()
        .flat_map(|(_, bytes)| needles.found_in(bytes))
        .map(str::to_owned)
        .collect();
    let expected = BTreeSet::from(["a content".to_owned()]);
    assert_eq!(
        (&in_memory, &on_the_wire, &on_disk),
        (&expected, &expected, &expected)
    );
}

/// The control: a line that shows bytes under a name that lines may have is found, by the same subscriber.
#[test]
fn a_secret_that_is_logged_is_found() {
    let (needles, message) = planted();
    let page = Page::default();
    let clock = Arc::new(RelayClock::new(Box::new(SystemClock::default())));
    let subscriber = twotick_relay::log::subscriber(LevelFilter::TRACE, clock, Arc::default(), page.clone());
    tracing::subscriber::with_default(subscriber, || {
        // The log takes events of the relay only.
        tracing::info!(name: "planted", target: "twotick_relay::planted", error = ?message);
    });
    let text = page.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert_eq!(
        needles.found_in(&text),
        BTreeSet::from(["a content"]),
        "{}",
        String::from_utf8_lossy(&text)
    );
}

/// Something that is no message, and how it is recognised.
fn planted() -> (Needles, Vec<u8>) {
    let mut message = vec![0; 351];
    ChaCha20Rng::seed_from_u64(77).fill_bytes(&mut message);
    let mut needles = Needles::default();
    needles.add("a content", &message[64..96]);
    (needles, message)
}

/// Where a relay leaves bytes behind, but for the wire.
fn places(run: &Run) -> impl Iterator<Item = (String, &[u8])> {
    let files = run
        .files
        .iter()
        .map(|(path, bytes)| (format!("disk: {}", path.display()), bytes.as_slice()));
    let errors = run
        .errors
        .iter()
        .map(|bytes| ("a refusal".to_owned(), bytes.as_slice()));
    files.chain(errors).chain([
        ("the log".to_owned(), run.log.as_slice()),
        ("the metrics".to_owned(), run.metrics.as_slice()),
    ])
}

fn addresses_in(bytes: &[u8]) -> Vec<Ipv4Addr> {
    let has = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    let is_there = |address: &&Ipv4Addr| has(&address.octets()) || has(address.to_string().as_bytes());
    ADDRESSES.iter().filter(is_there).copied().collect()
}

#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Page {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
