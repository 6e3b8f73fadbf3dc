//! Frames: all that a client and a relay say to each other, SPEC 21.
//!
//! [`ClientFrame`] and [`RelayFrame`] are what may arrive at a relay and at a client. Decoding borrows what is big: nothing
//! inside a message, an envelope or a list is copied or looked into. `Debug` shows no sealed bytes and no credentials.

mod attach;
mod both;
mod credential;
mod ephemeral;
mod field;
mod item;
mod kind;
mod linking;
mod lists;
mod prekeys;
mod receive;
mod send;
mod sequence;
mod signal;

use alloc::vec::Vec;

use crate::{DecodeError, Reader, VERSION, Writer, codec::decode_all};

pub use attach::{Attach, Challenge, Durability, Hello, Token};
pub use both::{ClientFrame, RelayFrame};
pub use credential::{Capability, TokenBytes};
pub use ephemeral::{Ephemeral, EphemeralDelivery};
pub use field::{Certificates, Opaque};
pub use item::{Grant, LaneEntry, LaneItem, ReceiptFor};
pub use kind::{Direction, FrameKind, Turn};
pub use linking::{LinkDelivery, LinkJoin, LinkSend};
pub use lists::{ChangeCapabilities, FetchList, Lists, PublishList};
pub use prekeys::{Bundles, PrekeysPublished, PublishPrekeys, TakePrekeys};
pub use receive::{Ack, Delivery, Drained, Gap, LanePage, Page, SendReceipts};
pub use send::{AccountResult, AccountSend, MessageTo, Send, SendResult};
pub use sequence::{FrameSequence, FrameSequenceWriter, SequenceFull};
pub use signal::{Done, Error, GoAway, Ping, Pong};

/// Most bytes of a frame, R-FRM-1. Larger and a connection costs more memory; smaller and a full Page takes more turns.
pub const MAX_FRAME: usize = 262_144;

/// Ties an answer to what asked for it, R-FRM-2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(u32);

impl RequestId {
    /// The `request` of what nobody asked for.
    pub const UNASKED: Self = Self(0);

    /// Wraps the number.
    #[must_use]
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }

    fn decode_from(reader: &mut Reader<'_>, turn: Turn) -> Result<Self, DecodeError> {
        let request = Self(reader.u32()?);
        let is_allowed = match turn {
            Turn::Asks(_) | Turn::Answers => request != Self::UNASKED,
            Turn::Unasked => request == Self::UNASKED,
            Turn::Either => true,
        };
        if is_allowed {
            Ok(request)
        } else {
            Err(DecodeError::InvalidValue)
        }
    }
}

/// The fields of a frame after its header.
trait Fields<'a>: Sized {
    /// Which frame it is.
    const KIND: FrameKind;

    /// Its `request`.
    fn request(&self) -> RequestId;

    /// Reads what follows the header.
    fn read(request: RequestId, reader: &mut Reader<'a>) -> Result<Self, DecodeError>;

    /// Checks the rules across fields, once the last field has been read.
    fn checked(self) -> Result<Self, DecodeError> {
        Ok(self)
    }

    /// Writes what follows the header.
    fn write(&self, writer: &mut Writer);

    /// About how many bytes it has.
    fn room(&self) -> usize {
        256
    }
}

/// Decodes exactly one frame of one kind. Its length is checked before anything else, R-FRM-1.
fn decode<'a, T: Fields<'a>>(bytes: &'a [u8]) -> Result<T, DecodeError> {
    if bytes.len() > MAX_FRAME {
        return Err(DecodeError::LengthOutOfRange);
    }
    decode_all(bytes, |reader| {
        match reader.u8()? {
            found if found == T::KIND.byte() => {}
            found => return Err(DecodeError::WrongObject { found }),
        }
        reader.version()?;
        let request = RequestId::decode_from(reader, T::KIND.turn())?;
        T::read(request, reader)
    })?
    .checked()
}

fn encode<'a, T: Fields<'a>>(frame: &T) -> Vec<u8> {
    let mut writer = Writer::with_capacity(frame.room());
    write_header(&mut writer, T::KIND, frame.request());
    frame.write(&mut writer);
    writer.into_vec()
}

fn write_header(writer: &mut Writer, kind: FrameKind, request: RequestId) {
    writer.u8(kind.byte());
    writer.u8(VERSION);
    writer.u32(request.number());
}

/// Gives frames their `decode` and `encode`.
macro_rules! codecs {
    ($($name:ident $(<$lifetime:lifetime>)?),* $(,)?) => {$(
        $crate::frame::codec!($name $(<$lifetime>)?);
    )*};
}

macro_rules! codec {
    ($name:ident) => {
        impl $name {
            /// Decodes exactly one.
            pub fn decode(bytes: &[u8]) -> Result<Self, $crate::DecodeError> {
                $crate::frame::decode(bytes)
            }

            /// All bytes. What `decode` refuses is not refused here.
            #[must_use]
            pub fn encode(&self) -> alloc::vec::Vec<u8> {
                $crate::frame::encode(self)
            }
        }
    };
    ($name:ident<$lifetime:lifetime>) => {
        impl<$lifetime> $name<$lifetime> {
            /// Decodes exactly one, which borrows from `bytes`.
            pub fn decode(bytes: &$lifetime [u8]) -> Result<Self, $crate::DecodeError> {
                $crate::frame::decode(bytes)
            }

            /// All bytes. What `decode` refuses is not refused here.
            #[must_use]
            pub fn encode(&self) -> alloc::vec::Vec<u8> {
                $crate::frame::encode(self)
            }
        }
    };
}

use {codec, codecs};
