//! Writes the seeds of `fuzz/corpus`; a test fails when they are not those of the generator.
#![forbid(unsafe_code)]

use std::fs;
use std::path::Path;

use twotick_e2e::fuzz::TARGETS;

fn main() -> anyhow::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    for target in TARGETS {
        let directory = corpus.join(target.name);
        fs::create_dir_all(&directory)?;
        for (name, bytes) in (target.seeds)() {
            fs::write(directory.join(name), bytes)?;
        }
    }
    Ok(())
}
