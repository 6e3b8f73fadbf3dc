//! The peer that acknowledges from memory: mosquitto, QoS 1, persistent sessions, over MQTT 3.1.1 by hand.

use std::path::Path;
use std::process::Command;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::process::{Server, free_port};
use crate::window::Window;

/// Starts mosquitto with its defaults but a queue long enough; `None` if it is not installed.
pub(crate) fn start(directory: &Path) -> Option<Server> {
    let program = [
        "/usr/sbin/mosquitto",
        "/usr/bin/mosquitto",
        "/usr/local/sbin/mosquitto",
    ]
    .into_iter()
    .find(|path| Path::new(path).exists())?;
    let port = free_port();
    let data = directory.join("mosquitto");
    std::fs::create_dir_all(&data).expect("a directory");
    let configuration = directory.join("mosquitto.conf");
    let text = format!(
        "listener {port} 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location {}/\n\
         max_queued_messages 0\nset_tcp_nodelay true\nuser root\n",
        data.display()
    );
    std::fs::write(&configuration, text).expect("a file");
    Some(Server::start(
        Command::new(program).arg("-c").arg(configuration),
        port,
    ))
}

/// One MQTT connection.
pub(crate) struct Client {
    stream: TcpStream,
    incoming: BytesMut,
    outgoing: BytesMut,
}

impl Client {
    /// Connects with a session that outlives the connection.
    pub(crate) async fn connect(port: u16, name: &str) -> Option<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
        stream.set_nodelay(true).ok()?;
        let mut client = Self {
            stream,
            incoming: BytesMut::with_capacity(4096),
            outgoing: BytesMut::new(),
        };
        let mut body = vec![0, 4];
        body.extend_from_slice(b"MQTT\x04\x00\x00\x00");
        body.extend_from_slice(&string(name));
        client.put(0x10, &body);
        client.flush().await?;
        client
            .packet()
            .await
            .filter(|(kind, _)| kind >> 4 == 2)
            .map(|_| client)
    }

    /// Subscribes with QoS 1.
    pub(crate) async fn subscribe(&mut self, topic: &str) -> Option<()> {
        let mut body = vec![0, 1];
        body.extend_from_slice(&string(topic));
        body.push(1);
        self.put(0x82, &body);
        self.flush().await?;
        self.packet().await.map(|_| ())
    }

    /// Sends all of a window to topics in turn.
    pub(crate) async fn publish(
        mut self,
        topics: &[String],
        mut window: Window,
        size: usize,
    ) -> Option<Window> {
        let payload = vec![0xa5; size];
        let mut id = 0_u16;
        let mut turns = topics.iter().cycle();
        while !window.is_done() {
            while window.take() {
                id = if id == u16::MAX { 1 } else { id + 1 };
                let mut body = string(turns.next()?);
                body.extend_from_slice(&id.to_be_bytes());
                body.extend_from_slice(&payload);
                self.put(0x32, &body);
            }
            self.flush().await?;
            let (kind, _) = self.packet().await?;
            if kind >> 4 == 4 {
                window.answered();
            }
        }
        Some(window)
    }

    /// Takes `count` messages and acknowledges each.
    pub(crate) async fn consume(mut self, count: usize) -> Option<()> {
        let mut taken = 0;
        while taken < count {
            let (kind, body) = self.packet().await?;
            if kind >> 4 == 3 {
                let topic = usize::from(u16::from_be_bytes([*body.first()?, *body.get(1)?]));
                let id = body.get(2 + topic..4 + topic)?.to_vec();
                self.put(0x40, &id);
                self.flush().await?;
                taken += 1;
            }
        }
        Some(())
    }

    fn put(&mut self, kind: u8, body: &[u8]) {
        self.outgoing.extend_from_slice(&[kind]);
        let mut length = body.len();
        loop {
            let more = length >= 128;
            self.outgoing
                .extend_from_slice(&[(length % 128) as u8 | u8::from(more) << 7]);
            length /= 128;
            if !more {
                break;
            }
        }
        self.outgoing.extend_from_slice(body);
    }

    async fn flush(&mut self) -> Option<()> {
        self.stream.write_all(&self.outgoing).await.ok()?;
        self.outgoing.clear();
        Some(())
    }

    async fn packet(&mut self) -> Option<(u8, BytesMut)> {
        loop {
            if let Some((header, length)) = header(&self.incoming)
                && self.incoming.len() >= header + length
            {
                let kind = self.incoming[0];
                self.incoming.advance(header);
                return Some((kind, self.incoming.split_to(length)));
            }
            self.incoming.reserve(4096);
            if self.stream.read_buf(&mut self.incoming).await.ok()? == 0 {
                return None;
            }
        }
    }
}

/// Bytes of the fixed header, and of what follows it.
fn header(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut length = 0;
    for index in 1..=4 {
        let byte = usize::from(*bytes.get(index)?);
        length |= (byte & 0x7f) << (7 * (index - 1));
        if byte & 0x80 == 0 {
            return Some((index + 1, length));
        }
    }
    None
}

fn string(text: &str) -> Vec<u8> {
    let mut bytes = (text.len() as u16).to_be_bytes().to_vec();
    bytes.extend_from_slice(text.as_bytes());
    bytes
}
