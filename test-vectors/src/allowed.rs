//! Arguments that may be changed without effect, and why.

/// (operation, beginning of the argument's path, reason).
const ALLOWED: &[(&str, &str, &str)] = &[
    (
        "certificate.verify",
        "/now",
        "a second decides only at the ends of the period, which other cases show",
    ),
    ("list.verify", "/now", "as above"),
    ("list.admit", "/now", "as above"),
    ("list.adopt", "/now", "as above"),
    ("rotation.follow", "/now", "as above"),
    ("bundle.verify", "/now", "as above"),
    ("attach.verify", "/now", "as above"),
    ("prekeys.generate", "/now", "one-time prekeys have no times"),
    (
        "head.compare",
        "/head",
        "an older or newer head is so by its epoch alone",
    ),
    (
        "list.admit",
        "/us",
        "other keys of ours are in no certificate either",
    ),
    ("bundle.verify", "/us", "as above"),
    (
        "on_curve",
        "/public_key",
        "another key that happens to lie in the subgroup",
    ),
    (
        "party.learn",
        "/now",
        "a second decides only at the ends of validity periods, which other cases show",
    ),
    (
        "session.initiate",
        "/now",
        "as above; and the age of a session is counted in days",
    ),
    (
        "message.send",
        "/now",
        "a session unanswered for 30 days is refused, a second earlier or later is not seen",
    ),
    ("message.resend", "/now", "as above"),
    ("message.control", "/now", "as above"),
    (
        "message.receive",
        "/now",
        "ages of sessions, skipped keys and lists are counted in hours and days",
    ),
    ("receipt.apply", "/now", "a receipt key is kept for 30 days"),
    (
        "session.recover",
        "/now",
        "resets are counted by the hour, retry requests by 4 minutes",
    ),
    (
        "link.step",
        "/now",
        "compared with the end of the offer; later steps have no clock of their own",
    ),
    (
        "session.recover",
        "/message_id",
        "remembered so that it is not asked for twice; a reset does not look at it",
    ),
    (
        "session.recover",
        "/cause",
        "decides only while neither cause leads to a reset, or no reset is allowed",
    ),
    (
        "party.create",
        "/party",
        "a name: another party, of which the case makes no use afterwards",
    ),
    (
        "party.restore",
        "/party",
        "a name: the party that goes on has the same state when it was saved just now",
    ),
    (
        "party.save",
        "/as",
        "a name: what was saved under the right one before is the same",
    ),
    (
        "handshake.respond",
        "/signed_prekey/kem_seed",
        "the handshake with a one-time prekey uses that one's KEM key",
    ),
    ("receipt.due", "/visible", "asked for *read* only"),
    ("receipt.due", "/read_receipts", "asked for *read* only"),
    (
        "receipt.due",
        "/state",
        "*read* is due wherever everything for it is there",
    ),
    (
        "receipt.due",
        "/already",
        "*read* is due after *delivered* and after nothing",
    ),
    ("receipt.delay", "/random", "2^32 draws stand for 2,001 delays"),
    (
        "receipt.verify",
        "/reached",
        "a *delivered* receipt changes nothing after either state",
    ),
];

/// Why a change at this path may be without effect, if it may. `text` is what stood there.
#[must_use]
pub fn reason(operation: &str, path: &str, text: &str) -> Option<&'static str> {
    if path == "/envelope" && middle_is_initial_header(text) {
        return Some("of a repeated initial header only the ephemeral key matters (R-HS-4)");
    }
    let matches = |(of, argument, _): &&(&str, &str, &str)| *of == operation && path.starts_with(argument);
    ALLOWED.iter().find(matches).map(|(_, _, reason)| *reason)
}

/// SPEC 11.5 and 9.2: an initial message begins at byte 54 of its envelope, its header has 1,903 bytes.
fn middle_is_initial_header(envelope: &str) -> bool {
    envelope.get(108..110) == Some("10") && (54..54 + 1903).contains(&(envelope.len() / 4))
}
