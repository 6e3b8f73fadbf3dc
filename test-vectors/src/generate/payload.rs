//! Payloads of SPEC 11.1 by hand, field by field, as only a hostile peer makes them.

use super::people::Party;

/// A payload with a place in a conversation (kinds 1 and 2), or without (kind 3).
#[derive(Debug, Clone)]
pub(super) struct Note {
    pub(super) version: u8,
    pub(super) kind: u8,
    pub(super) flags: u8,
    pub(super) own: Vec<u8>,
    pub(super) peer: Vec<u8>,
    pub(super) recipient: Vec<u8>,
    pub(super) conversation: Vec<u8>,
    pub(super) lamport: u64,
    pub(super) sequence: u32,
    pub(super) parents: Vec<[u8; 16]>,
    /// `Content`, with its form.
    pub(super) content: Vec<u8>,
    /// What comes after the last field.
    pub(super) rest: Vec<u8>,
}

impl Note {
    /// A message with an inline text and no receipt key.
    pub(super) fn message(from: &Party, to: &Party, (lamport, sequence): (u64, u32), text: &str) -> Self {
        Self {
            version: 1,
            kind: 1,
            flags: 0,
            own: from.head.clone(),
            peer: to.head.clone(),
            recipient: Vec::new(),
            conversation: from.conversation_with(to),
            lamport,
            sequence,
            parents: Vec::new(),
            content: inline(text.as_bytes()),
            rest: Vec::new(),
        }
    }

    /// All bytes.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = self.heading();
        bytes.extend(&self.recipient);
        bytes.extend(&self.conversation);
        if self.kind != 3 {
            bytes.extend(self.lamport.to_be_bytes());
            bytes.extend(self.sequence.to_be_bytes());
            bytes.extend(1_800_000_000_000_u64.to_be_bytes());
            bytes.push(self.parents.len() as u8);
            bytes.extend(self.parents.concat());
        }
        bytes.extend(&self.content);
        bytes.extend(&self.rest);
        bytes
    }

    /// Object, version, kind, flags and list heads, then these bytes.
    pub(super) fn encode_with(&self, rest: &[u8]) -> Vec<u8> {
        [&self.heading()[..], rest].concat()
    }

    /// As a message has it on the wire: with length and zeros.
    pub(super) fn padded(&self) -> Vec<u8> {
        padded(&self.encode())
    }

    fn heading(&self) -> Vec<u8> {
        let start = [0x60, self.version, self.kind, self.flags];
        [&start[..], &self.own, &self.peer].concat()
    }
}

/// `Content` of form 1.
pub(super) fn inline(content: &[u8]) -> Vec<u8> {
    let length = (content.len() as u16).to_be_bytes();
    [&[1][..], &length, content].concat()
}

/// `u32(len) || payload || zeros`, to the smallest bucket.
pub(super) fn padded(payload: &[u8]) -> Vec<u8> {
    let bucket = [256, 512, 1024, 2048, 4096]
        .into_iter()
        .find(|bucket| payload.len() + 4 <= *bucket)
        .unwrap_or(4096);
    let mut bytes = (payload.len() as u32).to_be_bytes().to_vec();
    bytes.extend(payload);
    bytes.resize(bucket, 0);
    bytes
}
