//! `cargo xtask bench`: a bench target of this package, its output untouched.

use crate::process;

/// Runs one suite; with `json`, standard output holds one object a line and nothing else.
pub(crate) fn run(suite: &str, json: bool) -> anyhow::Result<()> {
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
