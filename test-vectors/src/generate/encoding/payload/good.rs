//! Payloads that decode.

use super::super::{Examples, set};
use super::{OWN, PAYLOAD, Parts, inline};

pub(super) fn messages(examples: &mut Examples, parts: &Parts, shared: &[u8]) {
    let full = parts.message(true, &parts.parents[..4], &inline(20));
    examples.good(
        PAYLOAD,
        "A message with a receipt key and four parents decodes",
        &["R-ENC-1", "R-ENC-3", "R-ENC-7"],
        &parts.payload(1, 1, &full),
    );
    let plain = parts.message(false, &[], &inline(0));
    examples.good(
        PAYLOAD,
        "A message without a receipt key, parents and text decodes",
        &["R-ENC-3"],
        &set(&parts.payload(1, 0, &plain), OWN, &[0; 40]),
    );
    examples.good(
        PAYLOAD,
        "An inline message that fills the smallest bucket decodes",
        &["R-MSG-1"],
        &parts.payload(1, 0, &parts.message(false, &[], &inline(168))),
    );
    examples.good(
        PAYLOAD,
        "A message with a shared body decodes",
        &["R-MSG-1"],
        &parts.payload(1, 0, &parts.message(false, &parts.parents[..1], shared)),
    );
    let copy = [&[0x42; 32], &full[..]].concat();
    examples.good(
        PAYLOAD,
        "A sent copy decodes",
        &["R-ENC-3", "R-MSG-1"],
        &parts.payload(2, 1, &copy),
    );
}

pub(super) fn others(examples: &mut Examples, parts: &Parts, shared: &[u8]) {
    let ephemeral = |content: &[u8]| parts.payload(3, 0, &[&parts.conversation, content].concat());
    examples.good(
        PAYLOAD,
        "An ephemeral message decodes",
        &["R-ENC-3"],
        &ephemeral(&inline(5)),
    );
    examples.good(
        PAYLOAD,
        "An ephemeral message with a shared body decodes",
        &["R-MSG-1"],
        &ephemeral(shared),
    );
    let retry = [&[4], &parts.parents[..4].concat()[..]].concat();
    examples.good(
        PAYLOAD,
        "A retry request decodes",
        &["R-ENC-3", "R-ENC-7"],
        &parts.payload(4, 0, &retry),
    );
    examples.good(
        PAYLOAD,
        "A reset decodes",
        &["R-ENC-3"],
        &parts.payload(5, 0, &[]),
    );
    examples.good(
        PAYLOAD,
        "Content for one's own devices is inline in any bucket",
        &["R-MSG-1"],
        &parts.payload(6, 0, &inline(400)),
    );
}
