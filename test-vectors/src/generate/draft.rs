//! A file being written: each operation is run as it is added.

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use twotick_wire::ErrorCode;

use crate::answer::{error_json, to_json};
use crate::case::{Case, FORMAT, Kind, SPECIFICATION, VectorFile};
use crate::check::{Peer, without_expectation};
use crate::operations::Program;
use crate::random::Source;

/// A vector file being written.
#[derive(Debug)]
pub struct Draft {
    file: VectorFile,
}

/// What a case is about.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// What happens, in a sentence.
    pub title: &'a str,
    /// `R-HS-2` and so on.
    pub requirements: &'a [&'a str],
    /// The world to begin with, or `""`.
    pub world: &'a str,
}

impl Draft {
    /// An empty file.
    #[must_use]
    pub fn new(file: &str, description: &str) -> Self {
        Self {
            file: VectorFile {
                format: FORMAT,
                specification: SPECIFICATION.into(),
                file: file.into(),
                description: description.into(),
                worlds: Map::new(),
                cases: Vec::new(),
            },
        }
    }

    /// Steps that cases can begin with. All must succeed.
    pub fn world<T>(&mut self, name: &str, write: impl FnOnce(&mut Script) -> Result<T>) -> Result<T> {
        let seed = format!("{}/{name}", self.file.file);
        let mut script = Script::new(seed, Program::default());
        let made = write(&mut script).with_context(|| format!("world {name}"))?;
        self.file.worlds.insert(name.into(), Value::Array(script.steps));
        Ok(made)
    }

    /// A case in which everything succeeds.
    pub fn accept(&mut self, about: About<'_>, write: impl FnOnce(&mut Script) -> Result<()>) -> Result<()> {
        self.add(about, None, &[], write)
    }

    /// A case with a single defect, and the mutants of the reference it kills.
    pub fn reject(
        &mut self,
        about: About<'_>,
        defect: &str,
        kills: &[&str],
        write: impl FnOnce(&mut Script) -> Result<()>,
    ) -> Result<()> {
        self.add(about, Some(defect), kills, write)
    }

    /// The finished file.
    #[must_use]
    pub fn finish(self) -> VectorFile {
        self.file
    }

    fn add(
        &mut self,
        about: About<'_>,
        defect: Option<&str>,
        kills: &[&str],
        write: impl FnOnce(&mut Script) -> Result<()>,
    ) -> Result<()> {
        let id = format!("{}-{:03}", self.file.file, self.file.cases.len() + 1);
        let mut program = Program::default();
        if !about.world.is_empty() {
            let steps = self.file.worlds.get(about.world).and_then(Value::as_array);
            for step in steps.with_context(|| format!("{id}: no world {}", about.world))? {
                let answer = program.answer(&without_expectation(step));
                ensure!(
                    answer == step["expect"],
                    "{id}: world {} gave {answer}",
                    about.world
                );
            }
        }
        let mut script = Script::new(id.clone(), program);
        write(&mut script).with_context(|| format!("{id}: {}", about.title))?;
        let refused = script
            .steps
            .iter()
            .any(|step| step["expect"].get("error").is_some());
        ensure!(
            refused == defect.is_some(),
            "{id}: a case that rejects has a step that fails, no other has"
        );
        self.file.cases.push(Case {
            id,
            title: about.title.into(),
            requirements: about.requirements.iter().map(|&name| name.into()).collect(),
            kind: if refused { Kind::Reject } else { Kind::Accept },
            defect: defect.map(Into::into),
            kills: kills.iter().map(|&name| name.into()).collect(),
            world: Some(about.world.to_owned()).filter(|world| !world.is_empty()),
            steps: script.steps,
        });
        Ok(())
    }
}

/// The steps of a case or world, run as they are written.
#[derive(Debug)]
pub struct Script {
    seed: String,
    program: Program,
    steps: Vec<Value>,
}

impl Script {
    fn new(seed: String, program: Program) -> Self {
        Self {
            seed,
            program,
            steps: Vec::new(),
        }
    }

    /// A step that succeeds; returns the values of its result. Draws it makes are recorded.
    pub fn ok(&mut self, operation: Value) -> Result<Value> {
        let answer = self.run(operation)?;
        let Some(values) = answer.get("ok") else {
            bail!("step {} should succeed, gave {answer}", self.steps.len());
        };
        Ok(values.clone())
    }

    /// A step that is refused with this code, and changes nothing.
    pub fn fails(&mut self, operation: Value, code: ErrorCode) -> Result<()> {
        let digest = operation
            .get("party")
            .map(|party| json!({ "op": "party.digest", "party": party }));
        let before = digest.as_ref().map(|digest| self.program.answer(digest));
        let answer = self.run(operation)?;
        ensure!(
            answer == error_json(code),
            "step {} should fail with {}, gave {answer}",
            self.steps.len(),
            code.name()
        );
        let after = digest.as_ref().map(|digest| self.program.answer(digest));
        ensure!(before == after, "step {} changed state", self.steps.len());
        Ok(())
    }

    /// Runs an operation without making it a step, to learn something for the next one.
    pub fn aside(&mut self, operation: &Value) -> Result<Value> {
        let answer = if operation.get("random").is_some() {
            self.program.answer(operation)
        } else {
            let mut source = Source::stream(self.seed_of("aside"));
            to_json(self.program.run_with(operation, &mut source))
        };
        answer
            .get("ok")
            .cloned()
            .with_context(|| format!("aside gave {answer}"))
    }

    fn run(&mut self, mut operation: Value) -> Result<Value> {
        let given = operation.get("random").is_some();
        let answer = if given {
            self.program.answer(&operation)
        } else {
            let mut source = Source::stream(self.seed_of("step"));
            let answer = to_json(self.program.run_with(&operation, &mut source));
            if !source.noted().is_empty() {
                let draws: Vec<_> = source.noted().iter().map(hex::encode).collect();
                operation["random"] = json!(draws);
            }
            answer
        };
        if let Some(fault) = answer.get("fault") {
            bail!("{}: {fault}", operation["op"]);
        }
        operation["expect"] = answer.clone();
        self.steps.push(operation);
        Ok(answer)
    }

    /// `SHA-256("Twotick test vectors 1/" …)`: no choice is left to whoever makes the vectors.
    fn seed_of(&self, use_: &str) -> [u8; 32] {
        let text = format!("Twotick test vectors 1/{}/{use_}/{}", self.seed, self.steps.len());
        Sha256::digest(text.as_bytes()).into()
    }
}
