//! Making the cases. Everything comes from seeds, so that running it again gives the same bytes.

mod certificates;
mod draft;
mod encoding;
mod lists;
mod points;
mod prekeys;
mod sign;
mod signatures;
mod workshop;

pub use draft::{About, Draft, Script};

use anyhow::Result;

use crate::case::VectorFile;

/// Every file, in the order of the manifest. An operation that does not answer as its case says is an error.
pub fn all() -> Result<Vec<VectorFile>> {
    FILES.iter().map(|make| make()).collect()
}

const FILES: &[fn() -> Result<VectorFile>] = &[
    encoding::make,
    signatures::make,
    certificates::make,
    lists::make,
    prekeys::make,
];
