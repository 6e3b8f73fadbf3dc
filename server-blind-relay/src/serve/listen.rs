//! Accepts sockets, as far as limits allow, and runs HTTP on them (SPEC 28).

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::Request;
use hyper::rt::{Sleep, Timer};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tower_service::Service as _;

use crate::limits::Unattached;
use crate::metrics::Refusal;
use crate::store::Store;

use super::peer::{Peer, Slots};
use super::relay::{Phase, Relay};
use super::stream::Stream;

/// What runs on each socket of a listener.
pub(super) struct Acceptor<S> {
    pub(super) relay: Arc<Relay<S>>,
    pub(super) slots: Arc<Slots>,
    pub(super) tls: Option<TlsAcceptor>,
    pub(super) router: Router,
    /// Only these may connect, if there are any.
    pub(super) terminators: Vec<IpAddr>,
    /// The header of a request, at most.
    pub(super) header_bytes: usize,
}

impl<S: Store> Acceptor<S> {
    /// Accepts until the relay drains.
    pub(super) async fn run(self, listener: TcpListener) {
        let acceptor = Arc::new(self);
        let mut phase = acceptor.relay.phase.clone();
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                _ = phase.wait_for(|phase| *phase != Phase::Serving) => return,
            };
            match accepted {
                Ok((socket, address)) => acceptor.admit(socket, address),
                Err(error) => {
                    tracing::warn!(name: "accept_failed", error = %error);
                    // Out of files or memory: at once it would fail again.
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    /// Serves a socket if there is room for it.
    fn admit(self: &Arc<Self>, socket: TcpStream, address: SocketAddr) {
        let refused = |reason| self.relay.metrics.connections_refused.add(reason, 1);
        let address = address.ip().to_canonical();
        let Some(slot) = self.slots.take() else {
            refused(Refusal::Full);
            self.turn_away(socket);
            return;
        };
        if !self.terminators.is_empty() && !self.terminators.contains(&address) {
            return refused(Refusal::NotTerminator);
        }
        let Ok(place) = self.place(address) else {
            return refused(Refusal::Address);
        };
        if socket.set_nodelay(true).is_err() {
            // The peer has gone already.
            return;
        }
        self.relay.metrics.connections_accepted.add(1);
        let acceptor = Arc::clone(self);
        tokio::spawn(async move { acceptor.serve(socket, Peer::new(address, place, slot)).await });
    }

    fn place(&self, address: IpAddr) -> Result<Option<Unattached>, crate::limits::Limited> {
        if self.relay.is_behind_terminator {
            return Ok(None);
        }
        let limiter = self.relay.limiter();
        limiter
            .connect(limiter.address(address), self.relay.clock.monotonic())
            .map(Some)
    }

    /// Answers 503 as far as that costs nothing: not under TLS, and only what the socket takes at once.
    fn turn_away(&self, socket: TcpStream) {
        if self.tls.is_none() {
            // What is not taken at once is not worth waiting for.
            let _ = socket.try_write(FULL);
        }
    }

    async fn serve(&self, socket: TcpStream, peer: Peer) {
        let patience = self.relay.limits().no_progress.saturating_add(LINGER);
        let stream = match &self.tls {
            None => Stream::clear(socket, patience),
            Some(tls) => match timeout(self.relay.limits().tls_handshake, tls.accept(socket)).await {
                Ok(Ok(socket)) => Stream::tls(socket, patience),
                Ok(Err(_)) | Err(_) => return self.relay.metrics.connections_refused.add(Refusal::Tls, 1),
            },
        };
        self.http(stream, peer).await;
    }

    async fn http(&self, stream: Stream, peer: Peer) {
        let headers = self.relay.limits().request_headers;
        let service = service_fn(|request: hyper::Request<hyper::body::Incoming>| {
            let mut request: Request = request.map(axum::body::Body::new);
            request.extensions_mut().insert(peer.clone());
            self.router.clone().call(request)
        });
        let connection = http1::Builder::new()
            .timer(Patience {
                peer: peer.clone(),
                more: self.relay.limits().idle.saturating_sub(headers),
            })
            .header_read_timeout(headers)
            .max_header_size(self.header_bytes)
            .max_headers(MAX_HEADERS)
            .max_buf_size(self.header_bytes.max(READ_BUFFER))
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        let mut connection = pin!(connection);
        let mut phase = self.relay.phase.clone();
        loop {
            tokio::select! {
                // How a peer ends a connection of HTTP is its own affair; what it was refused has been answered.
                _ = connection.as_mut() => return,
                changed = phase.changed() => match *phase.borrow_and_update() {
                    _ if changed.is_err() => return,
                    Phase::Serving => {}
                    Phase::Draining(_) => connection.as_mut().graceful_shutdown(),
                    Phase::Stopped => return,
                },
            }
        }
    }
}

/// Waits for the headers of a request: longer on a socket that has proven itself, on which the next request may take
/// its time.
#[derive(Clone, Debug)]
struct Patience {
    peer: Peer,
    more: Duration,
}

impl Timer for Patience {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(Instant::now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        let more = if self.peer.is_proven() {
            self.more
        } else {
            Duration::ZERO
        };
        TokioTimer::new().sleep_until(deadline + more)
    }
}

/// Binds an address, with a queue that outlasts a moment's storm.
pub(super) fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        tokio::net::TcpSocket::new_v4()?
    } else {
        tokio::net::TcpSocket::new_v6()?
    };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// The files that the process may open.
pub(super) fn file_limit() -> usize {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    limit
        .and_then(|limit| usize::try_from(limit).ok())
        .unwrap_or(usize::MAX)
}

/// The answer of a relay that has no room.
const FULL: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 10\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// After a failed accept.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Sockets that wait to be accepted. More: nothing; fewer: the kernel drops them in a storm, and they come back late.
const BACKLOG: u32 = 4_096;

/// Headers of a request. More: work for each; fewer: proxies that add some fail.
const MAX_HEADERS: usize = 64;

/// Bytes of a body that are read at once.
const READ_BUFFER: usize = 16 << 10;

/// The connection itself notices a reader without progress first, and says so.
const LINGER: Duration = Duration::from_secs(10);
