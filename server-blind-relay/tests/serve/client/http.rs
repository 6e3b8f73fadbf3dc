//! HTTP/1.1 as a client sees it.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use twotick_wire::frame::{Error, FrameSequence, FrameSequenceWriter};

use super::{Refusal, connect, soon};
use crate::relay::Target;

/// A connection that is opened again when it has been closed.
pub(crate) struct Http {
    target: Target,
    sender: Option<SendRequest<Full<Bytes>>>,
}

impl Http {
    pub(crate) fn new(target: &Target) -> Self {
        Self {
            target: target.clone(),
            sender: None,
        }
    }

    /// Drops the connection, as a network does.
    pub(crate) fn cut(&mut self) {
        self.sender = None;
    }

    /// A request, and the head of its answer.
    pub(crate) async fn send(
        &mut self,
        method: Method,
        path: &str,
        token: Option<&str>,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Response<Incoming> {
        for is_last in [false, true] {
            let mut request = Request::builder()
                .method(method.clone())
                .uri(path)
                .header("Host", "relay");
            if let Some(token) = token {
                request = request.header("Authorization", format!("Bearer {token}"));
            }
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let request = request.body(Full::from(body.clone())).expect("a request");
            let sender = self.sender().await;
            match soon("an answer", sender.send_request(request)).await {
                Ok(response) => return response,
                // The relay closes a connection that was idle for a while.
                Err(error) => assert!(!is_last, "{error}"),
            }
            self.sender = None;
        }
        unreachable!("the last attempt returns or fails")
    }

    async fn sender(&mut self) -> &mut SendRequest<Full<Bytes>> {
        if self.sender.as_ref().is_none_or(SendRequest::is_closed) {
            let (sender, connection) = handshake(TokioIo::new(connect(&self.target).await))
                .await
                .expect("HTTP");
            tokio::spawn(connection);
            self.sender = Some(sender);
        }
        let sender = self.sender.as_mut().expect("was opened");
        // What cannot be ready is found by sending.
        let _ = sender.ready().await;
        sender
    }

    /// A request, and its whole answer.
    pub(crate) async fn call(
        &mut self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Vec<u8>,
    ) -> (u16, Bytes) {
        let response = self.send(method, path, token, &[], body).await;
        let status = response.status().as_u16();
        let body = soon("a body", response.into_body().collect())
            .await
            .expect("a body")
            .to_bytes();
        (status, body)
    }

    pub(crate) async fn get(&mut self, path: &str, token: Option<&str>) -> (u16, Bytes) {
        self.call(Method::GET, path, token, vec![]).await
    }

    pub(crate) async fn post(&mut self, path: &str, token: Option<&str>, frames: &[Vec<u8>]) -> (u16, Bytes) {
        self.call(Method::POST, path, token, sequence(frames)).await
    }
}

pub(crate) fn sequence(frames: &[Vec<u8>]) -> Vec<u8> {
    let mut sequence = FrameSequenceWriter::new(FrameSequence::MAX_ANSWER);
    frames
        .iter()
        .for_each(|frame| sequence.push(frame).expect("a frame"));
    sequence.into_vec()
}

pub(crate) fn frames(body: &Bytes) -> Vec<Bytes> {
    let sequence = FrameSequence::decode(body, FrameSequence::MAX_ANSWER).expect("a frame sequence");
    sequence.map(|frame| body.slice_ref(frame)).collect()
}

/// What a status other than 200 says: the last Error, after the answers that were still given.
pub(crate) fn refusal(how: u16, body: &Bytes) -> Refusal {
    let frames = frames(body);
    let mut errors = frames
        .into_iter()
        .rev()
        .filter_map(|bytes| Some((Error::decode(&bytes).ok()?, bytes)));
    match errors.next() {
        Some((error, bytes)) => Refusal {
            how,
            error: Some(error),
            bytes,
        },
        None => Refusal {
            how,
            error: None,
            bytes: Bytes::new(),
        },
    }
}
