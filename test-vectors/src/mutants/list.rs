//! The list of mutants, and where in the sources their checks stand.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

/// A line of the list.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Line {
    Place(Entry),
    Combination(Combination),
}

/// A place where a mutant differs from the reference. A name that stands twice is one mutant in two places.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The mutant, as cases name it.
    pub name: String,
    /// From the root of the workspace.
    pub file: String,
    /// Text that occurs once in the file.
    pub find: String,
    /// What comes in its place; `{off}` is true while the check is removed, `{off:name}` while that of another is.
    pub replace: String,
    /// The check, in a sentence.
    pub removes: String,
}

/// A mutant that lacks the checks of several others: where two of them refuse the same bytes, neither alone is noticed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Combination {
    name: String,
    of: Vec<String>,
    removes: String,
}

/// All mutants.
#[derive(Debug, Clone)]
pub struct Mutants {
    entries: Vec<Entry>,
    combinations: Vec<Combination>,
    /// The switch of every name.
    switches: BTreeMap<String, usize>,
}

impl Mutants {
    /// Reads the list and numbers the switches.
    pub fn read(path: &Path) -> Result<Self> {
        let shown = path.display();
        let text = fs::read_to_string(path).with_context(|| format!("{shown} is missing"))?;
        let lines: Vec<Line> =
            serde_json::from_str(&text).with_context(|| format!("{shown} does not parse"))?;
        let (mut entries, mut combinations) = (Vec::new(), Vec::new());
        for line in lines {
            match line {
                Line::Place(entry) => entries.push(entry),
                Line::Combination(combination) => combinations.push(combination),
            }
        }
        let mut mutants = Self {
            entries,
            combinations,
            switches: BTreeMap::new(),
        };
        mutants.number()?;
        Ok(mutants)
    }

    fn number(&mut self) -> Result<()> {
        let names = self.entries.iter().map(|entry| (&entry.name, &entry.removes));
        let combined = self
            .combinations
            .iter()
            .map(|combination| (&combination.name, &combination.removes));
        for (name, removes) in names.chain(combined) {
            ensure!(
                !removes.is_empty(),
                "mutant {name}: it does not say what it removes"
            );
            let next = self.switches.len();
            self.switches.entry(name.clone()).or_insert(next);
        }
        for name in self.parts() {
            ensure!(
                self.has(name),
                "a mutant combines {name}, which is not in the list"
            );
        }
        Ok(())
    }

    /// The names with the switches of each, in order of name.
    pub fn switches(&self) -> impl Iterator<Item = (&str, Vec<usize>)> {
        self.switches.iter().map(|(name, own)| {
            let combined = self
                .combinations
                .iter()
                .filter(|combination| combination.name == *name);
            let of = combined.flat_map(|combination| &combination.of);
            let others = of.filter_map(|other| self.switches.get(other).copied());
            (name.as_str(), [*own].into_iter().chain(others).collect())
        })
    }

    /// The names that combinations are made of.
    pub fn parts(&self) -> impl Iterator<Item = &String> {
        self.combinations.iter().flat_map(|combination| &combination.of)
    }

    /// Whether the list has it.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.switches.contains_key(name)
    }

    /// The files that mutants change.
    #[must_use]
    pub fn files(&self) -> Vec<&str> {
        let mut files: Vec<_> = self.entries.iter().map(|entry| entry.file.as_str()).collect();
        files.sort_unstable();
        files.dedup();
        files
    }

    /// Where the checks of a file stand in its text, in order.
    pub fn places(&self, file: &str, text: &str) -> Result<Vec<(Range<usize>, &Entry)>> {
        let mut places = Vec::new();
        for entry in self.entries.iter().filter(|entry| entry.file == file) {
            let Entry { name, find, .. } = entry;
            let mut found = text.match_indices(find);
            match (found.next(), found.next()) {
                (Some((start, _)), None) => places.push((start..start + find.len(), entry)),
                (None, _) => bail!("mutant {name}: {file} does not have the text {find:?}"),
                (Some(_), Some(_)) => bail!("mutant {name}: {file} has the text more than once: {find:?}"),
            }
        }
        places.sort_by_key(|(range, _)| range.start);
        for pair in places.windows(2) {
            if let [(first, one), (second, other)] = pair {
                ensure!(
                    first.end <= second.start,
                    "mutants {} and {}: their texts overlap in {file}",
                    one.name,
                    other.name
                );
            }
        }
        Ok(places)
    }

    /// The text of a file with all its checks behind switches.
    pub fn instrumented(&self, file: &str, text: &str) -> Result<String> {
        let mut result = String::with_capacity(text.len());
        let mut copied = 0;
        for (range, entry) in self.places(file, text)? {
            result.push_str(&text[copied..range.start]);
            result.push_str(&self.replacement(entry)?);
            copied = range.end;
        }
        result.push_str(&text[copied..]);
        Ok(result)
    }

    fn replacement(&self, entry: &Entry) -> Result<String> {
        let Entry {
            name, file, replace, ..
        } = entry;
        let path = if file.starts_with("protocol/wire/") {
            "crate::mutant::off"
        } else {
            "twotick_wire::mutant::off"
        };
        let mut parts = replace.split("{off");
        let mut result = parts.next().unwrap_or_default().to_owned();
        let before = result.len();
        for part in parts {
            let (other, rest) = part
                .split_once('}')
                .with_context(|| format!("mutant {name}, {file}: a switch without an end"))?;
            let wanted = other.strip_prefix(':').unwrap_or(name);
            let switch = self.switches.get(wanted);
            let switch = switch.with_context(|| format!("mutant {name}, {file}: no mutant {wanted}"))?;
            result.push_str(&format!("{path}({switch}){rest}"));
        }
        ensure!(
            result.len() > before,
            "mutant {name}, {file}: without {{off}} the check would be gone for all mutants"
        );
        Ok(result)
    }
}
