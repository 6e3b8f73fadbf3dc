//! `cargo run -p twotick-vectors -- help` lists the commands.

#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "what a command finds goes to standard output")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process;

use anyhow::{Result, ensure};
use clap::{Parser, Subcommand};
use twotick_vectors::check::run_case;
use twotick_vectors::mutants::{self, Mutants};
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
    /// Fails if a mutant of the reference survives, or if a case that rejects kills none
    Mutants {
        /// Only looks whether every check of the reference has a mutant or a reason
        #[arg(long)]
        sites: bool,
        /// Writes which cases kill which mutant
        #[arg(long)]
        json: Option<PathBuf>,
        /// Where the vectors are, if not in data/
        #[arg(long)]
        data: Option<PathBuf>,
    },
    /// What `mutants` runs in the build with the mutants
    #[command(hide = true)]
    Kill {
        #[arg(long)]
        data: PathBuf,
        #[arg(long)]
        list: PathBuf,
        #[arg(long)]
        json: Option<PathBuf>,
    },
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
        Command::Mutants { sites: true, .. } => sites(),
        Command::Mutants { json, data, .. } => {
            let sites = sites();
            mutants(json, data.unwrap_or_else(files::data_directory))?;
            sites
        }
        Command::Kill { data, list, json } => kill(&data, &list, json.as_deref()),
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

fn sites() -> Result<()> {
    let found = mutants::coverage(root(), &Mutants::read(&mutants::list_file(root()))?)?;
    found.findings.iter().for_each(|finding| println!("{finding}"));
    println!(
        "{} checks have a mutant, {} a reason to have none",
        found.mutated, found.exempt
    );
    ensure!(
        found.findings.is_empty(),
        "{} checks have neither",
        found.findings.len()
    );
    Ok(())
}

fn mutants(json: Option<PathBuf>, data: PathBuf) -> Result<()> {
    let program = mutants::instrument(root())?;
    let mut command = process::Command::new(program);
    command
        .arg("kill")
        .arg("--data")
        .arg(data)
        .arg("--list")
        .arg(mutants::list_file(root()));
    if let Some(json) = json {
        command.arg("--json").arg(json);
    }
    ensure!(command.status()?.success(), "the kill matrix is not complete");
    Ok(())
}

fn kill(data: &Path, list: &Path, json: Option<&Path>) -> Result<()> {
    let matrix = mutants::kill(&files::read(data)?, &Mutants::read(list)?)?;
    print!("{}", matrix.table());
    let found = matrix.findings();
    found.iter().for_each(|finding| println!("{finding}"));
    if let Some(json) = json {
        fs::write(json, files::to_bytes(&matrix.to_json())?)?;
    }
    ensure!(found.is_empty(), "{} findings", found.len());
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
