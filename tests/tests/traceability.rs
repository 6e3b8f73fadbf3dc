//! Each requirement of SPEC.md has a test that names it, and no test names one that is not there.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn requirements_and_tests_name_each_other() {
    let defined = definitions(&fs::read_to_string(root().join("SPEC.md")).expect("SPEC.md"));
    let mut named = BTreeMap::<Requirement, BTreeSet<String>>::new();
    for file in sources() {
        let text = fs::read_to_string(root().join(&file)).expect("a source file");
        for requirement in mentions(test_part(&file, &text)) {
            named
                .entry(requirement)
                .or_default()
                .insert(file.display().to_string());
        }
    }
    let orphans = orphans(&defined, &named);
    assert!(
        orphans.is_empty(),
        "{} orphans:\n{}",
        orphans.len(),
        orphans.join("\n")
    );
}

#[test]
fn requirements_are_numbered_once_and_without_gaps() {
    let specification = fs::read_to_string(root().join("SPEC.md")).expect("SPEC.md");
    let defined = definitions(&specification);
    assert!(
        defined.len() > 80,
        "only {} requirements were found",
        defined.len()
    );
    assert_eq!(misnumbered(&defined), [] as [String; 0]);
    let undefined: Vec<_> = mentions(&specification)
        .filter(|it| !defined.contains(it))
        .collect();
    assert!(
        undefined.is_empty(),
        "SPEC.md refers to {undefined:?}, which it does not define"
    );
}

#[test]
fn a_planted_orphan_is_found_in_either_direction() {
    let defined = definitions("- `[R-AB-1]` Must. See R-AB-9.\n- `[R-AB-2]` Must not.\n");
    let test = "/// R-AB-2, R-AB-3: as they say, and R-AB-1..2 is no way to write it.\n";
    let named: BTreeMap<_, _> = mentions(test)
        .map(|it| (it, BTreeSet::from(["t.rs".to_owned()])))
        .collect();
    let expected = ["R-AB-3 is not defined, in t.rs"];
    assert_eq!(
        orphans(&defined, &named),
        expected,
        "R-AB-1 is named, before the dots"
    );
    assert_eq!(
        orphans(&defined, &BTreeMap::new()),
        ["R-AB-1 has no test", "R-AB-2 has no test"]
    );
}

#[test]
fn only_definitions_define() {
    let defined =
        definitions("- `[R-AB-1]` R-AB-2 `[R-AB-3]`\n- R-AB-4\n- [R-AB-5]\n`[R-AB-6]`\n- `[R-AB-x]`\n");
    assert_eq!(defined, [requirement("AB", 1)]);
    let found: Vec<_> = mentions("(R-AB-12) OUR-AB-3 R-A-4 R-SES-7.").collect();
    assert_eq!(
        found,
        [requirement("AB", 12), requirement("A", 4), requirement("SES", 7)]
    );
}

#[test]
fn a_number_that_repeats_or_is_left_out_is_found() {
    let defined = definitions("- `[R-AB-1]`\n- `[R-AB-3]`\n- `[R-AB-1]`\n- `[R-CD-1]`\n");
    assert_eq!(misnumbered(&defined), ["R-AB: [1, 1, 3]"]);
}

#[test]
fn a_source_file_counts_from_its_tests_on() {
    let text = "// R-AB-1\n#[cfg(test)]\nfn planted() {}\n#[cfg(test)]\nmod tests {\n    // R-AB-2\n}\n";
    let found: Vec<_> = mentions(test_part(Path::new("protocol/src/x.rs"), text)).collect();
    assert_eq!(found, [requirement("AB", 2)]);
    let whole = mentions(test_part(Path::new("protocol/src/x/tests.rs"), text)).count();
    assert_eq!(whole, 2);
}

/// `R-AREA-number`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Requirement {
    area: String,
    number: u32,
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "R-{}-{}", self.area, self.number)
    }
}

impl fmt::Debug for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// What the specification defines, in its order: list items that begin with an identifier in brackets and backticks.
fn definitions(specification: &str) -> Vec<Requirement> {
    let items = specification.lines().filter_map(|line| line.strip_prefix("- `["));
    let inside = items
        .filter_map(|item| item.split_once("]`"))
        .map(|(inside, _)| inside);
    inside
        .filter_map(parse)
        .filter(|(_, rest)| rest.is_empty())
        .map(|(it, _)| it)
        .collect()
}

/// Every identifier in a text.
fn mentions(text: &str) -> impl Iterator<Item = Requirement> {
    text.match_indices("R-").filter_map(|(at, _)| {
        let is_start = !text[..at].ends_with(|before: char| before.is_alphanumeric());
        parse(&text[at..])
            .filter(|_| is_start)
            .map(|(requirement, _)| requirement)
    })
}

/// Reads an identifier, and returns what follows it.
fn parse(text: &str) -> Option<(Requirement, &str)> {
    let (area, rest) = text.strip_prefix("R-")?.split_once('-')?;
    let is_area = !area.is_empty() && area.bytes().all(|byte| byte.is_ascii_uppercase());
    let end = rest
        .find(|after: char| !after.is_ascii_digit())
        .unwrap_or(rest.len());
    let number = rest[..end].parse().ok().filter(|_| is_area)?;
    Some((requirement(area, number), &rest[end..]))
}

fn requirement(area: &str, number: u32) -> Requirement {
    Requirement {
        area: area.to_owned(),
        number,
    }
}

fn orphans(defined: &[Requirement], named: &BTreeMap<Requirement, BTreeSet<String>>) -> Vec<String> {
    let untested = defined
        .iter()
        .filter(|it| !named.contains_key(it))
        .map(|it| format!("{it} has no test"));
    let undefined = named
        .iter()
        .filter(|(it, _)| !defined.contains(it))
        .map(|(it, files)| {
            let files: Vec<_> = files.iter().map(String::as_str).collect();
            format!("{it} is not defined, in {}", files.join(", "))
        });
    untested.chain(undefined).collect()
}

/// Areas whose numbers are not 1, 2, 3, …
fn misnumbered(defined: &[Requirement]) -> Vec<String> {
    let mut areas = BTreeMap::<&str, Vec<u32>>::new();
    for requirement in defined {
        areas
            .entry(&requirement.area)
            .or_default()
            .push(requirement.number);
    }
    let mut wrong = Vec::new();
    for (area, mut numbers) in areas {
        numbers.sort_unstable();
        if !numbers.iter().copied().eq(1..=numbers.len() as u32) {
            wrong.push(format!("R-{area}: {numbers:?}"));
        }
    }
    wrong
}

/// The whole of a test file; of another file what follows the start of its test module.
fn test_part<'a>(file: &Path, text: &'a str) -> &'a str {
    let is_test = file.components().any(|part| part.as_os_str() == "tests") || file.ends_with("tests.rs");
    let from = if is_test {
        Some(0)
    } else {
        text.find("#[cfg(test)]\nmod tests {")
    };
    from.map_or("", |from| &text[from..])
}

/// Every file that may hold a test, relative to the repository; not this one, whose examples are no tests.
fn sources() -> Vec<PathBuf> {
    let mut waiting = vec![
        PathBuf::from("protocol"),
        PathBuf::from("server-blind-relay"),
        PathBuf::from("tests/tests"),
    ];
    let mut files = Vec::new();
    while let Some(directory) = waiting.pop() {
        for entry in fs::read_dir(root().join(&directory))
            .expect("a directory")
            .flatten()
        {
            let path = directory.join(entry.file_name());
            if entry.path().is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs")
                && !path.ends_with("traceability.rs")
            {
                files.push(path);
            }
        }
    }
    files
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
