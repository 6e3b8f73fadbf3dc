//! Envelopes (SPEC 11.5).

use twotick_wire::ErrorCode;

use super::super::workshop::{Workshop, halves};
use super::{Examples, set};

const ENVELOPE: &str = "Envelope";

/// `from` stands at 2, `to` at 18, the message's length at 50, the body's at 405.
pub(super) fn examples(examples: &mut Examples, workshop: &mut Workshop, message: &[u8], body: &[u8]) {
    let ((from, to), (id, _)) = (halves(workshop.bytes()), halves(workshop.bytes()));
    let start = [&[0x13, 1], &from[..], &to, &id, &[0, 0, 1, 0x5f], message].concat();
    let good = [&start[..], &[0; 4]].concat();
    let carrying = [&start[..], &(body.len() as u32).to_be_bytes(), body].concat();
    examples.good(
        ENVELOPE,
        "An envelope without a body decodes",
        &["R-ENC-1", "R-ENC-3"],
        &good,
    );
    examples.good(
        ENVELOPE,
        "An envelope with a body decodes",
        &["R-ENC-3"],
        &carrying,
    );
    let invalid = ("R-MSG-8", "envelope-ids", ErrorCode::InvalidValue);
    examples.flaw(
        ENVELOPE,
        ("An envelope from the device id zero is refused", "from is zero"),
        invalid,
        set(&good, 2, &[0; 16]),
    );
    examples.flaw(
        ENVELOPE,
        ("An envelope to the device id zero is refused", "to is zero"),
        invalid,
        set(&good, 18, &[0; 16]),
    );
    examples.flaw(
        ENVELOPE,
        (
            "An envelope to its own sender is refused",
            "from and to are equal",
        ),
        invalid,
        set(&good, 18, &from),
    );
    envelope_lengths(examples, &good, &carrying);
}

fn envelope_lengths(examples: &mut Examples, good: &[u8], carrying: &[u8]) {
    let out_of_range = |mutant| ("R-ENC-6", mutant, ErrorCode::LengthOutOfRange);
    let mut short = set(good, 50, &[0, 0, 1, 0x5e]);
    short.remove(404);
    examples.flaw(
        ENVELOPE,
        (
            "An envelope with a message under the shortest is refused",
            "the message has 350 bytes",
        ),
        out_of_range("envelope-message-length"),
        short,
    );
    examples.flaw(
        ENVELOPE,
        (
            "An envelope with a message over the longest is refused",
            "the length of the message is 6,092",
        ),
        out_of_range("envelope-message-length"),
        set(good, 50, &[0, 0, 0x17, 0xcc]),
    );
    examples.flaw(
        ENVELOPE,
        (
            "A message that is not there in full is refused",
            "the length of the message is 6,091",
        ),
        ("R-ENC-6", "codec-truncated", ErrorCode::Truncated),
        set(good, 50, &[0, 0, 0x17, 0xcb]),
    );
    let mut short = set(carrying, 405, &[0, 0, 1, 0x33]);
    short.pop();
    examples.flaw(
        ENVELOPE,
        (
            "An envelope with a body under the shortest is refused",
            "the body has 307 bytes",
        ),
        out_of_range("envelope-body-length"),
        short,
    );
    examples.flaw(
        ENVELOPE,
        (
            "An envelope with a body over the longest is refused",
            "the length of the body is 65,589",
        ),
        out_of_range("envelope-body-length"),
        set(carrying, 405, &[0, 1, 0, 0x35]),
    );
}
