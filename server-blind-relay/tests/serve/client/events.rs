//! A client by an event stream.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Buf as _, Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::Method;
use hyper::body::Incoming;
use twotick_protocol::Device;
use twotick_wire::frame::{Hello, RelayFrame};

use super::http::{self, Http};
use super::session::Session;
use super::{Link, Refusal, decoded, soon};
use crate::person::Terms;
use crate::relay::Target;

pub(crate) struct EventsLink {
    pub(crate) session: Session,
    events: Http,
    body: Option<Incoming>,
    buffer: BytesMut,
    /// The last `id:`.
    pub(crate) last_id: Option<String>,
}

impl EventsLink {
    /// Opens the stream, from the last event if there was one.
    pub(crate) async fn open(&mut self) -> Result<(), Refusal> {
        let Session { cursor, lane, .. } = self.session;
        let headers: Vec<_> = self
            .last_id
            .iter()
            .map(|id| ("Last-Event-ID", id.as_str()))
            .collect();
        let path = match headers.is_empty() {
            true => format!("/v1/events?cursor={cursor}&lane={lane}"),
            false => "/v1/events?cursor=999&lane=999".to_owned(),
        };
        let token = Some(self.session.token.as_str());
        let response = self
            .events
            .send(Method::GET, &path, token, &headers, vec![])
            .await;
        let status = response.status().as_u16();
        if status != 200 {
            let body = response.into_body().collect().await.expect("a body").to_bytes();
            return Err(http::refusal(status, &body));
        }
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        self.body = Some(response.into_body());
        Ok(())
    }

    /// Drops the stream, as a network does.
    pub(crate) fn cut(&mut self) {
        self.body = None;
        self.buffer.clear();
        self.events.cut();
    }

    async fn event(&mut self) -> Result<Bytes, Refusal> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|two| two == b"\n\n") {
                let text = String::from_utf8(self.buffer[..end].to_vec()).expect("text");
                self.buffer.advance(end + 2);
                let (id, data) = text.split_once('\n').expect("two lines");
                self.last_id = Some(id.strip_prefix("id: ").expect("an id").to_owned());
                let data = data.strip_prefix("data: ").expect("data");
                return Ok(STANDARD.decode(data).expect("base64").into());
            }
            let body = self.body.as_mut().expect("the stream is open");
            match soon("an event", body.frame()).await {
                Some(Ok(part)) => self.buffer.extend_from_slice(part.data_ref().expect("data")),
                Some(Err(_)) | None => return Err(Refusal::ended()),
            }
        }
    }
}

impl Link for EventsLink {
    const NAME: &'static str = "events";

    async fn attach(target: &Target, device: &Device, terms: &Terms) -> Result<Self, Refusal> {
        let session = Session::attach(target, device, terms).await?;
        let events = Http::new(target);
        let mut link = Self {
            session,
            events,
            body: None,
            buffer: BytesMut::new(),
            last_id: None,
        };
        if !terms.is_send_only {
            link.open().await?;
        }
        Ok(link)
    }

    fn hello(&self) -> &Hello {
        &self.session.hello
    }

    async fn ask_all(&mut self, frames: Vec<Vec<u8>>) -> Result<Vec<Bytes>, Refusal> {
        self.session.ask_all(frames).await
    }

    async fn next(&mut self) -> Result<Bytes, Refusal> {
        loop {
            let frame = self.event().await?;
            self.session.pass(&frame);
            let expected = format!("{}-{}", self.session.cursor, self.session.lane);
            assert_eq!(
                self.last_id.as_ref(),
                Some(&expected),
                "the id is where the client has got to"
            );
            if !matches!(decoded(&frame), RelayFrame::Drained(_) | RelayFrame::Ping(_)) {
                return Ok(frame);
            }
        }
    }
}
