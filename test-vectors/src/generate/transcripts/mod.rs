//! `transcripts.json`: whole conversations of two accounts with two devices each.

mod beginnings;
mod friends;
mod hostile;
mod journeys;
mod lives;
mod uses;

use anyhow::Result;

use super::Draft;
use super::pair::LATER;
use super::scene::Chapter;
use crate::case::VectorFile;

/// The file.
pub(super) fn make() -> Result<VectorFile> {
    let mut draft = Draft::new(
        "transcripts",
        "Whole conversations of two accounts with two devices each: order, loss, forgery, restarts, rollbacks, devices",
    );
    let (opened, hello) = friends::opened(&mut draft)?;
    let talking = friends::talking(&mut draft)?;
    let mut cases = chapter(&mut draft, "talking");
    journeys::ordered(&mut cases, &talking)?;
    journeys::lost(&mut cases, &talking)?;
    hostile::relay(&mut cases, &talking)?;
    hostile::peer(&mut cases, &talking)?;
    lives::stored(&mut cases, &talking)?;
    lives::copies(&mut cases, &talking)?;
    lives::devices(&mut cases, &talking)?;
    uses::receipts(&mut cases, &talking)?;
    uses::resends(&mut cases, &talking)?;
    uses::kinds(&mut cases, &talking)?;
    let mut cases = chapter(&mut draft, "opened");
    beginnings::first(&mut cases, (&opened, &hello))?;
    beginnings::prekeys(&mut cases, (&opened, &hello))?;
    beginnings::crossing(&mut cases, (&opened, &hello))?;
    Ok(draft.finish())
}

fn chapter<'a>(draft: &'a mut Draft, world: &'static str) -> Chapter<'a> {
    Chapter {
        draft,
        world,
        now: LATER,
    }
}
