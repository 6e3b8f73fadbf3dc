//! Receiving (SPEC 11, 13): open, decode, check, and stage everything together.

use alloc::vec::Vec;
use core::fmt;

use twotick_wire::{AccountId, ConversationId, DeviceId, DeviceMessage, Envelope, MessageId, UnixTime};
use zeroize::Zeroizing;

use crate::body::open_body;
use crate::conversation::{Conversation, ConversationTransition, HistoryReport, conversation_id};
use crate::error::ReceiveError;
use crate::identity::{Account, Device, HeadComparison};
use crate::payload::{Content, Message, Payload, PayloadContent};
use crate::prekey::{HandshakeStrength, Prekeys};
use crate::session::{Incoming, PeerDevice, PeerTransition, SessionEvent};
use crate::staged::Staged;

/// A received message, authenticated and open.
#[derive(Debug)]
pub struct Received {
    /// Its id.
    pub message_id: MessageId,
    /// The device that sent it.
    pub from: DeviceId,
    /// Its account.
    pub sender: AccountId,
    /// The generation of the session it came in.
    pub generation: u32,
    /// Present if it began the session.
    pub began: Option<HandshakeStrength>,
    /// What it says.
    pub content: ReceivedContent,
    /// How its view of the device lists compares with ours (R-LST-6).
    pub heads: HeadReport,
    /// What else happened to sessions.
    pub events: Vec<SessionEvent>,
}

/// What a message says, by kind.
pub enum ReceivedContent {
    /// A message to us.
    Message(ReceivedMessage),
    /// A message that another device of ours sent to `recipient`.
    SentCopy {
        /// Whom it was sent to.
        recipient: AccountId,
        /// What was sent.
        message: ReceivedMessage,
    },
    /// Content that is shown now or never.
    Ephemeral {
        /// Where.
        conversation: ConversationId,
        /// What.
        content: Zeroizing<Vec<u8>>,
    },
    /// Messages the device asks for again.
    RetryRequest(Vec<MessageId>),
    /// A new session, and nothing else.
    Reset,
    /// From another device of ours.
    DeviceSync(Zeroizing<Vec<u8>>),
}

/// Shows the length of the content, not the content.
impl fmt::Debug for ReceivedContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(message) => f.debug_tuple("Message").field(message).finish(),
            Self::SentCopy { recipient, message } => f
                .debug_struct("SentCopy")
                .field("recipient", recipient)
                .field("message", message)
                .finish(),
            Self::Ephemeral {
                conversation,
                content,
            } => f
                .debug_struct("Ephemeral")
                .field("conversation", conversation)
                .field("length", &content.len())
                .finish(),
            Self::RetryRequest(ids) => f.debug_tuple("RetryRequest").field(ids).finish(),
            Self::Reset => f.write_str("Reset"),
            Self::DeviceSync(content) => f
                .debug_struct("DeviceSync")
                .field("length", &content.len())
                .finish(),
        }
    }
}

/// A message with its content.
pub struct ReceivedMessage {
    /// Its place, time and receipt key. Its `content` field is the form it came in.
    pub message: Message,
    /// The content.
    pub content: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for ReceivedMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceivedMessage")
            .field("message", &self.message)
            .finish_non_exhaustive()
    }
}

/// The list heads of a payload against what we know (R-LST-6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeadReport {
    /// The sender's own list: `Newer` means fetch it, `Fork` means evidence.
    pub sender: HeadComparison,
    /// Our list as the sender sees it: `Fork`, and on the primary device `Newer`, mean someone shows them another.
    pub own: HeadComparison,
}

/// Opens an envelope from `peer`, a device of `sender`. Nothing changes until the result is committed.
///
/// Errors as SPEC 4.4; towards the network all are alike.
pub fn receive<'a>(
    us: &Device,
    (own, sender): (&Account, &Account),
    peer: &'a mut PeerDevice,
    prekeys: &'a mut Prekeys,
    envelope: &Envelope<'_>,
    now: UnixTime,
) -> Result<Staged<PeerTransition<'a>, Received>, ReceiveError> {
    let incoming = Incoming {
        from: envelope.from,
        to: envelope.to,
        message_id: envelope.message_id,
        message: DeviceMessage::decode(envelope.message)?,
    };
    let plan = peer.plan_open(us, sender, prekeys, &incoming, now)?;
    let accounts = Accounts {
        own: own.account_id(),
        sender: sender.account_id(),
    };
    let read = Payload::decode(plan.opened.payload())
        .map_err(|_| ReceiveError::Undecryptable)
        .and_then(|payload| Ok((payload.own, payload.peer, accounts.content(payload, envelope)?)));
    let (theirs, ours, content) = match read {
        Ok(read) => read,
        Err(error) => {
            if plan.used.is_some() {
                peer.count_failed_handshake(now);
            }
            return Err(error);
        }
    };
    let heads = HeadReport {
        sender: sender.compare_head(theirs),
        own: own.compare_head(ours),
    };
    let received = Received {
        message_id: envelope.message_id,
        from: envelope.from,
        sender: sender.account_id(),
        generation: plan.opened.generation,
        began: plan.opened.began,
        content,
        heads,
        events: plan.opened.events,
    };
    let prekeys = plan.used.map(|used| (prekeys, used));
    Ok(Staged {
        transition: PeerTransition {
            peer,
            change: plan.change,
            prekeys,
        },
        output: received,
    })
}

struct Accounts {
    own: AccountId,
    sender: AccountId,
}

impl Accounts {
    fn content(&self, payload: Payload, envelope: &Envelope<'_>) -> Result<ReceivedContent, ReceiveError> {
        if payload.content.needs_body() == envelope.body.is_empty() {
            return Err(ReceiveError::Undecryptable);
        }
        let open = |content: &Content| match content {
            Content::Inline(content) => Ok(content.clone()),
            Content::Shared { key, hash } => open_body(key, hash, &envelope.message_id, envelope.body)
                .map_err(|_| ReceiveError::Undecryptable),
        };
        let from_own = self.own == self.sender;
        Ok(match payload.content {
            PayloadContent::Message(message) => {
                self.require_conversation(&message.conversation, &self.sender)?;
                let content = open(&message.content)?;
                ReceivedContent::Message(ReceivedMessage { message, content })
            }
            PayloadContent::SentCopy { recipient, message } if from_own => {
                self.require_conversation(&message.conversation, &recipient)?;
                let content = open(&message.content)?;
                ReceivedContent::SentCopy {
                    recipient,
                    message: ReceivedMessage { message, content },
                }
            }
            PayloadContent::Ephemeral {
                conversation,
                content,
            } => {
                self.require_conversation(&conversation, &self.sender)?;
                ReceivedContent::Ephemeral {
                    conversation,
                    content: open(&content)?,
                }
            }
            PayloadContent::RetryRequest(ids) => ReceivedContent::RetryRequest(ids),
            PayloadContent::Reset => ReceivedContent::Reset,
            PayloadContent::DeviceSync(content) if from_own => ReceivedContent::DeviceSync(open(&content)?),
            PayloadContent::SentCopy { .. } | PayloadContent::DeviceSync(_) => {
                return Err(ReceiveError::Undecryptable);
            }
        })
    }

    /// R-CON-1: the conversation is the one between our account and `other`.
    fn require_conversation(&self, named: &ConversationId, other: &AccountId) -> Result<(), ReceiveError> {
        if *named == conversation_id(&self.own, other) {
            Ok(())
        } else {
            Err(ReceiveError::WrongConversation)
        }
    }
}

type InConversation<'a> = (PeerTransition<'a>, Option<ConversationTransition<'a>>);

impl<'a> Staged<PeerTransition<'a>, Received> {
    /// The conversation the message belongs to, if it has a place in one: load it, and join it with
    /// [`in_conversation`](Self::in_conversation).
    pub fn conversation(&self) -> Option<ConversationId> {
        self.output.message().map(|(message, _)| message.conversation)
    }

    /// Takes the message into its conversation, in the same batch, and reports what the history shows.
    ///
    /// `None` if the message has no place in `conversation`; then only the session changes.
    pub fn in_conversation(
        self,
        conversation: &'a mut Conversation,
    ) -> Staged<InConversation<'a>, (Received, Option<HistoryReport>)> {
        let Self { transition, output } = self;
        let planned = output
            .message()
            .filter(|(message, _)| message.conversation == *conversation.id())
            .map(|(message, content)| {
                conversation.plan_receive(output.from, &output.message_id, message, content)
            });
        let (step, report) = planned.unzip();
        let step = step.map(|step| step.transition(conversation));
        Staged {
            transition: (transition, step),
            output: (output, report),
        }
    }
}

impl Received {
    fn message(&self) -> Option<(&Message, &[u8])> {
        match &self.content {
            ReceivedContent::Message(received)
            | ReceivedContent::SentCopy {
                message: received, ..
            } => Some((&received.message, &received.content)),
            _ => None,
        }
    }
}
