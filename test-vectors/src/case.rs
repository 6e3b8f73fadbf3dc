//! The format of a vector file.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Version of the files' format.
pub const FORMAT: u32 = 1;

/// The document the files belong to. A file of another one is refused.
pub const SPECIFICATION: &str = "part I, revision 1";

/// One file of `data/`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VectorFile {
    /// [`FORMAT`].
    pub format: u32,
    /// [`SPECIFICATION`].
    pub specification: String,
    /// The file's name without `.json`.
    pub file: String,
    /// What its cases are about.
    pub description: String,
    /// Steps that several cases begin with, by name.
    pub worlds: Map<String, Value>,
    /// The cases.
    pub cases: Vec<Case>,
}

/// One thing to get right.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// `file-001`; never used again for another case.
    pub id: String,
    /// What happens, in a sentence.
    pub title: String,
    /// The requirements of SPEC.md it shows.
    pub requirements: Vec<String>,
    /// Whether all steps succeed.
    pub kind: Kind,
    /// The single thing that is wrong; only in a [`Kind::Reject`] case.
    pub defect: Option<String>,
    /// Mutants of the reference (`mutants.json`) that this case tells from it.
    pub kills: Vec<String>,
    /// The world whose steps come first.
    pub world: Option<String>,
    /// Operations with `expect`, and `random` where something is drawn.
    pub steps: Vec<Value>,
}

/// What a case shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Everything succeeds.
    Accept,
    /// At least one step is refused.
    Reject,
}

impl VectorFile {
    /// The steps of a case, those of its world first.
    #[must_use]
    pub fn steps_of<'a>(&'a self, case: &'a Case) -> Vec<&'a Value> {
        let world = case.world.as_ref().and_then(|name| self.worlds.get(name));
        let world = world.and_then(Value::as_array).into_iter().flatten();
        world.chain(&case.steps).collect()
    }

    /// How many cases are of this kind.
    #[must_use]
    pub fn count(&self, kind: Kind) -> usize {
        self.cases.iter().filter(|case| case.kind == kind).count()
    }
}

/// `manifest.json`: what `data/` holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: u32,
    /// [`SPECIFICATION`].
    pub specification: String,
    /// The files.
    pub files: Vec<ManifestEntry>,
}

/// One file in the manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestEntry {
    /// With `.json`.
    pub name: String,
    /// Of the file's bytes, in hex.
    pub sha256: String,
    /// All cases.
    pub cases: usize,
    /// Cases that succeed.
    pub accept: usize,
    /// Cases with a refusal.
    pub reject: usize,
}
