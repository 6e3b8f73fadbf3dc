//! `ratchet.json`: the Double Ratchet turn by turn, and what it refuses (SPEC 10, 11).

mod bodies;
mod headers;
mod jumps;
mod kept;
mod order;
mod payloads;
mod tampered;
mod turns;

use anyhow::Result;

use super::Draft;
use super::pair;
use crate::case::VectorFile;

/// The file.
pub(super) fn make() -> Result<VectorFile> {
    let mut draft = Draft::new(
        "ratchet",
        "Turns with every variable, order and loss, skipped keys, headers and payloads of hostile peers",
    );
    let first = pair::first(&mut draft)?;
    let talking = pair::talking(&mut draft)?;
    turns::start(&mut draft, &first)?;
    turns::cases(&mut draft, &talking)?;
    order::cases(&mut draft, &talking)?;
    order::duplicates(&mut draft, &talking)?;
    tampered::envelopes(&mut draft, &talking)?;
    tampered::paths(&mut draft, &talking)?;
    headers::malformed(&mut draft, &talking)?;
    headers::wrong_chain(&mut draft, &talking)?;
    jumps::refused(&mut draft, &talking)?;
    jumps::allowed(&mut draft, &talking)?;
    kept::cases(&mut draft, &talking)?;
    kept::chains(&mut draft, &talking)?;
    payloads::padding(&mut draft, &talking)?;
    payloads::formats(&mut draft, &talking)?;
    payloads::kinds(&mut draft, &talking)?;
    bodies::cases(&mut draft, &talking)?;
    Ok(draft.finish())
}
