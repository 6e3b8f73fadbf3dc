//! The registry of objects, SPEC 4.2.

/// The version byte of this protocol, SPEC 2.1.
pub const VERSION: u8 = 1;

/// The one suite of this version, SPEC 3.
pub const SUITE: u16 = 0x0001;

macro_rules! objects {
    ($($byte:literal $name:ident $section:literal)*) => {
        /// What an encoding is, by its first byte, SPEC 4.2.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Object {
            $(#[doc = concat!("`", stringify!($byte), "`, SPEC ", $section, ".")] $name = $byte,)*
        }

        impl Object {
            /// Every object, ascending.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The first byte of its encoding.
            #[must_use]
            pub const fn byte(self) -> u8 {
                self as u8
            }

            /// The name in SPEC 4.2.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name)),* }
            }

            /// The object with this first byte, if there is one.
            #[must_use]
            pub const fn from_byte(byte: u8) -> Option<Self> {
                match byte { $($byte => Some(Self::$name),)* _ => None }
            }
        }
    };
}

objects! {
    0x01 DeviceCertificate "5.2"
    0x02 DeviceList "5.3"
    0x03 AccountRotation "5.5"
    0x04 SignedPrekey "8.1"
    0x05 OneTimePrekey "8.2"
    0x06 PrekeyBundle "8.3"
    0x10 InitialMessage "9.2"
    0x11 RatchetMessage "10.4"
    0x12 SharedBody "11.4"
    0x13 Envelope "11.5"
    0x20 Receipt "14.1"
    0x30 LinkOffer "6.1"
    0x31 LinkHello "6.1"
    0x32 LinkCommitment "6.1"
    0x33 LinkNonce "6.1"
    0x34 LinkReveal "6.1"
    0x35 LinkSealed "6.1"
    0x38 SafetyCode "7"
    0x60 Payload "11.1"
}
