//! What a relay meets besides chatting pairs: typing, large accounts, idle sockets, a storm, a power cut.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use twotick_wire::FrameKind;

use crate::client::{self, Client};
use crate::latency::Latencies;
use crate::load::SIZE;
use crate::people::Person;
use crate::process::Server;
use crate::socket;
use crate::window::Window;

/// From sending an ephemeral message to having it at the other end, one at a time.
pub(crate) async fn ephemeral(server: &Server, seed: u64, count: usize) -> Latencies {
    let [from, to] = [Person::new(seed, 1), Person::new(seed + 1, 1)];
    let mut taker = Client::introduce(server.port, &to, 256).await.expect("attached");
    let mut sender = Client::introduce(server.port, &from, 256)
        .await
        .expect("attached");
    let message = vec![0xa5; SIZE];
    let mut latencies = Latencies::default();
    for _ in 0..count {
        let frame = sender.ephemeral(&to, &message);
        let begin = Instant::now();
        sender.sender.send(&frame).await.expect("sent");
        next(&mut taker, FrameKind::EphemeralDelivery).await;
        latencies.add(begin.elapsed());
        next(&mut sender, FrameKind::Done).await;
    }
    latencies
}

/// The round trip of a raw WebSocket, one message at a time.
pub(crate) async fn echo(server: &Server, count: usize) -> Latencies {
    let (mut receiver, mut sender) = socket::open(server.port, "/", None).await.expect("connected");
    let message = vec![0xa5; SIZE];
    let mut latencies = Latencies::default();
    for _ in 0..count {
        let begin = Instant::now();
        sender.send(&message).await.expect("sent");
        receiver.next().await.expect("an echo");
        latencies.add(begin.elapsed());
    }
    latencies
}

async fn next(client: &mut Client, kind: FrameKind) {
    loop {
        let bytes = client.receiver.next().await.expect("the connection holds");
        if bytes.first() == Some(&kind.byte()) {
            return;
        }
    }
}

/// From one Send to 16 accounts of 16 devices until the last device has it, `count` times.
pub(crate) async fn fan_out(server: &Server, seed: u64, count: usize) -> Latencies {
    let people: Vec<Person> = (0..16).map(|person| Person::new(seed + person, 16)).collect();
    let from = Person::new(seed + 16, 1);
    let mut takers = Vec::new();
    for person in &people {
        takers.push(
            Client::introduce(server.port, person, 256)
                .await
                .expect("attached"),
        );
        for device in &person.devices[1..] {
            takers.push(Client::attach(server.port, device, 256).await.expect("attached"));
        }
    }
    let mut sender = Client::introduce(server.port, &from, 256)
        .await
        .expect("attached");
    let everyone: Vec<&Person> = people.iter().collect();
    // 256 messages of 1 KiB do not fit in one frame.
    let message = vec![0xa5; 900];
    let mut latencies = Latencies::default();
    for _ in 0..count {
        let frame = sender.message(&everyone, &message);
        let begin = Instant::now();
        sender.sender.send(&frame).await.expect("sent");
        let taking = join_all(takers.iter_mut().map(|taker| async {
            loop {
                let bytes = taker.receiver.next().await.expect("the connection holds");
                if bytes.first() == Some(&FrameKind::Page.byte()) {
                    return (begin.elapsed(), bytes);
                }
            }
        }));
        let (last, stored) = futures_util::future::join(taking, sender.until_stored()).await;
        stored.expect("stored");
        latencies.add(last.iter().map(|(elapsed, _)| *elapsed).max().unwrap_or_default());
        for (taker, (_, bytes)) in takers.iter_mut().zip(&last) {
            taker.acknowledge(bytes).await.expect("acknowledged");
        }
    }
    latencies
}

/// Bytes of resident memory for each idle attached connection.
///
/// The devices were here before the relay was started again: the rows of a mailbox are the store's, not a connection's,
/// and nothing that was freed can be used again.
pub(crate) async fn idle(
    start: impl Fn() -> Server,
    seed: u64,
    count: usize,
    tls: Option<Arc<ClientConfig>>,
) -> f64 {
    let people: Vec<Person> = (0..count as u64)
        .map(|person| Person::new(seed + person, 1))
        .collect();
    let server = start();
    drop(attach_all(server.port, &people, tls.clone()).await);
    server.kill();
    let server = start();
    let before = server.resident();
    let held = attach_all(server.port, &people, tls).await;
    (server.resident() as f64 - before as f64) / held.len() as f64
}

async fn attach_all(port: u16, people: &[Person], tls: Option<Arc<ClientConfig>>) -> Vec<Client> {
    let mut held = Vec::with_capacity(people.len());
    for chunk in people.chunks(50) {
        let clients = join_all(
            chunk
                .iter()
                .map(|person| again(|| attach(port, person, tls.clone()))),
        )
        .await;
        held.extend(clients.into_iter().map(|client| client.expect("attached")));
    }
    held
}

/// Tries until the limit on attaches lets it through: what is set up is not what is measured.
async fn again<T, F: Future<Output = Option<T>>>(mut attempt: impl FnMut() -> F) -> Option<T> {
    for _ in 0..1000 {
        if let Some(done) = attempt().await {
            return Some(done);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    None
}

async fn attach(port: u16, person: &Person, tls: Option<Arc<ClientConfig>>) -> Option<Client> {
    match tls {
        None => Client::attach(port, &person.devices[0], 256).await,
        Some(tls) => Client::attach_over(socket::open_tls(port, tls).await?, &person.devices[0], 256).await,
    }
}

/// Writes a certificate for the relay, and returns what trusts it.
pub(crate) fn trust(directory: &Path) -> Arc<ClientConfig> {
    let own = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
    std::fs::write(directory.join("cert.pem"), own.cert.pem()).expect("a file");
    std::fs::write(directory.join("key.pem"), own.signing_key.serialize_pem()).expect("a file");
    let mut roots = RootCertStore::empty();
    roots.add(own.cert.der().clone()).expect("a root");
    Arc::new(
        ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth(),
    )
}

/// People who are away with `pending` envelopes each.
pub(crate) async fn fill(
    server: &Server,
    seed: u64,
    people: usize,
    pending: usize,
    size: usize,
) -> Vec<Person> {
    let away: Vec<Person> = (0..people as u64)
        .map(|person| Person::new(seed + person, 1))
        .collect();
    for chunk in away.chunks(100) {
        let introduced = join_all(
            chunk
                .iter()
                .map(|person| again(|| Client::introduce(server.port, person, 256))),
        )
        .await;
        assert!(
            introduced.iter().all(Option::is_some),
            "the relay takes no more people"
        );
    }
    let everyone: Vec<&Person> = away.iter().collect();
    let senders: Vec<Person> = (0..SENDERS)
        .map(|sender| Person::new(seed + 10_000_000 + sender as u64, 1))
        .collect();
    let sent = join_all(senders.iter().enumerate().map(|(index, sender)| {
        let to: Vec<&Person> = everyone.iter().skip(index).step_by(SENDERS).copied().collect();
        async move {
            let client = Client::introduce(server.port, sender, 256).await?;
            let total = to.len() * pending;
            client.publish(&to, Window::new(50, total), size).await
        }
    }))
    .await;
    assert!(sent.iter().all(Option::is_some), "a sender lost its connection");
    away
}

/// How long until all are drained, and the most attempts that one needed.
pub(crate) async fn storm(server: &Server, people: &[Person], pending: usize) -> (Duration, usize) {
    let begin = Instant::now();
    let attempts = stream::iter(people.iter().enumerate())
        .map(|(index, person)| come_back(server.port, index as u64, person, pending))
        .buffer_unordered(people.len())
        .collect::<Vec<_>>()
        .await;
    (begin.elapsed(), attempts.into_iter().max().unwrap_or_default())
}

/// Attaches, again after a full-jitter wait (R-ATT-8) if need be, and takes everything.
async fn come_back(port: u16, seed: u64, person: &Person, pending: usize) -> usize {
    let mut random = ChaCha20Rng::seed_from_u64(seed);
    for attempt in 1.. {
        if let Some(client) = Client::attach(port, &person.devices[0], 256).await
            && client.consume(pending).await.is_some()
        {
            return attempt;
        }
        let most = 500 * 2_u64.pow(attempt.min(7) as u32);
        let wait = random.next_u64() % most.min(60_000);
        tokio::time::sleep(Duration::from_millis(wait)).await;
    }
    unreachable!("it comes back until it is there")
}

/// How long a relay takes after a kill until it serves, and its resident memory then.
pub(crate) async fn restart(directory: &Path, someone: &Person) -> (Duration, u64) {
    let begin = Instant::now();
    let server = client::start(directory);
    while Client::attach(server.port, &someone.devices[0], 256)
        .await
        .is_none()
    {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    (begin.elapsed(), server.resident())
}

/// Clients that fill mailboxes.
const SENDERS: usize = 20;
