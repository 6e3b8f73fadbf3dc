//! RFC 6455 as far as frames of SPEC 21 need it: binary messages in, binary messages out, no extensions.

use std::collections::VecDeque;
use std::fmt;

use bytes::{Buf as _, Bytes, BytesMut};
use twotick_wire::frame::MAX_FRAME;

/// What a client sent.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Incoming {
    /// A whole binary message.
    Frame(Bytes),
    /// Asks for a Pong with the same bytes.
    Ping(Bytes),
    /// The client closes.
    Close,
}

/// Prints how many bytes came: what they are is never shown (R-BLD-1).
impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Frame(frame) => write!(f, "Frame({} bytes)", frame.len()),
            Self::Ping(payload) => write!(f, "Ping({} bytes)", payload.len()),
            Self::Close => f.write_str("Close"),
        }
    }
}

/// Why bytes are not taken, and which close code says so (R-TRN-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Violation {
    /// Not RFC 6455, or a text message.
    Malformed,
    /// A message over 262,144 bytes.
    TooLarge,
}

/// Turns what arrives into messages. Holds nothing between messages.
#[derive(Default)]
pub(super) struct Decoder {
    /// Bytes of a WebSocket frame that is not all here.
    partial: BytesMut,
    /// The message whose fragments are arriving.
    message: Option<BytesMut>,
}

impl Decoder {
    /// Takes bytes, and puts what they complete to the end of `incoming`.
    pub(super) fn feed(&mut self, bytes: &[u8], incoming: &mut VecDeque<Incoming>) -> Result<(), Violation> {
        if self.partial.is_empty() {
            let mut rest = bytes;
            while let Some(head) = self.head(rest)? {
                let Some(whole) = rest.get(..head.end()) else {
                    break;
                };
                self.take(&head, whole, incoming)?;
                rest = &rest[head.end()..];
            }
            self.partial.extend_from_slice(rest);
            return Ok(());
        }
        self.partial.extend_from_slice(bytes);
        let mut partial = std::mem::take(&mut self.partial);
        while let Some(head) = self.head(&partial)? {
            if partial.len() < head.end() {
                break;
            }
            self.take(&head, &partial[..head.end()], incoming)?;
            partial.advance(head.end());
        }
        if !partial.is_empty() {
            self.partial = partial;
        }
        Ok(())
    }

    /// The head at the start of `bytes`, checked, if it is all there.
    fn head(&self, bytes: &[u8]) -> Result<Option<Head>, Violation> {
        let [first, second, ..] = *bytes else {
            return Ok(None);
        };
        let is_final = first & 0x80 != 0;
        let opcode = Opcode::from_bits(first & 0x7f).ok_or(Violation::Malformed)?;
        if second & 0x80 == 0 {
            return Err(Violation::Malformed);
        }
        let Some((length, extended)) = length(second & 0x7f, &bytes[2..])? else {
            return Ok(None);
        };
        let is_allowed = match opcode {
            Opcode::Close | Opcode::Ping | Opcode::Pong => is_final && length <= MAX_CONTROL,
            Opcode::Binary => self.message.is_none(),
            Opcode::Continuation => self.message.is_some(),
        };
        if !is_allowed {
            return Err(Violation::Malformed);
        }
        let before = self.message.as_ref().map_or(0, BytesMut::len);
        let length = usize::try_from(length)
            .ok()
            .filter(|length| before + length <= MAX_FRAME);
        let length = length.ok_or(Violation::TooLarge)?;
        let start = 2 + extended + 4;
        let Some(mask) = bytes.get(start - 4..start).and_then(|mask| mask.try_into().ok()) else {
            return Ok(None);
        };
        Ok(Some(Head {
            is_final,
            opcode,
            mask,
            start,
            length,
        }))
    }

    fn take(
        &mut self,
        head: &Head,
        whole: &[u8],
        incoming: &mut VecDeque<Incoming>,
    ) -> Result<(), Violation> {
        let mut payload = BytesMut::from(&whole[head.start..]);
        unmask(&mut payload, head.mask);
        match head.opcode {
            Opcode::Binary if head.is_final => incoming.push_back(Incoming::Frame(payload.freeze())),
            Opcode::Binary => self.message = Some(payload),
            Opcode::Continuation => {
                let mut message = self.message.take().ok_or(Violation::Malformed)?;
                message.extend_from_slice(&payload);
                if head.is_final {
                    incoming.push_back(Incoming::Frame(message.freeze()));
                } else {
                    self.message = Some(message);
                }
            }
            Opcode::Ping => incoming.push_back(Incoming::Ping(payload.freeze())),
            Opcode::Pong => {}
            Opcode::Close => incoming.push_back(Incoming::Close),
        }
        Ok(())
    }
}

#[derive(Debug)]
struct Head {
    is_final: bool,
    opcode: Opcode,
    mask: [u8; 4],
    start: usize,
    length: usize,
}

impl Head {
    fn end(&self) -> usize {
        self.start + self.length
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opcode {
    Continuation,
    Binary,
    Close,
    Ping,
    Pong,
}

impl Opcode {
    /// With the reserved bits in front: one that is set makes it no opcode, and text is none that is taken here.
    const fn from_bits(bits: u8) -> Option<Self> {
        match bits {
            0x0 => Some(Self::Continuation),
            0x2 => Some(Self::Binary),
            0x8 => Some(Self::Close),
            0x9 => Some(Self::Ping),
            0xa => Some(Self::Pong),
            _ => None,
        }
    }
}

/// The payload's length, and how many bytes after the second it took; the shortest form is the only one.
fn length(short: u8, rest: &[u8]) -> Result<Option<(u64, usize)>, Violation> {
    let (length, extended, least) = match short {
        126 => match rest.first_chunk() {
            Some(bytes) => (u64::from(u16::from_be_bytes(*bytes)), 2, 126),
            None => return Ok(None),
        },
        127 => match rest.first_chunk() {
            Some(bytes) => (u64::from_be_bytes(*bytes), 8, 1 << 16),
            None => return Ok(None),
        },
        short => (u64::from(short), 0, 0),
    };
    if length < least {
        Err(Violation::Malformed)
    } else {
        Ok(Some((length, extended)))
    }
}

fn unmask(payload: &mut [u8], mask: [u8; 4]) {
    let wide = u64::from_ne_bytes([
        mask[0], mask[1], mask[2], mask[3], mask[0], mask[1], mask[2], mask[3],
    ]);
    let (words, rest) = payload.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    for (byte, mask) in rest.iter_mut().zip(mask.into_iter().cycle()) {
        *byte ^= mask;
    }
}

/// A message on its way out: its head, and its payload shared with whoever made it.
pub(super) struct Outgoing {
    head: [u8; 10],
    head_length: usize,
    payload: Bytes,
    written: usize,
    /// True for a frame of SPEC 21, false for what the WebSocket itself says.
    pub(super) is_frame: bool,
}

impl Outgoing {
    /// A frame of SPEC 21.
    pub(super) fn frame(payload: Bytes) -> Self {
        Self::new(0x2, payload, true)
    }

    /// The answer to a Ping of the WebSocket.
    pub(super) fn pong(payload: Bytes) -> Self {
        Self::new(0xa, payload, false)
    }

    /// The end, with a code of R-TRN-4.
    pub(super) fn close(code: u16) -> Self {
        Self::new(0x8, Bytes::copy_from_slice(&code.to_be_bytes()), false)
    }

    fn new(opcode: u8, payload: Bytes, is_frame: bool) -> Self {
        let mut head = [0; 10];
        head[0] = 0x80 | opcode;
        let head_length = match payload.len() {
            length @ 0..=125 => {
                head[1] = length.to_le_bytes()[0];
                2
            }
            length => match u16::try_from(length) {
                Ok(length) => {
                    head[1] = 126;
                    head[2..4].copy_from_slice(&length.to_be_bytes());
                    4
                }
                Err(_) => {
                    head[1] = 127;
                    head[2..].copy_from_slice(&(length as u64).to_be_bytes());
                    10
                }
            },
        };
        Self {
            head,
            head_length,
            payload,
            written: 0,
            is_frame,
        }
    }

    /// What is still to be written, in two parts.
    pub(super) fn rest(&self) -> [&[u8]; 2] {
        let head = self.written.min(self.head_length);
        let payload = self.written.saturating_sub(self.head_length);
        [&self.head[head..self.head_length], &self.payload[payload..]]
    }

    /// Notes that up to `written` bytes more are written, and returns how many of the payload that were; the rest is
    /// left in `written` for the next message.
    pub(super) fn advance(&mut self, written: &mut usize) -> usize {
        let whole = self.head_length + self.payload.len();
        let step = (*written).min(whole - self.written);
        let before = self.written.max(self.head_length);
        self.written += step;
        *written -= step;
        self.written.max(self.head_length) - before
    }

    /// True if nothing is left to write.
    pub(super) fn is_written(&self) -> bool {
        self.written == self.head_length + self.payload.len()
    }

    /// True if nothing has been written.
    pub(super) fn is_untouched(&self) -> bool {
        self.written == 0
    }
}

/// RFC 6455 section 5.5.
const MAX_CONTROL: u64 = 125;

#[cfg(test)]
mod tests;
