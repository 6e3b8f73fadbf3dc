//! What an operation answers.

use serde_json::{Value, json};
use twotick_wire::ErrorCode;

/// Why an operation has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// An error of SPEC 4.4: a result like any other.
    Error(ErrorCode),
    /// The operation itself is malformed; never a result.
    Fault(String),
}

/// The named values of a result, or why there are none.
pub type Outcome = Result<Value, Failure>;

impl Failure {
    /// A fault with this text.
    pub fn fault(text: impl Into<String>) -> Self {
        Self::Fault(text.into())
    }
}

impl From<ErrorCode> for Failure {
    fn from(code: ErrorCode) -> Self {
        Self::Error(code)
    }
}

impl From<twotick_wire::DecodeError> for Failure {
    fn from(error: twotick_wire::DecodeError) -> Self {
        Self::Error(error.code())
    }
}

/// The answer as it is written: `{"ok": …}`, `{"error": …}` or `{"fault": …}`.
#[must_use]
pub fn to_json(outcome: Outcome) -> Value {
    match outcome {
        Ok(values) => json!({ "ok": values }),
        Err(Failure::Error(code)) => error_json(code),
        Err(Failure::Fault(text)) => json!({ "fault": text }),
    }
}

/// `{"error": {"code", "name"}}`.
#[must_use]
pub fn error_json(code: ErrorCode) -> Value {
    json!({ "error": { "code": code.number(), "name": code.name() } })
}
