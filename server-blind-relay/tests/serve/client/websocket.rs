//! A client over a WebSocket, by another implementation than the relay's.

use std::collections::VecDeque;

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{WebSocketStream, client_async};
use twotick_protocol::Device;
use twotick_wire::frame::{Challenge, Error, Hello, Pong, RelayFrame};

use super::{Link, Refusal, Stream, connect, decoded, soon};
use crate::person::Terms;
use crate::relay::Target;

pub(crate) struct WebSocketLink {
    pub(crate) socket: Socket,
    hello: Hello,
    unasked: VecDeque<Bytes>,
}

/// A WebSocket that says and hears frames.
pub(crate) struct Socket {
    pub(crate) stream: WebSocketStream<Box<dyn Stream>>,
    error: Option<Bytes>,
}

impl Socket {
    /// Opens one, or says with which status that was refused.
    pub(crate) async fn open(target: &Target) -> Result<Self, u16> {
        let mut request = format!("ws://{}/v1/ws", target.address)
            .into_client_request()
            .expect("a request");
        let subprotocol = "twotick.1".parse().expect("a header");
        request
            .headers_mut()
            .insert("Sec-WebSocket-Protocol", subprotocol);
        match client_async(request, connect(target).await).await {
            Ok((stream, _)) => Ok(Self { stream, error: None }),
            Err(tungstenite::Error::Http(response)) => Err(response.status().as_u16()),
            Err(_) => Err(0),
        }
    }

    pub(crate) async fn say(&mut self, frame: Vec<u8>) {
        // A relay that has closed already says why, which `hear` finds.
        let _ = self.stream.send(Message::Binary(frame.into())).await;
    }

    /// The next frame; an Error that answers nothing comes with the end that follows.
    pub(crate) async fn hear(&mut self) -> Result<Bytes, Refusal> {
        loop {
            match soon("a frame", self.stream.next()).await {
                Some(Ok(Message::Binary(frame))) => match decoded(&frame) {
                    RelayFrame::Error(error) if error.request.number() == 0 => self.error = Some(frame),
                    RelayFrame::Ping(ping) => {
                        self.say(
                            Pong {
                                request: ping.request,
                            }
                            .encode(),
                        )
                        .await
                    }
                    _ => return Ok(frame),
                },
                Some(Ok(Message::Close(close))) => {
                    return Err(self.refusal(close.map_or(1005, |close| close.code.into())));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(self.refusal(0)),
            }
        }
    }

    fn refusal(&mut self, how: u16) -> Refusal {
        let bytes = self.error.take().unwrap_or_default();
        Refusal {
            how,
            error: Error::decode(&bytes).ok(),
            bytes,
        }
    }

    /// What the relay greets with: nonce and name.
    pub(crate) async fn challenge(&mut self) -> ([u8; 32], Vec<u8>) {
        let frame = self.hear().await.expect("a challenge");
        let challenge = Challenge::decode(&frame).expect("a challenge");
        (challenge.nonce, challenge.name.to_vec())
    }
}

impl Link for WebSocketLink {
    const NAME: &'static str = "websocket";

    async fn attach(target: &Target, device: &Device, terms: &Terms) -> Result<Self, Refusal> {
        let refused = |how| Refusal {
            how,
            error: None,
            bytes: Bytes::new(),
        };
        let mut socket = Socket::open(target).await.map_err(refused)?;
        let (nonce, name) = socket.challenge().await;
        socket.say(terms.attach(device, nonce, &name)).await;
        let answer = socket.hear().await?;
        match decoded(&answer) {
            RelayFrame::Hello(hello) => Ok(Self {
                socket,
                hello,
                unasked: VecDeque::new(),
            }),
            RelayFrame::Error(error) => {
                let end = socket.hear().await.expect_err("the end");
                Err(Refusal {
                    how: end.how,
                    error: Some(error),
                    bytes: answer.clone(),
                })
            }
            other => panic!("expected Hello, not {other:?}"),
        }
    }

    fn hello(&self) -> &Hello {
        &self.hello
    }

    async fn ask_all(&mut self, frames: Vec<Vec<u8>>) -> Result<Vec<Bytes>, Refusal> {
        let asked: Vec<_> = frames
            .iter()
            .map(|frame| frame.get(2..6).map(<[u8]>::to_vec))
            .collect();
        let mut answers = vec![None; asked.len()];
        for frame in frames {
            self.socket.say(frame).await;
        }
        while answers.iter().any(Option::is_none) {
            let frame = self.socket.hear().await?;
            let place = asked.iter().position(|asked| asked.as_deref() == frame.get(2..6));
            match place.filter(|_| !is_unasked(&frame)) {
                Some(place) => answers[place] = Some(frame),
                None => self.unasked.push_back(frame),
            }
        }
        Ok(answers.into_iter().flatten().collect())
    }

    async fn next(&mut self) -> Result<Bytes, Refusal> {
        loop {
            let frame = match self.unasked.pop_front() {
                Some(frame) => frame,
                None => self.socket.hear().await?,
            };
            if !matches!(decoded(&frame), RelayFrame::Drained(_)) {
                return Ok(frame);
            }
        }
    }
}

fn is_unasked(frame: &[u8]) -> bool {
    decoded(frame).request().number() == 0
}
