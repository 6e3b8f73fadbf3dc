//! `cargo xtask test`: the table of everything that must hold. A new check is a new row.

use std::env;

use anyhow::ensure;

use crate::step::{self, Action, Need, Step};
use crate::{dependencies, features, vectors};

/// Runs every step and fails if one did; under `CI=true` a skip is a failure too.
pub(crate) fn run() -> anyhow::Result<()> {
    let strict = env::var("CI").is_ok_and(|value| value == "true");
    let report = step::run_all(STEPS);
    println!("\n{report}");
    ensure!(report.is_success(false), "a step failed");
    ensure!(
        report.is_success(strict),
        "a step was skipped, which CI=true does not accept"
    );
    Ok(())
}

const STEPS: &[Step] = &[
    Step {
        name: "format",
        needs: Some(RUSTFMT),
        action: cargo(&["fmt", "--all", "--check"]),
    },
    Step {
        name: "lints",
        needs: Some(CLIPPY),
        action: cargo(&[
            "clippy",
            "--workspace",
            "--all-targets",
            "--all-features",
            "--locked",
            "--",
            "-D",
            "warnings",
        ]),
    },
    Step {
        name: "each feature alone",
        needs: Some(CLIPPY),
        action: Action::Check(features::check),
    },
    Step {
        name: "tests",
        needs: None,
        action: cargo(&[
            "test",
            "--workspace",
            "--all-features",
            "--locked",
            "--no-fail-fast",
        ]),
    },
    Step {
        name: "tests, as shipped",
        needs: None,
        action: cargo(&[
            "test",
            "--package",
            "twotick-protocol",
            "--locked",
            "--no-fail-fast",
        ]),
    },
    Step {
        name: "vectors, reference",
        needs: None,
        action: Action::Check(vectors::reference),
    },
    Step {
        name: "vectors, checks removed",
        needs: None,
        action: Action::Check(vectors::mutants),
    },
    Step {
        name: "vectors, Python",
        needs: Some(PYTHON),
        action: Action::Check(vectors::python),
    },
    Step {
        name: "interop, Rust and Python",
        needs: Some(PYTHON),
        action: Action::Check(vectors::interop),
    },
    Step {
        name: "documentation",
        needs: None,
        action: Action::Command {
            program: "cargo",
            arguments: &["doc", "--workspace", "--all-features", "--no-deps", "--locked"],
            environment: &[("RUSTDOCFLAGS", "-D warnings")],
        },
    },
    Step {
        name: "licences and sources",
        needs: None,
        action: Action::Check(dependencies::check),
    },
];

const fn cargo(arguments: &'static [&'static str]) -> Action {
    Action::Command {
        program: "cargo",
        arguments,
        environment: &[],
    }
}

const RUSTFMT: Need = Need {
    program: "cargo",
    probe: &["fmt", "--version"],
    how_to_get: "rustup component add rustfmt",
};

const CLIPPY: Need = Need {
    program: "cargo",
    probe: &["clippy", "--version"],
    how_to_get: "rustup component add clippy",
};

const PYTHON: Need = Need {
    program: "python3",
    probe: &[
        "-c",
        "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))",
    ],
    how_to_get: "Python 3.11 or later with venv and pip",
};
