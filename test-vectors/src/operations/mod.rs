//! The operations of OPERATIONS.md on the reference implementation.

mod device;
mod encoding;
mod errors;
mod frames;
mod identity;
mod links;
mod messages;
mod parties;
mod steps;
mod values;

use serde_json::Value;

use crate::answer::{Failure, Outcome};
use crate::arguments::Arguments;
use crate::random::Source;
use links::Links;
use parties::Parties;

/// A program that answers operations, with the parties it keeps.
#[derive(Default)]
pub struct Program {
    parties: Parties,
    links: Links,
}

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Program").finish_non_exhaustive()
    }
}

impl Program {
    /// Runs one operation with the draws it names; none are left over when it succeeds.
    pub fn run(&mut self, operation: &Value) -> Outcome {
        let mut source = source(operation)?;
        let outcome = self.run_with(operation, &mut source);
        match source.fault(outcome.is_ok()) {
            Some(fault) => Err(Failure::Fault(fault)),
            None => outcome,
        }
    }

    /// Runs one operation with this generator.
    pub fn run_with(&mut self, operation: &Value, random: &mut Source) -> Outcome {
        let arguments = Arguments(operation);
        let name = arguments.text("op")?;
        if name == "reset" {
            *self = Self::default();
            return Ok(serde_json::json!({}));
        }
        if name == "link.step" {
            return self.links.step(&arguments, random);
        }
        let families: [Family; 5] = [
            encoding::run,
            identity::run,
            steps::run,
            messages::run,
            frames::run,
        ];
        for family in families {
            if let Some(outcome) = family(name, &arguments, random) {
                return outcome;
            }
        }
        match self.parties.run(name, &arguments, random) {
            Some(outcome) => outcome,
            None => Err(Failure::fault(format!("unknown operation '{name}'"))),
        }
    }
}

/// Operations that keep no state: `None` for a name that is not one of theirs.
type Family = fn(&str, &Arguments<'_>, &mut Source) -> Option<Outcome>;

fn source(operation: &Value) -> Result<Source, Failure> {
    let arguments = Arguments(operation);
    if operation.get("random").is_some() {
        return arguments.byte_list("random").map(Source::script);
    }
    if operation.get("seed").is_some() {
        return arguments.array("seed").map(Source::stream);
    }
    Ok(Source::script(Vec::new()))
}
