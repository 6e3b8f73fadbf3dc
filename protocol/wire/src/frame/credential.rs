//! What opens a door at a relay: who holds the bytes may. They are never shown.

use core::fmt;

use crate::bytes::byte_access;

macro_rules! credentials {
    ($($(#[$attribute:meta])* $name:ident[$length:literal];)*) => {$(
        $(#[$attribute])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $name([u8; $length]);

        impl $name {
            /// How many bytes it has.
            pub const LENGTH: usize = $length;

            /// Wraps the bytes.
            #[must_use]
            pub const fn new(bytes: [u8; $length]) -> Self {
                Self(bytes)
            }

            byte_access!($length);

            /// Reads it as a field.
            pub fn decode_from(reader: &mut $crate::Reader<'_>) -> Result<Self, $crate::DecodeError> {
                reader.array().map(Self)
            }
        }

        /// Shows that there is one, not which.
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(hidden)"))
            }
        }
    )*};
}

credentials! {
    /// Lets its holder reach the account that granted it, SPEC 26 (R-CAP-1).
    Capability[16];
    /// Lets its holder go on over HTTP as the device that attached, R-TRN-1.
    TokenBytes[64];
}

impl Capability {
    /// What stands where none is needed: with one's own account.
    pub const NONE: Self = Self([0; 16]);
}
