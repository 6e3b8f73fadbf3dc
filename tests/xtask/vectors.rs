//! The test vectors: made again without a difference, verified by both implementations, and shown to tell one bit from another.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

use crate::process;

/// The reference: generates, verifies, lints, and notices what is flipped.
pub(crate) fn reference() -> anyhow::Result<()> {
    for arguments in [
        &["generate", "--check"][..],
        &["check"],
        &["lint"],
        &["spec-sync", "--check"],
        &["discriminate", "--every", "5"],
    ] {
        run_tool(arguments)?;
    }
    Ok(())
}

/// The reference with each of its checks removed in turn: the cases that name the check must notice.
pub(crate) fn mutants() -> anyhow::Result<()> {
    run_tool(&["mutants"])
}

/// The Python implementation: its own tests, every vector, and whether it notices a flip.
pub(crate) fn python() -> anyhow::Result<()> {
    let python = python_environment()?;
    let directory = python_directory();
    let mut tests = process::command(
        &python,
        &["-m", "unittest", "discover", "--start-directory", "tests"],
    );
    process::run(tests.current_dir(&directory)).context("unittest")?;
    let mut check = process::command(&python, &["-m", "twotick_py", "check"]);
    process::run(check.current_dir(&directory)).context("twotick_py check")?;
    run_tool(&["discriminate", "--every", "50", "--cmd", &server(&python)])
}

/// Conversations between the implementations; the harness lets each begin half of them.
pub(crate) fn interop() -> anyhow::Result<()> {
    let python = python_environment()?;
    run_tool(&[
        "interop",
        "--seed",
        "1",
        "--conversations",
        "100",
        "--cmd",
        &server(&python),
    ])
}

fn run_tool(arguments: &[&str]) -> anyhow::Result<()> {
    println!("-- twotick-vectors {}", arguments.join(" "));
    let mut all = vec!["run", "--quiet", "--locked", "--package", "twotick-vectors", "--"];
    all.extend(arguments);
    process::run(&mut process::command("cargo", &all)).with_context(|| arguments.join(" "))
}

fn server(python: &str) -> String {
    let directory = python_directory();
    format!(
        "env PYTHONPATH='{}' '{python}' -m twotick_py serve",
        directory.display()
    )
}

/// An interpreter with the packages that `requirements.txt` names, made under `target/` once.
fn python_environment() -> anyhow::Result<String> {
    let environment = process::root().join("target/python");
    let python = environment.join("bin/python");
    if !python.exists() {
        let made = environment.to_string_lossy();
        process::run(&mut process::command("python3", &["-m", "venv", &made])).context("python3 -m venv")?;
    }
    let mut install = Command::new(&python);
    install.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--requirement",
    ]);
    process::run(install.arg(python_directory().join("requirements.txt"))).context("pip install")?;
    Ok(python.to_string_lossy().into_owned())
}

fn python_directory() -> PathBuf {
    process::root().join(Path::new("test-vectors/python"))
}
