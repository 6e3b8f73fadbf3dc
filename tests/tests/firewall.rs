//! What may depend on what, and what no crate may do.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

/// The relay links `twotick-wire`: nothing that could open a message may come with it.
#[test]
fn wire_is_a_codec_without_cryptography() {
    let below = dependencies("twotick-wire");
    let expected = [
        "thiserror",
        "thiserror-impl",
        "proc-macro2",
        "quote",
        "syn",
        "unicode-ident",
        "zeroize",
        "zeroize_derive",
        "twotick-wire",
    ];
    let unexpected: Vec<_> = below
        .iter()
        .filter(|name| !expected.contains(&name.as_str()))
        .collect();
    assert!(unexpected.is_empty(), "twotick-wire depends on {unexpected:?}");
}

/// The protocol has its cryptography, which shows that the check above would see it, and no system beneath it.
#[test]
fn protocol_has_no_operating_system() {
    let below = dependencies("twotick-protocol");
    for name in [
        "twotick-wire",
        "x25519-dalek",
        "ed25519-dalek",
        "aes-gcm",
        "ml-kem",
        "sha2",
    ] {
        assert!(below.contains(name), "{name}");
    }
    for name in ["getrandom", "rand", "tokio", "rustix", "libc", "serde"] {
        assert!(!below.contains(name), "{name}");
    }
}

/// R-BLD-2: the relay verifies signatures and hashes. `ring` is there for TLS, and nothing else of its kind is.
#[test]
fn relay_has_nothing_that_could_open_a_message() {
    let below = dependencies("twotick-relay");
    for name in ["twotick-wire", "ed25519-dalek", "sha2", "rustls", "ring"] {
        assert!(below.contains(name), "{name}");
    }
    assert_eq!(openers(&below), [] as [&str; 0]);
}

/// The control of the test above: a dependency on the protocol, or on what it opens messages with, is seen.
#[test]
fn what_opens_messages_is_found_in_the_protocol() {
    let below = dependencies("twotick-protocol");
    let found = openers(&below);
    for name in ["twotick-protocol", "x25519-dalek", "aes-gcm", "hkdf", "ml-kem"] {
        assert!(found.contains(&name), "{name} is not among {found:?}");
    }
}

/// Packages that agree on keys, derive keys or open ciphertexts.
fn openers(below: &BTreeSet<String>) -> Vec<&str> {
    let names = [
        "twotick-protocol",
        "x25519-dalek",
        "ml-kem",
        "libcrux-ml-kem",
        "aead",
        "aes",
        "aes-gcm",
        "chacha20",
        "chacha20poly1305",
        "hkdf",
        "hmac",
        "openssl",
        "aws-lc-rs",
        "snow",
        "vodozemac",
    ];
    names.into_iter().filter(|name| below.contains(*name)).collect()
}

#[test]
fn every_crate_forbids_unsafe_code() {
    let metadata = cargo(&[
        "metadata",
        "--format-version",
        "1",
        "--no-deps",
        "--locked",
        "--offline",
    ]);
    let metadata: Value = serde_json::from_str(&metadata).expect("JSON");
    let targets = metadata["packages"].as_array().expect("packages").iter();
    let roots: Vec<_> = targets
        .flat_map(|package| package["targets"].as_array().expect("targets"))
        .filter(|target| target["kind"] == json!(["lib"]) || target["kind"] == json!(["bin"]))
        .map(|target| target["src_path"].as_str().expect("a path"))
        .collect();
    assert!(roots.len() >= 4, "{roots:?}");
    for root in roots {
        let text = fs::read_to_string(root).expect("a crate root");
        assert!(text.contains("\n#![forbid(unsafe_code)]\n"), "{root}");
    }
}

/// `no_std` holds by the compiler for what is built without features; this holds it for every feature alone.
#[test]
fn std_is_named_only_behind_its_feature() {
    for root in ["protocol/src/lib.rs", "protocol/wire/src/lib.rs"] {
        assert!(read(root).contains("\n#![no_std]\n"), "{root}");
    }
    let sources: Vec<_> = sources(&["protocol/src", "protocol/wire/src"])
        .into_iter()
        .filter(|file| !is_test_file(file))
        .collect();
    assert!(sources.len() > 50, "only {} files were read", sources.len());
    let found: Vec<_> = sources
        .into_iter()
        .flat_map(|file| {
            let text = fs::read_to_string(&file).expect("a source file");
            std_uses(&text)
                .into_iter()
                .map(move |line| format!("{}:{line}", file.display()))
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn a_use_of_std_is_found_unless_gated() {
    let cases: [(&str, &[usize]); 7] = [
        ("use std::vec::Vec;\n", &[1]),
        ("fn f() {\n    std::println!();\n}\n", &[2]),
        ("#[cfg(feature = \"std\")]\nuse std::vec::Vec;\n", &[]),
        (
            "#[cfg(feature = \"operation-counts\")]\nmod counting {\n    use std::cell;\n}\n",
            &[],
        ),
        (
            "#[cfg(feature = \"std\")]\nmod a {\n    use std::cell;\n}\nuse std::fmt;\n",
            &[5],
        ),
        ("#[cfg(test)]\nmod tests {\n    use std::vec;\n}\n", &[]),
        ("// std::vec is not here\n//! nor std::fmt\n", &[]),
    ];
    for (text, lines) in cases {
        assert_eq!(std_uses(text), lines, "{text}");
    }
}

/// Lines that name `std::` outside an item under `#[cfg(…)]` of a feature that has std, or of tests.
fn std_uses(text: &str) -> Vec<usize> {
    let mut found = Vec::new();
    let mut gate: Option<usize> = None;
    for (index, line) in text.lines().enumerate() {
        let indent = line.len() - line.trim_start().len();
        let opens = ["\"std\"", "\"operation-counts\"", "(test)", "test)"]
            .iter()
            .any(|name| line.contains(name))
            && line.trim_start().starts_with("#[cfg(")
            && !line.contains("not(");
        if opens && gate.is_none() {
            gate = Some(indent);
            continue;
        }
        if gate.is_none() && code(line).contains("std::") {
            found.push(index + 1);
        }
        let ends = line.trim_end().ends_with([';', '}', ',']) && indent == gate.unwrap_or(usize::MAX);
        if ends {
            gate = None;
        }
    }
    found
}

/// The line without its comment.
fn code(line: &str) -> &str {
    line.split_once("//").map_or(line, |(code, _)| code)
}

fn is_test_file(path: &Path) -> bool {
    let path = path.strip_prefix(root()).expect("a file of the repository");
    path.components().any(|part| part.as_os_str() == "tests") || path.ends_with("tests.rs")
}

/// Everything a package is built from, without features and for this machine, itself included.
fn dependencies(package: &str) -> BTreeSet<String> {
    let arguments = [
        "tree",
        "--package",
        package,
        "--edges",
        "normal",
        "--prefix",
        "none",
        "--format",
        "{p}",
    ];
    let tree = cargo(
        &[
            &arguments[..],
            &["--no-default-features", "--locked", "--offline"],
        ]
        .concat(),
    );
    tree.lines()
        .filter_map(|line| line.split_whitespace().next())
        .map(String::from)
        .collect()
}

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(root())
        .output()
        .expect("cargo");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).expect("a file of the repository")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every Rust file under the directories.
fn sources(directories: &[&str]) -> Vec<PathBuf> {
    let mut waiting: Vec<_> = directories
        .iter()
        .map(|directory| root().join(directory))
        .collect();
    let mut files = Vec::new();
    while let Some(directory) = waiting.pop() {
        for entry in fs::read_dir(&directory).expect("a directory").flatten() {
            let path = entry.path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}
