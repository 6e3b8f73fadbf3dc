//! What must be true of the files besides that they verify.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::case::{Case, Kind, VectorFile};
use crate::{files, schema};

/// Everything wrong with the files, a line each.
pub fn findings(files: &[VectorFile], root: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for file in files {
        schema_findings(file, root, &mut found)?;
        for (index, case) in file.cases.iter().enumerate() {
            case_findings(file, (index, case), &mut found);
        }
    }
    requirement_findings(files, root, &mut found)?;
    coverage_findings(files, &mut found)?;
    Ok(found)
}

/// The requirement ids that SPEC.md defines.
pub fn requirements(root: &Path) -> Result<BTreeSet<String>> {
    let text = fs::read_to_string(root.join("../SPEC.md")).context("SPEC.md is not beside test-vectors")?;
    let ids = text.split("`[").skip(1).filter_map(|rest| rest.split_once("]`"));
    let ids: BTreeSet<_> = ids
        .map(|(id, _)| id.to_owned())
        .filter(|id| id.starts_with("R-") && id != "R-XX-n")
        .collect();
    ensure!(ids.len() > 50, "SPEC.md defines {} requirements only", ids.len());
    Ok(ids)
}

fn schema_findings(file: &VectorFile, root: &Path, found: &mut Vec<String>) -> Result<()> {
    let schema = schema::of(file)?;
    let path = root.join(format!("schema/{}.schema.json", file.file));
    if fs::read(&path).ok() != Some(files::to_bytes(&schema)?) {
        found.push(format!(
            "schema/{}.schema.json is not what `generate` writes",
            file.file
        ));
    }
    let validator = jsonschema::validator_for(&schema).context("the schema is no schema")?;
    let instance = serde_json::to_value(file)?;
    for error in validator.iter_errors(&instance).take(5) {
        found.push(format!(
            "{}.json at {}: {error:.300}",
            file.file, error.instance_path
        ));
    }
    Ok(())
}

fn case_findings(file: &VectorFile, (index, case): (usize, &Case), found: &mut Vec<String>) {
    let mut wrong = |what: &str| found.push(format!("{}: {what}", case.id));
    if case.id != format!("{}-{:03}", file.file, index + 1) {
        wrong("ids are not counted from 001");
    }
    if case
        .world
        .as_ref()
        .is_some_and(|world| !file.worlds.contains_key(world))
    {
        wrong("its world is not in the file");
    }
    let failing: Vec<_> = case
        .steps
        .iter()
        .map(|step| step["expect"].get("error").is_some())
        .collect();
    let reject = case.kind == Kind::Reject;
    if reject != failing.contains(&true) || reject != case.defect.is_some() {
        wrong("kind, defect and steps do not agree");
    }
    if reject == case.kills.is_empty() {
        wrong("a case that rejects names the mutants it kills, no other does");
    }
    if file.file == "transcripts" && failing.last() == Some(&true) {
        wrong("no genuine step after the last refusal");
    }
}

fn requirement_findings(files: &[VectorFile], root: &Path, found: &mut Vec<String>) -> Result<()> {
    let known = requirements(root)?;
    let text = fs::read_to_string(root.join("uncovered.json")).context("uncovered.json is missing")?;
    let uncovered: BTreeMap<String, String> = serde_json::from_str(&text)?;
    let cases = || files.iter().flat_map(|file| &file.cases);
    for case in cases() {
        for id in case.requirements.iter().filter(|id| !known.contains(*id)) {
            found.push(format!("{}: SPEC.md has no requirement {id}", case.id));
        }
    }
    let covered: BTreeSet<_> = cases().flat_map(|case| &case.requirements).collect();
    for id in &known {
        match (covered.contains(id), uncovered.get(id)) {
            (false, None) => found.push(format!("{id} has no case, and uncovered.json gives no reason")),
            (true, Some(_)) => found.push(format!("{id} has a case, and stands in uncovered.json")),
            _ => {}
        }
    }
    for id in uncovered.keys().filter(|id| !known.contains(*id)) {
        found.push(format!("uncovered.json: SPEC.md has no requirement {id}"));
    }
    Ok(())
}

fn coverage_findings(files: &[VectorFile], found: &mut Vec<String>) -> Result<()> {
    let used: BTreeSet<_> = files.iter().flat_map(schema::operations).collect();
    for name in schema::known_operations()? {
        // Asked by the checker around every refusal, and before every case.
        if !used.contains(name.as_str()) && !["party.digest", "reset"].contains(&name.as_str()) {
            found.push(format!("no case uses the operation {name}"));
        }
    }
    let count = |kind| files.iter().map(|file| file.count(kind)).sum::<usize>();
    let (accept, reject) = (count(Kind::Accept), count(Kind::Reject));
    if reject * 10 < (accept + reject) * 6 {
        found.push(format!(
            "{reject} of {} cases reject: fewer than 60 %",
            accept + reject
        ));
    }
    let transcripts = files.iter().find(|file| file.file == "transcripts");
    if transcripts.is_none_or(|file| file.cases.len() < 24) {
        found.push("fewer than 24 transcripts".into());
    }
    Ok(())
}

/// A value at a path such as `expect.ok.sessions.0.root_key`.
pub(crate) fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.')
        .try_fold(value, |value, part| match part.parse::<usize>() {
            Ok(index) => value.get(index),
            Err(_) => value.get(part),
        })
}
