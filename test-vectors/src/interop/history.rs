//! What a device must know about the conversation: SPEC 13.2, without links.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

#[derive(Debug, Clone, Default)]
struct Author {
    first: u32,
    highest: u32,
    received: BTreeSet<u32>,
}

/// One device's view of the conversation.
#[derive(Debug, Clone, Default)]
pub(super) struct History {
    lamport: u64,
    sequence: u32,
    authors: BTreeMap<String, Author>,
}

impl History {
    /// `lamport` and `sequence` of the next message.
    pub(super) fn send(&mut self) -> (u64, u32) {
        self.lamport += 1;
        self.sequence += 1;
        (self.lamport, self.sequence)
    }

    /// Whether a received message is a duplicate.
    pub(super) fn receive(&mut self, author: &str, lamport: u64, sequence: u32) -> bool {
        self.lamport = self.lamport.max(lamport);
        let author = self.authors.entry(author.to_owned()).or_insert_with(|| Author {
            first: sequence,
            ..Author::default()
        });
        author.highest = author.highest.max(sequence);
        !author.received.insert(sequence)
    }

    /// `[[device_id, first, last]]`: what is missing between the first and the newest of each author.
    pub(super) fn gaps(&self) -> Value {
        let mut gaps: Vec<(&String, u32, u32)> = Vec::new();
        for (device, author) in &self.authors {
            for sequence in author.first..author.highest {
                if author.received.contains(&sequence) {
                    continue;
                }
                match gaps.last_mut() {
                    Some((of, _, last)) if *of == device && *last + 1 == sequence => *last = sequence,
                    _ => gaps.push((device, sequence, sequence)),
                }
            }
        }
        gaps.iter()
            .map(|(device, first, last)| json!([device, first, last]))
            .collect()
    }
}
