//! A socket, in clear text or under TLS, that ends when its peer takes nothing for too long.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};
use tokio_rustls::server::TlsStream;

/// A connected socket.
#[derive(Debug)]
pub(super) struct Stream {
    inner: Inner,
    /// How long a write may wait (SPEC 28, progress of a reader).
    patience: Duration,
    /// Runs while a write waits. Boxed: few sockets ever need it.
    stalled: Option<Pin<Box<Sleep>>>,
}

#[derive(Debug)]
enum Inner {
    Clear(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    /// A socket in clear text.
    pub(super) fn clear(socket: TcpStream, patience: Duration) -> Self {
        Self {
            inner: Inner::Clear(socket),
            patience,
            stalled: None,
        }
    }

    /// A socket under TLS.
    pub(super) fn tls(socket: TlsStream<TcpStream>, patience: Duration) -> Self {
        Self {
            inner: Inner::Tls(Box::new(socket)),
            patience,
            stalled: None,
        }
    }

    fn writing<T>(
        &mut self,
        cx: &mut Context<'_>,
        write: impl FnOnce(&mut Inner, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if let Poll::Ready(written) = write(&mut self.inner, cx) {
            self.stalled = None;
            return Poll::Ready(written);
        }
        let patience = self.patience;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(patience)));
        match stalled.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

macro_rules! either {
    ($inner:expr, $socket:ident => $call:expr) => {
        match $inner {
            Inner::Clear($socket) => {
                let $socket = Pin::new($socket);
                $call
            }
            Inner::Tls($socket) => {
                let $socket = Pin::new($socket.as_mut());
                $call
            }
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        either!(&mut self.inner, socket => socket.poll_read(cx, buffer))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.writing(
            cx,
            |inner, cx| either!(inner, socket => socket.poll_write(cx, bytes)),
        )
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.writing(
            cx,
            |inner, cx| either!(inner, socket => socket.poll_write_vectored(cx, slices)),
        )
    }

    fn is_write_vectored(&self) -> bool {
        match &self.inner {
            Inner::Clear(socket) => socket.is_write_vectored(),
            Inner::Tls(socket) => socket.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.writing(cx, |inner, cx| either!(inner, socket => socket.poll_flush(cx)))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.writing(cx, |inner, cx| either!(inner, socket => socket.poll_shutdown(cx)))
    }
}
