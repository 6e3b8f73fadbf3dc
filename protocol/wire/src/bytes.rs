//! Newtypes over byte arrays, so that no two kinds of 32 bytes can be confused.

use core::fmt;

/// Defines public types of exactly `N` bytes that are compared, ordered and printed (lower hex) by their bytes.
macro_rules! byte_newtypes {
    ($($(#[$attribute:meta])* $name:ident[$length:literal];)*) => {$(
        $(#[$attribute])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $length]);

        impl $name {
            /// How many bytes it has.
            pub const LENGTH: usize = $length;

            /// Wraps the bytes.
            #[must_use]
            pub const fn new(bytes: [u8; $length]) -> Self {
                Self(bytes)
            }

            $crate::bytes::byte_access!($length);

            /// Reads it as a field.
            pub fn decode_from(reader: &mut $crate::Reader<'_>) -> Result<Self, $crate::DecodeError> {
                reader.array().map(Self)
            }
        }

        $crate::bytes::byte_formatting!($name);
    )*};
}

/// Defines the methods that every type of fixed bytes has.
macro_rules! byte_access {
    ($length:expr) => {
        /// Borrows the bytes.
        #[must_use]
        pub const fn as_bytes(&self) -> &[u8; $length] {
            &self.0
        }

        /// Copies the bytes.
        #[must_use]
        pub const fn to_bytes(self) -> [u8; $length] {
            self.0
        }

        /// Writes it as a field.
        pub fn encode_to(&self, writer: &mut $crate::Writer) {
            writer.bytes(&self.0);
        }
    };
}

/// Prints as lower hex: `Display` bare, `Debug` with the type's name around it.
macro_rules! byte_formatting {
    ($name:ident) => {
        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                core::fmt::Display::fmt(&$crate::bytes::Hex(&self.0), f)
            }
        }

        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }
    };
}

pub(crate) use {byte_access, byte_formatting, byte_newtypes};

/// Bytes that print as lower hex.
pub(crate) struct Hex<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
