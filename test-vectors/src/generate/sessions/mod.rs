//! `sessions.json`: handshakes accepted and refused, which session is current, healing (SPEC 9.5, 12).

mod accepting;
mod archived;
mod crossed;
mod forged;
mod healing;
mod lists;
mod refused;
mod renewal;
mod sending;
mod unfit;

use anyhow::Result;

use super::Draft;
use super::pair;
use crate::case::VectorFile;

/// The file.
pub(super) fn make() -> Result<VectorFile> {
    let mut draft = Draft::new(
        "sessions",
        "Initial messages accepted and refused, simultaneous initiation, archived sessions, healing and device lists",
    );
    let strangers = pair::strangers(&mut draft)?;
    let first = pair::first(&mut draft)?;
    let last_resort = pair::last_resort(&mut draft)?;
    let crossed = pair::crossed(&mut draft)?;
    let talking = pair::talking(&mut draft)?;
    accepting::one_time(&mut draft, &first)?;
    accepting::last_resort(&mut draft, &last_resort)?;
    refused::claims(&mut draft, &first)?;
    refused::prekeys(&mut draft, &first)?;
    refused::spent(&mut draft, &first)?;
    refused::replayed(&mut draft, &last_resort)?;
    refused::in_time(&mut draft, &strangers)?;
    forged::headers(&mut draft, &first)?;
    forged::sealed(&mut draft, &first)?;
    forged::in_session(&mut draft, &first)?;
    forged::last_resort(&mut draft, &last_resort)?;
    crossed::simultaneous(&mut draft, &crossed)?;
    crossed::generations(&mut draft, &crossed)?;
    archived::cases(&mut draft, &talking)?;
    archived::by_age(&mut draft, &talking)?;
    sending::strangers(&mut draft, &strangers)?;
    sending::unanswered(&mut draft, &first)?;
    healing::recovery(&mut draft, &talking)?;
    healing::resends(&mut draft, &talking)?;
    healing::rolled_back(&mut draft, &strangers)?;
    lists::heads_cases(&mut draft, &talking)?;
    lists::revoked(&mut draft, &talking)?;
    lists::stale(&mut draft, &talking)?;
    renewal::cases(&mut draft, &talking)?;
    renewal::rotated(&mut draft, &talking)?;
    unfit::withheld(&mut draft, &strangers)?;
    unfit::controls(&mut draft, &talking)?;
    unfit::objects(&mut draft, &talking)?;
    Ok(draft.finish())
}
