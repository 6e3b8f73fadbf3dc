//! The store of skipped message keys (SPEC 10.5) and changes to it that are computed beside it.

use alloc::boxed::Box;
use alloc::vec::Vec;

use twotick_wire::UnixTime;

use super::keys::KeyList;
use crate::error::StateError;
use crate::limits::Limits;
use crate::secret::Secret;
use crate::state::{StateReader, StateWriter};

/// Skipped keys of the live receiving chain and of finished chains, newest first.
#[derive(Default)]
pub(crate) struct Skipped {
    live: KeyList,
    /// Boxed: a list that grows or shifts moves no header key.
    #[expect(clippy::vec_box, reason = "a header key stays where it is until it is wiped")]
    finished: Vec<Box<FinishedChain>>,
}

/// A finished chain that still misses messages.
pub(crate) struct FinishedChain {
    pub(crate) header_key: Secret<32>,
    pub(crate) keys: KeyList,
}

/// Where a stored key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// `None`: the live chain; else the index of a finished chain.
    chain: Option<usize>,
    index: usize,
}

/// What one opened message does to the store. Applied in the order of the fields.
#[derive(Default)]
pub(crate) struct SkippedChange {
    /// The key that was used.
    pub(crate) take: Option<Place>,
    /// On a DH step: the old chain's header key and the rest of its keys.
    pub(crate) finish: Option<Box<FinishedChain>>,
    /// Keys skipped in the chain that is now live.
    pub(crate) fresh: KeyList,
    /// Keys stored before this are erased.
    pub(crate) oldest: UnixTime,
    /// Keys kept at most, and finished chains.
    pub(crate) most: usize,
    pub(crate) most_chains: usize,
}

impl Skipped {
    pub(crate) fn len(&self) -> usize {
        self.live.len() + self.finished.iter().map(|chain| chain.keys.len()).sum::<usize>()
    }

    /// Header keys of finished chains, newest first.
    pub(crate) fn finished_header_keys(&self) -> impl Iterator<Item = &Secret<32>> {
        self.finished.iter().map(|chain| &chain.header_key)
    }

    /// The numbers of each chain, the live one first, with the header key of a finished one.
    #[cfg(feature = "hazmat")]
    pub(crate) fn numbers(&self) -> impl Iterator<Item = (Option<&Secret<32>>, Vec<u32>)> {
        let numbers = |keys: &KeyList| keys.iter().map(|(number, _, _)| number).collect();
        let live = [(None, numbers(&self.live))];
        let finished = self.finished.iter();
        live.into_iter()
            .chain(finished.map(move |chain| (Some(&chain.header_key), numbers(&chain.keys))))
    }

    /// Finds the key of `number`, unless it is too old.
    pub(crate) fn find(
        &self,
        chain: Option<usize>,
        number: u32,
        oldest: UnixTime,
    ) -> Option<(Place, Secret<32>)> {
        let keys = match chain {
            None => &self.live,
            Some(index) => &self.finished.get(index)?.keys,
        };
        let index = keys.position(number)?;
        if keys.stored(index)? < oldest {
            return None;
        }
        Some((Place { chain, index }, keys.key(index)?))
    }

    /// How many keys `change` evicts: by age, by chain count and by key count.
    pub(crate) fn evicted_by(&self, change: &SkippedChange) -> usize {
        let before =
            self.len() + change.finish.as_ref().map_or(0, |chain| chain.keys.len()) + change.fresh.len();
        let taken = usize::from(change.take.is_some());
        before - taken - self.len_after(change)
    }

    /// Keys held once `change` is applied.
    pub(crate) fn len_after(&self, change: &SkippedChange) -> usize {
        if self.len() == 0
            && change.finish.as_ref().is_none_or(|chain| chain.keys.is_empty())
            && change.fresh.is_empty()
        {
            return 0;
        }
        let mut after = 0;
        self.survivors((change, usize::MAX), &mut |_, _, _| (), &mut |_, _, _| after += 1);
        after
    }

    /// How many keys were stored before `oldest`.
    pub(crate) fn expired(&self, oldest: UnixTime) -> usize {
        let chains = self.finished.iter().map(|chain| &chain.keys);
        chains
            .chain([&self.live])
            .flat_map(KeyList::iter)
            .filter(|(_, stored, _)| *stored < oldest)
            .count()
    }

    /// Erases keys stored before `oldest`, and chains that then hold none.
    pub(crate) fn expire(&mut self, oldest: UnixTime) {
        self.live.remove_stored_before(oldest);
        for chain in &mut self.finished {
            chain.keys.remove_stored_before(oldest);
        }
        self.finished.retain(|chain| !chain.keys.is_empty());
    }

    /// Applies a change in place.
    pub(crate) fn apply(&mut self, change: SkippedChange) {
        if let Some(place) = change.take {
            self.remove(place);
        }
        if let Some(mut chain) = change.finish {
            let mut keys = core::mem::take(&mut self.live);
            keys.append(&chain.keys);
            chain.keys = keys;
            self.finished.insert(0, chain);
        }
        self.live.append(&change.fresh);
        self.expire(change.oldest);
        self.finished.truncate(change.most_chains);
        self.shrink_to(change.most);
    }

    /// Evicts the oldest keys until `most` are left; returns how many went.
    pub(crate) fn shrink_to(&mut self, most: usize) -> usize {
        let evicted = self.len().saturating_sub(most);
        let mut over = evicted;
        while over > 0 {
            let Some(chain) = self.finished.last_mut() else {
                break;
            };
            let from_chain = over.min(chain.keys.len());
            chain.keys.remove_first(from_chain);
            over -= from_chain;
            if chain.keys.is_empty() {
                self.finished.pop();
            }
        }
        self.live.remove_first(over);
        evicted
    }

    fn remove(&mut self, place: Place) {
        match place.chain {
            None => self.live.remove(place.index),
            Some(chain) => {
                if let Some(chain) = self.finished.get_mut(chain) {
                    chain.keys.remove(place.index);
                }
            }
        }
    }

    pub(crate) fn encode_to(&self, writer: &mut StateWriter) {
        self.encode_changed_to(&SkippedChange::none(), usize::MAX, writer);
    }

    /// The encoding that the store will have once `change` is applied and `most` keys are kept.
    pub(crate) fn encode_changed_to(&self, change: &SkippedChange, most: usize, writer: &mut StateWriter) {
        let mut chains: u8 = 0;
        self.survivors(
            (change, most),
            &mut |_, _, _| chains = chains.saturating_add(1),
            &mut |_, _, _| (),
        );
        writer.u8(chains);
        let sink = core::cell::RefCell::new(writer);
        self.survivors(
            (change, most),
            &mut |header_key, live, count| {
                let mut writer = sink.borrow_mut();
                writer.bool(live);
                if !live {
                    writer.secret(header_key.unwrap_or(&Secret::zero()));
                }
                writer.count(count);
            },
            &mut |number, stored, key| {
                let mut writer = sink.borrow_mut();
                writer.u32(number);
                writer.time(stored);
                writer.bytes(key);
            },
        );
    }

    /// Visits what remains after `change`: each chain (header key, live, count), then its keys. Live first, then newest.
    fn survivors(
        &self,
        (change, most): (&SkippedChange, usize),
        chain: &mut dyn FnMut(Option<&Secret<32>>, bool, usize),
        key: &mut dyn FnMut(u32, UnixTime, &[u8; 32]),
    ) {
        let chains = self.chains_after(change);
        let total: usize = chains.iter().map(|chain| chain.entries.len()).sum();
        let mut over = total.saturating_sub(change.most.min(most));
        let mut drops = alloc::vec![0; chains.len()];
        for (index, chain) in chains.iter().enumerate().rev() {
            drops[index] = over.min(chain.entries.len());
            over -= drops[index];
        }
        for (remaining, drop) in chains.iter().zip(drops) {
            let left = &remaining.entries[drop..];
            if !left.is_empty() {
                chain(remaining.header_key, remaining.header_key.is_none(), left.len());
                left.iter()
                    .for_each(|(number, stored, bytes)| key(*number, *stored, bytes));
            }
        }
    }

    fn chains_after<'a>(&'a self, change: &'a SkippedChange) -> Vec<ChainAfter<'a>> {
        let fresh = change.fresh.iter();
        let old_live = || without(&self.live, change.take, None);
        let mut chains = Vec::new();
        match &change.finish {
            None => chains.push(ChainAfter {
                header_key: None,
                entries: old_live().chain(fresh).collect(),
            }),
            Some(chain) => {
                chains.push(ChainAfter {
                    header_key: None,
                    entries: fresh.collect(),
                });
                let entries = old_live().chain(chain.keys.iter()).collect();
                chains.push(ChainAfter {
                    header_key: Some(&chain.header_key),
                    entries,
                });
            }
        }
        for (index, finished) in self.finished.iter().enumerate() {
            let entries = without(&finished.keys, change.take, Some(index)).collect();
            chains.push(ChainAfter {
                header_key: Some(&finished.header_key),
                entries,
            });
        }
        for chain in &mut chains {
            chain.entries.retain(|(_, stored, _)| *stored >= change.oldest);
        }
        let live = chains.remove(0);
        chains.retain(|chain| !chain.entries.is_empty());
        chains.truncate(change.most_chains);
        chains.insert(0, live);
        chains
    }

    pub(crate) fn decode_from(reader: &mut StateReader<'_>) -> Result<Self, StateError> {
        let limits = Limits::default();
        let mut skipped = Self::default();
        for position in 0..reader.u8()? {
            let live = reader.bool()?;
            if live && position > 0 {
                return Err(StateError::Corrupt);
            }
            let header_key = if live { None } else { Some(reader.secret()?) };
            let keys = read_keys(reader, limits.skipped_keys)?;
            match header_key {
                None => skipped.live = keys,
                Some(header_key) => skipped
                    .finished
                    .push(Box::new(FinishedChain { header_key, keys })),
            }
        }
        let fits = skipped.finished.len() <= limits.finished_chains && skipped.len() <= limits.skipped_keys;
        if fits {
            Ok(skipped)
        } else {
            Err(StateError::Corrupt)
        }
    }
}

impl SkippedChange {
    /// Changes nothing, whatever the store holds.
    pub(crate) fn none() -> Self {
        Self::expire(UnixTime::default())
    }

    /// Erases what was stored before `oldest`.
    pub(crate) fn expire(oldest: UnixTime) -> Self {
        Self {
            oldest,
            most: usize::MAX,
            most_chains: usize::MAX,
            ..Self::default()
        }
    }
}

/// One chain's keys: at least one, ascending by number.
fn read_keys(reader: &mut StateReader<'_>, most: usize) -> Result<KeyList, StateError> {
    let count = reader.count(most)?;
    let mut keys = KeyList::with_capacity(count);
    let mut last = None;
    for _ in 0..count {
        let (number, stored) = (reader.u32()?, reader.time()?);
        if last.is_some_and(|last| last >= number) {
            return Err(StateError::Corrupt);
        }
        last = Some(number);
        keys.push(number, stored, &reader.secret()?);
    }
    if keys.is_empty() {
        Err(StateError::Corrupt)
    } else {
        Ok(keys)
    }
}

struct ChainAfter<'a> {
    header_key: Option<&'a Secret<32>>,
    entries: Vec<(u32, UnixTime, &'a [u8; 32])>,
}

/// The entries of `keys`, which are chain `chain`, without the one taken.
fn without(
    keys: &KeyList,
    take: Option<Place>,
    chain: Option<usize>,
) -> impl Iterator<Item = (u32, UnixTime, &[u8; 32])> {
    let taken = take.filter(|place| place.chain == chain).map(|place| place.index);
    keys.iter()
        .enumerate()
        .filter(move |(index, _)| Some(*index) != taken)
        .map(|(_, entry)| entry)
}
