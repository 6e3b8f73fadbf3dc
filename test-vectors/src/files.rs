//! Reading and writing `data/`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::case::{FORMAT, Kind, Manifest, ManifestEntry, SPECIFICATION, VectorFile};

/// Where the files are, beside this crate's manifest.
#[must_use]
pub fn data_directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data")
}

/// The bytes of a file: JSON, indented by one space, with a final newline.
pub fn to_bytes(value: &impl Serialize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let indent = serde_json::ser::PrettyFormatter::with_indent(b" ");
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, indent))?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// The manifest of these files, in their order.
pub fn manifest(files: &[VectorFile]) -> Result<Manifest> {
    let entry = |file: &VectorFile| {
        Ok(ManifestEntry {
            name: format!("{}.json", file.file),
            sha256: hex::encode(Sha256::digest(to_bytes(file)?)),
            cases: file.cases.len(),
            accept: file.count(Kind::Accept),
            reject: file.count(Kind::Reject),
        })
    };
    Ok(Manifest {
        format: FORMAT,
        specification: SPECIFICATION.into(),
        files: files.iter().map(entry).collect::<Result<_>>()?,
    })
}

/// Reads every file that the manifest names. Refuses what was edited, cut short, left out, or is of another version.
pub fn read(directory: &Path) -> Result<Vec<VectorFile>> {
    let path = directory.join("manifest.json");
    let bytes = fs::read(&path).with_context(|| missing("manifest.json"))?;
    let manifest: Manifest = serde_json::from_slice(&bytes).with_context(|| cut("manifest.json"))?;
    require_version("manifest.json", manifest.format, &manifest.specification)?;
    manifest
        .files
        .iter()
        .map(|entry| read_one(directory, entry))
        .collect()
}

fn read_one(directory: &Path, entry: &ManifestEntry) -> Result<VectorFile> {
    let name = &entry.name;
    let bytes = fs::read(directory.join(name)).with_context(|| missing(name))?;
    let file: VectorFile = serde_json::from_slice(&bytes).with_context(|| cut(name))?;
    require_version(name, file.format, &file.specification)?;
    if hex::encode(Sha256::digest(&bytes)) != entry.sha256 {
        bail!(
            "{name} is not the file that manifest.json names: it was edited, or comes from another version. {REMEDY}"
        );
    }
    let counts = (
        file.cases.len(),
        file.count(Kind::Accept),
        file.count(Kind::Reject),
    );
    ensure!(
        counts == (entry.cases, entry.accept, entry.reject),
        "{name} does not hold as many cases as manifest.json says. {REMEDY}"
    );
    Ok(file)
}

fn require_version(name: &str, format: u32, specification: &str) -> Result<()> {
    ensure!(
        format == FORMAT && specification == SPECIFICATION,
        "{name} is of format {format} and specification '{specification}'; this program checks format {FORMAT} of \
         '{SPECIFICATION}'. Take the vectors that came with it"
    );
    Ok(())
}

fn missing(name: &str) -> String {
    format!("{name} is missing. {REMEDY}")
}

fn cut(name: &str) -> String {
    format!("{name} does not parse: it was cut short or edited by hand. {REMEDY}")
}

const REMEDY: &str = "Make the files again with `cargo run -p twotick-vectors -- generate`";
