//! The floor: what a relay would cost that only echoes, or only logs and forwards, without accounts, rights or expiry.
//!
//! Both run in a process of their own (`--serve echo|floor PORT DIR`), so that their CPU can be told from the clients'.

use std::collections::HashMap;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use crate::disk;
use crate::socket::{Receiver, Sender};
use crate::window::Window;

const LOG: usize = 256 << 20;
const BATCH: usize = 1000;

/// Answers each message with itself.
pub(crate) async fn echo(port: u16) {
    let listener = TcpListener::bind(("127.0.0.1", port))
        .await
        .expect("the port is free");
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(async move {
            let Some(mut socket) = accept(stream).await else {
                return;
            };
            while let Some(Ok(message)) = socket.next().await {
                if !message.is_binary() || socket.send(message).await.is_err() {
                    return;
                }
            }
        });
    }
}

struct Append {
    target: u32,
    payload: Bytes,
    sender: UnboundedSender<Message>,
}

type Targets = Arc<Mutex<HashMap<u32, UnboundedSender<Message>>>>;

/// Acknowledges and forwards each message once it is in a preallocated log, flushed with whatever came meanwhile.
pub(crate) async fn log(port: u16, directory: &Path) {
    let listener = TcpListener::bind(("127.0.0.1", port))
        .await
        .expect("the port is free");
    let targets = Targets::default();
    let (appends, queue) = mpsc::channel();
    let file = disk::preallocated(&directory.join("floor"), LOG);
    let commits = Arc::clone(&targets);
    thread::spawn(move || commit(&file, &queue, &commits));
    while let Ok((stream, _)) = listener.accept().await {
        let (appends, targets) = (appends.clone(), Arc::clone(&targets));
        tokio::spawn(serve(stream, appends, targets));
    }
}

async fn serve(stream: TcpStream, appends: mpsc::Sender<Append>, targets: Targets) {
    let Some(socket) = accept(stream).await else {
        return;
    };
    let (sink, mut source) = socket.split();
    let (sender, outgoing) = unbounded_channel();
    tokio::spawn(write(sink, outgoing));
    while let Some(Ok(message)) = source.next().await {
        let Message::Binary(payload) = message else {
            continue;
        };
        let Some((head, _)) = payload.split_first_chunk::<5>() else {
            continue;
        };
        let target = u32::from_be_bytes([head[1], head[2], head[3], head[4]]);
        match head[0] {
            SUBSCRIBE => {
                targets.lock().expect("no panics").insert(target, sender.clone());
            }
            PUBLISH => {
                let sender = sender.clone();
                if appends
                    .send(Append {
                        target,
                        payload,
                        sender,
                    })
                    .is_err()
                {
                    return;
                }
            }
            _ => {}
        }
    }
}

async fn write(mut sink: impl SinkExt<Message> + Unpin, mut outgoing: UnboundedReceiver<Message>) {
    let mut batch = Vec::new();
    while outgoing.recv_many(&mut batch, 64).await > 0 {
        for message in batch.drain(..) {
            if sink.feed(message).await.is_err() {
                return;
            }
        }
        if sink.flush().await.is_err() {
            return;
        }
    }
}

fn commit(file: &std::fs::File, queue: &mpsc::Receiver<Append>, targets: &Targets) {
    let mut at = 0;
    let mut buffer = Vec::new();
    while let Ok(first) = queue.recv() {
        let batch: Vec<_> = std::iter::once(first)
            .chain(queue.try_iter().take(BATCH - 1))
            .collect();
        buffer.clear();
        batch
            .iter()
            .for_each(|append| buffer.extend_from_slice(&append.payload));
        if at + buffer.len() > LOG {
            at = 0;
        }
        file.write_all_at(&buffer, at as u64).expect("a write");
        file.sync_data().expect("a flush");
        at += buffer.len();
        let targets = targets.lock().expect("no panics");
        for append in batch {
            // A client that went away needs neither.
            let _ = append
                .sender
                .send(Message::Binary(Bytes::from_static(&[ACKNOWLEDGED])));
            if let Some(target) = targets.get(&append.target) {
                let _ = target.send(Message::Binary(append.payload));
            }
        }
    }
}

async fn accept(stream: TcpStream) -> Option<WebSocketStream<TcpStream>> {
    stream.set_nodelay(true).ok()?;
    let config = WebSocketConfig::default()
        .read_buffer_size(4096)
        .write_buffer_size(0);
    tokio_tungstenite::accept_async_with_config(stream, Some(config))
        .await
        .ok()
}

const SUBSCRIBE: u8 = 0;
const PUBLISH: u8 = 1;
const RECEIVED: u8 = 2;
const ACKNOWLEDGED: u8 = 3;

/// Says which target a connection is.
pub(crate) async fn subscribe(sender: &mut Sender, target: u32) -> Option<()> {
    sender.send(&message(SUBSCRIBE, target, 0)).await
}

/// Sends all of a window to a target.
pub(crate) async fn publish(
    (mut receiver, mut sender): (Receiver, Sender),
    target: u32,
    mut window: Window,
    size: usize,
) -> Option<Window> {
    let message = message(PUBLISH, target, size);
    while !window.is_done() {
        while window.take() {
            sender.put(&message);
        }
        sender.flush().await?;
        receiver.next().await?;
        window.answered();
    }
    Some(window)
}

/// Takes `count` messages and acknowledges each.
pub(crate) async fn consume(
    (mut receiver, mut sender): (Receiver, Sender),
    target: u32,
    count: usize,
) -> Option<()> {
    let received = message(RECEIVED, target, 0);
    for _ in 0..count {
        receiver.next().await?;
        sender.send(&received).await?;
    }
    Some(())
}

fn message(kind: u8, target: u32, size: usize) -> Vec<u8> {
    let mut message = vec![kind];
    message.extend_from_slice(&target.to_be_bytes());
    message.resize(5 + size, 0xa5);
    message
}
