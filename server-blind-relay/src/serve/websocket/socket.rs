//! One WebSocket: bytes in and out of a stream, in one poll, without a buffer while it is idle.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf};

use super::message::{Decoder, Incoming, Outgoing, Violation};

/// A WebSocket on the relay's side.
pub(super) struct WebSocket<S> {
    stream: S,
    decoder: Decoder,
    incoming: VecDeque<Incoming>,
    outgoing: VecDeque<Outgoing>,
    has_unflushed: bool,
}

/// What happened on a WebSocket.
pub(super) enum Turn {
    /// The peer sent a frame.
    Frame(Bytes),
    /// The stream took so many whole frames, and so many bytes of frames.
    Written {
        /// Frames.
        frames: usize,
        /// Their bytes, those of a part of a frame among them.
        bytes: usize,
    },
    /// The peer sent what is not taken.
    Violated(Violation),
    /// The peer closed.
    Closed,
}

impl<S: AsyncRead + AsyncWrite + Unpin> WebSocket<S> {
    /// A WebSocket after its handshake; `early` came with the request.
    pub(super) fn new(stream: S, early: &[u8]) -> Result<Self, Violation> {
        let (mut decoder, mut incoming) = (Decoder::default(), VecDeque::new());
        decoder.feed(early, &mut incoming)?;
        Ok(Self {
            stream,
            decoder,
            incoming,
            outgoing: VecDeque::new(),
            has_unflushed: false,
        })
    }

    /// Puts a frame behind those that wait to be written.
    pub(super) fn push(&mut self, frame: Bytes) {
        self.outgoing.push_back(Outgoing::frame(frame));
    }

    /// Forgets what waits and has not been begun.
    pub(super) fn forget_waiting(&mut self) {
        self.outgoing.retain(|outgoing| !outgoing.is_untouched());
    }

    /// Writes what waits; otherwise reads, if `wants_frame`. Safe to drop and call again.
    pub(super) async fn turn(&mut self, wants_frame: bool) -> io::Result<Turn> {
        poll_fn(|cx| self.poll_turn(cx, wants_frame)).await
    }

    /// Says that this is the end, and waits until the peer has taken all of it.
    pub(super) async fn close(&mut self, code: u16) -> io::Result<()> {
        self.outgoing.push_back(Outgoing::close(code));
        while !self.outgoing.is_empty() || self.has_unflushed {
            poll_fn(|cx| self.poll_write(cx)).await?;
        }
        self.stream.shutdown().await?;
        // What the peer sent meanwhile is read and thrown away: closing a socket that holds unread bytes resets it,
        // and the peer would lose the last frames.
        poll_fn(|cx| self.poll_discard(cx)).await
    }

    fn poll_turn(&mut self, cx: &mut Context<'_>, wants_frame: bool) -> Poll<io::Result<Turn>> {
        loop {
            if (!self.outgoing.is_empty() || self.has_unflushed)
                && let Poll::Ready(written) = self.poll_write(cx)?
                && !matches!(written, (0, 0))
            {
                let (frames, bytes) = written;
                return Poll::Ready(Ok(Turn::Written { frames, bytes }));
            }
            if !wants_frame {
                return Poll::Pending;
            }
            match self.incoming.pop_front() {
                Some(Incoming::Frame(frame)) => return Poll::Ready(Ok(Turn::Frame(frame))),
                Some(Incoming::Close) => return Poll::Ready(Ok(Turn::Closed)),
                Some(Incoming::Ping(payload)) => self.pong(payload),
                None => match ready!(self.poll_read(cx))? {
                    Ok(true) => {}
                    Ok(false) => return Poll::Ready(Ok(Turn::Closed)),
                    Err(violation) => return Poll::Ready(Ok(Turn::Violated(violation))),
                },
            }
        }
    }

    /// Only the newest Ping is answered (RFC 6455, 5.5.3), so that pings cannot pile up.
    fn pong(&mut self, payload: Bytes) {
        self.outgoing
            .retain(|outgoing| outgoing.is_frame || !outgoing.is_untouched());
        self.outgoing.push_back(Outgoing::pong(payload));
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Result<bool, Violation>>> {
        let mut scratch = [MaybeUninit::uninit(); SCRATCH];
        let mut scratch = ReadBuf::uninit(&mut scratch);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut scratch))?;
        if scratch.filled().is_empty() {
            return Poll::Ready(Ok(Ok(false)));
        }
        Poll::Ready(Ok(self
            .decoder
            .feed(scratch.filled(), &mut self.incoming)
            .map(|()| true)))
    }

    fn poll_discard(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut scratch = [MaybeUninit::uninit(); SCRATCH];
        loop {
            let mut scratch = ReadBuf::uninit(&mut scratch);
            ready!(Pin::new(&mut self.stream).poll_read(cx, &mut scratch))?;
            if scratch.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }

    /// Writes until everything is flushed or the stream takes no more; ready with what was taken.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<(usize, usize)>> {
        let (mut frames, mut bytes) = (0, 0);
        while !self.outgoing.is_empty() {
            let mut slices = [IoSlice::new(&[]); SLICES];
            let parts = self
                .outgoing
                .iter()
                .flat_map(Outgoing::rest)
                .filter(|part| !part.is_empty());
            let used = slices
                .iter_mut()
                .zip(parts)
                .map(|(slice, part)| *slice = IoSlice::new(part))
                .count();
            match Pin::new(&mut self.stream).poll_write_vectored(cx, &slices[..used]) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(written)) => {
                    self.has_unflushed = true;
                    let (more_frames, more_bytes) = self.advance(written);
                    frames += more_frames;
                    bytes += more_bytes;
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending if (frames, bytes) == (0, 0) => return Poll::Pending,
                Poll::Pending => return Poll::Ready(Ok((frames, bytes))),
            }
        }
        self.has_unflushed = Pin::new(&mut self.stream).poll_flush(cx)?.is_pending();
        if self.has_unflushed && (frames, bytes) == (0, 0) {
            return Poll::Pending;
        }
        self.outgoing.shrink_to(IDLE_QUEUE);
        Poll::Ready(Ok((frames, bytes)))
    }

    fn advance(&mut self, mut written: usize) -> (usize, usize) {
        let (mut frames, mut bytes) = (0, 0);
        while let Some(outgoing) = self.outgoing.front_mut() {
            let step = outgoing.advance(&mut written);
            let is_frame = outgoing.is_frame;
            bytes += if is_frame { step } else { 0 };
            if !outgoing.is_written() {
                break;
            }
            frames += usize::from(is_frame);
            self.outgoing.pop_front();
        }
        (frames, bytes)
    }
}

/// Bytes read at once, on the stack: nothing is held for a socket on which nothing arrives.
const SCRATCH: usize = 16 << 10;

/// Parts written at once: eight frames.
const SLICES: usize = 16;

/// Places that a queue keeps when it is empty.
const IDLE_QUEUE: usize = 4;
