//! How a message changes the core: mostly one chain advances; on a turn all of it is replaced.

use alloc::boxed::Box;
use core::mem::swap;

use super::core::{Chain, Core};
use crate::secret::Secret;
use crate::state::StateWriter;

/// A change of a core, beside it. Every byte of it is set in every case, so it carries nothing stale along.
pub(crate) struct CoreChange {
    kind: Kind,
    chain_key: Secret<32>,
    number: u32,
    turned: Option<Box<Core>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Unchanged,
    Sent,
    Received,
    Turned,
}

impl CoreChange {
    pub(crate) fn unchanged() -> Self {
        Self::of(Kind::Unchanged, Secret::zero(), 0)
    }

    /// The sending chain after one more message.
    pub(crate) fn sent(chain_key: Secret<32>, number: u32) -> Self {
        Self::of(Kind::Sent, chain_key, number)
    }

    /// The receiving chain after one more message.
    pub(crate) fn received(chain_key: Secret<32>, number: u32) -> Self {
        Self::of(Kind::Received, chain_key, number)
    }

    /// Another core after a DH step. Boxed, as it is rare and large.
    pub(crate) fn turned(core: Core) -> Self {
        let turned = Some(Box::new(core));
        Self {
            turned,
            ..Self::of(Kind::Turned, Secret::zero(), 0)
        }
    }

    fn of(kind: Kind, chain_key: Secret<32>, number: u32) -> Self {
        Self {
            kind,
            chain_key,
            number,
            turned: None,
        }
    }

    /// The core that replaces the present one, on a turn.
    pub(crate) fn replacement(&self) -> Option<&Core> {
        self.turned.as_deref()
    }

    fn chain(&self, kind: Kind) -> Option<(&Secret<32>, u32)> {
        (self.kind == kind).then_some((&self.chain_key, self.number))
    }
}

impl Core {
    /// This core, whose receiving chain has advanced, in place of another.
    pub(crate) fn turned_at(mut self, chain_key: Secret<32>, number: u32) -> CoreChange {
        if let Some(chain) = self.receiving.as_mut() {
            chain.chain_key = chain_key;
            chain.number = number;
        }
        CoreChange::turned(self)
    }

    /// Installs a change in place; what it replaces is left in `change`, to be wiped there.
    pub(crate) fn apply(&mut self, change: &mut CoreChange) {
        let chain = match change.kind {
            Kind::Unchanged => None,
            Kind::Sent => self.sending.as_mut(),
            Kind::Received => self.receiving.as_mut(),
            Kind::Turned => {
                if let Some(turned) = &mut change.turned {
                    swap(self, turned);
                }
                None
            }
        };
        if let Some(chain) = chain {
            swap(&mut chain.chain_key, &mut change.chain_key);
            chain.number = change.number;
        }
    }

    pub(crate) fn encode_to(&self, writer: &mut StateWriter) {
        self.encode_changed_to(&CoreChange::unchanged(), writer);
    }

    /// The encoding that the core will have once `change` is applied.
    pub(crate) fn encode_changed_to(&self, change: &CoreChange, writer: &mut StateWriter) {
        let core = change.replacement().unwrap_or(self);
        writer.secret(&core.root);
        writer.option(core.own.as_ref(), |writer, own| {
            writer.secret(own.secret());
            writer.bytes(own.public().as_bytes());
        });
        writer.option(core.former.as_ref(), |writer, key| writer.bytes(key.as_bytes()));
        writer.option(core.peer.as_ref(), |writer, peer| writer.bytes(peer.as_bytes()));
        writer.option(core.sending.as_ref(), |writer, chain| {
            chain.encode_to(change.chain(Kind::Sent), writer)
        });
        writer.option(core.receiving.as_ref(), |writer, chain| {
            chain.encode_to(change.chain(Kind::Received), writer)
        });
        writer.secret(&core.next_sending_header);
        writer.secret(&core.next_receiving_header);
        writer.u32(core.previous_length);
    }
}

impl Chain {
    fn encode_to(&self, advanced: Option<(&Secret<32>, u32)>, writer: &mut StateWriter) {
        let (chain_key, number) = advanced.unwrap_or((&self.chain_key, self.number));
        writer.secret(&self.header_key);
        writer.secret(chain_key);
        writer.u32(number);
    }
}
