//! Links: the history as a graph of hashes (SPEC 13.2).

use alloc::vec::Vec;

use twotick_wire::{ConversationId, DeviceId, HistoryLink, Label, MessageId};

use super::Dropped;
use crate::limits::constants;
use crate::primitive::hash::{hash, hash16};

/// A message's place in a conversation: with its id and content, what its link is a hash of.
pub(super) struct Place<'a> {
    pub(super) conversation: ConversationId,
    pub(super) author: DeviceId,
    pub(super) lamport: u64,
    pub(super) sequence: u32,
    pub(super) parents: &'a [HistoryLink],
}

impl Place<'_> {
    /// The link of a message at this place (R-CON-6).
    pub(super) fn link(&self, message_id: &MessageId, content: &[u8]) -> HistoryLink {
        let content_hash = hash(Label::Content, &[content]);
        let count = u8::try_from(self.parents.len()).unwrap_or(u8::MAX);
        let parents = self
            .parents
            .iter()
            .map(|parent| &parent.as_bytes()[..])
            .collect::<Vec<_>>()
            .concat();
        HistoryLink::new(hash16(
            Label::History,
            &[
                self.conversation.as_bytes(),
                message_id.as_bytes(),
                self.author.as_bytes(),
                &self.lamport.to_be_bytes(),
                &self.sequence.to_be_bytes(),
                &content_hash,
                &[count],
                &parents,
            ],
        ))
    }
}

/// The part of the graph that is kept: three lists, the newest last, of at most 512 each.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct History {
    /// Links of messages that are here.
    pub(super) known: Vec<HistoryLink>,
    /// Links of messages that are here and that no other message here names.
    pub(super) frontier: Vec<HistoryLink>,
    /// Links that messages here name and that are not here.
    pub(super) awaited: Vec<Awaited>,
}

/// A parent that is not here.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Awaited {
    pub(super) link: HistoryLink,
    /// False if only first messages of author devices name it: they may continue what was never sent to us (R-CON-4).
    pub(super) reported: bool,
}

impl History {
    /// The newest links of the frontier, ascending: the parents of the next message.
    pub(super) fn parents(&self) -> Vec<HistoryLink> {
        let from = self.frontier.len().saturating_sub(constants::PARENTS);
        let mut parents = self.frontier[from..].to_vec();
        parents.sort_unstable();
        parents
    }

    pub(super) fn unknown_parents(&self) -> usize {
        self.awaited.iter().filter(|awaited| awaited.reported).count()
    }

    /// Whether this very message is here.
    pub(super) fn knows(&self, link: &HistoryLink) -> bool {
        self.known.contains(link)
    }

    /// Whether this link is reported as missing.
    pub(super) fn misses(&self, link: &HistoryLink) -> bool {
        self.awaited
            .iter()
            .any(|awaited| awaited.link == *link && awaited.reported)
    }

    /// Adds a message of this device, which continues the whole frontier.
    pub(super) fn sent(&mut self, link: HistoryLink) {
        keep_newest(&mut self.known, link);
        self.frontier = Vec::from([link]);
    }

    /// Adds a message of another device. `author_known`: it is not the first one of its author.
    pub(super) fn received(
        &mut self,
        link: HistoryLink,
        parents: &[HistoryLink],
        author_known: bool,
        dropped: &mut Dropped,
    ) {
        let named = self.awaited.iter().any(|awaited| awaited.link == link);
        self.awaited.retain(|awaited| awaited.link != link);
        self.frontier.retain(|end| !parents.contains(end));
        if !named && keep_newest(&mut self.frontier, link) {
            dropped.frontier += 1;
        }
        keep_newest(&mut self.known, link);
        for parent in parents
            .iter()
            .filter(|parent| !self.knows(parent))
            .copied()
            .collect::<Vec<_>>()
        {
            if self.expect(parent, author_known) {
                dropped.unknown_parents += 1;
            }
        }
    }

    /// Notes a parent that is not here; true if a reported one had to be forgotten for it.
    fn expect(&mut self, link: HistoryLink, reported: bool) -> bool {
        if let Some(awaited) = self.awaited.iter_mut().find(|awaited| awaited.link == link) {
            awaited.reported |= reported;
            return false;
        }
        keep_newest_by(&mut self.awaited, Awaited { link, reported })
            .is_some_and(|forgotten| forgotten.reported)
    }
}

/// Appends; true if the oldest had to go.
fn keep_newest(links: &mut Vec<HistoryLink>, link: HistoryLink) -> bool {
    keep_newest_by(links, link).is_some()
}

fn keep_newest_by<T>(list: &mut Vec<T>, element: T) -> Option<T> {
    let oldest = (list.len() >= constants::LINKS_KNOWN).then(|| list.remove(0));
    list.push(element);
    oldest
}
