//! `GET /v1/ws`: the handshake, and one task that moves frames between the socket and its connection (SPEC 30).

mod message;
mod socket;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use sha1::{Digest as _, Sha1};
use tokio::time::{Duration, timeout};
use twotick_wire::ErrorCode;

use crate::connection::{Close, Connection, Opening};
use crate::metrics::{Ending, Transport};
use crate::store::Store;

use super::drive::Driver;
use super::peer::{Peer, Slot};
use super::relay::{Receiving, Relay, fresh_nonce};
use super::respond;
use super::stream::Stream;
use message::Violation;
use socket::{Turn, WebSocket};

/// `GET /v1/ws`.
pub(super) async fn upgrade<S: Store>(State(relay): State<Arc<Relay<S>>>, mut request: Request) -> Response {
    if !relay.is_serving() {
        return respond::refusal(&relay, ErrorCode::GoingAway, 0);
    }
    let Some(accept) = accept(request.headers()) else {
        return respond::empty(StatusCode::BAD_REQUEST);
    };
    let now = relay.now();
    if let Err(limited) = relay.limiter().attaches_left(now.monotonic) {
        return respond::storm(&relay, limited);
    }
    let Some(peer) = request.extensions().get::<Peer>().cloned() else {
        return respond::empty(StatusCode::INTERNAL_SERVER_ERROR);
    };
    let unattached = match peer.unattached(&relay, request.headers()) {
        Ok(unattached) => unattached,
        Err(limited) => return respond::refusal(&relay, ErrorCode::RateLimited, limited.retry_after),
    };
    let Some(nonce) = fresh_nonce() else {
        return respond::refusal(&relay, ErrorCode::StoreUnavailable, RETRY_MILLIS);
    };
    let opening = Opening {
        nonce,
        nonce_drawn: now.monotonic,
        spread: relay.spread(),
        unattached,
    };
    let upgraded = hyper::upgrade::on(&mut request);
    tokio::spawn(serve(relay, upgraded, opening, peer.slot()));
    switching(&accept)
}

/// The answer to the key of a handshake that is in order (RFC 6455, 4.2).
fn accept(headers: &HeaderMap) -> Option<String> {
    let has_token = |name, token: &str| {
        let mut values = headers
            .get_all(name)
            .iter()
            .filter_map(|value: &HeaderValue| value.to_str().ok());
        values.any(|value| {
            value
                .split(',')
                .any(|part| part.trim().eq_ignore_ascii_case(token))
        })
    };
    let is_websocket = has_token(header::CONNECTION, "upgrade")
        && has_token(header::UPGRADE, "websocket")
        && has_token(header::SEC_WEBSOCKET_VERSION, "13")
        && has_token(header::SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL);
    let key = headers.get(header::SEC_WEBSOCKET_KEY)?.to_str().ok()?;
    let is_key = STANDARD.decode(key).is_ok_and(|key| key.len() == 16);
    (is_websocket && is_key)
        .then(|| STANDARD.encode(Sha1::new().chain_update(key).chain_update(HANDSHAKE).finalize()))
}

fn switching(accept: &str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(
        header::SEC_WEBSOCKET_PROTOCOL,
        HeaderValue::from_static(SUBPROTOCOL),
    );
    if let Ok(accept) = HeaderValue::from_str(accept) {
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    }
    response
}

async fn serve<S: Store>(relay: Arc<Relay<S>>, upgraded: OnUpgrade, opening: Opening, slot: Arc<Slot>) {
    let Ok(Ok(upgraded)) = timeout(relay.limits().upgrade, upgraded).await else {
        return;
    };
    let Some((stream, early)) = raw(upgraded) else {
        return;
    };
    let connection = Connection::greet(Arc::clone(&relay.settings), opening, relay.now());
    let driver = Driver::new(&relay, Transport::WebSocket, connection);
    let ending = match WebSocket::new(stream, &early) {
        Ok(socket) => {
            Session {
                relay: Arc::clone(&relay),
                driver,
                socket,
                receiving: None,
            }
            .run()
            .await
        }
        Err(_) => Ending::Undecodable,
    };
    relay.metrics.closed.add(ending, 1);
    tracing::debug!(name: "closed", transport = "websocket", reason = ending.text());
    drop(slot);
}

fn raw(upgraded: Upgraded) -> Option<(Stream, bytes::Bytes)> {
    let parts = upgraded.downcast::<TokioIo<Stream>>().ok()?;
    Some((parts.io.into_inner(), parts.read_buf))
}

struct Session<S> {
    relay: Arc<Relay<S>>,
    driver: Driver<S>,
    socket: WebSocket<Stream>,
    receiving: Option<Receiving>,
}

impl<S: Store> Session<S> {
    async fn run(mut self) -> Ending {
        loop {
            for frame in self.driver.take_frames() {
                self.socket.push(frame);
            }
            if let Some(close) = self.driver.ending() {
                break self.close(close).await;
            }
            self.count();
            let wants_frame = self.driver.wants_frame();
            tokio::select! {
                turn = self.socket.turn(wants_frame) => match turn {
                    Ok(Turn::Frame(frame)) => self.driver.frame(frame),
                    Ok(Turn::Written { frames, bytes }) => self.driver.sent(frames, bytes),
                    Ok(Turn::Violated(violation)) => break self.violated(violation).await,
                    Ok(Turn::Closed) => break self.close(Close::Finished).await,
                    Err(error) if error.kind() == std::io::ErrorKind::TimedOut => break Ending::NoProgress,
                    Err(_) => break Ending::Peer,
                },
                () = self.driver.turn() => {}
            }
        }
    }

    /// Counts the connection as attached, once it is.
    fn count(&mut self) {
        let Some(device) = self
            .driver
            .connection()
            .attached()
            .filter(|_| self.receiving.is_none())
        else {
            return;
        };
        self.receiving = Some(Receiving::new(&self.relay.metrics));
        let mark = self.relay.marker.mark(device.device.as_bytes());
        tracing::debug!(name: "attached", transport = "websocket", device = %mark);
        self.relay.metrics.attaches.add(Transport::WebSocket, 1);
    }

    async fn violated(&mut self, violation: Violation) -> Ending {
        match violation {
            Violation::Malformed => self.close(Close::Undecodable).await,
            Violation::TooLarge => {
                self.socket
                    .push(respond::error_frame(ErrorCode::FrameTooLarge, 0));
                self.close(Close::TooLarge).await
            }
        }
    }

    /// Says why, and gives the peer a while to take it: a code that is lost with the socket helps nobody.
    async fn close(&mut self, close: Close) -> Ending {
        if close == Close::NoProgress {
            self.socket.forget_waiting();
        }
        // A peer that is gone or takes nothing ends the wait; there is nobody left to tell.
        let _ = timeout(LINGER, self.socket.close(close.code())).await;
        Ending::from(close)
    }
}

const SUBPROTOCOL: &str = "twotick.1";

/// RFC 6455 section 1.3.
const HANDSHAKE: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// How long a peer may take to read the end of what was sent. Longer: sockets pile up; shorter: slow ones miss why.
const LINGER: Duration = Duration::from_secs(5);

/// When to come back if the system has no randomness.
const RETRY_MILLIS: u32 = 5_000;
