//! `open` of SPEC 10.4: find the header, plan the step, open the body; the state is only read.

use alloc::boxed::Box;
use alloc::vec::Vec;

use twotick_wire::{MAX_PAYLOAD, Sealed, UnixTime};
use zeroize::optimization_barrier;

use super::core::Chain;
use super::header::{Header, Route, open_header};
use super::keys::KeyList;
use super::seal::body_key;
use super::skipped::FinishedChain;
use super::{Core, CoreChange, Ratchet, RatchetChange, SessionId, SkippedChange};
use crate::limits::Limits;
use crate::padding::unpad;
use crate::primitive::aead;
use crate::primitive::derive::{Expander, chain_step};
use crate::secret::Secret;

/// Why a message was not opened. All but `KeyConsumed` and `TooFarAhead` are one error to the caller (R-ERR-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OpenFailure {
    Undecryptable,
    KeyConsumed { number: u32 },
    TooFarAhead { gap: u32, limit: u32 },
}

/// A header that one of our header keys has authenticated.
pub(crate) struct Found {
    header: Header,
    chain: FoundChain,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FoundChain {
    Current,
    Next,
    Finished(usize),
}

/// An opened message: the text and the state that goes with it.
pub(crate) struct Opened {
    pub(crate) text: Text,
    pub(crate) change: RatchetChange,
    /// Skipped keys that the limits evict.
    pub(crate) evicted: usize,
}

/// Opened text in the buffer it was decrypted in, padding and all.
pub(crate) struct Text {
    buffer: Vec<u8>,
    length: usize,
}

impl Drop for Text {
    fn drop(&mut self) {
        self.buffer.fill(0);
        optimization_barrier(&self.buffer[..]);
    }
}

impl Text {
    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.buffer[4..4 + self.length]
    }
}

impl Ratchet {
    /// Tries current, next and finished header keys, in this order. Costs AEAD openings only (R-DR-1).
    ///
    /// `Err` is a header that opened and is not well formed: the peer's fault, and no other key will fit.
    pub(crate) fn find(&self, route: &Route, sealed: &Sealed<'_>) -> Option<Result<Found, OpenFailure>> {
        let associated = route.header_associated();
        let current = self
            .core
            .receiving
            .as_ref()
            .map(|chain| (FoundChain::Current, &chain.header_key));
        let next = (FoundChain::Next, &self.core.next_receiving_header);
        let finished = self.skipped.finished_header_keys().enumerate();
        let finished = finished.map(|(index, key)| (FoundChain::Finished(index), key));
        for (chain, key) in current.into_iter().chain([next]).chain(finished) {
            if let Ok(bytes) = open_header(key, &sealed.salt, associated.as_slice(), sealed.header) {
                let header = Header::decode(&bytes).ok_or(OpenFailure::Undecryptable);
                return Some(header.map(|header| Found { header, chain }));
            }
        }
        None
    }

    /// Plans the step for an authenticated header and opens the body.
    pub(crate) fn open(
        &self,
        found: &Found,
        session: &SessionId,
        route: &Route,
        sealed: &Sealed<'_>,
        (now, limits): (UnixTime, &Limits),
    ) -> Result<Opened, OpenFailure> {
        let plan = self.plan(found, now, limits)?;
        let text = open_body(&plan.message_key, session, route, sealed)?;
        let evicted = plan.dropped + self.skipped.evicted_by(&plan.change.skipped);
        Ok(Opened {
            text,
            change: plan.change,
            evicted,
        })
    }

    fn plan(&self, found: &Found, now: UnixTime, limits: &Limits) -> Result<Plan, OpenFailure> {
        let number = found.header.number;
        let oldest = limits.oldest_key(now);
        let base = SkippedChange {
            oldest,
            most: limits.skipped_keys,
            most_chains: limits.finished_chains,
            ..SkippedChange::default()
        };
        match found.chain {
            FoundChain::Finished(index) => self.plan_stored(Some(index), number, base),
            FoundChain::Current => {
                let chain = self.core.receiving.as_ref().ok_or(OpenFailure::Undecryptable)?;
                if self.core.peer.as_ref() != Some(&found.header.ratchet_key) {
                    return Err(OpenFailure::Undecryptable);
                }
                if number < chain.number {
                    return self.plan_stored(None, number, base);
                }
                plan_ahead(chain, number, base, (now, limits), CoreChange::received)
            }
            FoundChain::Next => {
                let (core, finish, dropped) = self.turn(&found.header, now, limits)?;
                let change = SkippedChange { finish, ..base };
                let chain = core
                    .receiving
                    .as_ref()
                    .ok_or(OpenFailure::Undecryptable)?
                    .duplicate();
                let mut plan = plan_ahead(&chain, number, change, (now, limits), |key, number| {
                    core.turned_at(key, number)
                })?;
                plan.dropped += dropped;
                Ok(plan)
            }
        }
    }

    fn plan_stored(
        &self,
        chain: Option<usize>,
        number: u32,
        base: SkippedChange,
    ) -> Result<Plan, OpenFailure> {
        let (place, message_key) = self
            .skipped
            .find(chain, number, base.oldest)
            .ok_or(OpenFailure::KeyConsumed { number })?;
        let skipped = SkippedChange {
            take: Some(place),
            ..base
        };
        let change = RatchetChange {
            core: CoreChange::unchanged(),
            skipped,
        };
        Ok(Plan {
            message_key,
            change,
            dropped: 0,
        })
    }

    /// The receiving half of a DH step: advances the old chain to the header's `PN`, then turns.
    fn turn(&self, header: &Header, now: UnixTime, limits: &Limits) -> Result<Turn, OpenFailure> {
        let mut finish = None;
        let mut dropped = 0;
        if let Some(old) = self.core.receiving.as_ref() {
            let gap = header.previous_length.saturating_sub(old.number);
            check_jump(gap, limits)?;
            check_jump(header.number, limits)?;
            let (tail, _, over) = skip(old, gap, now, limits);
            dropped = over;
            finish = Some(Box::new(FinishedChain {
                header_key: old.header_key.duplicate(),
                keys: tail,
            }));
        }
        let core = self
            .core
            .start_receiving(header.ratchet_key)
            .ok_or(OpenFailure::Undecryptable)?
            .map_err(|_| OpenFailure::Undecryptable)?;
        Ok((core, finish, dropped))
    }
}

type Turn = (Core, Option<Box<FinishedChain>>, usize);

struct Plan {
    message_key: Secret<32>,
    change: RatchetChange,
    /// Keys beyond the store's size in one jump, which were never stored.
    dropped: usize,
}

/// Advances `chain` to `number` and takes its key; `changed` makes the change of the chain key and number after it.
fn plan_ahead(
    chain: &Chain,
    number: u32,
    mut skipped: SkippedChange,
    (now, limits): (UnixTime, &Limits),
    changed: impl FnOnce(Secret<32>, u32) -> CoreChange,
) -> Result<Plan, OpenFailure> {
    let gap = number - chain.number;
    check_jump(gap, limits)?;
    if number == u32::MAX {
        return Err(OpenFailure::Undecryptable);
    }
    let (fresh, chain_key, dropped) = skip(chain, gap, now, limits);
    let (message_key, chain_key) = chain_step(&chain_key);
    skipped.fresh = fresh;
    let core = changed(chain_key, number + 1);
    Ok(Plan {
        message_key,
        change: RatchetChange { core, skipped },
        dropped,
    })
}

fn check_jump(gap: u32, limits: &Limits) -> Result<(), OpenFailure> {
    let limit = limits.forward_jump;
    if gap > limit {
        Err(OpenFailure::TooFarAhead { gap, limit })
    } else {
        Ok(())
    }
}

/// Steps a chain `gap` times; keeps the last keys that the store has room for (R-DR-10).
fn skip(chain: &Chain, gap: u32, now: UnixTime, limits: &Limits) -> (KeyList, Secret<32>, usize) {
    let room = u32::try_from(limits.skipped_keys).unwrap_or(u32::MAX);
    let dropped = gap.saturating_sub(room);
    let mut keys = KeyList::with_capacity((gap - dropped) as usize);
    let mut chain_key = chain.chain_key.duplicate();
    for step in 0..gap {
        let (message_key, next) = chain_step(&chain_key);
        chain_key = next;
        if step >= dropped {
            keys.push(chain.number + step, now, &message_key);
        }
    }
    (keys, chain_key, dropped as usize)
}

fn open_body(
    message_key: &Secret<32>,
    session: &SessionId,
    route: &Route,
    sealed: &Sealed<'_>,
) -> Result<Text, OpenFailure> {
    let mut text = Text {
        buffer: sealed.body.to_vec(),
        length: 0,
    };
    let padded = open_padded(message_key, session, route, sealed, &mut text.buffer)?;
    text.length = unpad(padded, MAX_PAYLOAD)
        .ok_or(OpenFailure::Undecryptable)?
        .len();
    Ok(text)
}

/// Opens the body in `buffer`, a copy of it, and returns the text with its padding.
pub(super) fn open_padded<'a>(
    message_key: &Secret<32>,
    session: &SessionId,
    route: &Route,
    sealed: &Sealed<'_>,
    buffer: &'a mut [u8],
) -> Result<&'a [u8], OpenFailure> {
    let key = body_key(&Expander::new(message_key), route, &sealed.salt);
    let associated = route.body_associated(session, sealed.header);
    match aead::open(&key, &sealed.salt, associated.as_slice(), buffer) {
        Ok(padded) => Ok(padded),
        Err(_) => Err(OpenFailure::Undecryptable),
    }
}
