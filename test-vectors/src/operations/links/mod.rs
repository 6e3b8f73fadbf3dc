//! Linking attempts: one state for each role, taken by its step.

mod existing;
mod new;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use twotick_protocol::{LinkDigits, LinkError};

use crate::answer::{Failure, Outcome};
use crate::arguments::Arguments;
use crate::random::Source;

use existing::Existing;
use new::New;

/// The attempts by name and role. One that has ended stays, without a state.
#[derive(Default)]
pub(super) struct Links(BTreeMap<(String, String), Option<Role>>);

/// How far a role got.
enum Role {
    Existing(Existing),
    New(New),
}

/// A step done: the state after it, unless it was the last, and the answer.
struct Done<S> {
    next: Option<S>,
    answer: Value,
}

impl Links {
    /// `link.step`. Whatever fails, the attempt has ended.
    pub(super) fn step(&mut self, arguments: &Arguments<'_>, random: &mut Source) -> Outcome {
        let (link, role) = (arguments.text("link")?, arguments.text("role")?);
        let key = (link.to_owned(), role.to_owned());
        let state = match self.0.insert(key.clone(), None) {
            Some(Some(state)) => state,
            Some(None) => return Err(Failure::fault(format!("attempt '{link}' has ended"))),
            None => Role::start(role)?,
        };
        let done = state.step(arguments, random)?;
        self.0.insert(key, done.next);
        Ok(done.answer)
    }
}

impl Role {
    fn start(role: &str) -> Result<Self, Failure> {
        match role {
            "existing" => Ok(Self::Existing(Existing::Begin)),
            "new" => Ok(Self::New(New::Begin)),
            _ => Err(Failure::fault(format!("no role '{role}'"))),
        }
    }

    fn step(self, arguments: &Arguments<'_>, random: &mut Source) -> Result<Done<Self>, Failure> {
        match self {
            Self::Existing(state) => Ok(state.step(arguments, random)?.map(Self::Existing)),
            Self::New(state) => Ok(state.step(arguments, random)?.map(Self::New)),
        }
    }
}

impl<S> Done<S> {
    /// A step with an output, or without.
    fn new(next: S, output: Option<&[u8]>) -> Self {
        Self {
            next: Some(next),
            answer: answer(output, None),
        }
    }

    /// A step after which digits are on the screen.
    fn with_digits(next: S, output: Option<&[u8]>, digits: LinkDigits) -> Self {
        Self {
            next: Some(next),
            answer: answer(output, Some(digits)),
        }
    }

    /// The last step: the device has this certificate, and stands in this list.
    fn last(output: Option<&[u8]>, list: &[u8], certificate: &[u8]) -> Self {
        let mut answer = answer(output, None);
        answer["list"] = json!(hex::encode(list));
        answer["certificate"] = json!(hex::encode(certificate));
        Self { next: None, answer }
    }

    fn map<T>(self, wrap: impl FnOnce(S) -> T) -> Done<T> {
        Done {
            next: self.next.map(wrap),
            answer: self.answer,
        }
    }
}

fn answer(output: Option<&[u8]>, digits: Option<LinkDigits>) -> Value {
    json!({
        "output": output.map(hex::encode),
        "digits": digits.map(|digits| digits.to_string()),
    })
}

/// Digits as a person typed them.
fn typed(arguments: &Arguments<'_>, name: &str) -> Result<LinkDigits, Failure> {
    let digits: Result<_, LinkError> = LinkDigits::parse(arguments.text(name)?);
    Ok(digits?)
}
