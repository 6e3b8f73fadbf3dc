//! Lints the library crates with no feature and with each feature alone: a feature may add API, never break another.

use anyhow::{Context, ensure};

use crate::metadata;
use crate::process;

pub(crate) fn check() -> anyhow::Result<()> {
    let packages = metadata::read()?;
    let mut failed = Vec::new();
    for name in LIBRARIES {
        let package = packages.iter().find(|package| package.name == *name);
        let package = package.with_context(|| format!("the workspace has no package {name}"))?;
        for feature in package.features_but_default() {
            println!("-- {name} with {}", feature.unwrap_or("no feature"));
            if process::run(&mut process::command("cargo", &arguments(name, feature))).is_err() {
                failed.push(format!("{name} with {}", feature.unwrap_or("no feature")));
            }
        }
    }
    ensure!(failed.is_empty(), "{}", failed.join(", "));
    Ok(())
}

fn arguments<'a>(package: &'a str, feature: Option<&'a str>) -> Vec<&'a str> {
    let mut arguments = vec![
        "clippy",
        "--quiet",
        "--locked",
        "--package",
        package,
        "--lib",
        "--no-default-features",
    ];
    if let Some(feature) = feature {
        arguments.extend(["--features", feature]);
    }
    arguments.extend(["--", "-D", "warnings"]);
    arguments
}

/// The crates that others embed, so that any mix of features may be asked of them.
const LIBRARIES: &[&str] = &["twotick-wire", "twotick-protocol"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_is_asked_for_without_the_default_ones() {
        let line = arguments("p", Some("f")).join(" ");
        assert!(line.contains("--package p --lib --no-default-features --features f --"));
        assert!(!arguments("p", None).contains(&"--features"));
    }
}
