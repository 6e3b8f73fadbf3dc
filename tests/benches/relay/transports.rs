//! The same messages over each transport: bytes on the wire, time to the recipient, the server's CPU.

use std::time::Instant;

use tokio::sync::mpsc;
use twotick_wire::RelayFrame;
use twotick_wire::frame::FrameSequence;

use crate::client::{self, Client};
use crate::http::Http;
use crate::latency::Latencies;
use crate::load::SIZE;
use crate::people::Person;
use crate::process::Server;

/// How frames reach the recipient; the sender posts in the two that are HTTP.
#[derive(Clone, Copy)]
pub(crate) enum Transport {
    WebSocket,
    Events,
    LongPoll,
}

impl Transport {
    pub(crate) const ALL: [Self; 3] = [Self::WebSocket, Self::Events, Self::LongPoll];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::WebSocket => "WebSocket",
            Self::Events => "events + POST",
            Self::LongPoll => "long poll + POST",
        }
    }
}

/// What one message costs.
pub(crate) struct Cost {
    pub(crate) latencies: Latencies,
    /// Bytes of the sender's and of the recipient's connections.
    pub(crate) bytes: f64,
    /// Microseconds of the server's CPU.
    pub(crate) cpu: f64,
}

/// Sends `count` messages, each after the one before has arrived and was acknowledged.
pub(crate) async fn cost(server: &Server, seed: u64, transport: Transport, count: usize) -> Cost {
    let [from, to] = [Person::new(seed, 1), Person::new(seed + 1, 1)];
    for person in [&from, &to] {
        Client::introduce(server.port, person, 256)
            .await
            .expect("attached");
    }
    match transport {
        Transport::WebSocket => websocket(server, &from, &to, count).await,
        Transport::Events | Transport::LongPoll => http(server, &from, &to, transport, count).await,
    }
}

async fn websocket(server: &Server, from: &Person, to: &Person, count: usize) -> Cost {
    let attach = |device| Client::attach(server.port, device, 256);
    let mut sender = attach(&from.devices[0]).await.expect("attached");
    let mut taker = attach(&to.devices[0]).await.expect("attached");
    let (message, cpu) = (vec![0xa5; SIZE], server.cpu());
    let before = sender.bytes() + taker.bytes();
    let mut latencies = Latencies::default();
    for _ in 0..count {
        let frame = sender.message(&[to], &message);
        let begin = Instant::now();
        sender.sender.send(&frame).await.expect("sent");
        taker.until_page().await.expect("a page");
        latencies.add(begin.elapsed());
        sender.until_stored().await.expect("stored");
        taker.until_done().await.expect("done");
    }
    let bytes = sender.bytes() + taker.bytes() - before;
    Cost {
        latencies,
        bytes: bytes as f64 / count as f64,
        cpu: (server.cpu() - cpu).as_secs_f64() * 1e6 / count as f64,
    }
}

async fn http(server: &Server, from: &Person, to: &Person, transport: Transport, count: usize) -> Cost {
    let (mut sender, epoch) = Http::attach(server.port, &from.devices[0])
        .await
        .expect("attached");
    let (taker, taker_epoch) = Http::attach(server.port, &to.devices[0]).await.expect("attached");
    let listener = taker.another(server.port).await.expect("connected");
    let (arrived, mut arrivals) = mpsc::channel(1);
    let (message, cpu) = (vec![0xa5; SIZE], server.cpu());
    let taking = take(listener, taker, taker_epoch, transport, count, arrived);
    let sending = async {
        let mut latencies = Latencies::default();
        let mut names = client::Names::new(epoch);
        // The listener says that it is there.
        arrivals.recv().await.expect("the listener is there");
        for _ in 0..count {
            let frame = names.message(&[to], &message);
            let begin = Instant::now();
            sender.frames(&frame).await.expect("sent");
            let arrival: Instant = arrivals.recv().await.expect("the listener is there");
            latencies.add(arrival.duration_since(begin));
        }
        (latencies, sender.bytes)
    };
    let (taken, (latencies, sent)) = futures_util::future::join(taking, sending).await;
    Cost {
        latencies,
        bytes: (taken + sent) as f64 / count as f64,
        cpu: (server.cpu() - cpu).as_secs_f64() * 1e6 / count as f64,
    }
}

/// Takes `count` envelopes, acknowledges each, and says when each arrived.
async fn take(
    mut listener: Http,
    mut poster: Http,
    epoch: u64,
    transport: Transport,
    count: usize,
    arrived: mpsc::Sender<Instant>,
) -> u64 {
    let (mut text, mut cursor, mut names) = (String::new(), 0, client::Names::new(epoch));
    if let Transport::Events = transport {
        let opened = listener.events("/v1/events?cursor=0&lane=0").await;
        opened.expect("a stream");
    }
    arrived.send(Instant::now()).await.expect("the sender is there");
    while cursor < count as u64 {
        let frames = next_frames(&mut listener, &mut text, transport, cursor)
            .await
            .expect("frames");
        let arrival = Instant::now();
        for frame in &frames {
            let RelayFrame::Page(page) = RelayFrame::decode(frame).expect("a frame") else {
                continue;
            };
            cursor = page.deliveries.last().map_or(cursor, |delivery| delivery.seq);
            poster.frames(&names.ack(cursor)).await.expect("acknowledged");
            arrived.send(arrival).await.expect("the sender is there");
        }
    }
    listener.bytes + poster.bytes
}

async fn next_frames(
    listener: &mut Http,
    text: &mut String,
    transport: Transport,
    cursor: u64,
) -> Option<Vec<Vec<u8>>> {
    if let Transport::Events = transport {
        return listener.event(text).await.map(|frame| vec![frame]);
    }
    let path = format!("/v1/poll?cursor={cursor}&lane=0&wait=25");
    let body = listener.request("GET", &path, &[]).await?;
    let frames = FrameSequence::decode(&body, FrameSequence::MAX_ANSWER).ok()?;
    Some(frames.map(<[u8]>::to_vec).collect())
}
