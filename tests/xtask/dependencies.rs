//! Holds every dependency to `deny.toml`: a known source, an allowed licence, no wildcard version.
//!
//! The built-in check needs nothing installed and is never skipped; cargo-deny runs after it where it is present.

use std::fs;

use anyhow::{Context, ensure};

use crate::licence::{self, LicenceError};
use crate::metadata::{self, Package};
use crate::process;

pub(crate) fn check() -> anyhow::Result<()> {
    let path = process::root().join("deny.toml");
    let deny = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let allowed = allowed_licences(&deny).context("deny.toml has no [licenses] allow list")?;
    let packages = metadata::read()?;
    let findings: Vec<_> = packages
        .iter()
        .flat_map(|package| findings(package, &allowed))
        .collect();
    for finding in &findings {
        println!("-- {finding}");
    }
    ensure!(findings.is_empty(), "{} findings", findings.len());
    println!(
        "-- {} packages: sources and licences as deny.toml wants them",
        packages.len()
    );
    if process::succeeds("cargo", &["deny", "--version"]) {
        let arguments = ["deny", "--locked", "check", "bans", "licenses", "sources"];
        process::run(&mut process::command("cargo", &arguments)).context("cargo deny")?;
    } else {
        println!("-- cargo-deny left out, the check above stands alone: cargo install cargo-deny --locked");
    }
    Ok(())
}

/// The strings of `allow = [..]` under `[licenses]`.
fn allowed_licences(deny: &str) -> Option<Vec<String>> {
    let mut lines = deny
        .lines()
        .map(without_comment)
        .skip_while(|line| line.trim() != "[licenses]")
        .skip(1);
    let table = lines
        .by_ref()
        .take_while(|line| !line.starts_with('['))
        .collect::<Vec<_>>()
        .join("\n");
    let list = table.split_once("allow = [")?.1.split_once(']')?.0;
    Some(list.split('"').skip(1).step_by(2).map(String::from).collect())
}

fn without_comment(line: &str) -> &str {
    line.split_once('#').map_or(line, |(code, _)| code)
}

fn findings(package: &Package, allowed: &[String]) -> Vec<String> {
    let Package {
        name,
        version,
        source,
        licence,
        wildcards,
        ..
    } = package;
    let mut findings = Vec::new();
    if let Some(source) = source
        && source != CRATES_IO
    {
        findings.push(format!("{name} {version} comes from {source}"));
    }
    let verdict = licence
        .as_deref()
        .map(|expression| (expression, licence::is_allowed(expression, allowed)));
    match verdict {
        Some((_, Ok(true))) => {}
        Some((expression, Ok(false))) => findings.push(format!("{name} {version} is under {expression}")),
        Some((expression, Err(LicenceError::Malformed))) => {
            findings.push(format!(
                "{name} {version} has a licence nobody can read: {expression}"
            ));
        }
        None => findings.push(format!("{name} {version} states no licence")),
    }
    if source.is_none() {
        findings.extend(
            wildcards
                .iter()
                .map(|wanted| format!("{name} takes any version of {wanted}")),
        );
    }
    findings
}

/// How cargo writes the public registry in metadata and lockfile, whatever mirror served the download.
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allow_list_is_read_from_its_own_table() {
        let deny = "[bans]\nallow = [\"no\"]\n[licenses]\n# allow = [\"no\"]\nallow = [\n  \"MIT\", # yes\n  \"A WITH B\",\n]\n[x]\n";
        assert_eq!(
            allowed_licences(deny),
            Some(vec!["MIT".into(), "A WITH B".into()])
        );
        assert_eq!(allowed_licences("[licenses]\n[bans]\nallow = [\"no\"]\n"), None);
    }

    #[test]
    fn the_projects_own_list_is_readable() {
        let deny = fs::read_to_string(process::root().join("deny.toml")).unwrap();
        assert!(allowed_licences(&deny).unwrap().contains(&"MIT".to_owned()));
    }

    #[test]
    fn each_defect_is_found() {
        assert_eq!(found(&package(Some(CRATES_IO), Some("MIT"))), [""; 0]);
        assert_eq!(found(&package(None, Some("MIT"))), ["p takes any version of q"]);
        assert_eq!(
            found(&package(Some("git+elsewhere"), Some("MIT"))),
            ["p 1.0.0 comes from git+elsewhere"]
        );
        assert_eq!(
            found(&package(Some(CRATES_IO), Some("GPL-3.0"))),
            ["p 1.0.0 is under GPL-3.0"]
        );
        assert_eq!(
            found(&package(Some(CRATES_IO), None)),
            ["p 1.0.0 states no licence"]
        );
        assert_eq!(
            found(&package(Some(CRATES_IO), Some("MIT OR"))),
            ["p 1.0.0 has a licence nobody can read: MIT OR"]
        );
    }

    fn found(package: &Package) -> Vec<String> {
        findings(package, &["MIT".to_owned()])
    }

    fn package(source: Option<&str>, licence: Option<&str>) -> Package {
        let json = serde_json::json!({ "packages": [{
            "name": "p", "version": "1.0.0", "source": source, "license": licence, "features": {},
            "dependencies": [{ "name": "q", "req": "*", "source": CRATES_IO }],
        }]});
        metadata::parse(json.to_string().as_bytes()).unwrap().remove(0)
    }
}
