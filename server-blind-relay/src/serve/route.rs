//! Which path is what (SPEC 30), and what an operator asks.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::map_response_with_state;
use axum::response::Response;
use axum::routing::{get, post};

use crate::metrics::{Metrics, StatusClass};
use crate::store::Store;

use super::relay::Relay;
use super::{http, respond, websocket};

/// Who is served at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Audience {
    /// Clients.
    Clients,
    /// Whoever looks after the relay.
    Operators,
    /// Both.
    Everyone,
}

/// The paths of an address.
pub(super) fn router<S: Store>(relay: Arc<Relay<S>>, audience: Audience) -> Router {
    let mut router = Router::new();
    if audience != Audience::Operators {
        router = router
            .route("/v1/ws", get(websocket::upgrade::<S>))
            .route("/v1/challenge", get(http::challenge::<S>))
            .route("/v1/attach", post(http::attach::<S>))
            .route("/v1/frames", post(http::requests::<S>))
            .route("/v1/poll", get(http::poll::<S>))
            .route("/v1/events", get(http::events::<S>));
    }
    if audience != Audience::Clients {
        router = router
            .route("/healthz", get(healthy))
            .route("/readyz", get(ready::<S>))
            .route("/metrics", get(metrics::<S>));
    }
    let count = map_response_with_state(Arc::clone(&relay.metrics), count);
    router.with_state(relay).layer(count)
}

/// The process is up.
async fn healthy() -> Response {
    text(StatusCode::OK, "ok\n".to_owned())
}

/// The relay takes what clients have for it.
async fn ready<S: Store>(State(relay): State<Arc<Relay<S>>>) -> Response {
    if !relay.is_serving() {
        text(StatusCode::SERVICE_UNAVAILABLE, "draining\n".to_owned())
    } else if relay.store_takes_writes() {
        text(StatusCode::OK, "ready\n".to_owned())
    } else {
        text(
            StatusCode::SERVICE_UNAVAILABLE,
            "the store does not write\n".to_owned(),
        )
    }
}

async fn metrics<S: Store>(State(relay): State<Arc<Relay<S>>>) -> Response {
    if let Ok(usage) = relay.store.usage().await {
        relay.metrics.mailboxes.set(usage.mailboxes);
        relay.metrics.envelopes.set(usage.envelopes);
        relay.metrics.stored_bytes.set(usage.bytes);
    }
    relay
        .metrics
        .clock_doubted
        .set((!relay.clock.may_expire()).into());
    let mut response = text(StatusCode::OK, relay.metrics.text());
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain; version=0.0.4"),
    );
    response
}

fn text(status: StatusCode, text: String) -> Response {
    let mut response = respond::empty(status);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    *response.body_mut() = Body::from(text);
    response
}

async fn count(State(metrics): State<Arc<Metrics>>, response: Response) -> Response {
    let class = match response.status().as_u16() / 100 {
        1 => StatusClass::Informational,
        2 => StatusClass::Success,
        3 => StatusClass::Redirection,
        4 => StatusClass::Client,
        _ => StatusClass::Server,
    };
    metrics.responses.add(class, 1);
    response
}
