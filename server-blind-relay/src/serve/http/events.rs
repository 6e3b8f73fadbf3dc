//! `GET /v1/events` (R-TRN-2).

use std::fmt::Write as _;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::Stream;
use twotick_wire::frame::{Gap, LanePage, Page};

use crate::connection::{Connection, Resumption};
use crate::metrics::{Ending, Transport};
use crate::store::Store;

use super::super::drive::Driver;
use super::super::relay::{Receiving, Relay};
use super::super::respond;
use super::{authorized, query};

/// `GET /v1/events?cursor=C&lane=L`.
pub(in crate::serve) async fn events<S: Store>(
    State(relay): State<Arc<Relay<S>>>,
    request: Request,
) -> Response {
    let device = match authorized(&relay, &request) {
        Ok(device) => device,
        Err(refusal) => return *refusal,
    };
    let Some(cursors) = Cursors::of(&request) else {
        return respond::empty(StatusCode::BAD_REQUEST);
    };
    let what = Resumption::Events {
        cursor: cursors.mailbox,
        lane_cursor: cursors.lane,
    };
    let connection = Connection::resume(Arc::clone(&relay.settings), device, what, relay.now());
    let driver = Driver::new(&relay, Transport::Events, connection);
    let stream = EventStream {
        receiving: Receiving::new(&relay.metrics),
        relay,
        driver,
        cursors,
        in_flight: (0, 0),
        is_over: false,
    };
    let mut response = Response::new(Body::from_stream(stream.into_stream()));
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/event-stream"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(NO_BUFFERING, HeaderValue::from_static("no"));
    response
}

/// Up to where a client has everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cursors {
    mailbox: u64,
    lane: u64,
}

impl Cursors {
    /// From the header `Last-Event-ID`, which counts over the query.
    fn of(request: &Request) -> Option<Self> {
        let [mailbox, lane] = query(request, ["cursor", "lane"])?;
        match last_event(request.headers()) {
            Some(text) => Self::parse(text),
            None => Some(Self {
                mailbox: mailbox.unwrap_or(0),
                lane: lane.unwrap_or(0),
            }),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let (mailbox, lane) = text.split_once('-')?;
        Some(Self {
            mailbox: mailbox.parse().ok()?,
            lane: lane.parse().ok()?,
        })
    }

    /// Moves on over what a frame holds.
    fn pass(&mut self, frame: &[u8]) {
        if let Ok(page) = Page::decode(frame) {
            self.mailbox = page.deliveries.last().map_or(self.mailbox, |last| last.seq);
        } else if let Ok(gap) = Gap::decode(frame) {
            self.mailbox = gap.to;
        } else if let Ok(page) = LanePage::decode(frame) {
            self.lane = page.items.last().map_or(self.lane, |last| last.place);
        }
    }

    fn event(self, frame: &[u8]) -> Bytes {
        let mut text = String::with_capacity(frame.len().div_ceil(3) * 4 + 64);
        let _ = write!(text, "id: {}-{}\ndata: ", self.mailbox, self.lane);
        STANDARD.encode_string(frame, &mut text);
        text.push_str("\n\n");
        text.into()
    }
}

/// An empty value is what a browser sends before it has seen an event.
fn last_event(headers: &HeaderMap) -> Option<&str> {
    headers
        .get(LAST_EVENT)
        .map(|value| value.to_str().unwrap_or("-"))
        .filter(|text| !text.is_empty())
}

struct EventStream<S: Store> {
    relay: Arc<Relay<S>>,
    driver: Driver<S>,
    #[expect(dead_code, reason = "counts while it is held")]
    receiving: Receiving,
    cursors: Cursors,
    /// What the socket was given last, and has taken once it asks for more.
    in_flight: (usize, usize),
    is_over: bool,
}

impl<S: Store> EventStream<S> {
    fn into_stream(self) -> impl Stream<Item = Result<Bytes, std::convert::Infallible>> {
        futures_util::stream::unfold(self, |mut stream| async {
            let events = stream.next().await?;
            Some((Ok(events), stream))
        })
    }

    /// The next events; asked for when the socket has taken those before.
    async fn next(&mut self) -> Option<Bytes> {
        let (frames, bytes) = std::mem::take(&mut self.in_flight);
        if frames > 0 {
            self.driver.sent(frames, bytes);
        }
        loop {
            let frames: Vec<Bytes> = self.driver.take_frames().collect();
            if !frames.is_empty() {
                return Some(self.events(&frames));
            }
            if self.driver.ending().is_some() {
                self.is_over = true;
                return None;
            }
            self.driver.turn().await;
        }
    }

    fn events(&mut self, frames: &[Bytes]) -> Bytes {
        self.in_flight = (frames.len(), frames.iter().map(Bytes::len).sum());
        let mut events = bytes::BytesMut::new();
        for frame in frames {
            self.cursors.pass(frame);
            events.extend_from_slice(&self.cursors.event(frame));
        }
        events.freeze()
    }
}

impl<S: Store> Drop for EventStream<S> {
    fn drop(&mut self) {
        let ending = self
            .driver
            .ending()
            .filter(|_| self.is_over)
            .map_or(Ending::Peer, Ending::from);
        self.relay.metrics.closed.add(ending, 1);
    }
}

const LAST_EVENT: HeaderName = HeaderName::from_static("last-event-id");

/// Asks common proxies to hand on events as they come.
const NO_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
