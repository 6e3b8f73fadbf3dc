//! Keyed hashes in place of identifiers and addresses: the same within one run of a relay, meaningless outside it.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// Makes marks under a key that lives as long as the process.
#[derive(Clone)]
pub struct Marker {
    key: [u8; 32],
}

impl fmt::Debug for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Marker")
    }
}

/// What stands for an identifier in a log: 8 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mark([u8; 8]);

impl Marker {
    /// A marker with a fresh key.
    ///
    /// # Errors
    ///
    /// If the system has no randomness.
    pub fn fresh() -> Result<Self, getrandom::Error> {
        let mut key = [0; 32];
        getrandom::fill(&mut key)?;
        Ok(Self { key })
    }

    /// A marker with this key.
    #[must_use]
    pub const fn with_key(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// The mark of an identifier.
    #[must_use]
    pub fn mark(&self, identifier: &[u8]) -> Mark {
        let digest = Sha256::new()
            .chain_update(self.key)
            .chain_update(identifier)
            .finalize();
        let mut mark = [0; 8];
        mark.copy_from_slice(&digest[..8]);
        Mark(mark)
    }
}

impl Mark {
    /// Its bytes.
    #[must_use]
    pub const fn bytes(self) -> [u8; 8] {
        self.0
    }

    /// True if the text is how a mark is shown.
    pub(crate) fn is_form(text: &str) -> bool {
        text.len() == 17 && text.starts_with('~') && text.bytes().skip(1).all(|byte| byte.is_ascii_hexdigit())
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "~{}", hex::encode(self.0))
    }
}

impl fmt::Debug for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
