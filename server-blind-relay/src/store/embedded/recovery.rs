//! The start: opens the engine and looks whether all that was confirmed is there (R-DUR-2).

use std::{io, path::Path};

use bytes::Bytes;
use twotick_wire::{DeviceId, StoreEpoch, UnixTime};

use super::{
    engine::{Engine, EngineError, Sizes},
    journal::Journals,
    layout::{self, Body, Commit, EnvelopeKey, Mailbox, Number, RING, Table},
    loss::{Loss, MailboxLoss, OpenError},
    rails::{Past, Rails, RailsError},
    view::View,
    work::{Batch, Ground},
};
use crate::store::StoreError;

/// An open store.
pub(super) struct Found {
    pub(super) engine: Engine,
    pub(super) rails: Rails,
    pub(super) commit: Commit,
}

/// Opens what is there, or makes what is not.
pub(super) fn open(
    directory: &Path,
    sizes: Sizes,
    ground: &Ground,
    fresh: StoreEpoch,
    accept_loss: bool,
) -> Result<Found, OpenError> {
    let Examined {
        engine,
        rails,
        past,
        commit: found,
        mut loss,
    } = examine_with(directory, sizes, accept_loss)?;
    let confirmed = past.mark();
    let empty = Commit {
        number: 0,
        epoch: fresh,
        now: UnixTime::default(),
        mailboxes: 0,
        envelopes: 0,
        bytes: 0,
    };
    let mut commit = found.unwrap_or(empty);
    commit.now = commit.now.max(confirmed.now);
    if loss.is_any() {
        loss.mailboxes = miscounted(&engine.snapshot())?;
        if !accept_loss {
            return Err(OpenError::Lost(loss));
        }
        tracing::warn!(name: "loss_accepted", reason = "an operator said so; the store epoch is new");
        commit.number = confirmed.number.max(commit.number);
        commit.epoch = fresh;
        commit = heal(&engine, &rails, ground, commit)?;
    } else if commit.number == 0 {
        commit = write(
            &engine,
            &rails,
            ground,
            Batch::new(ground, engine.snapshot(), commit),
        )?;
    }
    Ok(Found {
        engine,
        rails,
        commit,
    })
}

/// A store that was opened and looked at, whatever was found.
pub(super) struct Examined {
    pub(super) engine: Engine,
    pub(super) past: Past,
    pub(super) loss: Loss,
    rails: Rails,
    commit: Option<Commit>,
}

/// Opens what is there, for looking only.
pub(super) fn examine(directory: &Path) -> Result<Examined, OpenError> {
    if !Rails::engine(directory).exists() {
        return Err(OpenError::Io(io::ErrorKind::NotFound.into()));
    }
    let sizes = Sizes {
        cache: 64 << 20,
        buffer: 32 << 20,
    };
    examine_with(directory, sizes, false)
}

fn examine_with(directory: &Path, sizes: Sizes, accept_loss: bool) -> Result<Examined, OpenError> {
    let (rails, past) = Rails::open(directory).map_err(|error| match error {
        RailsError::Io(error) => OpenError::Io(error),
        RailsError::Locked => OpenError::Locked,
        RailsError::Format(format) => OpenError::Format { format },
    })?;
    let damage = read_journals(&Rails::engine(directory), past, accept_loss)?;
    let engine = Engine::open(&Rails::engine(directory), sizes).map_err(damaged)?;
    let commit = commit_of(&engine).ok().flatten();
    let mut loss = look(&engine, commit.as_ref())?;
    loss.confirmed = (past != Past::Unknown).then_some(past.mark().number);
    loss.journals = damage;
    Ok(Examined {
        engine,
        past,
        loss,
        rails,
        commit,
    })
}

/// Looks at the journals before the engine changes them. What was cut out of them, with an accepted loss.
fn read_journals(engine: &Path, past: Past, accept_loss: bool) -> Result<Vec<String>, OpenError> {
    if !engine.exists() {
        return Ok(Vec::new());
    }
    let journals = Journals::read(engine).map_err(OpenError::Io)?;
    if journals.are_whole() {
        return Ok(Vec::new());
    }
    if journals.is_torn_unconfirmed(past.mark().number) {
        tracing::info!(name: "torn_commit_cut", reason = "it was never confirmed");
        journals.cut().map_err(OpenError::Io)?;
        return Ok(Vec::new());
    }
    if accept_loss {
        journals.cut().map_err(OpenError::Io)?;
        return Ok(journals.damage);
    }
    Err(OpenError::Lost(Loss {
        confirmed: (past != Past::Unknown).then_some(past.mark().number),
        recovered: journals.last,
        missing: journals.missing,
        journals: journals.damage,
        ..Loss::default()
    }))
}

/// The last commit, if there is one.
pub(super) fn commit_of(engine: &Engine) -> Result<Option<Commit>, StoreError> {
    let body = engine.snapshot().body(&layout::commit())?;
    body.map(|body| Commit::decode(&body).map_err(|_| StoreError::Damaged))
        .transpose()
}

/// What can be seen at once: every commit of the ring, every mailbox, the totals.
fn look(engine: &Engine, commit: Option<&Commit>) -> Result<Loss, OpenError> {
    let view = engine.snapshot();
    let recovered = commit.map_or(0, |commit| commit.number);
    let mut loss = Loss {
        recovered,
        ..Loss::default()
    };
    let first = recovered.saturating_sub(RING - 1).max(1);
    let mut is_there = vec![false; usize::try_from(recovered + 1 - first).unwrap_or(0)];
    let (from, to) = layout::under(Table::Ring, &[]);
    for row in view.rows(&from, &to) {
        let (key, body) = row.map_err(unreadable)?;
        let number = body
            .ok()
            .and_then(|body| Number::decode(&body).ok())
            .map(|row| row.number);
        let place = number.filter(|number| layout::ring(*number) == key && *number >= first);
        let place = place.and_then(|number| usize::try_from(number - first).ok());
        if let Some(slot) = place.and_then(|place| is_there.get_mut(place)) {
            *slot = true;
        }
    }
    loss.missing = (first..)
        .zip(is_there)
        .filter(|(_, is_there)| !is_there)
        .map(|(number, _)| number)
        .collect();
    let mut totals = (0, 0, 0);
    for (_, mailbox) in mailboxes(&view).map_err(unreadable)? {
        match mailbox {
            Some(mailbox) => {
                totals.0 += 1;
                totals.1 += u64::from(mailbox.envelopes);
                totals.2 += mailbox.bytes;
            }
            None => loss.unreadable += 1,
        }
    }
    let stated = commit.map_or((0, 0, 0), |commit| {
        (commit.mailboxes, commit.envelopes, commit.bytes)
    });
    loss.totals_differ = totals != stated;
    Ok(loss)
}

/// Every mailbox; nothing where one cannot be read.
fn mailboxes(view: &View<'_>) -> Result<Vec<(DeviceId, Option<Mailbox>)>, StoreError> {
    let (from, to) = layout::under(Table::Mailbox, &[]);
    view.rows(&from, &to)
        .map(|row| {
            let (key, body) = row?;
            let device = DeviceId::new(key[1..].try_into().map_err(|_| StoreError::Damaged)?);
            Ok((device, body.ok().and_then(|body| Mailbox::decode(&body).ok())))
        })
        .collect()
}

/// Counts every mailbox; gives those whose numbers do not fit.
pub(super) fn miscounted(view: &View<'_>) -> Result<Vec<MailboxLoss>, OpenError> {
    let mut found = Vec::new();
    for (device, mailbox) in mailboxes(view).map_err(unreadable)? {
        let Some(mailbox) = mailbox else { continue };
        let (from, to) = EnvelopeKey::range(&device, mailbox.acked + 1, u64::MAX);
        let count = view.keys(&from, &to).filter(Result::is_ok).count();
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        if count != mailbox.envelopes {
            found.push(MailboxLoss {
                mailbox: device,
                expected: mailbox.envelopes,
                found: count,
            });
        }
    }
    Ok(found)
}

/// Makes numbers fit what is there, drops mailboxes that cannot be read, and begins a new past.
fn heal(engine: &Engine, rails: &Rails, ground: &Ground, commit: Commit) -> Result<Commit, OpenError> {
    let view = engine.snapshot();
    let mut batch = Batch::new(ground, engine.snapshot(), commit);
    let all = mailboxes(&view).map_err(unreadable)?;
    (batch.commit.mailboxes, batch.commit.envelopes, batch.commit.bytes) = (0, 0, 0);
    for (device, mailbox) in all {
        let Some(mailbox) = mailbox else {
            batch.changes.insert(layout::mailbox(&device), None);
            continue;
        };
        batch.commit.mailboxes += 1;
        batch.commit.envelopes += u64::from(mailbox.envelopes);
        batch.commit.bytes += mailbox.bytes;
        batch.recount(&device).map_err(unreadable)?;
    }
    for number in commit.number.saturating_sub(RING - 1).max(1)..=commit.number {
        batch.put(layout::ring(number), &Number { number });
    }
    write(engine, rails, ground, batch)
}

/// Commits a batch at the start, before there is a committer.
fn write(engine: &Engine, rails: &Rails, ground: &Ground, mut batch: Batch<'_>) -> Result<Commit, OpenError> {
    batch.commit.number += 1;
    let number = batch.commit.number;
    batch.put(layout::commit(), &batch.commit.clone());
    batch.put(layout::ring(number), &Number { number });
    let rows = batch
        .changes
        .iter()
        .map(|(key, body): (_, &Option<Bytes>)| (key, body.as_ref()));
    engine.commit(rows, None).map_err(damaged)?;
    rails.record(number).map_err(OpenError::Io)?;
    rails.flush().map_err(OpenError::Io)?;
    ground.committed(&batch.changes);
    Ok(batch.commit)
}

fn damaged(EngineError(reason): EngineError) -> OpenError {
    OpenError::Damaged { reason }
}

fn unreadable(_: StoreError) -> OpenError {
    OpenError::Damaged {
        reason: "a table cannot be read".to_owned(),
    }
}
