//! The registry of frames, SPEC 21.

macro_rules! frame_kinds {
    ($($byte:literal $name:ident $direction:ident $turn:expr;)*) => {
        /// Which frame it is, by its first byte, SPEC 21.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum FrameKind {
            $(#[doc = concat!("`", stringify!($byte), "`.")] $name = $byte,)*
        }

        impl FrameKind {
            /// Every frame, ascending.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The first byte of its encoding.
            #[must_use]
            pub const fn byte(self) -> u8 {
                self as u8
            }

            /// The name in SPEC 21.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name)),* }
            }

            /// Who may send it.
            #[must_use]
            pub const fn direction(self) -> Direction {
                match self { $(Self::$name => Direction::$direction),* }
            }

            /// Whether it asks, answers or neither, R-FRM-2.
            #[must_use]
            pub const fn turn(self) -> Turn {
                use FrameKind::*;
                match self { $($name => $turn),* }
            }

            /// The frame with this first byte, if there is one, of whichever direction.
            #[must_use]
            pub const fn from_byte(byte: u8) -> Option<Self> {
                match byte { $($byte => Some(Self::$name),)* _ => None }
            }
        }
    };
}

/// Who may send a frame, R-FRM-3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// A client to a relay, SPEC 21.1.
    Client,
    /// A relay to a client, SPEC 21.2.
    Relay,
    /// Either to the other.
    Both,
}

/// What the `request` of a frame means, R-FRM-2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Turn {
    /// It asks, its `request` is not 0, and it is answered by this frame or by Error (R-FRM-4).
    Asks(FrameKind),
    /// It answers, and repeats the `request` of what asked.
    Answers,
    /// Nobody asked: its `request` is 0.
    Unasked,
    /// Any `request`.
    Either,
}

frame_kinds! {
    0xa0 Attach Client Turn::Asks(Hello);
    0xa1 Ack Client Turn::Asks(Done);
    0xa2 Send Client Turn::Asks(SendResult);
    0xa3 Ephemeral Client Turn::Asks(Done);
    0xa4 PublishPrekeys Client Turn::Asks(PrekeysPublished);
    0xa5 TakePrekeys Client Turn::Asks(Bundles);
    0xa6 PublishList Client Turn::Asks(Done);
    0xa7 FetchList Client Turn::Asks(Lists);
    0xa8 ChangeCapabilities Client Turn::Asks(Done);
    0xa9 SendReceipts Client Turn::Asks(Done);
    0xaa LinkJoin Client Turn::Asks(Done);
    0xab LinkSend Client Turn::Asks(Done);
    0xbe Ping Both Turn::Either;
    0xbf Pong Both Turn::Either;
    0xc0 Challenge Relay Turn::Unasked;
    0xc1 Hello Relay Turn::Answers;
    0xc2 Page Relay Turn::Unasked;
    0xc3 Drained Relay Turn::Unasked;
    0xc4 Gap Relay Turn::Unasked;
    0xc5 LanePage Relay Turn::Unasked;
    0xc6 Done Relay Turn::Answers;
    0xc7 SendResult Relay Turn::Answers;
    0xc8 PrekeysPublished Relay Turn::Answers;
    0xc9 Bundles Relay Turn::Answers;
    0xca Lists Relay Turn::Answers;
    0xcb Token Relay Turn::Unasked;
    0xd0 EphemeralDelivery Relay Turn::Unasked;
    0xd1 LinkDelivery Relay Turn::Unasked;
    0xd2 GoAway Relay Turn::Unasked;
    0xd3 Error Relay Turn::Either;
}
