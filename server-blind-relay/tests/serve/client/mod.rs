//! Clients of all transports, behind one trait.

pub(crate) mod events;
pub(crate) mod http;
pub(crate) mod poll;
mod session;
pub(crate) mod websocket;

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use twotick_protocol::Device;
use twotick_wire::frame::{Error, Hello, RelayFrame};

use crate::person::Terms;
use crate::relay::Target;

/// A device that is attached over some transport.
pub(crate) trait Link: Sized + Send {
    /// The transport, for messages.
    const NAME: &'static str;

    /// Attaches, or is refused.
    fn attach(
        target: &Target,
        device: &Device,
        terms: &Terms,
    ) -> impl Future<Output = Result<Self, Refusal>> + Send;

    /// What the relay said of the mailbox.
    fn hello(&self) -> &Hello;

    /// Asks all of it at once; the answers, in the order asked.
    fn ask_all(&mut self, frames: Vec<Vec<u8>>) -> impl Future<Output = Result<Vec<Bytes>, Refusal>> + Send;

    /// The next frame that nobody asked for, except Ping and Drained; waits for it.
    fn next(&mut self) -> impl Future<Output = Result<Bytes, Refusal>> + Send;

    /// Asks one thing.
    fn ask(&mut self, frame: Vec<u8>) -> impl Future<Output = Bytes> + Send {
        async {
            let mut answers = self.ask_all(vec![frame]).await.expect("an answer");
            assert_eq!(answers.len(), 1, "{}: one answer", Self::NAME);
            answers.remove(0)
        }
    }

    /// Asks what is done.
    fn done(&mut self, frame: Vec<u8>) -> impl Future<Output = ()> + Send {
        async {
            let answer = self.ask(frame).await;
            assert!(
                matches!(decoded(&answer), RelayFrame::Done(_)),
                "{}: {:?}",
                Self::NAME,
                decoded(&answer)
            );
        }
    }

    /// Asks what is refused; the code.
    fn refused(&mut self, frame: Vec<u8>) -> impl Future<Output = u16> + Send {
        async {
            match decoded(&self.ask(frame).await) {
                RelayFrame::Error(error) => error.code,
                other => panic!("{}: expected Error, not {other:?}", Self::NAME),
            }
        }
    }
}

/// How a transport ended, or did not begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The close code of a WebSocket, or the status over HTTP; 0 if the socket just ended.
    pub(crate) how: u16,
    /// The Error that came with it.
    pub(crate) error: Option<Error>,
    /// All bytes of that.
    pub(crate) bytes: Bytes,
}

impl Refusal {
    pub(crate) fn ended() -> Self {
        Self {
            how: 0,
            error: None,
            bytes: Bytes::new(),
        }
    }

    /// The code in the Error.
    pub(crate) fn code(&self) -> u16 {
        self.error.map_or(0, |error| error.code)
    }
}

pub(crate) fn decoded(frame: &[u8]) -> RelayFrame<'_> {
    RelayFrame::decode(frame).expect("a relay sends what decodes")
}

/// A stream to the relay, under TLS if that is how it is reached.
pub(crate) async fn connect(target: &Target) -> Box<dyn Stream> {
    let socket = TcpStream::connect(target.address).await.expect("a socket");
    socket.set_nodelay(true).expect("a socket");
    match &target.tls {
        None => Box::new(socket),
        Some(config) => {
            let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::clone(config));
            let name = "localhost".try_into().expect("a name");
            Box::new(connector.connect(name, socket).await.expect("TLS"))
        }
    }
}

/// Any socket.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Fails the test if something that must come does not.
pub(crate) async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(output) => output,
        Err(_) => panic!("{what} did not come"),
    }
}

/// Longer than anything takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
