//! `cargo xtask bench`: a bench target of this package, its output untouched.

use crate::process;

/// Runs one suite; with `json`, standard output holds one object a line and nothing else.
///
/// The relay is measured in a process of its own, as it ships, so it is built first.
pub(crate) fn run(suite: &str, json: bool) -> anyhow::Result<()> {
    if suite == "relay" {
        let build = ["build", "--release", "--package", "twotick-relay", "--locked"];
        process::run(&mut process::command("cargo", &build))?;
    }
    let mut arguments = vec![
        "bench",
        "--package",
        "twotick-e2e",
        "--bench",
        suite,
        "--locked",
        "--",
    ];
    if json {
        arguments.push("--json");
    }
    process::run(&mut process::command("cargo", &arguments))
}
