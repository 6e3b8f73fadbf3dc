//! Linking and the safety code (SPEC 6.1, 7).

use twotick_wire::ErrorCode;

use super::super::sign::agreement_key;
use super::super::workshop::{NOW, Workshop};
use super::{Examples, not_canonical, set, small_order};

pub(super) fn examples(workshop: &mut Workshop) -> Examples {
    let mut examples = Examples::default();
    let (one, other) = (workshop.bytes(), workshop.bytes());
    let ephemeral = agreement_key(&workshop.bytes());
    let of_two =
        |object: u8, first: &[u8; 32], second: &[u8; 32]| [&[object, 1], &first[..], second].concat();
    let mut offer = of_two(0x30, &one, &other);
    offer.extend((NOW + 60).to_be_bytes());
    let common: &[&str] = &["R-ENC-1", "R-ENC-3"];
    examples.good("LinkOffer", "A linking offer decodes", common, &offer);
    let hello = of_two(0x31, &ephemeral, &one);
    examples.good("LinkHello", "A linking hello decodes", common, &hello);
    let commitment = [&[0x32, 1], &one[..]].concat();
    examples.good(
        "LinkCommitment",
        "A linking commitment decodes",
        common,
        &commitment,
    );
    let nonce = [&[0x33, 1], &one[..]].concat();
    examples.good("LinkNonce", "A linking nonce decodes", common, &nonce);
    let reveal = of_two(0x34, &ephemeral, &one);
    examples.good("LinkReveal", "A linking reveal decodes", common, &reveal);
    let code = of_two(0x38, &one, &other);
    examples.good("SafetyCode", "A safety code decodes", common, &code);
    keys(&mut examples, &hello, &reveal);
    sealed(&mut examples);
    examples
}

fn keys(examples: &mut Examples, hello: &[u8], reveal: &[u8]) {
    let canonical = ("R-PRM-3", "key-canonical", ErrorCode::BadKey);
    let order = ("R-PRM-3", "key-small-order", ErrorCode::BadKey);
    examples.flaw(
        "LinkHello",
        (
            "A hello with an ephemeral key over the field's prime is refused",
            "the ephemeral key is 2^255 - 10",
        ),
        canonical,
        set(hello, 2, &not_canonical()),
    );
    examples.flaw(
        "LinkHello",
        (
            "A hello with an ephemeral key of small order is refused",
            "the ephemeral key is 1",
        ),
        order,
        set(hello, 2, &small_order()),
    );
    examples.flaw(
        "LinkReveal",
        (
            "A reveal with an ephemeral key with bit 255 is refused",
            "bit 255 of the ephemeral key is set",
        ),
        canonical,
        set(reveal, 33, &[reveal[33] | 0x80]),
    );
}

/// The step stands at 2, the length at 3.
fn sealed(examples: &mut Examples) {
    const OBJECT: &str = "LinkSealed";
    let good = [&[0x35, 1, 1, 0, 0, 0, 16][..], &[0x5a; 16]].concat();
    let invalid = ("R-ENC-8", "link-step", ErrorCode::InvalidValue);
    let out_of_range = ("R-ENC-6", "link-sealed-length", ErrorCode::LengthOutOfRange);
    examples.good(
        OBJECT,
        "The first sealed step decodes",
        &["R-ENC-1", "R-ENC-3"],
        &good,
    );
    examples.good(
        OBJECT,
        "The last sealed step decodes",
        &["R-ENC-8"],
        &set(&good, 2, &[4]),
    );
    examples.flaw(
        OBJECT,
        ("A sealed step of number 0 is refused", "the step is 0"),
        invalid,
        set(&good, 2, &[0]),
    );
    examples.flaw(
        OBJECT,
        ("A sealed step of number 5 is refused", "the step is 5"),
        invalid,
        set(&good, 2, &[5]),
    );
    let mut short = set(&good, 3, &[0, 0, 0, 15]);
    short.pop();
    examples.flaw(
        OBJECT,
        (
            "A sealed step without room for a tag is refused",
            "15 bytes are sealed",
        ),
        out_of_range,
        short,
    );
    examples.flaw(
        OBJECT,
        ("A sealed step over the longest is refused", "the length is 6,449"),
        out_of_range,
        set(&good, 3, &[0, 0, 0x19, 0x31]),
    );
    examples.flaw(
        OBJECT,
        (
            "A sealed step that is not there in full is refused",
            "the length is 17, and 16 bytes follow",
        ),
        ("R-ENC-6", "codec-truncated", ErrorCode::Truncated),
        set(&good, 3, &[0, 0, 0, 17]),
    );
}
