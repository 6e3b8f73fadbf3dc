//! `cargo xtask fuzz`: cargo-fuzz on one target or on each in turn.

use std::fs;
use std::path::Path;

use anyhow::{Context, ensure};

use crate::process;

/// Fuzzes `target`, or every target, for `seconds` each.
pub(crate) fn run(target: Option<&str>, seconds: u32) -> anyhow::Result<()> {
    let known = targets(&process::root().join(DIRECTORY).join("fuzz_targets"))?;
    let chosen = choose(&known, target)?;
    let probe = process::command("cargo", &["fuzz", "--version"]).output();
    ensure!(
        probe.is_ok_and(|output| output.status.success()),
        "cargo-fuzz is missing: cargo install cargo-fuzz --locked"
    );
    for target in chosen {
        println!("== {target}, {seconds} s");
        let limit = format!("-max_total_time={seconds}");
        let arguments = [
            "fuzz",
            "run",
            "--fuzz-dir",
            DIRECTORY,
            "--sanitizer",
            "none",
            target,
            "--",
            &limit,
        ];
        // The coverage flags are unstable; this lets the stable compiler take them. Sanitizers would need a nightly one,
        // and find nothing in code without `unsafe`.
        let result = process::run(process::command("cargo", &arguments).env("RUSTC_BOOTSTRAP", "1"));
        result.with_context(|| format!("target {target}"))?;
    }
    Ok(())
}

/// The targets' names, sorted: one file each.
fn targets(directory: &Path) -> anyhow::Result<Vec<String>> {
    let entries =
        fs::read_dir(directory).with_context(|| format!("no fuzz targets in {}", directory.display()))?;
    let mut names = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            names.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
        }
    }
    names.sort();
    Ok(names)
}

fn choose<'a>(known: &'a [String], wanted: Option<&str>) -> anyhow::Result<Vec<&'a str>> {
    let chosen: Vec<_> = known
        .iter()
        .map(String::as_str)
        .filter(|name| wanted.is_none_or(|wanted| wanted == *name))
        .collect();
    ensure!(
        !chosen.is_empty(),
        "no such fuzz target, known: {}",
        known.join(", ")
    );
    Ok(chosen)
}

/// Outside the workspace: fuzzing wants its own profile and compiler flags.
const DIRECTORY: &str = "fuzz";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_means_every_target() {
        assert_eq!(choose(&known(), None).unwrap(), ["body", "header"]);
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        assert_eq!(choose(&known(), Some("header")).unwrap(), ["header"]);
        let error = choose(&known(), Some("heder")).unwrap_err().to_string();
        assert_eq!(error, "no such fuzz target, known: body, header");
    }

    fn known() -> Vec<String> {
        ["body", "header"].map(String::from).to_vec()
    }
}
