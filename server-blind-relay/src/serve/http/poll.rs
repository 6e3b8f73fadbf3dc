//! `GET /v1/poll` (R-TRN-2).

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::connection::{Connection, Resumption};
use crate::metrics::Transport;
use crate::store::Store;

use super::super::drive::Driver;
use super::super::relay::{Receiving, Relay};
use super::super::respond;
use super::{authorized, query};

/// `GET /v1/poll?cursor=C&lane=L&wait=S`.
pub(in crate::serve) async fn poll<S: Store>(
    State(relay): State<Arc<Relay<S>>>,
    request: Request,
) -> Response {
    let device = match authorized(&relay, &request) {
        Ok(device) => device,
        Err(refusal) => return *refusal,
    };
    let Some([cursor, lane, wait]) = query(&request, ["cursor", "lane", "wait"]) else {
        return respond::empty(StatusCode::BAD_REQUEST);
    };
    let wait = wait.unwrap_or(0);
    if wait > MAX_WAIT {
        return respond::empty(StatusCode::BAD_REQUEST);
    }
    let what = Resumption::Poll {
        cursor: cursor.unwrap_or(0),
        lane_cursor: lane.unwrap_or(0),
        wait: Duration::from_secs(wait),
    };
    let connection = Connection::resume(Arc::clone(&relay.settings), device, what, relay.now());
    let mut driver = Driver::new(&relay, Transport::Poll, connection);
    let _receiving = Receiving::new(&relay.metrics);
    let mut frames = driver.take_all();
    while driver.ending().is_none() {
        driver.turn().await;
        frames.extend(driver.take_all());
    }
    if frames.is_empty() {
        respond::empty(StatusCode::NO_CONTENT)
    } else {
        respond::frames(StatusCode::OK, &frames)
    }
}

/// Seconds a poll may wait (R-TRN-2): under the idle limit of common proxies.
const MAX_WAIT: u64 = 25;
