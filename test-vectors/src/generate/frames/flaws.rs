//! Bytes that are no frame, each by one change to one that is.

use twotick_wire::ErrorCode::{
    self, InvalidValue, LengthOutOfRange, NonZeroReserved, NotSorted, TrailingBytes, Truncated,
    UnexpectedFrame, UnsupportedVersion, WrongObject,
};

use super::{Flaw, Good, find, set};

/// Title, defect, requirement, mutant, code, bytes.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    ErrorCode,
    Vec<u8>,
);

fn flaws(sender: &'static str, rows: Vec<Row>) -> Vec<Flaw> {
    let flaw = |(title, defect, requirement, mutant, code, bytes)| Flaw {
        sender,
        title,
        defect,
        rule: (requirement, mutant, code),
        bytes,
    };
    rows.into_iter().map(flaw).collect()
}

pub(super) fn of_client(good: &[Good]) -> Vec<Flaw> {
    let rows = [
        framing_rows(good),
        client_values(good),
        client_orders(good),
        client_lengths(good),
    ];
    flaws("client", rows.concat())
}

#[rustfmt::skip]
fn framing_rows(good: &[Good]) -> Vec<Row> {
    let ping = find(good, 0xbe).bytes.clone();
    let attach = &find(good, 0xa0).bytes;
    let cut = attach[..404].to_vec();
    let longer = [ping.as_slice(), &[0]].concat();
    vec![
        ("No bytes are no frame", "nothing is there", "R-ENC-2", "frame-empty", Truncated, Vec::new()),
        ("A frame that ends inside a field is refused", "the last byte is missing", "R-ENC-2", "codec-truncated", Truncated, cut),
        ("A frame with a byte more is refused", "one byte more", "R-ENC-2", "codec-trailing-bytes", TrailingBytes, longer),
        ("A first byte of no frame is refused", "the first byte is 0xac", "R-ENC-4", "frame-object", WrongObject, set(&ping, 0, &[0xac])),
        ("An object of part I is no frame", "the first byte is 0x13", "R-ENC-4", "frame-object", WrongObject, set(&ping, 0, &[0x13])),
        ("A frame of the relay is not expected from a client", "a Done", "R-FRM-3", "frame-direction", UnexpectedFrame, set(&ping, 0, &[0xc6])),
        ("A frame of the other direction is so before it is malformed", "a Hello of version 2 without fields", "R-FRM-3", "frame-direction", UnexpectedFrame, vec![0xc1, 2]),
        ("Another version of a frame is refused", "version 2", "R-TRN-6", "codec-version", UnsupportedVersion, set(&ping, 1, &[2])),
        ("A request without a number is refused", "request is 0", "R-FRM-2", "frame-request", InvalidValue, set(attach, 2, &[0; 4])),
    ]
}

#[rustfmt::skip]
fn client_values(good: &[Good]) -> Vec<Row> {
    let frame = |byte| find(good, byte).bytes.clone();
    let (attach, ack, send, change, prekeys) = (frame(0xa0), frame(0xa1), frame(0xa2), frame(0xa8), frame(0xa4));
    vec![
        ("A window of no envelope is refused", "window_envelopes is 0", "R-FRM-6", "frame-range", InvalidValue, set(&attach, 334, &[0, 0])),
        ("A window of 1,025 envelopes is refused", "window_envelopes is 1,025", "R-FRM-6", "frame-range", InvalidValue, set(&attach, 334, &[4, 1])),
        ("A window under the largest envelope is refused", "window_bytes is 71,736", "R-FRM-6", "frame-range", InvalidValue, set(&attach, 336, &[0, 1, 0x18, 0x38])),
        ("A window over 4 MiB is refused", "window_bytes is 4,194,305", "R-FRM-6", "frame-range", InvalidValue, set(&attach, 336, &[0, 0x40, 0, 1])),
        ("Undefined flags of an Attach are reserved", "bit 1 is set", "R-FRM-6", "frame-flags", NonZeroReserved, set(&attach, 340, &[3])),
        ("Undefined flags of a Send are reserved", "bit 7 is set", "R-FRM-6", "frame-flags", NonZeroReserved, set(&send, 424, &[0x80])),
        ("Undefined flags of a grant are reserved", "bit 1 is set", "R-FRM-6", "frame-flags", NonZeroReserved, set(&change, 106, &[2])),
        ("A number over what is acknowledged cannot be rejected", "the last of rejected is upto + 1", "R-FRM-6", "frame-rejected", InvalidValue, set(&ack, 47, &[1])),
        ("The number 0 cannot be rejected", "the first of rejected is 0", "R-FRM-6", "frame-range", InvalidValue, set(&ack, 32, &[0; 8])),
        ("A lifetime of 0 is refused", "lifetime is 0", "R-FRM-6", "frame-range", InvalidValue, set(&send, 22, &[0; 4])),
        ("A lifetime over 30 days is refused", "lifetime is 2,592,001", "R-FRM-6", "frame-range", InvalidValue, set(&send, 25, &[1])),
        ("Whether a signed prekey follows is 0 or 1", "has_signed is 2", "R-ENC-8", "frame-has-signed", InvalidValue, vec![0xa4, 1, 0, 0, 0, 1, 2, 0, 0]),
        ("A prekey in a frame is decoded", "the object of the signed prekey is 0x05", "R-FRM-6", "codec-object", WrongObject, set(&prekeys, 7, &[5])),
        ("A receipt in a frame is decoded", "the state is 3", "R-FRM-6", "codec-receipt-state", InvalidValue, set(&ack, 50 + 50, &[3])),
        ("A list head of epoch 0 is zero", "a hash at epoch 0", "R-FRM-6", "head-of-epoch-zero", InvalidValue, set(&send, 404, &[0; 4])),
    ]
}

#[rustfmt::skip]
fn client_orders(good: &[Good]) -> Vec<Row> {
    let frame = |byte| find(good, byte).bytes.clone();
    let (ack, send, ephemeral, take, change) = (frame(0xa1), frame(0xa2), frame(0xa3), frame(0xa5), frame(0xa8));
    let second_account = 340 + 87 + 2 * 371;
    let twice = set(&take, 72, &take[56..72]);
    vec![
        ("Rejected numbers in descending order are refused", "the second is 1", "R-ENC-7", "list-sorted", NotSorted, set(&ack, 46, &[0, 1])),
        ("Accounts in descending order are refused", "the second id begins with 0", "R-ENC-7", "list-sorted", NotSorted, set(&send, second_account, &[0])),
        ("Devices of a Send in descending order are refused", "the second id begins with 0", "R-ENC-7", "list-sorted", NotSorted, set(&send, 427 + 371, &[0])),
        ("Devices of an Ephemeral in descending order are refused", "the second id begins with 0", "R-ENC-7", "list-sorted", NotSorted, set(&ephemeral, 72 + 371, &[0])),
        ("A device that is asked for twice is refused", "two ids are equal", "R-ENC-7", "list-sorted", NotSorted, twice),
        ("Revoked hashes in descending order are refused", "the second begins with 0", "R-ENC-7", "list-sorted", NotSorted, set(&change, 40, &[0])),
        ("Grants in descending order are refused", "the second hash begins with 0", "R-ENC-7", "list-sorted", NotSorted, set(&change, 74 + 43, &[0])),
    ]
}

#[rustfmt::skip]
fn client_lengths(good: &[Good]) -> Vec<Row> {
    let frame = |byte| find(good, byte).bytes.clone();
    let (ack, send, take, list, receipts, link) =
        (frame(0xa1), frame(0xa2), frame(0xa5), frame(0xa6), frame(0xa9), frame(0xab));
    let without = |bytes: &[u8], at: usize| bytes[..at].to_vec();
    let counted = |bytes: &[u8], at: usize, count: u8| [&bytes[..at], &[0, count]].concat();
    let seventeen: Vec<u8> = (1..=17).flat_map(|rank| super::ranked(rank, "device", 16)).collect();
    let bare = good
        .iter()
        .filter(|good| good.bytes.first() == Some(&0xa2))
        .nth(1)
        .map_or(Vec::new(), |good| good.bytes.clone());
    let mut short_body = set(&send, 26, &[0, 0, 1, 0x33]);
    short_body.remove(337);
    let mut short_message = set(&send, 427 + 16, &[0, 0, 1, 0x5e]);
    short_message.remove(427 + 370);
    let mut short = bare.clone();
    short.pop();
    vec![
        ("65 rejected numbers are refused", "a count of 65", "R-ENC-6", "list-revoked-maximum", LengthOutOfRange, counted(&ack, 30, 65)),
        ("No receipts at all are refused", "a count of 0", "R-ENC-6", "list-devices-minimum", LengthOutOfRange, counted(&receipts, 6, 0)),
        ("A request for 17 devices is refused", "a count of 17", "R-ENC-6", "list-devices-maximum", LengthOutOfRange, [counted(&take, 54, 17), seventeen].concat()),
        ("A body under the shortest is refused", "a length of 307", "R-ENC-6", "codec-length-range", LengthOutOfRange, short_body),
        ("A message under the shortest is refused", "a length of 350", "R-ENC-6", "codec-length-range", LengthOutOfRange, short_message),
        ("A list over the largest is refused", "a length of 2,203", "R-ENC-6", "codec-length-range", LengthOutOfRange, set(&list, 6, &[0, 0, 8, 0x9b])),
        ("A linking message of no bytes is refused", "a length of 0", "R-ENC-6", "list-devices-minimum", LengthOutOfRange, counted(&link, 22, 0)),
        ("A linking message over the longest is refused", "a length of 6,456", "R-ENC-6", "list-devices-maximum", LengthOutOfRange, [without(&link, 22), vec![0x19, 0x38]].concat()),
        ("An account that cannot be there is missed before it is read", "the last byte of the shortest Send is missing, and the list head is wrong", "R-FRM-1", "codec-truncated", Truncated, set(&short, 32 + 64, &[0; 4])),
    ]
}

pub(super) fn of_relay(good: &[Good]) -> Vec<Flaw> {
    flaws("relay", [relay_values(good), relay_lengths(good)].concat())
}

#[rustfmt::skip]
fn relay_values(good: &[Good]) -> Vec<Row> {
    let frame = |byte| find(good, byte).bytes.clone();
    let (hello, page, gap, lane, result, go_away) =
        (frame(0xc1), frame(0xc2), frame(0xc4), frame(0xc5), frame(0xc7), frame(0xd2));
    vec![
        ("A frame of the client is not expected from a relay", "a Send", "R-FRM-3", "frame-direction", UnexpectedFrame, [&[0xa2], &frame(0xc6)[1..]].concat()),
        ("An unasked frame with a request is refused", "request is 1", "R-FRM-2", "frame-request", InvalidValue, set(&page, 5, &[1])),
        ("An answer without a request is refused", "request is 0", "R-FRM-2", "frame-request", InvalidValue, set(&frame(0xc6), 2, &[0; 4])),
        ("The next number is over the acknowledged one", "next is acked", "R-FRM-6", "frame-next", InvalidValue, set(&hello, 45, &[2])),
        ("A heartbeat of 0 is refused", "heartbeat is 0", "R-FRM-6", "frame-range", InvalidValue, set(&hello, 84, &[0, 0])),
        ("Hello has a durability of 1 to 3", "durability is 0", "R-FRM-6", "frame-durability", InvalidValue, set(&hello, 94, &[0])),
        ("Numbers of a Page follow each other", "a number is left out", "R-FRM-6", "frame-consecutive", NotSorted, set(&page, 8 + 429 + 7, &[1])),
        ("A number of a Page may not stand twice", "both are 255", "R-FRM-6", "frame-consecutive", NotSorted, set(&page, 8 + 429 + 6, &[0, 0xff])),
        ("No envelope has the number 0", "seq is 0", "R-FRM-6", "frame-range", InvalidValue, set(&page, 8, &[0; 8])),
        ("A Gap ends where it begins or later", "to is from - 1", "R-FRM-6", "frame-gap", InvalidValue, set(&gap, 21, &[2])),
        ("A Gap begins at 1 or later", "from is 0", "R-FRM-6", "frame-range", InvalidValue, set(&gap, 13, &[0])),
        ("Another kind of lane item is refused", "kind is 3", "R-ENC-8", "frame-lane-kind", InvalidValue, set(&lane, 16 + 76, &[3])),
        ("Places of a lane in descending order are refused", "the second place is 6", "R-ENC-7", "list-sorted", NotSorted, set(&lane, 8 + 76 + 7, &[6])),
        ("No item has the place 0", "place is 0", "R-FRM-6", "frame-range", InvalidValue, set(&lane, 8, &[0; 8])),
        ("What is stored has a durability", "durability is 0 at status 0", "R-FRM-6", "frame-stored", InvalidValue, set(&result, 46, &[0])),
        ("What is refused has no durability", "durability is 2 at status 907", "R-FRM-6", "frame-stored", InvalidValue, set(&result, 46 + 43, &[2])),
        ("A durability over 3 is refused", "durability is 4", "R-FRM-6", "frame-durability", InvalidValue, set(&result, 46, &[4])),
        ("GoAway names a span", "wait_min is over wait_max", "R-FRM-6", "frame-wait", InvalidValue, set(&go_away, 8, &[1, 0, 0, 0])),
    ]
}

#[rustfmt::skip]
fn relay_lengths(good: &[Good]) -> Vec<Row> {
    let frame = |byte| find(good, byte).bytes.clone();
    let (page, result, bundles) = (frame(0xc2), frame(0xc7), frame(0xc9));
    let nameless = frame(0xc0)[..46].to_vec();
    vec![
        ("A relay without a name is refused", "a length of 0", "R-ENC-6", "frame-name", LengthOutOfRange, [nameless, vec![0]].concat()),
        ("An envelope under the shortest is refused", "a length of 408", "R-ENC-6", "codec-length-range", LengthOutOfRange, set(&page, 24, &[0, 0, 1, 0x98])),
        ("An envelope over the longest is refused", "a length of 71,738", "R-ENC-6", "codec-length-range", LengthOutOfRange, set(&page, 24, &[0, 1, 0x18, 0x3a])),
        ("A list in a result is there in full or not at all", "a length of 201", "R-ENC-6", "codec-length-range", LengthOutOfRange, set(&result, 90, &[0, 0, 0, 201])),
        ("A bundle has one of two lengths", "a length of 1,952", "R-FRM-6", "codec-length-range", LengthOutOfRange, set(&bundles, 214, &[0, 0, 7, 0xa0])),
        ("A page of no envelopes is refused", "a count of 0", "R-ENC-6", "list-devices-minimum", LengthOutOfRange, vec![0xc2, 1, 0, 0, 0, 0, 0, 0]),
        ("A page of 65 envelopes is refused", "a count of 65", "R-ENC-6", "list-devices-maximum", LengthOutOfRange, vec![0xc2, 1, 0, 0, 0, 0, 0, 65]),
    ]
}
