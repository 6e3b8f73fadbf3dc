//! The packages that `cargo metadata` reports: the workspace and everything it pulls in, on every platform.

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::process;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// Where the package came from; `None` is a path inside this workspace.
    pub(crate) source: Option<String>,
    pub(crate) licence: Option<String>,
    /// Names of registry dependencies required as `*`.
    pub(crate) wildcards: Vec<String>,
    features: Vec<String>,
}

/// Asks cargo for the packages, all features on.
pub(crate) fn read() -> anyhow::Result<Vec<Package>> {
    let arguments = ["metadata", "--format-version", "1", "--all-features", "--locked"];
    let output = process::command("cargo", &arguments)
        .output()
        .context("cannot start cargo metadata")?;
    ensure!(
        output.status.success(),
        "cargo metadata: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    parse(&output.stdout)
}

impl Package {
    /// `None` for no feature at all, then each feature except `default`.
    pub(crate) fn features_but_default(&self) -> impl Iterator<Item = Option<&str>> {
        let named = self
            .features
            .iter()
            .map(String::as_str)
            .filter(|feature| *feature != "default");
        std::iter::once(None).chain(named.map(Some))
    }
}

/// Reads the output of `cargo metadata --format-version 1`.
pub(crate) fn parse(json: &[u8]) -> anyhow::Result<Vec<Package>> {
    let metadata: Value = serde_json::from_slice(json).context("cargo metadata is not JSON")?;
    let packages = metadata.get("packages").and_then(Value::as_array);
    let packages = packages.context("cargo metadata lists no packages")?;
    packages.iter().map(package).collect()
}

fn package(value: &Value) -> anyhow::Result<Package> {
    let text = |field| value.get(field).and_then(Value::as_str).map(String::from);
    let features = value.get("features").and_then(Value::as_object);
    let dependencies = value.get("dependencies").and_then(Value::as_array);
    Ok(Package {
        name: text("name").context("a package without a name")?,
        version: text("version").context("a package without a version")?,
        source: text("source"),
        licence: text("license"),
        wildcards: dependencies.into_iter().flatten().filter_map(wildcard).collect(),
        features: features.into_iter().flat_map(|map| map.keys().cloned()).collect(),
    })
}

fn wildcard(dependency: &Value) -> Option<String> {
    let text = |field| dependency.get(field).and_then(Value::as_str);
    let is_wildcard = text("req") == Some("*") && text("source").is_some();
    is_wildcard.then(|| text("name").map(String::from)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_as_cargo_writes_them() {
        let packages = parse(METADATA).unwrap();
        let [ours, theirs] = packages.as_slice() else {
            panic!("two packages")
        };
        assert_eq!((ours.name.as_str(), ours.source.as_deref()), ("ours", None));
        assert_eq!(ours.wildcards, ["theirs"]);
        assert_eq!(
            (theirs.licence.as_deref(), theirs.version.as_str()),
            (Some("MIT"), "1.2.3")
        );
        assert_eq!(theirs.source.as_deref(), Some("registry+elsewhere"));
    }

    #[test]
    fn each_feature_but_default_follows_none() {
        let packages = parse(METADATA).unwrap();
        let features: Vec<_> = packages[0].features_but_default().collect();
        assert_eq!(features, [None, Some("hazmat"), Some("std")]);
    }

    #[test]
    fn anything_else_is_an_error() {
        assert!(parse(b"no").is_err());
        assert!(parse(b"{}").is_err());
        assert!(parse(br#"{"packages":[{}]}"#).is_err());
    }

    const METADATA: &[u8] = br#"{"packages":[
        {"name":"ours","version":"0.1.0","source":null,"license":"MIT OR Apache-2.0",
         "features":{"default":["std"],"hazmat":[],"std":[]},
         "dependencies":[{"name":"theirs","req":"*","source":"registry+elsewhere"},
                         {"name":"wire","req":"*","source":null}]},
        {"name":"theirs","version":"1.2.3","source":"registry+elsewhere","license":"MIT",
         "features":{},"dependencies":[]}]}"#;
}
