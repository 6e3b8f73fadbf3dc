//! What events and long poll have in common: attaching, the token, requests.

use std::collections::VecDeque;

use bytes::Bytes;
use twotick_protocol::Device;
use twotick_wire::frame::{Challenge, Gap, Hello, LanePage, Page, RelayFrame, Token};

use super::http::{self, Http};
use super::{Refusal, decoded};
use crate::person::Terms;
use crate::relay::Target;

pub(crate) struct Session {
    pub(crate) http: Http,
    pub(crate) token: String,
    pub(crate) hello: Hello,
    pub(crate) unasked: VecDeque<Bytes>,
    pub(crate) cursor: u64,
    pub(crate) lane: u64,
}

impl Session {
    pub(crate) async fn attach(target: &Target, device: &Device, terms: &Terms) -> Result<Self, Refusal> {
        let mut http = Http::new(target);
        let (status, body) = http.get("/v1/challenge", None).await;
        if status != 200 {
            return Err(http::refusal(status, &body));
        }
        let frames = http::frames(&body);
        let challenge = Challenge::decode(&frames[0]).expect("a challenge");
        let attach = terms.attach(device, challenge.nonce, challenge.name);
        let (status, body) = http.post("/v1/attach", None, &[attach]).await;
        if status != 200 {
            return Err(http::refusal(status, &body));
        }
        let frames = http::frames(&body);
        assert_eq!(frames.len(), 2, "Hello and Token");
        let hello = Hello::decode(&frames[0]).expect("Hello");
        let token = hex::encode(Token::decode(&frames[1]).expect("Token").token.as_bytes());
        let is_known = terms.store_epoch == hello.store_epoch && terms.cursor < hello.next;
        let cursor = if is_known {
            hello.acked.max(terms.cursor)
        } else {
            hello.acked
        };
        let lane = if is_known { terms.lane_cursor } else { 0 };
        Ok(Self {
            http,
            token,
            hello,
            unasked: VecDeque::new(),
            cursor,
            lane,
        })
    }

    pub(crate) async fn ask_all(&mut self, frames: Vec<Vec<u8>>) -> Result<Vec<Bytes>, Refusal> {
        let asked = frames.len();
        let (status, body) = self.http.post("/v1/frames", Some(&self.token), &frames).await;
        if status != 200 {
            return Err(http::refusal(status, &body));
        }
        let answers = http::frames(&body);
        assert_eq!(answers.len(), asked, "an answer for each request");
        Ok(answers)
    }

    /// Moves the cursors over a frame.
    pub(crate) fn pass(&mut self, frame: &[u8]) {
        match decoded(frame) {
            RelayFrame::Page(Page { deliveries }) => self.cursor = deliveries.last().expect("a delivery").seq,
            RelayFrame::Gap(Gap { to, .. }) => self.cursor = to,
            RelayFrame::LanePage(LanePage { items }) => self.lane = items.last().expect("an item").place,
            _ => {}
        }
    }
}
