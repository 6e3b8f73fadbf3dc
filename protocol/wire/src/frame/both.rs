//! What may arrive, by direction.

use alloc::vec::Vec;

use super::{
    Ack, Attach, Bundles, Challenge, ChangeCapabilities, Done, Drained, Ephemeral, EphemeralDelivery, Error,
    FetchList, Fields, FrameKind, Gap, GoAway, Hello, LanePage, LinkDelivery, LinkJoin, LinkSend, Lists,
    MAX_FRAME, Page, Ping, Pong, PrekeysPublished, PublishList, PublishPrekeys, RequestId, Send,
    SendReceipts, SendResult, TakePrekeys, Token,
};
use crate::{DecodeError, ErrorCode};

macro_rules! direction {
    ($(#[$attribute:meta])* $name:ident { $($variant:ident $(<$lifetime:lifetime>)?)* }) => {
        $(#[$attribute])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum $name<'a> {
            $(#[doc = concat!("See [`", stringify!($variant), "`].")] $variant($variant $(<$lifetime>)?),)*
        }

        impl<'a> $name<'a> {
            /// Decodes exactly one frame, whichever it is. [`Self::refusal`] says what an error is called.
            pub fn decode(bytes: &'a [u8]) -> Result<Self, DecodeError> {
                if bytes.len() > MAX_FRAME {
                    return Err(DecodeError::LengthOutOfRange);
                }
                let found = *bytes.first().ok_or(DecodeError::Truncated)?;
                match FrameKind::from_byte(found) {
                    $(Some(FrameKind::$variant) => $variant::decode(bytes).map(Self::$variant),)*
                    _ => Err(DecodeError::WrongObject { found }),
                }
            }

            /// The code for bytes that [`Self::decode`] refused with `error`, R-FRM-1 and R-FRM-3.
            #[must_use]
            pub fn refusal(bytes: &[u8], error: DecodeError) -> ErrorCode {
                let kind = bytes.first().copied().and_then(FrameKind::from_byte);
                if bytes.len() > MAX_FRAME {
                    return ErrorCode::FrameTooLarge;
                }
                match kind {
                    None $(| Some(FrameKind::$variant))* => error.code(),
                    Some(_) => ErrorCode::UnexpectedFrame,
                }
            }

            /// All bytes. What `decode` refuses is not refused here.
            #[must_use]
            pub fn encode(&self) -> Vec<u8> {
                match self { $(Self::$variant(frame) => frame.encode()),* }
            }

            /// Which frame it is.
            #[must_use]
            pub const fn kind(&self) -> FrameKind {
                match self { $(Self::$variant(_) => FrameKind::$variant),* }
            }

            /// What ties an answer to it, or it to what asked; 0 for what nobody asked for.
            #[must_use]
            pub fn request(&self) -> RequestId {
                match self { $(Self::$variant(frame) => Fields::request(frame)),* }
            }
        }

        $(impl<'a> From<$variant $(<$lifetime>)?> for $name<'a> {
            fn from(frame: $variant $(<$lifetime>)?) -> Self {
                Self::$variant(frame)
            }
        })*
    };
}

direction! {
    /// A frame that a client sends, SPEC 21.1.
    ClientFrame {
        Attach<'a> Ack Send<'a> Ephemeral<'a> PublishPrekeys TakePrekeys PublishList<'a> FetchList
        ChangeCapabilities SendReceipts LinkJoin LinkSend<'a> Ping Pong
    }
}

direction! {
    /// A frame that a relay sends, SPEC 21.2.
    RelayFrame {
        Challenge<'a> Hello Page<'a> Drained Gap LanePage Done SendResult<'a> PrekeysPublished Bundles<'a>
        Lists<'a> Token EphemeralDelivery<'a> LinkDelivery<'a> GoAway Error Ping Pong
    }
}
