//! Channels on which two devices link (R-EPH-2). In memory only.

use std::{collections::HashMap, sync::Arc, time::Duration};

use twotick_wire::LinkChannel;

use super::{MemberId, inbox::Inbox};
use crate::connection::Frame;

/// A link channel that may not be used so; why is not told (R-EPH-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such use of a link channel")]
pub struct LinkRefused;

/// A connection in a channel.
#[derive(Debug)]
pub(super) struct Party {
    pub(super) id: MemberId,
    pub(super) inbox: Arc<Inbox>,
}

#[derive(Debug)]
pub(super) struct Links {
    channels: HashMap<LinkChannel, Channel>,
    most: usize,
}

#[derive(Debug)]
struct Channel {
    first: Party,
    second: Option<Party>,
    messages: u32,
    ends: Duration,
}

impl Links {
    pub(super) fn new(most: usize) -> Self {
        Self {
            channels: HashMap::new(),
            most,
        }
    }

    pub(super) fn join(
        &mut self,
        channel: LinkChannel,
        party: Party,
        is_attached: bool,
        now: Duration,
    ) -> Result<(), LinkRefused> {
        self.end_if_over(channel, now);
        if let Some(open) = self.channels.get_mut(&channel) {
            if open.second.is_some() || open.first.id == party.id {
                return Err(LinkRefused);
            }
            open.second = Some(party);
            return Ok(());
        }
        if self.channels.len() >= self.most {
            self.sweep(now);
        }
        if !is_attached || self.channels.len() >= self.most {
            return Err(LinkRefused);
        }
        let opened = Channel {
            first: party,
            second: None,
            messages: 0,
            ends: now.saturating_add(LIFETIME),
        };
        self.channels.insert(channel, opened);
        Ok(())
    }

    pub(super) fn send(
        &mut self,
        channel: LinkChannel,
        from: MemberId,
        frame: Frame,
        now: Duration,
    ) -> Result<(), LinkRefused> {
        self.end_if_over(channel, now);
        let open = self.channels.get_mut(&channel).ok_or(LinkRefused)?;
        let second = open.second.as_ref().ok_or(LinkRefused)?;
        let other = if open.first.id == from {
            second
        } else if second.id == from {
            &open.first
        } else {
            return Err(LinkRefused);
        };
        other.inbox.link(frame);
        open.messages += 1;
        if open.messages == MESSAGES {
            self.channels.remove(&channel);
        }
        Ok(())
    }

    /// Ends the channel if `member` is in it.
    pub(super) fn leave(&mut self, channel: LinkChannel, member: MemberId) {
        let is_in = |open: &Channel| {
            open.first.id == member || open.second.as_ref().is_some_and(|second| second.id == member)
        };
        if self.channels.get(&channel).is_some_and(is_in) {
            self.channels.remove(&channel);
        }
    }

    pub(super) fn sweep(&mut self, now: Duration) {
        self.channels.retain(|_, open| now < open.ends);
    }

    fn end_if_over(&mut self, channel: LinkChannel, now: Duration) {
        if self.channels.get(&channel).is_some_and(|open| now >= open.ends) {
            self.channels.remove(&channel);
        }
    }
}

/// How long a channel lasts (R-EPH-2). Longer: memory; shorter: people cannot type in time.
pub(crate) const LIFETIME: Duration = Duration::from_secs(300);

/// How many messages it carries (R-EPH-2). More: a channel for other things; fewer: no room for a repetition.
const MESSAGES: u32 = 32;
