//! Payloads (SPEC 11.1), field by field.

mod good;
mod lengths;

use twotick_wire::ErrorCode;

use super::super::workshop::{Workshop, halves};
use super::{Examples, set};

const PAYLOAD: &str = "Payload";
/// Where the list heads start.
const OWN: usize = 4;
const PEER: usize = 24;
/// Where a message of kind 1 starts, and its fields.
const LAMPORT: usize = 60;
const SEQUENCE: usize = 68;

/// The parts of a payload.
struct Parts {
    heads: Vec<u8>,
    conversation: [u8; 16],
    key: [u8; 16],
    parents: Vec<[u8; 16]>,
}

impl Parts {
    /// A payload of this kind with these flags.
    fn payload(&self, kind: u8, flags: u8, rest: &[u8]) -> Vec<u8> {
        [&[0x60, 1, kind, flags], &self.heads[..], rest].concat()
    }

    /// A message with these parents, and a receipt key if it is wanted.
    fn message(&self, with_key: bool, parents: &[[u8; 16]], content: &[u8]) -> Vec<u8> {
        let mut bytes = self.conversation.to_vec();
        bytes.extend(7_u64.to_be_bytes());
        bytes.extend(3_u32.to_be_bytes());
        bytes.extend(1_800_000_000_123_u64.to_be_bytes());
        if with_key {
            bytes.extend(self.key);
        }
        bytes.push(parents.len() as u8);
        bytes.extend(parents.concat());
        bytes.extend(content);
        bytes
    }
}

pub(super) fn examples(workshop: &mut Workshop) -> Examples {
    let mut examples = Examples::default();
    let (conversation, key) = halves(workshop.bytes());
    let mut parents: Vec<_> = (0..5).map(|_| halves(workshop.bytes()).0).collect();
    parents.sort_unstable();
    let (own, peer) = (halves(workshop.bytes()), halves(workshop.bytes()));
    let parts = Parts {
        heads: [&[0, 0, 0, 4], &own.0[..], &[0, 0, 0, 2], &peer.0].concat(),
        conversation,
        key,
        parents,
    };
    let shared = [&[2], &workshop.bytes()[..], &workshop.bytes()].concat();
    good::messages(&mut examples, &parts, &shared);
    good::others(&mut examples, &parts, &shared);
    heading(&mut examples, &parts);
    messages(&mut examples, &parts);
    contents(&mut examples, &parts, &shared);
    retries(&mut examples, &parts);
    lengths::examples(&mut examples, &parts);
    examples
}

/// `Content` of form 1.
fn inline(length: usize) -> Vec<u8> {
    let mut bytes = vec![1];
    bytes.extend((length as u16).to_be_bytes());
    bytes.resize(3 + length, b'a');
    bytes
}

fn heading(examples: &mut Examples, parts: &Parts) {
    let good = parts.payload(1, 0, &parts.message(false, &[], &inline(5)));
    let kind = ("R-ENC-8", "payload-kind", ErrorCode::InvalidValue);
    examples.flaw(
        PAYLOAD,
        ("A payload of kind 0 is refused", "the kind is 0"),
        kind,
        set(&parts.payload(5, 0, &[]), 2, &[0]),
    );
    examples.flaw(
        PAYLOAD,
        ("A payload of kind 7 is refused", "the kind is 7"),
        kind,
        set(&parts.payload(6, 0, &inline(5)), 2, &[7]),
    );
    examples.flaw(
        PAYLOAD,
        (
            "A payload with an unknown flag is refused",
            "bit 1 of the flags is set",
        ),
        ("R-ENC-5", "payload-flags-reserved", ErrorCode::NonZeroReserved),
        set(&good, 3, &[2]),
    );
    receipt_bits(examples, parts);
    for (title, at) in [
        ("A sender's list head of epoch 0 with a hash is refused", OWN),
        ("A receiver's list head of epoch 0 with a hash is refused", PEER),
    ] {
        examples.flaw(
            PAYLOAD,
            (title, "the epoch is 0, the hash is not zero"),
            ("R-ENC-8", "list-head-none", ErrorCode::InvalidValue),
            set(&good, at, &[0; 4]),
        );
    }
}

fn receipt_bits(examples: &mut Examples, parts: &Parts) {
    let receipt_bit = ("R-MSG-1", "payload-receipt-bit", ErrorCode::InvalidValue);
    let ephemeral = [&parts.conversation, &inline(5)[..]].concat();
    for (title, kind, rest) in [
        (
            "An ephemeral message that wants receipts is refused",
            3,
            ephemeral,
        ),
        (
            "A retry request that wants receipts is refused",
            4,
            [&[1], &parts.parents[0][..]].concat(),
        ),
        ("A reset that wants receipts is refused", 5, Vec::new()),
        (
            "Content for one's own devices that wants receipts is refused",
            6,
            inline(5),
        ),
    ] {
        examples.flaw(
            PAYLOAD,
            (title, "bit 0 of the flags is set"),
            receipt_bit,
            parts.payload(kind, 1, &rest),
        );
    }
}

fn messages(examples: &mut Examples, parts: &Parts) {
    let good = parts.payload(1, 0, &parts.message(false, &[], &inline(5)));
    examples.flaw(
        PAYLOAD,
        ("A message of Lamport time 0 is refused", "lamport is 0"),
        ("R-ENC-8", "payload-lamport-zero", ErrorCode::InvalidValue),
        set(&good, LAMPORT, &[0; 8]),
    );
    examples.flaw(
        PAYLOAD,
        ("A message of sequence 0 is refused", "sequence is 0"),
        ("R-ENC-8", "payload-sequence-zero", ErrorCode::InvalidValue),
        set(&good, SEQUENCE, &[0; 4]),
    );
    let with = |parents: &[[u8; 16]]| parts.payload(1, 0, &parts.message(false, parents, &inline(5)));
    let [one, two, ..] = parts.parents[..] else {
        return;
    };
    examples.flaw(
        PAYLOAD,
        ("A message with five parents is refused", "parent_count is 5"),
        ("R-ENC-6", "payload-parents-maximum", ErrorCode::LengthOutOfRange),
        with(&parts.parents),
    );
    let not_sorted = ("R-ENC-7", "payload-sorted", ErrorCode::NotSorted);
    examples.flaw(
        PAYLOAD,
        (
            "Parents in descending order are refused",
            "the two parents have changed places",
        ),
        not_sorted,
        with(&[two, one]),
    );
    examples.flaw(
        PAYLOAD,
        ("A parent that stands twice is refused", "both parents are one"),
        not_sorted,
        with(&[one, one]),
    );
}

fn contents(examples: &mut Examples, parts: &Parts, shared: &[u8]) {
    let message = |content: &[u8]| parts.payload(1, 0, &parts.message(false, &[], content));
    let form = ("R-ENC-8", "payload-form", ErrorCode::InvalidValue);
    for (title, defect, byte) in [
        ("Content of form 0 is refused", "the form is 0", 0),
        ("Content of form 3 is refused", "the form is 3", 3),
    ] {
        examples.flaw(
            PAYLOAD,
            (title, defect),
            form,
            message(&set(&inline(5), 0, &[byte])),
        );
    }
    examples.flaw(
        PAYLOAD,
        (
            "Inline content that is not there in full is refused",
            "the length is 6, and 5 bytes follow",
        ),
        ("R-ENC-6", "codec-truncated", ErrorCode::Truncated),
        message(&set(&inline(5), 1, &[0, 6])),
    );
    let long = ("R-MSG-1", "payload-inline-long", ErrorCode::InvalidValue);
    let over = "the payload has 253 bytes";
    examples.flaw(
        PAYLOAD,
        ("An inline message over the smallest bucket is refused", over),
        long,
        message(&inline(169)),
    );
    let copy = [&[0x42; 32], &parts.message(false, &[], &inline(137))[..]].concat();
    examples.flaw(
        PAYLOAD,
        ("An inline sent copy over the smallest bucket is refused", over),
        long,
        parts.payload(2, 0, &copy),
    );
    examples.flaw(
        PAYLOAD,
        (
            "An inline ephemeral message over the smallest bucket is refused",
            over,
        ),
        long,
        parts.payload(3, 0, &[&parts.conversation, &inline(190)[..]].concat()),
    );
    examples.flaw(
        PAYLOAD,
        ("Content for one's own devices is never shared", "the form is 2"),
        ("R-MSG-1", "payload-sync-shared", ErrorCode::InvalidValue),
        parts.payload(6, 0, shared),
    );
}

fn retries(examples: &mut Examples, parts: &Parts) {
    let retry = |ids: &[[u8; 16]]| {
        let counted = [&[ids.len() as u8], &ids.concat()[..]].concat();
        parts.payload(4, 0, &counted)
    };
    let counted = ("R-ENC-6", "payload-retry-count", ErrorCode::LengthOutOfRange);
    examples.flaw(
        PAYLOAD,
        ("A retry request for no message is refused", "the count is 0"),
        counted,
        retry(&[]),
    );
    let nine: Vec<_> = (1..=9).map(|number| [number; 16]).collect();
    examples.flaw(
        PAYLOAD,
        ("A retry request for nine messages is refused", "the count is 9"),
        counted,
        retry(&nine),
    );
    examples.flaw(
        PAYLOAD,
        (
            "A retry request in descending order is refused",
            "the two message ids have changed places",
        ),
        ("R-ENC-7", "payload-sorted", ErrorCode::NotSorted),
        retry(&[[2; 16], [1; 16]]),
    );
}
