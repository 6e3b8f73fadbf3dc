use alloc::vec::Vec;
use core::ops::RangeInclusive;

use twotick_wire::{AccountId, ConversationId, DeviceId, HistoryLink, MessageId};
use zeroize::Zeroizing;

use super::{Conversation, Dropped, HistoryReport, LamportExhausted, OrderKey, Outgoing, conversation_id};
use crate::limits::constants;
use crate::payload::{Content, Message};
use crate::staged::{Change, Record, RecordKey, RecordKind, Staged};

mod clock;
mod gaps;
mod links;
mod schedule;
mod stored;

/// A device and its view of the one conversation of these tests.
struct Participant {
    device: DeviceId,
    conversation: Conversation,
}

/// A message as it travels: what the payload says, and who wrote it.
struct Sent {
    author: DeviceId,
    id: MessageId,
    message: Message,
    link: HistoryLink,
}

impl Participant {
    fn new(number: u8) -> Self {
        Self {
            device: DeviceId::new([number; 16]),
            conversation: Conversation::new(id()),
        }
    }

    fn says(&mut self, text: &str) -> Sent {
        let message_id = message_id(self.device, self.conversation.sequence + 1);
        let (step, outgoing) = self
            .conversation
            .plan_send(self.device, &message_id, text.as_bytes())
            .unwrap();
        let staged = Staged {
            transition: step.transition(&mut self.conversation),
            output: outgoing,
        };
        let outgoing = staged.commit(|_| Ok::<_, ()>(())).unwrap();
        let Outgoing {
            lamport,
            sequence,
            parents,
            link,
            dropped,
        } = outgoing;
        assert!(dropped.is_empty());
        Sent {
            author: self.device,
            id: message_id,
            message: message(lamport, sequence, parents, text),
            link,
        }
    }

    fn gets(&mut self, sent: &Sent) -> HistoryReport {
        let (step, report) =
            self.conversation
                .plan_receive(sent.author, &sent.id, &sent.message, text(&sent.message));
        let staged = Staged {
            transition: step.transition(&mut self.conversation),
            output: report,
        };
        staged.commit(|_| Ok::<_, ()>(())).unwrap()
    }

    /// Receives a message made up by `author`, without parents.
    fn gets_numbered(&mut self, author: u8, sequence: u32) -> HistoryReport {
        self.gets(&made_up(author, u64::from(sequence), sequence, Vec::new()))
    }

    fn gaps(&self) -> Vec<(u8, RangeInclusive<u32>)> {
        let gaps = self.conversation.missing().gaps.into_iter();
        gaps.map(|(device, range)| (device.as_bytes()[0], range))
            .collect()
    }
}

fn made_up(author: u8, lamport: u64, sequence: u32, parents: Vec<HistoryLink>) -> Sent {
    let author = DeviceId::new([author; 16]);
    let link = HistoryLink::new([0; 16]);
    Sent {
        author,
        id: message_id(author, sequence),
        message: message(lamport, sequence, parents, ""),
        link,
    }
}

fn message(lamport: u64, sequence: u32, parents: Vec<HistoryLink>, text: &str) -> Message {
    let content = Content::Inline(Zeroizing::new(text.as_bytes().to_vec()));
    Message {
        conversation: id(),
        lamport,
        sequence,
        sent_at: 0,
        receipt_key: None,
        parents,
        content,
    }
}

fn text(message: &Message) -> &[u8] {
    match &message.content {
        Content::Inline(text) => text,
        Content::Shared { .. } => unreachable!("these tests send inline"),
    }
}

fn message_id(author: DeviceId, sequence: u32) -> MessageId {
    let mut bytes = author.to_bytes();
    bytes[12..].copy_from_slice(&sequence.to_be_bytes());
    MessageId::new(bytes)
}

fn id() -> ConversationId {
    conversation_id(&AccountId::new([1; 32]), &AccountId::new([2; 32]))
}
