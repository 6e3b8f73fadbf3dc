//! What HTTP requests are answered with: frame sequences, and refusals that say nothing about a person (R-TRN-3).

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use twotick_wire::ErrorCode;
use twotick_wire::frame::{Error, FrameSequence, FrameSequenceWriter, RequestId};

use crate::limits::Limited;
use crate::metrics::Refusal;
use crate::store::Store;

use super::relay::Relay;

/// A body of frames.
pub(super) fn frames<'a>(status: StatusCode, frames: impl IntoIterator<Item = &'a Bytes>) -> Response {
    let mut sequence = FrameSequenceWriter::new(FrameSequence::MAX_ANSWER);
    for frame in frames {
        // A request is answered by 64 frames at most, each of which is one: none can be over the bounds.
        if sequence.push(frame).is_err() {
            return empty(StatusCode::INTERNAL_SERVER_ERROR);
        }
    }
    let mut response = Response::new(Body::from(sequence.into_vec()));
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/octet-stream"),
    );
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// No body.
pub(super) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A refusal: one Error frame, with the status that goes with its code.
pub(super) fn refusal<S: Store>(relay: &Relay<S>, code: ErrorCode, retry_after: u32) -> Response {
    let retry_after = match code {
        ErrorCode::GoingAway => millis(relay.phase_wait()),
        _ => retry_after,
    };
    with_retry(
        frames(status(code), [&error_frame(code, retry_after)]),
        retry_after,
    )
}

/// Too many attach at the moment (SPEC 28, attaches of all devices).
pub(super) fn storm<S: Store>(relay: &Relay<S>, limited: Limited) -> Response {
    relay.metrics.connections_refused.add(Refusal::Storm, 1);
    let error = error_frame(ErrorCode::RateLimited, limited.retry_after);
    with_retry(
        frames(StatusCode::SERVICE_UNAVAILABLE, [&error]),
        limited.retry_after,
    )
}

/// The status of a refusal.
pub(super) fn status(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::AttachRequired | ErrorCode::AttachRefused | ErrorCode::StaleSession => {
            StatusCode::UNAUTHORIZED
        }
        ErrorCode::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::StoreUnavailable | ErrorCode::GoingAway => StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::FrameTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        _ => StatusCode::BAD_REQUEST,
    }
}

/// An Error that answers no request in particular.
pub(super) fn error_frame(code: ErrorCode, retry_after: u32) -> Bytes {
    error_to(RequestId::UNASKED, code, retry_after)
}

/// An Error that answers a request.
pub(super) fn error_to(request: RequestId, code: ErrorCode, retry_after: u32) -> Bytes {
    Error {
        request,
        code: code.number(),
        retry_after,
    }
    .encode()
    .into()
}

/// The socket is not used again.
pub(super) fn closing(mut response: Response) -> Response {
    response
        .headers_mut()
        .insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// `Retry-After` in seconds, for 429 and 503.
pub(super) fn with_retry(mut response: Response, retry_after: u32) -> Response {
    if matches!(
        response.status(),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
    ) {
        let seconds = retry_after.div_ceil(1_000).max(1);
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn millis(time: std::time::Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
}
