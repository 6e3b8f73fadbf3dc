//! The programs of a conversation: what they are asked, and how answers are graded.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use twotick_wire::ErrorCode;

use super::tally::{Failure, Row, Tally};
use crate::answer::error_json;
use crate::check::Peer;
use crate::operations::Program;

/// Where a party lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// In the program under test, and once more in the reference, which must answer the same.
    Tested,
    /// In the reference.
    Reference,
}

/// A conversation goes no further after the first failure.
pub(super) type Graded<T = ()> = Result<T, Box<Failure>>;

/// The programs, and the count of what they did right.
pub(super) struct Bench<'a> {
    tested: &'a mut dyn Peer,
    reference: Program,
    mirror: Option<Program>,
    tally: &'a mut Tally,
    seed: u64,
    step: u64,
    last: Value,
}

impl<'a> Bench<'a> {
    pub(super) fn new(tested: &'a mut dyn Peer, tally: &'a mut Tally, (seed, mirrored): (u64, bool)) -> Self {
        Self {
            tested,
            reference: Program::default(),
            mirror: mirrored.then(Program::default),
            tally,
            seed,
            step: 0,
            last: Value::Null,
        }
    }

    /// The next seed of an operation that draws: `SHA-256("Twotick interop 1/" seed "/" step)`.
    pub(super) fn next_seed(&self) -> String {
        let text = format!("Twotick interop 1/{}/{}", self.seed, self.step + 1);
        hex::encode(Sha256::digest(text))
    }

    /// The answer of a side. The program under test must answer as the reference does.
    pub(super) fn ask(&mut self, side: Side, operation: Value) -> Graded<Value> {
        self.step += 1;
        self.last = operation;
        if side == Side::Reference {
            return Ok(self.reference.answer(&self.last));
        }
        let found = self.tested.answer(&self.last);
        if let Some(mirror) = &mut self.mirror {
            let expected = mirror.answer(&self.last);
            self.require(Row::Mirrored, &expected, &found)?;
        }
        Ok(found)
    }

    /// Counts a check of the last operation.
    pub(super) fn require(&mut self, row: Row, expected: &Value, found: &Value) -> Graded {
        self.tally.count(row, expected == found);
        if expected == found {
            return Ok(());
        }
        Err(Box::new(Failure {
            seed: self.seed,
            step: self.step,
            row,
            operation: self.last.clone(),
            expected: expected.clone(),
            found: found.clone(),
        }))
    }

    /// Counts a check that was made by another one.
    pub(super) fn passed(&mut self, row: Row) {
        self.tally.count(row, true);
    }

    /// The values of an operation that must succeed.
    pub(super) fn succeed(&mut self, row: Row, side: Side, operation: Value) -> Graded<Value> {
        let answer = self.ask(side, operation)?;
        match answer.get("ok") {
            Some(values) => {
                self.passed(row);
                Ok(values.clone())
            }
            None => {
                let expected = json!({ "ok": "its values" });
                self.require(row, &expected, &answer)?;
                Ok(Value::Null)
            }
        }
    }

    /// An operation with exactly these values as its result.
    pub(super) fn answers(&mut self, row: Row, side: Side, operation: Value, values: Value) -> Graded {
        let answer = self.ask(side, operation)?;
        self.require(row, &json!({ "ok": values }), &answer)
    }

    /// An operation of a party that must be refused with this code, and must change nothing.
    pub(super) fn refuse(&mut self, row: Row, side: Side, operation: Value, code: ErrorCode) -> Graded {
        let party = operation["party"].clone();
        let before = self.digest(side, &party)?;
        let answer = self.ask(side, operation.clone())?;
        self.require(row, &error_json(code), &answer)?;
        let after = self.digest(side, &party)?;
        self.last = operation;
        self.require(Row::Unchanged, &before, &after)
    }

    /// What a party has stored, in a form of its program's own.
    pub(super) fn digest(&mut self, side: Side, party: &Value) -> Graded<Value> {
        self.step += 1;
        self.last = json!({ "op": "party.digest", "party": party });
        let answer = match side {
            Side::Reference => self.reference.answer(&self.last),
            Side::Tested => self.tested.answer(&self.last),
        };
        match answer.pointer("/ok/digest") {
            Some(digest) => Ok(digest.clone()),
            None => {
                self.require(Row::Unchanged, &json!({ "ok": { "digest": "any" } }), &answer)?;
                Ok(Value::Null)
            }
        }
    }
}
