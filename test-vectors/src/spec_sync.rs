//! The example bytes of SPEC.md, taken from the vectors.
//!
//! `<!-- vector handshake-001 step 3: dh1, prk = expect.ok.prk -->` stands above a fenced block; the block's lines are
//! the named values of that step (its arguments, or of its result if only a name is given), in hex.

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::case::VectorFile;
use crate::lint::at;

/// SPEC.md with every example as the vectors have it.
pub fn synchronized(specification: &str, files: &[VectorFile]) -> Result<String> {
    let mut out = String::with_capacity(specification.len());
    let mut lines = specification.lines();
    while let Some(line) = lines.next() {
        out.push_str(line);
        out.push('\n');
        let Some(marker) = line
            .strip_prefix("<!-- vector ")
            .and_then(|rest| rest.strip_suffix(" -->"))
        else {
            continue;
        };
        ensure!(lines.next() == Some(FENCE), "no {FENCE} block follows '{line}'");
        let end = lines.find(|line| *line == "```");
        ensure!(end.is_some(), "the block after '{line}' has no end");
        out.push_str(FENCE);
        out.push('\n');
        out.push_str(&block(marker, files).with_context(|| format!("'{line}'"))?);
        out.push_str("```\n");
    }
    Ok(out)
}

/// Byte strings of 16 bytes and more in SPEC.md that are in no vector.
#[must_use]
pub fn strangers(specification: &str, files: &[VectorFile]) -> Vec<String> {
    let mut texts = Vec::new();
    for file in files {
        file.worlds.values().for_each(|world| collect(world, &mut texts));
        file.cases
            .iter()
            .flat_map(|case| &case.steps)
            .for_each(|step| collect(step, &mut texts));
    }
    let words = specification.split(|letter: char| !letter.is_ascii_alphanumeric());
    words
        .filter(|word| word.len() >= 32 && word.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')))
        .filter(|word| !texts.iter().any(|text| text.contains(word)))
        .map(Into::into)
        .collect()
}

fn collect<'a>(value: &'a Value, texts: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => texts.push(text),
        Value::Array(items) => items.iter().for_each(|item| collect(item, texts)),
        Value::Object(fields) => fields.values().for_each(|item| collect(item, texts)),
        _ => {}
    }
}

fn block(marker: &str, files: &[VectorFile]) -> Result<String> {
    let (place, names) = marker.split_once(": ").context("no ': ' before the names")?;
    let (id, step) = place.split_once(" step ").context("no ' step '")?;
    let file = files
        .iter()
        .find(|file| file.cases.iter().any(|case| case.id == id));
    let file = file.with_context(|| format!("no case {id}"))?;
    let case = file.cases.iter().find(|case| case.id == id).context("no case")?;
    let number: usize = step.parse().context("the step is no number")?;
    let step = number.checked_sub(1).and_then(|index| case.steps.get(index));
    let step = step.with_context(|| format!("{id} has no step {number}"))?;
    let names: Vec<_> = names
        .split(", ")
        .map(|name| name.split_once(" = ").unwrap_or((name, name)))
        .collect();
    let width = names.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut out = String::new();
    for (name, path) in names {
        let value = at(step, path).or_else(|| at(&step["expect"]["ok"], path));
        let text = match value {
            Some(Value::String(text)) => shortened(text),
            Some(Value::Number(number)) => number.to_string(),
            _ => bail!("{id} has no {path} in step {number}"),
        };
        out.push_str(&format!("{name:<width$}  {text}\n"));
    }
    Ok(out)
}

/// All of it up to 64 bytes, the first 32 bytes of what is longer.
fn shortened(hex: &str) -> String {
    match hex.get(..64) {
        Some(start) if hex.len() > 128 => format!("{start}…  ({} bytes)", hex.len() / 2),
        _ => hex.to_owned(),
    }
}

const FENCE: &str = "```text";
