//! A case for reading: every value of every step, beside the formula of SPEC.md that gives it.

use std::fmt::Write;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::case::VectorFile;

/// The case as text. Error: no such case.
pub fn explain(files: &[VectorFile], id: &str) -> Result<String> {
    let of = |file: &&VectorFile| file.cases.iter().any(|case| case.id == id);
    let file = files
        .iter()
        .find(of)
        .with_context(|| format!("there is no case {id}"))?;
    let case = file.cases.iter().find(|case| case.id == id).context("no case")?;
    let mut out = format!("{id}  {}\n", case.title);
    writeln!(out, "requirements  {}", case.requirements.join(" "))?;
    if let Some(defect) = &case.defect {
        writeln!(
            out,
            "defect        {defect}\nkills         {}",
            case.kills.join(" ")
        )?;
    }
    let in_world = file.steps_of(case).len() - case.steps.len();
    if let Some(world) = &case.world {
        writeln!(out, "world         {world}, {in_world} steps")?;
    }
    for (index, step) in case.steps.iter().enumerate() {
        writeln!(out, "\nstep {}  {}", in_world + index + 1, text(&step["op"]))?;
        explain_step(step, &mut out)?;
    }
    Ok(out)
}

fn explain_step(step: &Value, out: &mut String) -> Result<()> {
    let operation = step["op"].as_str().unwrap_or_default();
    let fields = step.as_object().into_iter().flatten();
    for (name, value) in fields.filter(|(name, _)| !["op", "expect"].contains(&name.as_str())) {
        line(out, "in", operation, name, value)?;
    }
    match (step["expect"].get("ok"), step["expect"].get("error")) {
        (Some(ok), _) => {
            for (name, value) in ok.as_object().into_iter().flatten() {
                line(out, "out", operation, name, value)?;
            }
        }
        (_, Some(error)) => writeln!(out, "  refused  {} {}", error["code"], text(&error["name"]))?,
        _ => {}
    }
    Ok(())
}

fn line(out: &mut String, direction: &str, operation: &str, name: &str, value: &Value) -> Result<()> {
    let formula = if direction == "out" {
        formula(operation, name)
    } else {
        None
    };
    let formula = formula.map_or(String::new(), |formula| format!("    = {formula}"));
    writeln!(out, "  {direction:<4} {name:<26} {}{formula}", text(value))?;
    Ok(())
}

/// Long byte strings are shown by their beginning and length.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) if text.len() > 128 => format!("{}… ({} bytes)", &text[..64], text.len() / 2),
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(text_of).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

fn text_of(value: &Value) -> String {
    text(value)
}

/// What SPEC.md says this value is.
fn formula(operation: &str, name: &str) -> Option<&'static str> {
    FORMULAS
        .lines()
        .filter_map(|line| line.split_once(" = "))
        .find_map(|(left, formula)| {
            let (of, field) = left.rsplit_once(' ')?;
            (field == name && of.split(' ').any(|prefix| operation.starts_with(prefix))).then_some(formula)
        })
}

const FORMULAS: &str = include_str!("formulas.txt");
