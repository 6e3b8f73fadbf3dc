//! The corpora of `fuzz/`, replayed: what was found once stays found.
//!
//! `cargo run -p twotick-e2e --example fuzz_seeds` writes the seeds again.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use twotick_e2e::fuzz::TARGETS;

#[test]
fn every_corpus_is_replayed() {
    for target in TARGETS {
        let files = files(&fuzz().join("corpus").join(target.name));
        assert!(!files.is_empty(), "fuzz/corpus/{} is empty", target.name);
        for file in files {
            println!("{}", file.display());
            (target.body)(&fs::read(&file).expect("a file of the corpus"));
        }
    }
}

/// The generator and the committed files are the same: a format that changes brings its seeds along.
#[test]
fn seeds_are_those_of_the_generator() {
    for target in TARGETS {
        for (name, bytes) in (target.seeds)() {
            let file = fuzz().join("corpus").join(target.name).join(name);
            let stored = fs::read(&file).unwrap_or_default();
            assert!(
                stored == bytes,
                "{} is not what the generator gives",
                file.display()
            );
            assert!(!bytes.is_empty());
        }
    }
}

/// A body that no file in `fuzz_targets` calls would never be fuzzed, and the reverse.
#[test]
fn each_target_has_its_file_and_its_entry() {
    let stem = |path: &PathBuf| path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let found: BTreeSet<_> = files(&fuzz().join("fuzz_targets"))
        .iter()
        .filter_map(stem)
        .collect();
    let known: BTreeSet<_> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    assert_eq!(found, known);
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).expect("fuzz/Cargo.toml");
    for name in known {
        let file = fuzz().join("fuzz_targets").join(format!("{name}.rs"));
        let source = fs::read_to_string(&file).expect("a target");
        assert!(
            source.contains(&format!("twotick_e2e::fuzz::{name}(data)")),
            "{}",
            file.display()
        );
        assert!(
            manifest.contains(&format!("name = \"{name}\"")),
            "fuzz/Cargo.toml lacks {name}"
        );
    }
}

/// Half a megabyte of inputs is enough to start from.
#[test]
fn corpora_are_small() {
    let all = TARGETS
        .iter()
        .flat_map(|target| files(&fuzz().join("corpus").join(target.name)));
    let bytes: u64 = all.map(|file| fs::metadata(file).expect("a file").len()).sum();
    assert!(bytes < 512 * 1024, "{bytes} bytes");
}

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz")
}

/// The files of a directory, sorted; none if there is no directory.
fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries
        .map(|entry| entry.path())
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    files
}
