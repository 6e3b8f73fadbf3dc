//! Payloads that are too long, and counts of elements that are not all there (R-ENC-6).

use twotick_wire::ErrorCode;

use super::super::Examples;
use super::{PAYLOAD, Parts, inline};

pub(super) fn examples(examples: &mut Examples, parts: &Parts) {
    let there = ("R-ENC-6", "payload-elements-there", ErrorCode::Truncated);
    examples.flaw(
        PAYLOAD,
        (
            "A retry request for three messages of which two are there is refused before their order is looked at",
            "the count is 3, and two ids follow in descending order",
        ),
        there,
        parts.payload(4, 0, &[&[3], &[2; 16][..], &[1; 16]].concat()),
    );
    let [one, two, three, ..] = parts.parents[..] else {
        return;
    };
    let message = parts.message(false, &[two, one, three], &[]);
    examples.flaw(
        PAYLOAD,
        (
            "A message of three parents of which two are there is refused before their order is looked at",
            "parent_count is 3, and two parents follow in descending order",
        ),
        there,
        parts.payload(1, 0, &message[..message.len() - 16]),
    );
    examples.flaw(
        PAYLOAD,
        (
            "A payload over the largest bucket is refused",
            "the payload has 4,093 bytes",
        ),
        ("R-ENC-6", "payload-length", ErrorCode::LengthOutOfRange),
        parts.payload(6, 0, &inline(4_046)),
    );
}
