//! Whether the vectors notice: every value of every case that succeeds is changed, and the case has to fail.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Value, json};

use crate::allowed::reason;
use crate::case::{Case, Kind, VectorFile};
use crate::check::{Peer, without_expectation};
use crate::interop::difference::shortened;

/// A change that nothing noticed.
#[derive(Debug, Clone)]
pub struct Unnoticed {
    /// The case.
    pub case: String,
    /// Which of its own steps, from 1.
    pub step: usize,
    /// Its operation.
    pub operation: String,
    /// `/device/created`.
    pub argument: String,
    /// What it was changed to.
    pub flipped: Value,
}

/// What was found in one file.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    /// Changes made.
    pub flips: usize,
    /// Of them, those that made the case fail.
    pub noticed: usize,
    /// Those that may be without effect.
    pub allowed: usize,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Report {
    /// By file.
    pub files: BTreeMap<String, Counts>,
    /// Changes that should have been noticed.
    pub unnoticed: Vec<Unnoticed>,
    /// Cases that fail as they are.
    pub broken: Vec<String>,
}

impl Report {
    /// Whether every change was noticed or is allowed.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.unnoticed.is_empty() && self.broken.is_empty()
    }
}

/// Changes each `every`-th value.
pub fn run(peer: &mut dyn Peer, files: &[VectorFile], every: usize) -> Report {
    let mut report = Report::default();
    let mut counter = 0;
    for file in files {
        let mut worlds = Vec::new();
        for case in file.cases.iter().filter(|case| case.kind == Kind::Accept) {
            let steps: Vec<&Value> = file.steps_of(case);
            let own = steps.len() - case.steps.len();
            // The steps of a world are changed once, under the first case that begins with it.
            let first = case.world.as_ref().is_some_and(|world| !worlds.contains(world));
            worlds.extend(case.world.clone().filter(|_| first));
            let from = if first { 0 } else { own };
            let mut subject = Subject {
                peer: &mut *peer,
                report: &mut report,
                file: &file.file,
                case,
                steps: &steps,
            };
            subject.run(from, (every, &mut counter));
        }
    }
    report
}

struct Subject<'a> {
    peer: &'a mut dyn Peer,
    report: &'a mut Report,
    file: &'a str,
    case: &'a Case,
    steps: &'a [&'a Value],
}

impl Subject<'_> {
    fn run(&mut self, from: usize, (every, counter): (usize, &mut usize)) {
        let Some(answers) = self.answers(usize::MAX, &Value::Null) else {
            self.report.broken.push(self.case.id.clone());
            return;
        };
        for (index, step) in self.steps.iter().enumerate().skip(from) {
            for path in leaves(step) {
                *counter += 1;
                if !counter.is_multiple_of(every) {
                    continue;
                }
                let mut changed = (*step).clone();
                let Some(leaf) = changed.pointer_mut(&path) else {
                    continue;
                };
                *leaf = flipped(leaf);
                let value = leaf.clone();
                let noticed = if path.starts_with("/expect") {
                    changed["expect"] != answers[index]
                } else {
                    self.answers(index, &changed).is_none()
                };
                self.count((index, &path), value, noticed);
            }
        }
    }

    /// The answers of all steps, one of them replaced; nothing as soon as one is not as expected.
    fn answers(&mut self, changed: usize, step: &Value) -> Option<Vec<Value>> {
        self.peer.answer(&json!({ "op": "reset" }));
        let mut answers = Vec::new();
        for (index, original) in self.steps.iter().enumerate() {
            let asked = if index == changed { step } else { original };
            let answer = self.peer.answer(&without_expectation(asked));
            if answer != original["expect"] {
                return None;
            }
            answers.push(answer);
        }
        Some(answers)
    }

    fn count(&mut self, (index, path): (usize, &str), flipped: Value, noticed: bool) {
        let step = self.steps[index];
        let operation = step["op"].as_str().unwrap_or_default();
        let text = step.pointer(path).and_then(Value::as_str).unwrap_or_default();
        let counts = self.report.files.entry(self.file.to_owned()).or_default();
        counts.flips += 1;
        if noticed {
            counts.noticed += 1;
        } else if reason(operation, path, text).is_some() {
            counts.allowed += 1;
        } else {
            self.report.unnoticed.push(Unnoticed {
                case: self.case.id.clone(),
                step: index + 1,
                operation: operation.to_owned(),
                argument: path.to_owned(),
                flipped,
            });
        }
    }
}

/// Where a step's values stand, the name of its operation left out.
fn leaves(step: &Value) -> Vec<String> {
    let mut found = Vec::new();
    collect(step, String::new(), &mut found);
    found.retain(|path| path != "/op");
    found
}

fn collect(value: &Value, path: String, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                collect(value, format!("{path}/{name}"), found);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                collect(value, format!("{path}/{index}"), found);
            }
        }
        _ => found.push(path),
    }
}

/// Texts that mean something: each becomes another of its set.
const TEXTS: [&[&str]; 6] = [
    &["undecryptable", "stale"],
    &["one_time", "signed_only"],
    &["unchanged", "adopted", "trusted"],
    &["unknown", "older", "same", "newer", "fork"],
    &["reset", "retry", "nothing"],
    &["existing", "new"],
];

/// Another value of the same kind.
fn flipped(leaf: &Value) -> Value {
    match leaf {
        Value::Null => json!("00"),
        Value::Bool(value) => json!(!value),
        Value::Number(number) => json!(number.as_u64().map_or(0, |number| number.wrapping_add(1))),
        Value::String(text) => json!(flipped_text(text)),
        other => other.clone(),
    }
}

fn flipped_text(text: &str) -> String {
    if text.is_empty() {
        return "00".into();
    }
    if let Some(set) = TEXTS.iter().find(|set| set.contains(&text)) {
        let another = set.iter().find(|other| **other != text);
        return another.map_or_else(String::new, |another| (*another).to_owned());
    }
    let digits = text.len() < 20 && text.bytes().all(|byte| byte.is_ascii_digit());
    match (digits, text.parse::<u64>(), hex::decode(text)) {
        // Of digits, fewer than any key, id or tag has: a number.
        (true, Ok(number), _) => format!("{:0width$}", number.wrapping_add(1), width = text.len()),
        (_, _, Ok(mut bytes)) => {
            let middle = (bytes.len() - 1) / 2;
            bytes[middle] ^= 1;
            hex::encode(bytes)
        }
        _ => format!("{text}?"),
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for case in &self.broken {
            writeln!(f, "{case} fails as it is")?;
        }
        for unnoticed in &self.unnoticed {
            let Unnoticed {
                case,
                step,
                operation,
                argument,
                flipped,
            } = unnoticed;
            let flipped = shortened(flipped);
            writeln!(
                f,
                "NOT NOTICED {case}, step {step}: {operation} {argument} = {flipped}"
            )?;
        }
        for (name, counts) in &self.files {
            let Counts {
                flips,
                noticed,
                allowed,
            } = counts;
            writeln!(
                f,
                "{name:<24} {flips:>7} flips, {noticed:>7} noticed, {allowed:>5} without effect (allowed)"
            )?;
        }
        let flips: usize = self.files.values().map(|counts| counts.flips).sum();
        writeln!(f, "{flips} flips, {} not noticed", self.unnoticed.len())
    }
}
