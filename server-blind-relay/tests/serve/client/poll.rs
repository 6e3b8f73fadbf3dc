//! A client by long poll.

use bytes::Bytes;
use twotick_protocol::Device;
use twotick_wire::frame::{Hello, RelayFrame};

use super::http;
use super::session::Session;
use super::{Link, Refusal, decoded};
use crate::person::Terms;
use crate::relay::Target;

pub(crate) struct PollLink {
    pub(crate) session: Session,
}

impl PollLink {
    /// One poll: the status and the frames.
    pub(crate) async fn poll(&mut self, wait: u64) -> (u16, Vec<Bytes>) {
        let Session { cursor, lane, .. } = self.session;
        let path = format!("/v1/poll?cursor={cursor}&lane={lane}&wait={wait}");
        let (status, body) = self.session.http.get(&path, Some(&self.session.token)).await;
        let frames = http::frames(&body);
        if status == 200 {
            frames.iter().for_each(|frame| self.session.pass(frame));
        }
        (status, frames)
    }
}

impl Link for PollLink {
    const NAME: &'static str = "long poll";

    async fn attach(target: &Target, device: &Device, terms: &Terms) -> Result<Self, Refusal> {
        Session::attach(target, device, terms)
            .await
            .map(|session| Self { session })
    }

    fn hello(&self) -> &Hello {
        &self.session.hello
    }

    async fn ask_all(&mut self, frames: Vec<Vec<u8>>) -> Result<Vec<Bytes>, Refusal> {
        self.session.ask_all(frames).await
    }

    async fn next(&mut self) -> Result<Bytes, Refusal> {
        loop {
            while let Some(frame) = self.session.unasked.pop_front() {
                if !matches!(decoded(&frame), RelayFrame::Drained(_) | RelayFrame::Ping(_)) {
                    return Ok(frame);
                }
            }
            let (status, frames) = self.poll(20).await;
            if !matches!(status, 200 | 204) {
                return Err(http::refusal(
                    status,
                    &http::sequence(&frames.iter().map(|frame| frame.to_vec()).collect::<Vec<_>>()).into(),
                ));
            }
            self.session.unasked.extend(frames);
        }
    }
}
