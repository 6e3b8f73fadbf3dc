//! Steps of a conversation, to be committed (SPEC 15.1).

use core::fmt;

use super::Conversation;
use crate::staged::{Change, RecordKey, RecordKind, Transition, Visit};

/// A conversation after sending.
pub(crate) struct SendStep(pub(super) Conversation);

/// A conversation after receiving; a duplicate changes nothing.
pub(crate) struct ReceiveStep(pub(super) Option<Conversation>);

/// A conversation and what it becomes (SPEC 15.1).
pub struct ConversationTransition<'a> {
    conversation: &'a mut Conversation,
    next: Option<Conversation>,
}

impl fmt::Debug for ConversationTransition<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConversationTransition")
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}

impl SendStep {
    /// Joins the step with the conversation it was planned on.
    pub(crate) fn transition(self, conversation: &mut Conversation) -> ConversationTransition<'_> {
        ConversationTransition {
            conversation,
            next: Some(self.0),
        }
    }
}

impl ReceiveStep {
    /// Joins the step with the conversation it was planned on.
    pub(crate) fn transition(self, conversation: &mut Conversation) -> ConversationTransition<'_> {
        ConversationTransition {
            conversation,
            next: self.0,
        }
    }
}

impl Visit for ConversationTransition<'_> {
    fn visit(&self, visit: &mut dyn FnMut(Change<'_>)) {
        if let Some(next) = &self.next {
            visit(Change::Put {
                key: RecordKey::new(RecordKind::Conversation, &[next.id.as_bytes()]),
                value: next,
            });
        }
    }
}

impl Transition for ConversationTransition<'_> {
    fn apply(&mut self) {
        if let Some(next) = self.next.take() {
            *self.conversation = next;
        }
    }
}
