//! How the program says that something went wrong: what happened, and what to do.

use std::error::Error;
use std::process::ExitCode;

use twotick_relay::config::ConfigurationError;
use twotick_relay::serve::StartError;
use twotick_relay::store::OpenError;

/// The end of a run that did not go well.
#[derive(Debug)]
pub(crate) struct Failure {
    code: u8,
    what: String,
    advice: &'static str,
}

impl Failure {
    /// Something that is nobody's setting.
    pub(crate) fn other(what: impl std::fmt::Display, advice: &'static str) -> Self {
        Self {
            code: OTHER,
            what: what.to_string(),
            advice,
        }
    }

    /// The store refuses.
    pub(crate) fn store(what: impl std::fmt::Display, advice: &'static str) -> Self {
        Self {
            code: STORE,
            what: what.to_string(),
            advice,
        }
    }

    /// Says so on the standard error, in two lines.
    #[expect(
        clippy::print_stderr,
        reason = "the one place where the program speaks of its end"
    )]
    pub(crate) fn report(self) -> ExitCode {
        eprintln!("twotick-relay: {}\n{}", self.what, self.advice);
        ExitCode::from(self.code)
    }
}

impl From<ConfigurationError> for Failure {
    fn from(error: ConfigurationError) -> Self {
        Self {
            code: CONFIGURATION,
            what: error.to_string(),
            advice: error.advice(),
        }
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        let (code, advice) = match &error {
            StartError::Listen { .. } => (
                LISTEN,
                "give --listen another address, or stop what listens there",
            ),
            StartError::Tls(_) => (
                CONFIGURATION,
                "give --tls-cert a PEM chain and --tls-key its PEM key",
            ),
            StartError::Store(inner) => return Self::store(described(&**inner), store_advice(&**inner)),
            _ => (OTHER, "look at the machine, then start again"),
        };
        Self {
            code,
            what: error.to_string(),
            advice,
        }
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        Self::store(described(&error), store_advice(&error))
    }
}

fn store_advice(error: &(dyn Error + 'static)) -> &'static str {
    match error.downcast_ref() {
        Some(OpenError::Locked) => "stop the relay that has it, or give another directory",
        Some(OpenError::Io(_)) => "give a directory that can be read and written",
        Some(OpenError::Format { .. }) => "use the program that made it",
        Some(OpenError::Lost(_)) => {
            "restore the directory, or start with --accept-loss: clients are told, and send again"
        }
        _ => "twotick-relay verify DIR says what is wrong with a store",
    }
}

/// An error with what it comes from.
fn described(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// Not one of the others.
const OTHER: u8 = 1;

/// The command line, the environment or a file is not understood.
const CONFIGURATION: u8 = 2;

/// The store is damaged, lost something, or is in use.
const STORE: u8 = 3;

/// The address cannot be listened at.
const LISTEN: u8 = 4;
