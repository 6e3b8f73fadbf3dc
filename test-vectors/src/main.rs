//! `cargo run -p twotick-vectors -- help` lists the commands.

#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "what a command finds goes to standard output")]

use std::fs;
use std::path::Path;

use anyhow::{Result, ensure};
use clap::{Parser, Subcommand};
use twotick_vectors::check::run_case;
use twotick_vectors::operations::Program;
use twotick_vectors::{drive, explain, files, generate, lint, schema, spec_sync};

#[derive(Parser)]
#[command(about = "Test vectors of SPEC.md: makes them, checks them, and grades other implementations")]
struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Makes every file of data/ and schema/ from seeds
    Generate {
        /// Writes nothing; fails if a file differs from what would be written
        #[arg(long)]
        check: bool,
    },
    /// Verifies data/ with the reference implementation
    Check,
    /// Answers operations, one JSON object a line, as OPERATIONS.md says
    Serve,
    /// Converses with another program and grades each of its answers
    Interop(drive::Interop),
    /// Runs every vector through another program and prints its score card
    Grade(drive::Grade),
    /// Changes every value of every case and requires that it is noticed
    Discriminate(drive::Discriminate),
    /// Shows a case: every value, beside the formula of SPEC.md that gives it
    Explain {
        /// Such as handshake-001
        case: String,
    },
    /// Checks schemas, ids, requirements and counts
    Lint,
    /// Writes the example bytes of SPEC.md from the vectors
    SpecSync {
        /// Writes nothing; fails if SPEC.md differs from what would be written
        #[arg(long)]
        check: bool,
    },
}

fn main() -> Result<()> {
    match Options::parse().command {
        Command::Generate { check } => generate(check),
        Command::Check => check(),
        Command::Serve => drive::serve_standard(),
        Command::Interop(options) => conclude(&options.run()?),
        Command::Grade(options) => conclude(&options.run()?),
        Command::Discriminate(options) => conclude(&options.run()?),
        Command::Explain { case } => {
            print!(
                "{}",
                explain::explain(&files::read(&files::data_directory())?, &case)?
            );
            Ok(())
        }
        Command::Lint => lint(),
        Command::SpecSync { check } => spec_sync(check),
    }
}

/// The text says what failed, so the exit code is all that is left to say.
fn conclude(verdict: &drive::Verdict) -> Result<()> {
    print!("{}", verdict.text);
    if !verdict.passed {
        std::process::exit(1);
    }
    Ok(())
}

fn generate(check: bool) -> Result<()> {
    let made = generate::all()?;
    let manifest = files::manifest(&made)?;
    let mut outputs = vec![("data/manifest.json".to_owned(), files::to_bytes(&manifest)?)];
    for file in &made {
        outputs.push((format!("data/{}.json", file.file), files::to_bytes(file)?));
        outputs.push((
            format!("schema/{}.schema.json", file.file),
            files::to_bytes(&schema::of(file)?)?,
        ));
    }
    for (name, bytes) in outputs {
        let path = root().join(&name);
        if check {
            let same = fs::read(&path).is_ok_and(|found| found == bytes);
            ensure!(
                same,
                "{name} is not what the generator makes; run `cargo run -p twotick-vectors -- generate`"
            );
        } else {
            fs::create_dir_all(path.parent().unwrap_or(root()))?;
            fs::write(&path, bytes)?;
        }
    }
    for entry in &manifest.files {
        let (name, cases) = (&entry.name, entry.cases);
        println!(
            "{name:<26} {cases:>4} cases, {:>4} accept, {:>4} reject",
            entry.accept, entry.reject
        );
    }
    Ok(())
}

fn check() -> Result<()> {
    let (mut passed, mut failed) = (0, 0);
    for file in files::read(&files::data_directory())? {
        let mut good = 0;
        for case in &file.cases {
            match run_case(&mut Program::default(), &file, case) {
                Ok(()) => good += 1,
                Err(mismatch) => {
                    failed += 1;
                    println!("{mismatch}");
                }
            }
        }
        passed += good;
        println!(
            "{:<26} {good:>4} of {} cases",
            format!("{}.json", file.file),
            file.cases.len()
        );
    }
    println!("{passed} passed, {failed} failed");
    ensure!(failed == 0, "the reference does not agree with the vectors");
    Ok(())
}

fn lint() -> Result<()> {
    let found = lint::findings(&files::read(&files::data_directory())?, root())?;
    found.iter().for_each(|finding| println!("{finding}"));
    ensure!(found.is_empty(), "{} findings", found.len());
    println!("schemas, ids, requirements and counts are in order");
    Ok(())
}

fn spec_sync(check: bool) -> Result<()> {
    let path = root().join("../SPEC.md");
    let files = files::read(&files::data_directory())?;
    let before = fs::read_to_string(&path)?;
    let after = spec_sync::synchronized(&before, &files)?;
    let strangers = spec_sync::strangers(&after, &files);
    ensure!(
        strangers.is_empty(),
        "SPEC.md shows bytes that are in no vector: {}",
        strangers.join(", ")
    );
    if check {
        ensure!(
            before == after,
            "SPEC.md differs from the vectors; run `cargo run -p twotick-vectors -- spec-sync`"
        );
    } else {
        fs::write(&path, after)?;
    }
    println!("SPEC.md shows what the vectors have");
    Ok(())
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
