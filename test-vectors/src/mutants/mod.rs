//! The kill matrix: whether every case that rejects tells the reference from a copy of it without the check.
//!
//! A mutant is the reference with one check removed. One instrumented build holds them all, each behind a switch:
//! [`instrument`] makes it under `target/mutants`, and its [`kill`] runs the cases that name a mutant with that
//! mutant on.

mod copy;
mod kill;
mod list;
mod report;
mod sites;
mod switch;

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

pub use kill::kill;
pub use list::{Entry, Mutants};
pub use report::Matrix;
pub use sites::{Coverage, coverage};

/// The list of mutants, beside this crate's manifest.
#[must_use]
pub fn list_file(root: &Path) -> PathBuf {
    root.join("mutants.json")
}

/// Makes the instrumented build of the workspace around `root`; where its program is.
pub fn instrument(root: &Path) -> Result<PathBuf> {
    let workspace = root.parent().context("test-vectors lies in no workspace")?;
    let mutants = Mutants::read(&list_file(root))?;
    let work = workspace.join("target/mutants");
    let source = work.join("source");
    copy::copy(workspace, &source, &mutants)?;
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let target = work.join("target");
    let status = Command::new(cargo)
        .args([
            "build",
            "--quiet",
            "--locked",
            "-p",
            "twotick-vectors",
            "--target-dir",
        ])
        .arg(&target)
        // A replacement need not be pretty; what it removes may leave something unused.
        .env("RUSTFLAGS", "-Awarnings")
        .current_dir(&source)
        .status()
        .context("cargo does not start")?;
    ensure!(
        status.success(),
        "the instrumented copy in target/mutants/source does not build"
    );
    Ok(target
        .join("debug/twotick-vectors")
        .with_extension(env::consts::EXE_EXTENSION))
}
