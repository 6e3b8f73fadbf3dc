//! The list of mutants: what it refuses.

#![allow(clippy::unwrap_used, reason = "a test that fails here fails")]

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use twotick_vectors::mutants::{Mutants, coverage, list_file};

const FILE: &str = "protocol/src/some.rs";
const TEXT: &str = "if one { refuse() }\nif two { refuse() }\n";

fn entry(name: &str, find: &str, replace: &str) -> Value {
    json!({ "name": name, "file": FILE, "find": find, "replace": replace, "removes": "A check." })
}

fn read(name: &str, entries: &[Value]) -> anyhow::Result<Mutants> {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.json"));
    fs::write(&path, serde_json::to_vec(entries).unwrap()).unwrap();
    Mutants::read(&path)
}

fn refusal(name: &str, entries: &[Value]) -> String {
    let made = read(name, entries).and_then(|mutants| mutants.instrumented(FILE, TEXT));
    made.unwrap_err().to_string()
}

#[test]
fn every_check_is_put_behind_its_switch() {
    let entries = [
        entry("first", "if one", "if !{off} && one"),
        entry("second", "if two", "if !{off} && !{off:first} && two"),
        json!({ "name": "both", "of": ["first", "second"], "removes": "Both checks." }),
    ];
    let mutants = read("good", &entries).unwrap();
    let off = "twotick_wire::mutant::off";
    let expected =
        format!("if !{off}(0) && one {{ refuse() }}\nif !{off}(1) && !{off}(0) && two {{ refuse() }}\n");
    assert_eq!(mutants.instrumented(FILE, TEXT).unwrap(), expected);
    let switches: Vec<_> = mutants.switches().collect();
    assert_eq!(
        switches,
        [("both", vec![2, 0, 1]), ("first", vec![0]), ("second", vec![1])]
    );
}

#[test]
fn a_text_that_is_not_there_once_is_refused() {
    let missing = refusal("missing", &[entry("lost", "if three", "{off}")]);
    assert!(missing.contains("mutant lost") && missing.contains(FILE) && missing.contains("does not have"));
    let twice = refusal("twice", &[entry("double", "refuse()", "{off}")]);
    assert!(twice.contains("mutant double") && twice.contains(FILE) && twice.contains("more than once"));
}

#[test]
fn texts_that_overlap_are_refused() {
    let entries = [
        entry("first", "if one {", "{off}"),
        entry("second", "one { refuse", "{off}"),
    ];
    let found = refusal("overlap", &entries);
    assert!(
        found.contains("first and second") && found.contains(FILE),
        "{found}"
    );
}

#[test]
fn a_replacement_without_a_switch_is_refused() {
    assert!(refusal("bare", &[entry("bare", "if one", "if true")]).contains("mutant bare"));
    assert!(refusal("stranger", &[entry("known", "if one", "{off:unknown}")]).contains("no mutant unknown"));
}

#[test]
fn every_check_of_the_reference_has_a_mutant_or_a_reason() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found = coverage(root, &Mutants::read(&list_file(root)).unwrap()).unwrap();
    assert!(found.findings.is_empty(), "{}", found.findings.join("\n"));
    assert!(found.mutated > 100, "{} checks have a mutant", found.mutated);
}
