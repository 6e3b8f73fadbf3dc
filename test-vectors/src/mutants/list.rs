//! The list of mutants, and where in the sources their checks stand.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

/// What stands for the switch in a replacement.
const OFF: &str = "{off}";

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
    /// What comes in its place; `{off}` is true while the check is removed.
    pub replace: String,
    /// The check, in a sentence.
    pub removes: String,
}

/// All mutants.
#[derive(Debug, Clone)]
pub struct Mutants {
    entries: Vec<Entry>,
    numbers: BTreeMap<String, usize>,
}

impl Mutants {
    /// Reads the list and numbers the mutants from 1.
    pub fn read(path: &Path) -> Result<Self> {
        let shown = path.display();
        let text = fs::read_to_string(path).with_context(|| format!("{shown} is missing"))?;
        let entries: Vec<Entry> = serde_json::from_str(&text).with_context(|| format!("{shown} does not parse"))?;
        let mut numbers = BTreeMap::new();
        for entry in &entries {
            let (name, file) = (&entry.name, &entry.file);
            ensure!(
                entry.replace.contains(OFF),
                "mutant {name}, {file}: the replacement has no {OFF}, so the check would be gone for all mutants"
            );
            ensure!(!entry.removes.is_empty(), "mutant {name}, {file}: it does not say what it removes");
            let next = numbers.len() + 1;
            numbers.entry(name.clone()).or_insert(next);
        }
        Ok(Self { entries, numbers })
    }

    /// The names with their numbers, in order of name.
    pub fn numbers(&self) -> impl Iterator<Item = (&str, usize)> {
        self.numbers.iter().map(|(name, number)| (name.as_str(), *number))
    }

    /// Whether the list has it.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.numbers.contains_key(name)
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
            let name = &entry.name;
            let mut found = text.match_indices(&entry.find);
            match (found.next(), found.next()) {
                (Some((start, _)), None) => places.push((start..start + entry.find.len(), entry)),
                (None, _) => bail!("mutant {name}: {file} does not have the text {:?}", entry.find),
                (Some(_), Some(_)) => bail!("mutant {name}: {file} has the text more than once: {:?}", entry.find),
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
        let switch = if file.starts_with("protocol/wire/") {
            "crate::mutant::off"
        } else {
            "twotick_wire::mutant::off"
        };
        let mut result = String::with_capacity(text.len());
        let mut copied = 0;
        for (range, entry) in self.places(file, text)? {
            let number = self.numbers.get(&entry.name).copied().unwrap_or_default();
            result.push_str(&text[copied..range.start]);
            result.push_str(&entry.replace.replace(OFF, &format!("{switch}({number})")));
            copied = range.end;
        }
        result.push_str(&text[copied..]);
        Ok(result)
    }
}
