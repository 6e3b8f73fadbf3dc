//! The same loads for the relay, for mosquitto and for the floor: pairs that chat, and senders to people who are away.

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

use futures_util::future::join_all;

use crate::client::Client;
use crate::floor;
use crate::latency::Latencies;
use crate::mosquitto;
use crate::people::Person;
use crate::process::Server;
use crate::socket;
use crate::window::Window;

/// Bytes of a message.
pub(crate) const SIZE: usize = 1024;

/// What a load came to.
#[derive(Default)]
pub(crate) struct Outcome {
    /// Messages a second, delivered (or stored, where nobody takes them).
    pub(crate) per_second: f64,
    /// Microseconds of the server's CPU a message.
    pub(crate) cpu: f64,
    /// From sending to the answer that confirms.
    pub(crate) latencies: Latencies,
}

type Sending<'a> = Pin<Box<dyn Future<Output = Option<Window>> + 'a>>;
type Taking<'a> = Pin<Box<dyn Future<Output = Option<()>> + 'a>>;

/// Runs everything to its end and counts.
async fn measure(
    server: &Server,
    total: usize,
    sending: Vec<Sending<'_>>,
    taking: Vec<Taking<'_>>,
) -> Outcome {
    let (cpu, begin) = (server.cpu(), Instant::now());
    let (windows, taken) = futures_util::future::join(join_all(sending), join_all(taking)).await;
    let (elapsed, cpu) = (begin.elapsed(), server.cpu() - cpu);
    assert!(
        taken.iter().all(Option::is_some),
        "a receiver lost its connection"
    );
    let mut latencies = Latencies::default();
    for window in windows {
        latencies.extend(window.expect("a sender lost its connection").into_latencies());
    }
    let micros = |duration: Duration| duration.as_secs_f64() * 1e6;
    Outcome {
        per_second: total as f64 / elapsed.as_secs_f64(),
        cpu: micros(cpu) / total as f64,
        latencies,
    }
}

/// Pairs of the relay, each sending `count` messages with `window` of them in flight.
pub(crate) async fn relay_online(
    server: &Server,
    seed: u64,
    pairs: usize,
    window: usize,
    count: usize,
) -> Outcome {
    let people: Vec<[Person; 2]> = (0..pairs as u64)
        .map(|pair| [seed + 2 * pair, seed + 2 * pair + 1].map(|seed| Person::new(seed, 1)))
        .collect();
    let mut sending: Vec<Sending<'_>> = Vec::new();
    let mut taking: Vec<Taking<'_>> = Vec::new();
    for [from, to] in &people {
        let taker = Client::introduce(server.port, to, 256).await.expect("attached");
        let sender = Client::introduce(server.port, from, 256).await.expect("attached");
        taking.push(Box::pin(taker.consume(count)));
        sending.push(Box::pin(async move {
            sender.publish(&[to], Window::new(window, count), SIZE).await
        }));
    }
    measure(server, pairs * count, sending, taking).await
}

/// Pairs that send at a steady rate, `per_second` messages in all.
pub(crate) async fn relay_paced(
    server: &Server,
    seed: u64,
    pairs: usize,
    per_second: f64,
    count: usize,
) -> Outcome {
    let people: Vec<[Person; 2]> = (0..pairs as u64)
        .map(|pair| [seed + 2 * pair, seed + 2 * pair + 1].map(|seed| Person::new(seed, 1)))
        .collect();
    let interval = Duration::from_secs_f64(pairs as f64 / per_second);
    let mut sending: Vec<Sending<'_>> = Vec::new();
    let mut taking: Vec<Taking<'_>> = Vec::new();
    for [from, to] in &people {
        let taker = Client::introduce(server.port, to, 256).await.expect("attached");
        let sender = Client::introduce(server.port, from, 256).await.expect("attached");
        taking.push(Box::pin(taker.consume(count)));
        sending.push(Box::pin(sender.publish_paced(to, interval, count, SIZE)));
    }
    measure(server, pairs * count, sending, taking).await
}

/// The same as [`relay_online`] with mosquitto.
pub(crate) async fn mosquitto_online(
    server: &Server,
    seed: u64,
    pairs: usize,
    window: usize,
    count: usize,
) -> Outcome {
    let topics: Vec<Vec<String>> = (0..pairs).map(|pair| vec![format!("{seed}/{pair}")]).collect();
    let mut sending: Vec<Sending<'_>> = Vec::new();
    let mut taking: Vec<Taking<'_>> = Vec::new();
    for topic in &topics {
        let name = &topic[0];
        let mut taker = connect(server, &format!("to {name}")).await;
        taker.subscribe(name).await.expect("subscribed");
        let sender = connect(server, &format!("from {name}")).await;
        taking.push(Box::pin(taker.consume(count)));
        sending.push(Box::pin(sender.publish(topic, Window::new(window, count), SIZE)));
    }
    measure(server, pairs * count, sending, taking).await
}

/// The same as [`relay_online`] with the floor.
pub(crate) async fn floor_online(server: &Server, pairs: usize, window: usize, count: usize) -> Outcome {
    let mut sending: Vec<Sending<'_>> = Vec::new();
    let mut taking: Vec<Taking<'_>> = Vec::new();
    for pair in 0..pairs as u32 {
        let mut taker = socket::open(server.port, "/", None).await.expect("connected");
        floor::subscribe(&mut taker.1, pair).await.expect("subscribed");
        let sender = socket::open(server.port, "/", None).await.expect("connected");
        taking.push(Box::pin(floor::consume(taker, pair, count)));
        sending.push(Box::pin(floor::publish(
            sender,
            pair,
            Window::new(window, count),
            SIZE,
        )));
    }
    measure(server, pairs * count, sending, taking).await
}

/// Senders to people of the relay who are away; then all of them come, `at_once` at a time.
pub(crate) async fn relay_offline(server: &Server, seed: u64, offline: &Offline) -> (Outcome, Outcome) {
    let people: Vec<Person> = (0..offline.people as u64)
        .map(|person| Person::new(seed + person, 1))
        .collect();
    for person in &people {
        Client::introduce(server.port, person, 256)
            .await
            .expect("attached");
    }
    let senders: Vec<Person> = (0..offline.senders as u64)
        .map(|sender| Person::new(seed + 1_000_000 + sender, 1))
        .collect();
    let everyone: Vec<&Person> = people.iter().collect();
    let mut sending: Vec<Sending<'_>> = Vec::new();
    for (index, sender) in senders.iter().enumerate() {
        let client = Client::introduce(server.port, sender, 256)
            .await
            .expect("attached");
        let (to, window) = (
            offline.share(&everyone, index),
            Window::new(offline.window, offline.each()),
        );
        sending.push(Box::pin(async move { client.publish(&to, window, SIZE).await }));
    }
    let stored = measure(server, offline.total(), sending, Vec::new()).await;
    let taking = everyone.iter().map(|person| {
        let (port, device) = (server.port, &person.devices[0]);
        Box::pin(async move {
            Client::attach(port, device, 256)
                .await?
                .consume(offline.messages)
                .await
        }) as Taking<'_>
    });
    let drained = in_turns(server, offline, taking.collect()).await;
    (stored, drained)
}

/// The same with mosquitto.
pub(crate) async fn mosquitto_offline(server: &Server, seed: u64, offline: &Offline) -> (Outcome, Outcome) {
    let topics: Vec<String> = (0..offline.people)
        .map(|person| format!("away/{seed}/{person}"))
        .collect();
    for topic in &topics {
        connect(server, topic)
            .await
            .subscribe(topic)
            .await
            .expect("subscribed");
    }
    let mut sending: Vec<Sending<'_>> = Vec::new();
    for index in 0..offline.senders {
        let client = connect(server, &format!("sender/{seed}/{index}")).await;
        let (to, window) = (
            offline.share(&topics, index),
            Window::new(offline.window, offline.each()),
        );
        sending.push(Box::pin(async move { client.publish(&to, window, SIZE).await }));
    }
    let stored = measure(server, offline.total(), sending, Vec::new()).await;
    let taking = topics.iter().map(|topic| {
        Box::pin(async move { connect(server, topic).await.consume(offline.messages).await }) as Taking<'_>
    });
    let drained = in_turns(server, offline, taking.collect()).await;
    (stored, drained)
}

async fn connect(server: &Server, name: &str) -> mosquitto::Client {
    mosquitto::Client::connect(server.port, name)
        .await
        .expect("connected")
}

/// Runs receivers, so many at a time that no listening socket overflows.
async fn in_turns(server: &Server, offline: &Offline, taking: Vec<Taking<'_>>) -> Outcome {
    let (cpu, begin) = (server.cpu(), Instant::now());
    let mut waiting = taking.into_iter().peekable();
    while waiting.peek().is_some() {
        let turn: Vec<_> = waiting.by_ref().take(offline.at_once).collect();
        assert!(
            join_all(turn).await.iter().all(Option::is_some),
            "a receiver lost its connection"
        );
    }
    let (elapsed, cpu) = (begin.elapsed(), server.cpu() - cpu);
    Outcome {
        per_second: offline.total() as f64 / elapsed.as_secs_f64(),
        cpu: cpu.as_secs_f64() * 1e6 / offline.total() as f64,
        latencies: Latencies::default(),
    }
}

/// How many are away, and what is sent to them.
pub(crate) struct Offline {
    pub(crate) people: usize,
    pub(crate) messages: usize,
    pub(crate) senders: usize,
    pub(crate) window: usize,
    pub(crate) at_once: usize,
}

impl Offline {
    fn total(&self) -> usize {
        self.people * self.messages
    }

    fn each(&self) -> usize {
        self.total() / self.senders
    }

    /// The people one sender writes to: every `senders`-th.
    fn share<T: Clone>(&self, all: &[T], sender: usize) -> Vec<T> {
        all.iter().skip(sender).step_by(self.senders).cloned().collect()
    }
}
