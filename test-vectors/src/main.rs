//! `cargo run -p twotick-vectors -- generate | check`.

use std::fs;

use anyhow::{Result, bail};
use clap::{Parser, Subcommand};
use twotick_vectors::check::run_case;
use twotick_vectors::operations::Program;
use twotick_vectors::{drive, files, generate};

#[derive(Parser)]
#[command(about = "Test vectors of SPEC.md")]
struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Makes every file of `data/` from its seeds
    Generate,
    /// Verifies `data/` with the reference implementation
    Check,
    /// Answers operations, one JSON object a line, as OPERATIONS.md says
    Serve,
    /// Converses with another program and grades each of its answers
    Interop(drive::Interop),
    /// Runs every vector through another program and prints its score card
    Grade(drive::Grade),
    /// Changes every value of every case and requires that it is noticed
    Discriminate(drive::Discriminate),
}

fn main() -> Result<()> {
    match Options::parse().command {
        Command::Generate => generate(),
        Command::Check => check(),
        Command::Serve => drive::serve_standard(),
        Command::Interop(options) => conclude(&options.run()?),
        Command::Grade(options) => conclude(&options.run()?),
        Command::Discriminate(options) => conclude(&options.run()?),
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

fn generate() -> Result<()> {
    let made = generate::all()?;
    let directory = files::data_directory();
    fs::create_dir_all(&directory)?;
    for file in &made {
        fs::write(
            directory.join(format!("{}.json", file.file)),
            files::to_bytes(file)?,
        )?;
    }
    let manifest = files::manifest(&made)?;
    fs::write(directory.join("manifest.json"), files::to_bytes(&manifest)?)?;
    for entry in &manifest.files {
        println!(
            "{:<24} {:>4} cases, {:>4} accept, {:>4} reject",
            entry.name, entry.cases, entry.accept, entry.reject
        );
    }
    Ok(())
}

fn check() -> Result<()> {
    let mut failed = 0;
    let mut passed = 0;
    for file in files::read(&files::data_directory())? {
        let mut good = 0;
        for case in &file.cases {
            match run_case(&mut Program::default(), &file, case) {
                Ok(()) => good += 1,
                Err(mismatch) => {
                    failed += 1;
                    println!("{mismatch:?}");
                }
            }
        }
        passed += good;
        println!(
            "{:<24} {good} of {} cases",
            format!("{}.json", file.file),
            file.cases.len()
        );
    }
    println!("{passed} passed, {failed} failed");
    if failed > 0 {
        bail!("the reference does not agree with the vectors");
    }
    Ok(())
}
