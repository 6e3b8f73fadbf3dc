//! Runs a table of steps to the end and reports on all of them.

use std::fmt;
use std::time::{Duration, Instant};

use crate::process;

/// One row of the table.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    /// What must be installed; without it the step is skipped.
    pub(crate) needs: Option<Need>,
    pub(crate) action: Action,
}

/// A program that may be missing, how to see that it is there, and how to get it.
pub(crate) struct Need {
    pub(crate) program: &'static str,
    pub(crate) probe: &'static [&'static str],
    pub(crate) how_to_get: &'static str,
}

pub(crate) enum Action {
    Check(fn() -> anyhow::Result<()>),
    Command {
        program: &'static str,
        arguments: &'static [&'static str],
        environment: &'static [(&'static str, &'static str)],
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Failed { reason: String },
    Passed,
    Skipped { how_to_get: &'static str },
}

/// What became of every step, in table order.
pub(crate) struct Report {
    rows: Vec<Row>,
}

struct Row {
    name: &'static str,
    outcome: Outcome,
    time: Duration,
}

/// Runs every step, whatever became of the ones before.
pub(crate) fn run_all(steps: &[Step]) -> Report {
    Report {
        rows: steps.iter().map(run_one).collect(),
    }
}

fn run_one(step: &Step) -> Row {
    println!("\n== {}: {}", step.name, step.action);
    let start = Instant::now();
    let outcome = step.outcome();
    let row = Row {
        name: step.name,
        outcome,
        time: start.elapsed(),
    };
    println!("== {row}");
    row
}

impl Step {
    fn outcome(&self) -> Outcome {
        match &self.needs {
            Some(need) if !process::succeeds(need.program, need.probe) => Outcome::Skipped {
                how_to_get: need.how_to_get,
            },
            _ => match self.action.run() {
                Ok(()) => Outcome::Passed,
                Err(error) => Outcome::Failed {
                    reason: format!("{error:#}"),
                },
            },
        }
    }
}

impl Action {
    fn run(&self) -> anyhow::Result<()> {
        match *self {
            Self::Check(check) => check(),
            Self::Command {
                program,
                arguments,
                environment,
            } => process::run(process::command(program, arguments).envs(environment.iter().copied())),
        }
    }
}

impl Report {
    /// Whether nothing failed; `strict` counts a skip as a failure.
    pub(crate) fn is_success(&self, strict: bool) -> bool {
        self.rows.iter().all(|row| match row.outcome {
            Outcome::Failed { .. } => false,
            Outcome::Passed => true,
            Outcome::Skipped { .. } => !strict,
        })
    }

    fn count(&self, is_counted: fn(&Outcome) -> bool) -> usize {
        self.rows.iter().filter(|row| is_counted(&row.outcome)).count()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in &self.rows {
            writeln!(f, "{row}")?;
        }
        let passed = self.count(|outcome| matches!(outcome, Outcome::Passed));
        let failed = self.count(|outcome| matches!(outcome, Outcome::Failed { .. }));
        let skipped = self.count(|outcome| matches!(outcome, Outcome::Skipped { .. }));
        write!(f, "steps: {passed} passed, {failed} failed, {skipped} skipped")
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.time.as_secs_f64();
        let name = self.name;
        match &self.outcome {
            Outcome::Failed { reason } => write!(f, "{name:<22} failed  {seconds:>7.1} s  {reason}"),
            Outcome::Passed => write!(f, "{name:<22} passed  {seconds:>7.1} s"),
            Outcome::Skipped { how_to_get } => write!(f, "{name:<22} skipped {seconds:>7.1} s  {how_to_get}"),
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Check(_) => write!(f, "built in"),
            Self::Command {
                program,
                arguments,
                environment,
            } => {
                for (name, value) in *environment {
                    write!(f, "{name}='{value}' ")?;
                }
                write!(f, "{program} {}", arguments.join(" "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_fails_the_run_and_stops_nothing() {
        let report = run_all(&[step(|| anyhow::bail!("no")), step(|| Ok(()))]);
        assert!(!report.is_success(false));
        assert_eq!(last_line(&report), "steps: 1 passed, 1 failed, 0 skipped");
    }

    #[test]
    fn a_skip_fails_only_a_strict_run() {
        let report = run_all(&[Step {
            needs: Some(MISSING),
            ..step(|| Ok(()))
        }]);
        assert!(report.is_success(false));
        assert!(!report.is_success(true));
        assert_eq!(last_line(&report), "steps: 0 passed, 0 failed, 1 skipped");
    }

    #[test]
    fn a_skip_says_how_to_get_what_is_missing() {
        let report = run_all(&[Step {
            needs: Some(MISSING),
            ..step(|| Ok(()))
        }]);
        assert!(report.to_string().contains("build it yourself"));
    }

    #[test]
    fn a_command_is_shown_as_it_can_be_typed() {
        let action = Action::Command {
            program: "cargo",
            arguments: &["doc"],
            environment: &[("A", "b c")],
        };
        assert_eq!(action.to_string(), "A='b c' cargo doc");
    }

    fn step(check: fn() -> anyhow::Result<()>) -> Step {
        Step {
            name: "step",
            needs: None,
            action: Action::Check(check),
        }
    }

    fn last_line(report: &Report) -> String {
        report.to_string().lines().last().unwrap_or_default().to_owned()
    }

    const MISSING: Need = Need {
        program: "twotick-no-such-program",
        probe: &["--version"],
        how_to_get: "build it yourself",
    };
}
