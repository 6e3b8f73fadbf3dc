//! The subcommands that drive a program: their options, and the text they end with.

use std::io::{stdin, stdout};

use anyhow::{Context, Result};
use clap::Args;

use crate::check::Peer;
use crate::operations::Program;
use crate::process::{ChildPeer, serve};
use crate::{discriminate, files, grade, interop};

/// What a subcommand found.
#[derive(Debug)]
pub struct Verdict {
    /// To print.
    pub text: String,
    /// Whether nothing failed.
    pub passed: bool,
}

/// Options of `interop`.
#[derive(Debug, Args)]
pub struct Interop {
    /// The program under test, with its arguments; without it, this program's own `serve`
    #[arg(long)]
    cmd: Option<String>,
    /// How many conversations
    #[arg(long, default_value_t = 100)]
    conversations: u64,
    /// Seed of the first conversation; each next one has the next number
    #[arg(long)]
    seed: Option<u64>,
    /// Only the first of them
    #[arg(long)]
    first: Option<u64>,
}

impl Interop {
    /// Converses, and reports.
    pub fn run(&self) -> Result<Verdict> {
        let seed = self.seed.unwrap_or_else(interop::any_seed);
        let mut tested = match &self.cmd {
            Some(line) => ChildPeer::from_line(line)?,
            None => ChildPeer::start(&own_serve()?)?,
        };
        let first = self.first.unwrap_or(u64::MAX);
        let schedule = interop::Schedule {
            seed,
            conversations: self.conversations.min(first),
            mirrored: true,
        };
        let report = interop::run(&mut tested, schedule);
        Ok(Verdict {
            text: format!("seed {seed}\n{report}"),
            passed: report.passed(),
        })
    }
}

fn own_serve() -> Result<[String; 2]> {
    let program = std::env::current_exe()?;
    let program = program.to_str().context("the path of this program is not text")?;
    Ok([program.into(), "serve".into()])
}

/// Options of `grade`.
#[derive(Debug, Args)]
pub struct Grade {
    /// The score card as JSON
    #[arg(long)]
    json: bool,
    /// The program under test and its arguments
    #[arg(required = true, last = true)]
    command: Vec<String>,
}

impl Grade {
    /// Runs every vector through the program.
    pub fn run(&self) -> Result<Verdict> {
        let files = files::read(&files::data_directory())?;
        let card = grade::run(&mut ChildPeer::start(&self.command)?, &files);
        let text = if self.json {
            String::from_utf8(files::to_bytes(&card)?)?
        } else {
            card.to_string()
        };
        Ok(Verdict {
            text,
            passed: card.passed(),
        })
    }
}

/// Options of `discriminate`.
#[derive(Debug, Args)]
pub struct Discriminate {
    /// The program that runs the cases; without it, the reference
    #[arg(long)]
    cmd: Option<String>,
    /// Only each so-many-th flip
    #[arg(long, default_value_t = 1)]
    every: usize,
    /// Only files whose name begins so
    #[arg(long, default_value = "")]
    file: String,
}

impl Discriminate {
    /// Flips every value of every case.
    pub fn run(&self) -> Result<Verdict> {
        let mut files = files::read(&files::data_directory())?;
        files.retain(|file| file.file.starts_with(&self.file));
        let mut peer: Box<dyn Peer> = match &self.cmd {
            Some(line) => Box::new(ChildPeer::from_line(line)?),
            None => Box::new(Program::default()),
        };
        let report = discriminate::run(peer.as_mut(), &files, self.every.max(1));
        Ok(Verdict {
            text: report.to_string(),
            passed: report.passed(),
        })
    }
}

/// Answers operations from the standard input on the standard output.
pub fn serve_standard() -> Result<()> {
    serve(&mut Program::default(), stdin().lock(), stdout().lock())
}
