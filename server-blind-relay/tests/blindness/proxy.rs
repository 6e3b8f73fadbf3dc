//! Stands between clients and a relay and keeps all that goes over the wire.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// Where clients connect instead.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    heard: Arc<Mutex<Vec<Arc<Heard>>>>,
}

/// Both directions of a connection.
#[derive(Default)]
struct Heard {
    up: Mutex<Vec<u8>>,
    down: Mutex<Vec<u8>>,
}

impl Proxy {
    /// Connects to the relay from one after the other of these addresses.
    pub(crate) async fn start(relay: SocketAddr, from: Vec<Ipv4Addr>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
        let address = listener.local_addr().expect("an address");
        let heard = Arc::<Mutex<Vec<Arc<Heard>>>>::default();
        let all = Arc::clone(&heard);
        tokio::spawn(async move {
            let mut from = from.into_iter().cycle();
            while let Ok((client, _)) = listener.accept().await {
                let relay = connect_from(from.next().expect("an address"), relay).await;
                let heard = Arc::<Heard>::default();
                lock(&all).push(Arc::clone(&heard));
                let ((up, to_client), (down, to_relay)) = (split(client), split(relay));
                let both = Arc::clone(&heard);
                tokio::spawn(async move { pass(up, to_relay, &both.up).await });
                tokio::spawn(async move { pass(down, to_client, &heard.down).await });
            }
        });
        Self { address, heard }
    }

    /// All that was said, as the clients' WebSockets meant it: their masks are taken off.
    pub(crate) fn heard(&self) -> Vec<Vec<u8>> {
        let all = lock(&self.heard);
        all.iter()
            .flat_map(|heard| [unmasked(&lock(&heard.up)), lock(&heard.down).clone()])
            .collect()
    }
}

/// A connection to a relay from an address of our own.
pub(crate) async fn connect_from(from: Ipv4Addr, relay: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket
        .bind(SocketAddr::from((from, 0)))
        .expect("every 127.x.y.z is ours");
    let stream = socket.connect(relay).await.expect("a connection");
    stream.set_nodelay(true).expect("a socket");
    stream
}

fn split(stream: TcpStream) -> (impl AsyncRead, impl AsyncWrite) {
    stream.set_nodelay(true).expect("a socket");
    stream.into_split()
}

async fn pass(from: impl AsyncRead, to: impl AsyncWrite, heard: &Mutex<Vec<u8>>) {
    let (mut from, mut to) = (Box::pin(from), Box::pin(to));
    let mut bytes = vec![0; 1 << 16];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        lock(heard).extend_from_slice(&bytes[..count]);
        if to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
    // The other end may have gone already.
    let _ = to.shutdown().await;
}

/// Takes the masks off what a client's WebSocket sent; anything else stays as it is.
fn unmasked(up: &[u8]) -> Vec<u8> {
    let Some(end) = up
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .filter(|_| up.starts_with(b"GET /v1/ws"))
    else {
        return up.to_vec();
    };
    let (head, mut rest) = up.split_at(end + 4);
    let mut all = head.to_vec();
    while let [_, short, ..] = *rest {
        let (start, length) = match short & 0x7f {
            126 if rest.len() >= 4 => (4, usize::from(u16::from_be_bytes([rest[2], rest[3]]))),
            127 if rest.len() >= 10 => {
                let long: [u8; 8] = rest[2..10].try_into().expect("eight bytes");
                (10, usize::try_from(u64::from_be_bytes(long)).expect("a length"))
            }
            short => (2, usize::from(short)),
        };
        let Some(frame) = rest.get(start..start + 4 + length) else {
            break;
        };
        let (mask, payload) = frame.split_at(4);
        all.extend(
            payload
                .iter()
                .zip(mask.iter().cycle())
                .map(|(byte, mask)| byte ^ mask),
        );
        rest = &rest[start + 4 + length..];
    }
    all
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
