//! R-PRM-1: every label of the registry is used, and for one purpose only.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use twotick_protocol::wire::Label;

/// A derivation, MAC, hash or sealing label stands at one place of the protocol crate; a signing label at two, signing
/// and checking; the safety number's at two, as SPEC 7 has it. An Attach is checked by the relay only.
#[test]
fn each_label_stands_where_its_purpose_is() {
    let sources = sources();
    for label in Label::ALL {
        let name = format!("Label::{label:?}");
        let uses = sources.iter().map(|source| count(source, &name)).sum::<usize>();
        let signing =
            name.starts_with("Label::Sign") && !name.contains("PrekeyId") && *label != Label::SignRelayAttach;
        let expected = if signing || *label == Label::SafetyNumber {
            2
        } else {
            1
        };
        assert_eq!(uses, expected, "{name}");
    }
}

/// The count sees whole names only.
#[test]
fn a_longer_name_is_another_label() {
    assert_eq!(count("Label::Content, Label::ContentHash", "Label::Content"), 1);
}

fn count(source: &str, name: &str) -> usize {
    let ends = |rest: &str| !rest.starts_with(|next: char| next.is_alphanumeric());
    source
        .match_indices(name)
        .filter(|(at, _)| ends(&source[at + name.len()..]))
        .count()
}

/// The sources of the protocol crate without its tests.
fn sources() -> Vec<String> {
    let mut found = Vec::new();
    let mut directories = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../protocol/src")];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).expect("a directory") {
            let path: PathBuf = entry.expect("an entry").path();
            let tests = path.file_stem().is_some_and(|stem| stem == "tests");
            if path.is_dir() && !tests {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") && !tests {
                let source = fs::read_to_string(&path).expect("a source");
                let end = source.find("#[cfg(test)]\nmod tests {").unwrap_or(source.len());
                found.push(source[..end].to_owned());
            }
        }
    }
    found
}
