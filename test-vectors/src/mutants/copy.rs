//! The instrumented copy of the workspace.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::list::Mutants;

/// What the wire crate has in addition. It is under all others, so that all of them can ask.
const MUTANT: &str = "//! Which mutant is on.

use core::sync::atomic::{AtomicBool, Ordering};

static OFF: [AtomicBool; 1024] = [const { AtomicBool::new(false) }; 1024];

/// Whether this check is removed.
#[must_use]
pub fn off(number: usize) -> bool {
    OFF[number].load(Ordering::Relaxed)
}

/// Removes these checks and brings back all others.
pub fn switch(numbers: &[usize]) {
    for (number, off) in OFF.iter().enumerate() {
        off.store(numbers.contains(&number), Ordering::Relaxed);
    }
}
";

/// What comes in the place of `switch.rs`.
const SWITCH: &str = "pub(super) const INSTRUMENTED: bool = true;

pub(super) fn switch(numbers: &[usize]) {
    twotick_wire::mutant::switch(numbers);
}
";

const WIRE: &str = "protocol/wire/src";
const LOCAL_SWITCH: &str = "test-vectors/src/mutants/switch.rs";

/// Directories with nothing to build.
const LEFT_OUT: [&str; 3] = ["test-vectors/data", "test-vectors/schema", "test-vectors/python"];

/// Copies the members of the workspace, with every check behind its switch. Files that are already so stay untouched:
/// cargo builds again only what has changed.
pub(super) fn copy(workspace: &Path, to: &Path, mutants: &Mutants) -> Result<()> {
    let manifest = fs::read_to_string(workspace.join("Cargo.toml"))?;
    let mut names = BTreeSet::from(["Cargo.toml".to_owned(), "Cargo.lock".to_owned()]);
    for member in members(&manifest)? {
        collect(workspace, &member, &mut names)?;
    }
    for file in mutants.files() {
        ensure!(
            names.contains(file),
            "mutants.json: {file} is no file of the workspace"
        );
    }
    names.insert(format!("{WIRE}/mutant.rs"));
    for name in &names {
        let content = content(workspace, name, mutants)?;
        write(&to.join(name), &content)?;
    }
    remove_strangers(to, Path::new(""), &names)
}

fn members(manifest: &str) -> Result<Vec<String>> {
    let list = manifest
        .split_once("\nmembers = [")
        .and_then(|(_, rest)| rest.split_once(']'));
    let (list, _) = list.context("Cargo.toml lists no members")?;
    Ok(list.split('"').skip(1).step_by(2).map(str::to_owned).collect())
}

fn collect(workspace: &Path, directory: &str, names: &mut BTreeSet<String>) -> Result<()> {
    for entry in fs::read_dir(workspace.join(directory)).with_context(|| format!("no member {directory}"))? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let path = format!("{directory}/{name}");
        if entry.file_type()?.is_file() {
            names.insert(path);
        } else if !name.starts_with('.') && name != "target" && !LEFT_OUT.contains(&path.as_str()) {
            collect(workspace, &path, names)?;
        }
    }
    Ok(())
}

fn content(workspace: &Path, name: &str, mutants: &Mutants) -> Result<Vec<u8>> {
    if name == LOCAL_SWITCH {
        return Ok(SWITCH.into());
    }
    if name == format!("{WIRE}/mutant.rs") {
        return Ok(MUTANT.into());
    }
    let bytes = fs::read(workspace.join(name))?;
    let is_source = Path::new(name)
        .extension()
        .is_some_and(|extension| extension == "rs");
    match String::from_utf8(bytes) {
        Ok(text) if is_source => {
            let mut text = mutants.instrumented(name, &text)?;
            if name == format!("{WIRE}/lib.rs") {
                text.push_str("\npub mod mutant;\n");
            }
            Ok(text.into_bytes())
        }
        Ok(text) => Ok(text.into_bytes()),
        Err(other) => Ok(other.into_bytes()),
    }
}

fn write(path: &Path, content: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|found| found == content) {
        return Ok(());
    }
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    fs::write(path, content).with_context(|| format!("{} cannot be written", path.display()))
}

fn remove_strangers(to: &Path, directory: &Path, names: &BTreeSet<String>) -> Result<()> {
    for entry in fs::read_dir(to.join(directory))? {
        let entry = entry?;
        let path: PathBuf = directory.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            remove_strangers(to, &path, names)?;
        } else if !path
            .to_str()
            .is_some_and(|path| names.contains(&path.replace('\\', "/")))
        {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
