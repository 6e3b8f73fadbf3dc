//! Bodies of requests: not too large, and not too slow (SPEC 28).

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use tokio::time::{Instant, timeout_at};
use twotick_wire::ErrorCode;

use crate::limits::RelayLimits;
use crate::store::Store;

use super::super::relay::Relay;
use super::super::respond;

/// Reads a body of up to `maximum` bytes, or says why not.
pub(super) async fn read<S: Store>(
    relay: &Relay<S>,
    request: Request,
    maximum: usize,
) -> Result<Bytes, Box<Response>> {
    let too_large = || {
        Box::new(respond::closing(respond::refusal(
            relay,
            ErrorCode::FrameTooLarge,
            0,
        )))
    };
    let announced = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: u64| length > maximum as u64) {
        return Err(too_large());
    }
    let pace = Pace::new(relay.limits());
    let mut stream: BodyDataStream = Body::into_data_stream(request.into_body());
    let mut body = BytesMut::new();
    loop {
        match timeout_at(pace.deadline(body.len()), stream.next()).await {
            Ok(Some(Ok(part))) if body.len() + part.len() > maximum => return Err(too_large()),
            Ok(Some(Ok(part))) => body.extend_from_slice(&part),
            Ok(None) => return Ok(body.freeze()),
            Ok(Some(Err(_))) => {
                return Err(Box::new(respond::closing(respond::empty(
                    StatusCode::BAD_REQUEST,
                ))));
            }
            Err(_) => {
                return Err(Box::new(respond::closing(respond::empty(
                    StatusCode::REQUEST_TIMEOUT,
                ))));
            }
        }
    }
}

/// How fast a body has to come.
struct Pace {
    start: Instant,
    grace: Duration,
    bytes_each_second: u32,
}

impl Pace {
    fn new(limits: &RelayLimits) -> Self {
        Self {
            start: Instant::now(),
            grace: limits.body_grace,
            bytes_each_second: limits.body_rate.max(1),
        }
    }

    /// When more than `received` bytes must be here.
    fn deadline(&self, received: usize) -> Instant {
        let earned = u64::try_from(received).unwrap_or(u64::MAX).saturating_mul(1_000)
            / u64::from(self.bytes_each_second);
        self.start + self.grace + Duration::from_millis(earned)
    }
}
