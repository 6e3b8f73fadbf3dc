//! Running cases on a program and comparing what it answers.

use std::fmt;

use serde_json::{Value, json};

use crate::answer::to_json;
use crate::case::{Case, VectorFile};
use crate::operations::Program;

/// Something that answers operations.
pub trait Peer {
    /// The answer: `{"ok"}`, `{"error"}` or `{"fault"}`.
    fn answer(&mut self, operation: &Value) -> Value;
}

impl Peer for Program {
    fn answer(&mut self, operation: &Value) -> Value {
        to_json(self.run(operation))
    }
}

/// Why a case failed.
#[derive(Debug, Clone, PartialEq)]
pub struct Mismatch {
    /// The case.
    pub case: String,
    /// Which step, from 1, those of the world counted.
    pub step: usize,
    /// Its operation.
    pub operation: String,
    /// What the file says.
    pub expected: Value,
    /// What came.
    pub found: Value,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            case,
            step,
            operation,
            expected,
            found,
        } = self;
        write!(
            f,
            "{case}, step {step}, {operation}: expected {expected}, found {found}"
        )
    }
}

/// Runs one case from the start. A step that is refused must leave its party's state as it was.
pub fn run_case(peer: &mut dyn Peer, file: &VectorFile, case: &Case) -> Result<(), Box<Mismatch>> {
    peer.answer(&json!({ "op": "reset" }));
    for (index, step) in file.steps_of(case).into_iter().enumerate() {
        let mismatch = |expected: &Value, found: Value| {
            Box::new(Mismatch {
                case: case.id.clone(),
                step: index + 1,
                operation: step["op"].as_str().unwrap_or_default().to_owned(),
                expected: expected.clone(),
                found,
            })
        };
        let expected = &step["expect"];
        let before = digest_before_refusal(peer, step);
        let found = peer.answer(&without_expectation(step));
        if found != *expected {
            return Err(mismatch(expected, found));
        }
        if before.is_some() && digest_before_refusal(peer, step) != before {
            return Err(mismatch(&json!("state unchanged"), json!("another digest")));
        }
    }
    Ok(())
}

fn digest_before_refusal(peer: &mut dyn Peer, step: &Value) -> Option<Value> {
    let party = step
        .get("party")
        .filter(|_| step["expect"].get("error").is_some())?;
    Some(peer.answer(&json!({ "op": "party.digest", "party": party })))
}

/// The operation of a step: all of it but `expect`.
#[must_use]
pub fn without_expectation(step: &Value) -> Value {
    let mut operation = step.clone();
    if let Some(fields) = operation.as_object_mut() {
        fields.shift_remove("expect");
    }
    operation
}
