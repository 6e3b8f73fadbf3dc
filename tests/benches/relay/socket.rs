//! A WebSocket client that costs as little as a socket can: mask zero, no copies, one buffer a direction.
//!
//! The generator shares the machine with the server, so what it does not spend is left for what is measured.

use std::sync::Arc;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;

type Read = Box<dyn AsyncRead + Unpin + Send>;
type Write = Box<dyn AsyncWrite + Unpin + Send>;

/// Opens a WebSocket at `ws://127.0.0.1:port/path`.
pub(crate) async fn open(port: u16, path: &str, subprotocol: Option<&str>) -> Option<(Receiver, Sender)> {
    let (read, write) = connect(port).await?.into_split();
    upgrade(Box::new(read), Box::new(write), path, subprotocol).await
}

/// Opens a WebSocket of the relay over TLS.
pub(crate) async fn open_tls(port: u16, tls: Arc<ClientConfig>) -> Option<(Receiver, Sender)> {
    let name = ServerName::try_from("localhost").ok()?;
    let stream = TlsConnector::from(tls)
        .connect(name, connect(port).await?)
        .await
        .ok()?;
    let (read, write) = tokio::io::split(stream);
    upgrade(Box::new(read), Box::new(write), "/v1/ws", Some("twotick.1")).await
}

async fn connect(port: u16) -> Option<TcpStream> {
    let stream = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    stream.set_nodelay(true).ok()?;
    Some(stream)
}

async fn upgrade(
    read: Read,
    mut write: Write,
    path: &str,
    subprotocol: Option<&str>,
) -> Option<(Receiver, Sender)> {
    let extra = subprotocol.map_or(String::new(), |name| {
        format!("Sec-WebSocket-Protocol: {name}\r\n")
    });
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n{extra}\r\n"
    );
    write.write_all(request.as_bytes()).await.ok()?;
    let mut receiver = Receiver {
        read,
        buffer: BytesMut::with_capacity(4096),
        bytes: 0,
    };
    let head = receiver.head().await?;
    head.starts_with("HTTP/1.1 101").then_some((
        receiver,
        Sender {
            write,
            buffer: BytesMut::new(),
            bytes: request.len() as u64,
        },
    ))
}

/// The half that reads.
pub(crate) struct Receiver {
    read: Read,
    buffer: BytesMut,
    /// Bytes read.
    pub(crate) bytes: u64,
}

impl Receiver {
    /// The next binary message, or `None` at the end of the connection.
    pub(crate) async fn next(&mut self) -> Option<Bytes> {
        loop {
            self.fill(2).await?;
            let operation = self.buffer[0] & 0x0f;
            let (header, length) = match self.buffer[1] & 0x7f {
                126 => {
                    self.fill(4).await?;
                    (
                        4,
                        usize::from(u16::from_be_bytes([self.buffer[2], self.buffer[3]])),
                    )
                }
                127 => {
                    self.fill(10).await?;
                    let length: [u8; 8] = self.buffer[2..10].try_into().ok()?;
                    (10, usize::try_from(u64::from_be_bytes(length)).ok()?)
                }
                short => (2, usize::from(short)),
            };
            self.fill(header + length).await?;
            self.buffer.advance(header);
            let payload = self.buffer.split_to(length).freeze();
            match operation {
                2 => return Some(payload),
                8 => return None,
                _ => {}
            }
        }
    }

    /// The answer to the upgrade, up to the empty line.
    async fn head(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                return String::from_utf8(self.buffer.split_to(end + 4).to_vec()).ok();
            }
            self.more().await?;
        }
    }

    async fn fill(&mut self, length: usize) -> Option<()> {
        while self.buffer.len() < length {
            self.more().await?;
        }
        Some(())
    }

    async fn more(&mut self) -> Option<()> {
        self.buffer.reserve(4096);
        match self.read.read_buf(&mut self.buffer).await {
            Ok(0) | Err(_) => None,
            Ok(read) => {
                self.bytes += read as u64;
                Some(())
            }
        }
    }
}

/// The half that writes.
pub(crate) struct Sender {
    write: Write,
    buffer: BytesMut,
    /// Bytes written.
    pub(crate) bytes: u64,
}

impl Sender {
    /// Adds one binary message to what the next flush writes.
    pub(crate) fn put(&mut self, payload: &[u8]) {
        self.buffer.extend_from_slice(&[0x82]);
        match payload.len() {
            length @ 0..=125 => self.buffer.extend_from_slice(&[0x80 | length as u8]),
            length @ 126..=0xffff => {
                self.buffer.extend_from_slice(&[0x80 | 126]);
                self.buffer.extend_from_slice(&(length as u16).to_be_bytes());
            }
            length => {
                self.buffer.extend_from_slice(&[0x80 | 127]);
                self.buffer.extend_from_slice(&(length as u64).to_be_bytes());
            }
        }
        self.buffer.extend_from_slice(&[0; 4]);
        self.buffer.extend_from_slice(payload);
    }

    /// Writes what was put.
    pub(crate) async fn flush(&mut self) -> Option<()> {
        self.write.write_all(&self.buffer).await.ok()?;
        self.bytes += self.buffer.len() as u64;
        self.buffer.clear();
        Some(())
    }

    /// Writes one binary message.
    pub(crate) async fn send(&mut self, payload: &[u8]) -> Option<()> {
        self.put(payload);
        self.flush().await
    }
}
