//! Every place in the reference that refuses something is a mutant's, or has a reason why it is none.

use std::fs;
use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::list::Mutants;

const SOURCES: [&str; 2] = ["protocol/src", "protocol/wire/src"];

/// A place that no mutant removes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exemption {
    file: String,
    /// Text that has the place in it; `*` for the whole file.
    text: String,
    reason: String,
}

/// How the places that refuse are covered.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    /// Places in the text of a mutant.
    pub mutated: usize,
    /// Places with a reason.
    pub exempt: usize,
    /// What is wrong, a line each.
    pub findings: Vec<String>,
}

/// Looks at every source of the protocol and wire crates in the workspace around `root`.
pub fn coverage(root: &Path, mutants: &Mutants) -> Result<Coverage> {
    let workspace = root.parent().context("test-vectors lies in no workspace")?;
    let text =
        fs::read_to_string(root.join("mutants-exempt.json")).context("mutants-exempt.json is missing")?;
    let exemptions: Vec<Exemption> =
        serde_json::from_str(&text).context("mutants-exempt.json does not parse")?;
    let mut used = vec![false; exemptions.len()];
    let mut coverage = Coverage::default();
    let mut files = Vec::new();
    for directory in SOURCES {
        collect(workspace, directory, &mut files)?;
    }
    files.sort();
    for file in &files {
        let text = fs::read_to_string(workspace.join(file))?;
        let mutated: Vec<_> = mutants
            .places(file, &text)?
            .into_iter()
            .map(|(range, _)| range)
            .collect();
        for (line, position) in sites(&text) {
            let is_mutated = mutated.iter().any(|range| range.contains(&position));
            let exempting = exemptions
                .iter()
                .position(|exemption| exemption.covers(file, &text, position));
            match (is_mutated, exempting) {
                (true, _) => coverage.mutated += 1,
                (false, Some(index)) => {
                    used[index] = true;
                    coverage.exempt += 1;
                }
                (false, None) => coverage
                    .findings
                    .push(format!("{file}:{line} refuses, and no mutant removes it")),
            }
        }
    }
    for (exemption, _) in exemptions
        .iter()
        .zip(used)
        .filter(|(exemption, used)| !used || exemption.reason.is_empty())
    {
        let Exemption { file, text, .. } = exemption;
        coverage.findings.push(format!(
            "mutants-exempt.json: {text:?} in {file} exempts nothing, or without a reason"
        ));
    }
    Ok(coverage)
}

impl Exemption {
    fn covers(&self, file: &str, text: &str, position: usize) -> bool {
        let mut ranges = text
            .match_indices(&self.text)
            .map(|(start, found)| start..start + found.len());
        self.file == file && (self.text == "*" || ranges.any(|range: Range<usize>| range.contains(&position)))
    }
}

fn collect(workspace: &Path, directory: &str, files: &mut Vec<String>) -> Result<()> {
    for entry in fs::read_dir(workspace.join(directory))? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let path = format!("{directory}/{name}");
        if entry.file_type()?.is_dir() {
            if name != "tests" {
                collect(workspace, &path, files)?;
            }
        } else if name
            .strip_suffix(".rs")
            .is_some_and(|stem| stem != "tests" && stem != "error")
        {
            files.push(path);
        }
    }
    Ok(())
}

/// The line and the position of everything that makes an error.
fn sites(text: &str) -> Vec<(usize, usize)> {
    let mut sites = Vec::new();
    let mut start = 0;
    let mut skipping: Option<usize> = None;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let trimmed = line.trim();
        let indent = line.len() - line.trim_start().len();
        if let Some(of) = skipping {
            // The item under `#[cfg(test)]` ends with a line at its own depth.
            if indent == of && (trimmed.ends_with(';') || trimmed.ends_with('}')) {
                skipping = None;
            }
        } else if trimmed == "#[cfg(test)]" {
            skipping = Some(indent);
        } else if !trimmed.starts_with("//") {
            sites.extend(refusal(line).map(|offset| (index + 1, start + offset)));
        }
        start += line.len();
    }
    sites
}

/// Where in a line an error is made.
fn refusal(line: &str) -> Option<usize> {
    let made = line.match_indices("Err(").find(|(offset, found)| {
        let before = line[..*offset].chars().next_back();
        let inside = &line[offset + found.len()..];
        let is_pattern = inside
            .split_once(')')
            .is_some_and(|(_, rest)| rest.trim_start().starts_with("=>"));
        !is_pattern
            && before.is_none_or(|character| !character.is_alphanumeric())
            && inside.starts_with(|character: char| character.is_ascii_uppercase())
    });
    let asked = || ["ok_or(", "ok_or_else("].iter().find_map(|form| line.find(form));
    made.map(|(offset, _)| offset).or_else(asked)
}
