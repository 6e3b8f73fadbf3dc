//! `GET /v1/challenge` and `POST /v1/attach` (R-TRN-1).

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use bytes::Bytes;
use twotick_wire::ErrorCode;
use twotick_wire::frame::{
    Attach, Challenge, ClientFrame, Error, FrameSequence, MAX_FRAME, RequestId, Token,
};

use crate::connection::{AttachedDevice, Close, Connection, Nonce, Opening};
use crate::metrics::Transport;
use crate::store::Store;

use super::super::drive::Driver;
use super::super::peer::Peer;
use super::super::relay::{Relay, fresh_nonce};
use super::super::respond;
use super::body;

/// `GET /v1/challenge`.
pub(in crate::serve) async fn challenge<S: Store>(
    State(relay): State<Arc<Relay<S>>>,
    request: Request,
) -> Response {
    if !relay.is_serving() {
        return respond::closing(respond::refusal(&relay, ErrorCode::GoingAway, 0));
    }
    let now = relay.now();
    if let Err(limited) = relay.limiter().attaches_left(now.monotonic) {
        return respond::closing(respond::storm(&relay, limited));
    }
    if relay.is_behind_terminator
        && let Some(peer) = request.extensions().get::<Peer>()
        && let Err(limited) = peer.unattached(&relay, request.headers())
    {
        return respond::refusal(&relay, ErrorCode::RateLimited, limited.retry_after);
    }
    let Some(nonce) = fresh_nonce() else {
        return respond::refusal(&relay, ErrorCode::StoreUnavailable, RETRY_MILLIS);
    };
    relay.challenges.give(nonce, now.monotonic);
    let frame = Challenge {
        nonce: nonce.0,
        now: now.wall,
        name: relay.settings.name.as_bytes(),
    };
    respond::frames(StatusCode::OK, [&Bytes::from(frame.encode())])
}

/// `POST /v1/attach`.
pub(in crate::serve) async fn attach<S: Store>(
    State(relay): State<Arc<Relay<S>>>,
    request: Request,
) -> Response {
    if !relay.is_serving() {
        return respond::closing(respond::refusal(&relay, ErrorCode::GoingAway, 0));
    }
    let Some(peer) = request.extensions().get::<Peer>().cloned() else {
        return respond::empty(StatusCode::INTERNAL_SERVER_ERROR);
    };
    let unattached = match peer.unattached(&relay, request.headers()) {
        Ok(unattached) => unattached,
        Err(limited) => return respond::refusal(&relay, ErrorCode::RateLimited, limited.retry_after),
    };
    let body = match body::read(&relay, request, MAX_FRAME).await {
        Ok(body) => body,
        Err(refusal) => return *refusal,
    };
    let (frame, nonce, asked) = match single_attach(&body) {
        Ok(found) => found,
        Err(code) => return respond::closing(respond::refusal(&relay, code, 0)),
    };
    let Some(nonce_drawn) = relay.challenges.take(nonce, relay.clock.monotonic()) else {
        return refused(&[respond::error_to(asked, ErrorCode::AttachRefused, 0)]);
    };
    let opening = Opening {
        nonce,
        nonce_drawn,
        spread: relay.spread(),
        unattached,
    };
    let connection = Connection::attach_only(Arc::clone(&relay.settings), opening, relay.now());
    answer(&relay, Driver::new(&relay, Transport::Poll, connection), frame).await
}

/// The one frame of the body, which is an Attach, with its nonce and request.
fn single_attach(body: &Bytes) -> Result<(Bytes, Nonce, RequestId), ErrorCode> {
    let mut sequence = FrameSequence::decode(body, MAX_FRAME).map_err(|error| error.code())?;
    let (Some(frame), None) = (sequence.next(), sequence.next()) else {
        return Err(ErrorCode::UnexpectedFrame);
    };
    let refusal = |error| ClientFrame::refusal(frame, error);
    match ClientFrame::decode(frame).map_err(refusal)? {
        ClientFrame::Attach(Attach { nonce, request, .. }) => {
            Ok((body.slice_ref(frame), Nonce(nonce), request))
        }
        _ => Err(ErrorCode::UnexpectedFrame),
    }
}

async fn answer<S: Store>(relay: &Arc<Relay<S>>, mut driver: Driver<S>, frame: Bytes) -> Response {
    driver.frame(frame);
    let mut frames = driver.take_all();
    while driver.ending().is_none() {
        driver.turn().await;
        frames.extend(driver.take_all());
    }
    let attached = driver
        .connection()
        .attached()
        .copied()
        .filter(|_| driver.ending() == Some(Close::Finished));
    let Some(device) = attached else {
        return refused(&frames);
    };
    let now = relay.now();
    let lifetime = relay.tokens.lifetime();
    let Ok(token) = relay
        .tokens
        .give(device.device, device.session_epoch, now.monotonic)
    else {
        return respond::refusal(relay, ErrorCode::StoreUnavailable, RETRY_MILLIS);
    };
    relay.hub.remember(device, now.monotonic.saturating_add(lifetime));
    note(relay, &device);
    let expires = now.wall.saturating_add(lifetime.as_secs());
    frames.push(Token { expires, token }.encode().into());
    respond::frames(StatusCode::OK, &frames)
}

/// What the connection said instead of Hello, with the status that goes with it.
fn refused(frames: &[Bytes]) -> Response {
    let errors = frames
        .iter()
        .rev()
        .filter_map(|frame| Some((frame, Error::decode(frame).ok()?)));
    let known =
        |(frame, error): (_, Error)| Some((frame, ErrorCode::from_number(error.code)?, error.retry_after));
    match errors.filter_map(known).next() {
        Some((frame, code, retry_after)) => {
            let response = respond::frames(respond::status(code), [frame]);
            respond::closing(respond::with_retry(response, retry_after))
        }
        // The relay stops before the store has answered.
        None => respond::closing(respond::empty(StatusCode::SERVICE_UNAVAILABLE)),
    }
}

fn note<S: Store>(relay: &Relay<S>, device: &AttachedDevice) {
    let mark = relay.marker.mark(device.device.as_bytes());
    tracing::debug!(name: "attached", transport = "http", device = %mark);
    relay.metrics.attaches.add(Transport::Poll, 1);
}

/// When to come back if the system has no randomness.
const RETRY_MILLIS: u32 = 5_000;
