//! `POST /v1/frames` (R-TRN-2).

use std::collections::VecDeque;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use bytes::Bytes;
use twotick_wire::ErrorCode;
use twotick_wire::frame::{FrameSequence, RequestId};

use crate::connection::{Close, Connection, Resumption};
use crate::metrics::Transport;
use crate::store::Store;

use super::super::drive::Driver;
use super::super::relay::Relay;
use super::super::respond;
use super::{authorized, body};

/// `POST /v1/frames`.
pub(in crate::serve) async fn requests<S: Store>(
    State(relay): State<Arc<Relay<S>>>,
    request: Request,
) -> Response {
    let device = match authorized(&relay, &request) {
        Ok(device) => device,
        Err(refusal) => return *refusal,
    };
    let body = match body::read(&relay, request, FrameSequence::MAX_REQUEST).await {
        Ok(body) => body,
        Err(refusal) => return *refusal,
    };
    let asked: VecDeque<Bytes> = match FrameSequence::decode(&body, FrameSequence::MAX_REQUEST) {
        Ok(sequence) => sequence.map(|frame| body.slice_ref(frame)).collect(),
        Err(error) => return respond::refusal(&relay, error.code(), 0),
    };
    let order: Vec<_> = asked.iter().map(request_of).collect();
    let connection = Connection::resume(
        Arc::clone(&relay.settings),
        device,
        Resumption::Requests,
        relay.now(),
    );
    let mut driver = Driver::new(&relay, Transport::Poll, connection);
    let mut answers = converse(&mut driver, asked).await;
    // Answers come as the store gives them; a client that reads them one by one wants them as it asked.
    answers.sort_by_key(|answer| {
        order
            .iter()
            .position(|asked| *asked == request_of(answer))
            .unwrap_or(order.len())
    });
    respond::frames(status(driver.ending()), &answers)
}

/// Asks all of it, and waits until nothing is due any more.
async fn converse<S: Store>(driver: &mut Driver<S>, mut asked: VecDeque<Bytes>) -> Vec<Bytes> {
    let mut answers = Vec::new();
    loop {
        answers.extend(driver.take_all());
        if driver.ending().is_some() {
            return answers;
        }
        if driver.wants_frame()
            && let Some(frame) = asked.pop_front()
        {
            driver.frame(frame);
        } else if asked.is_empty() && driver.connection().is_idle() {
            return answers;
        } else {
            driver.turn().await;
        }
    }
}

fn status(ending: Option<Close>) -> StatusCode {
    match ending {
        None | Some(Close::Finished) => StatusCode::OK,
        Some(Close::Undecodable) => StatusCode::BAD_REQUEST,
        Some(Close::AttachRefused | Close::Fenced) => respond::status(ErrorCode::AttachRequired),
        Some(Close::TooLarge) => respond::status(ErrorCode::FrameTooLarge),
        Some(Close::TooMany) => respond::status(ErrorCode::RateLimited),
        Some(Close::GoingAway | Close::NoProgress) => respond::status(ErrorCode::GoingAway),
    }
}

/// The `request` of a frame's header; 0 for what is too short to have one.
fn request_of(frame: &Bytes) -> RequestId {
    let number = frame.get(2..6).and_then(|bytes| bytes.try_into().ok());
    RequestId::new(number.map_or(0, u32::from_be_bytes))
}
