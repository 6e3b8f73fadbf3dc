//! The command line, parsed into a [`Request`].

use std::fmt;

/// What the caller asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Request {
    Bench { suite: &'static str, json: bool },
    Fuzz { target: Option<String>, seconds: u32 },
    Help,
    Test,
}

/// A command line that asks for nothing we have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ArgumentError {
    MissingSeconds,
    MissingSuite,
    UnknownArgument { argument: String },
    UnknownCommand { command: String },
    UnknownSuite { suite: String },
}

/// Parses the arguments after the program's name.
pub(crate) fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Request, ArgumentError> {
    let mut arguments = arguments.into_iter();
    match arguments.next().as_deref() {
        None | Some("help" | "--help" | "-h") => nothing_more(arguments, Request::Help),
        Some("test") => nothing_more(arguments, Request::Test),
        Some("bench") => bench(arguments),
        Some("fuzz") => fuzz(arguments),
        Some(command) => Err(ArgumentError::UnknownCommand {
            command: command.to_owned(),
        }),
    }
}

fn nothing_more(mut rest: impl Iterator<Item = String>, request: Request) -> Result<Request, ArgumentError> {
    match rest.next() {
        None => Ok(request),
        Some(argument) => Err(ArgumentError::UnknownArgument { argument }),
    }
}

fn bench(mut rest: impl Iterator<Item = String>) -> Result<Request, ArgumentError> {
    let asked = rest.next().ok_or(ArgumentError::MissingSuite)?;
    let Some(suite) = SUITES.iter().copied().find(|suite| *suite == asked) else {
        return Err(ArgumentError::UnknownSuite { suite: asked });
    };
    match rest.next() {
        None => Ok(Request::Bench { suite, json: false }),
        Some(flag) if flag == "--json" => nothing_more(rest, Request::Bench { suite, json: true }),
        Some(argument) => Err(ArgumentError::UnknownArgument { argument }),
    }
}

fn fuzz(mut rest: impl Iterator<Item = String>) -> Result<Request, ArgumentError> {
    let mut target = None;
    let mut seconds = DEFAULT_FUZZ_SECONDS;
    while let Some(argument) = rest.next() {
        if argument == "--seconds" {
            let given = rest.next().and_then(|text| text.parse().ok());
            seconds = given.filter(|n| *n > 0).ok_or(ArgumentError::MissingSeconds)?;
        } else if target.is_none() && !argument.starts_with('-') {
            target = Some(argument);
        } else {
            return Err(ArgumentError::UnknownArgument { argument });
        }
    }
    Ok(Request::Fuzz { target, seconds })
}

impl fmt::Display for ArgumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingSeconds => write!(f, "--seconds takes a whole number above zero"),
            Self::MissingSuite => write!(f, "bench takes a suite: {}", SUITES.join(", ")),
            Self::UnknownArgument { argument } => write!(f, "unknown argument '{argument}'"),
            Self::UnknownCommand { command } => write!(f, "unknown command '{command}'"),
            Self::UnknownSuite { suite } => {
                write!(f, "unknown bench '{suite}', known: {}", SUITES.join(", "))
            }
        }
    }
}

/// What `cargo xtask help` prints.
pub(crate) const USAGE: &str = "\
cargo xtask test                          every check, all of them even if one fails
cargo xtask bench protocol [--json]       measure the protocol crate beside its peer
cargo xtask bench relay [--json]          measure the relay beside the disk, a raw WebSocket and mosquitto
cargo xtask fuzz [TARGET] [--seconds N]   fuzz one target, or each for N seconds (default 60)
";

/// Bench suites, each a bench target of `twotick-e2e`.
const SUITES: &[&str] = &["protocol", "relay"];

const DEFAULT_FUZZ_SECONDS: u32 = 60;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_asks_for_help() {
        assert_eq!(parsed(""), Ok(Request::Help));
    }

    #[test]
    fn test_takes_no_argument() {
        assert_eq!(parsed("test"), Ok(Request::Test));
        assert_eq!(parsed("test --fast"), Err(unknown("--fast")));
    }

    #[test]
    fn bench_passes_json_on() {
        assert_eq!(
            parsed("bench protocol"),
            Ok(Request::Bench {
                suite: "protocol",
                json: false
            })
        );
        assert_eq!(
            parsed("bench protocol --json"),
            Ok(Request::Bench {
                suite: "protocol",
                json: true
            })
        );
    }

    #[test]
    fn bench_refuses_what_it_does_not_know() {
        assert_eq!(parsed("bench"), Err(ArgumentError::MissingSuite));
        assert_eq!(
            parsed("bench relays"),
            Err(ArgumentError::UnknownSuite {
                suite: "relays".into()
            })
        );
        assert_eq!(parsed("bench protocol --yaml"), Err(unknown("--yaml")));
        assert_eq!(parsed("bench protocol --json twice"), Err(unknown("twice")));
    }

    #[test]
    fn fuzz_takes_target_and_seconds_in_either_order() {
        let one = Ok(Request::Fuzz {
            target: Some("header".into()),
            seconds: 5,
        });
        assert_eq!(parsed("fuzz header --seconds 5"), one);
        assert_eq!(parsed("fuzz --seconds 5 header"), one);
        assert_eq!(
            parsed("fuzz"),
            Ok(Request::Fuzz {
                target: None,
                seconds: DEFAULT_FUZZ_SECONDS
            })
        );
    }

    #[test]
    fn fuzz_refuses_a_run_without_end_or_a_second_target() {
        assert_eq!(parsed("fuzz --seconds"), Err(ArgumentError::MissingSeconds));
        assert_eq!(parsed("fuzz --seconds 0"), Err(ArgumentError::MissingSeconds));
        assert_eq!(parsed("fuzz --seconds soon"), Err(ArgumentError::MissingSeconds));
        assert_eq!(parsed("fuzz header body"), Err(unknown("body")));
    }

    #[test]
    fn unknown_command_is_named() {
        assert_eq!(
            parsed("tset"),
            Err(ArgumentError::UnknownCommand {
                command: "tset".into()
            })
        );
    }

    fn parsed(line: &str) -> Result<Request, ArgumentError> {
        parse(line.split_whitespace().map(String::from))
    }

    fn unknown(argument: &str) -> ArgumentError {
        ArgumentError::UnknownArgument {
            argument: argument.into(),
        }
    }
}
