//! Frames without contents, and those that end something.

use super::{Fields, FrameKind, RequestId, codecs};
use crate::{DecodeError, Reader, Writer};

macro_rules! bare_frames {
    ($($(#[$attribute:meta])* $name:ident;)*) => {$(
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name {
            /// What ties question and answer together.
            pub request: RequestId,
        }

        impl Fields<'_> for $name {
            const KIND: FrameKind = FrameKind::$name;

            fn request(&self) -> RequestId {
                self.request
            }

            fn read(request: RequestId, _: &mut Reader<'_>) -> Result<Self, DecodeError> {
                Ok(Self { request })
            }

            fn write(&self, _: &mut Writer) {}
        }
    )*};
}

bare_frames! {
    /// What was asked for has been done, R-FRM-4.
    Done;
    /// Asks whether the other side is there, R-ATT-7.
    Ping;
    /// The answer to a [`Ping`], with its `request`.
    Pong;
}

/// The relay stops, R-ATT-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GoAway {
    /// A code of SPEC 4.4; one that is unknown is a refusal too (R-FRM-5).
    pub code: u16,
    /// Milliseconds: the earliest time to come back.
    pub wait_min: u32,
    /// Milliseconds: the latest, not under the earliest.
    pub wait_max: u32,
}

impl Fields<'_> for GoAway {
    const KIND: FrameKind = FrameKind::GoAway;

    fn request(&self) -> RequestId {
        RequestId::UNASKED
    }

    fn read(_: RequestId, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            code: reader.u16()?,
            wait_min: reader.u32()?,
            wait_max: reader.u32()?,
        })
    }

    /// R-FRM-6.
    fn checked(self) -> Result<Self, DecodeError> {
        if self.wait_min <= self.wait_max {
            Ok(self)
        } else {
            Err(DecodeError::InvalidValue)
        }
    }

    fn write(&self, writer: &mut Writer) {
        writer.u16(self.code);
        writer.u32(self.wait_min);
        writer.u32(self.wait_max);
    }
}

/// A refusal, R-FRM-1 and R-FRM-4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error {
    /// That of what is refused; 0 if it could not be read.
    pub request: RequestId,
    /// A code of SPEC 4.4; one that is unknown is a refusal too (R-FRM-5).
    pub code: u16,
    /// Milliseconds; 0: not before something changes.
    pub retry_after: u32,
}

impl Fields<'_> for Error {
    const KIND: FrameKind = FrameKind::Error;

    fn request(&self) -> RequestId {
        self.request
    }

    fn read(request: RequestId, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            request,
            code: reader.u16()?,
            retry_after: reader.u32()?,
        })
    }

    fn write(&self, writer: &mut Writer) {
        writer.u16(self.code);
        writer.u32(self.retry_after);
    }
}

codecs!(Done, Ping, Pong, GoAway, Error);
