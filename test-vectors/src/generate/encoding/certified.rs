//! Certificates and lists (SPEC 5.2, 5.3).

use twotick_wire::ErrorCode;

use super::super::sign::List;
use super::super::workshop::{DAY, NOW, Workshop};
use super::{Examples, insert, not_canonical, rotations, set, small_order};

const CERTIFICATE: &str = "DeviceCertificate";
const LIST: &str = "DeviceList";

pub(super) fn examples(workshop: &mut Workshop) -> Examples {
    let mut examples = Examples::default();
    let account = workshop.bytes();
    let device = workshop.device(account, NOW);
    certificates(&mut examples, &device.certificate());
    let mut certificate = device.draft();
    (certificate.suites, certificate.capabilities) = (0xffff, 0xffff_ffff);
    examples.good(
        CERTIFICATE,
        "Suites and capabilities that nobody knows are kept",
        &["R-IDN-1", "R-ENC-3"],
        &certificate.signed(),
    );
    lists(&mut examples, workshop, account);
    rotations::examples(&mut examples, workshop, account);
    examples
}

fn certificates(examples: &mut Examples, good: &[u8]) {
    examples.good(
        CERTIFICATE,
        "A device certificate decodes",
        &["R-ENC-1", "R-ENC-3"],
        good,
    );
    examples.flaw(
        CERTIFICATE,
        (
            "A certificate without suite 1 is refused",
            "bit 0 of suites is clear",
        ),
        ("R-IDN-1", "certificate-suite-bit", ErrorCode::UnsupportedSuite),
        set(good, 2, &[0, 2]),
    );
    examples.flaw(
        CERTIFICATE,
        (
            "A certificate with an identity key over the field's prime is refused",
            "the device identity key is 2^255 - 10",
        ),
        ("R-PRM-3", "key-canonical", ErrorCode::BadKey),
        set(good, 84, &not_canonical()),
    );
    examples.flaw(
        CERTIFICATE,
        (
            "A certificate with an identity key of small order is refused",
            "the device identity key is 1",
        ),
        ("R-PRM-3", "key-small-order", ErrorCode::BadKey),
        set(good, 84, &small_order()),
    );
}

fn lists(examples: &mut Examples, workshop: &mut Workshop, account_seed: [u8; 32]) {
    let mut devices: Vec<_> = (0..16)
        .map(|_| workshop.device(account_seed, NOW).entry())
        .collect();
    devices.sort_unstable();
    let revoked = (1..=64).map(|number| {
        let mut device_id = [0; 16];
        (device_id[0], device_id[15]) = (1, number);
        (device_id, u32::from(number % 7) + 2)
    });
    let full = List {
        account_seed,
        epoch: 9,
        previous: workshop.bytes(),
        issued: NOW,
        expires: NOW + 35 * DAY,
        devices,
        revoked: revoked.collect(),
    };
    let mut short = full.clone();
    short.devices.truncate(2);
    short.revoked.truncate(2);
    let mut first = short.clone();
    first.devices.truncate(1);
    first.revoked.clear();
    (first.epoch, first.previous) = (1, [0; 32]);
    examples.good(
        LIST,
        "A first list decodes",
        &["R-ENC-1", "R-LST-1"],
        &first.signed(),
    );
    examples.good(
        LIST,
        "A list with devices and revocations decodes",
        &["R-ENC-3", "R-ENC-7"],
        &short.signed(),
    );
    examples.good(
        LIST,
        "A list of 16 devices and 64 revocations decodes",
        &["R-ENC-6"],
        &full.signed(),
    );
    list_lengths(examples, &short.signed(), &full.signed());
    list_order(examples, &short.signed());
    list_values(examples, &short, &first.signed());
}

/// The count of revocations stands at 184 in `short`, which has two of each, and at 856 in `full`.
fn list_lengths(examples: &mut Examples, short: &[u8], full: &[u8]) {
    let out_of_range = |mutant| ("R-ENC-6", mutant, ErrorCode::LengthOutOfRange);
    let mut none = set(short, 86, &[0, 0]);
    none.drain(88..184);
    examples.flaw(
        LIST,
        ("A list of no device is refused", "the count of devices is 0"),
        out_of_range("list-devices-minimum"),
        none,
    );
    let seventeenth = [&[0xff; 16][..], &[0x77; 32]].concat();
    examples.flaw(
        LIST,
        ("A list of 17 devices is refused", "the count of devices is 17"),
        out_of_range("list-devices-maximum"),
        insert(&set(full, 86, &[0, 17]), 856, &seventeenth),
    );
    let revocation = [&[0xfe; 16][..], &[0, 0, 0, 2]].concat();
    examples.flaw(
        LIST,
        (
            "A list of 65 revocations is refused",
            "the count of revocations is 65",
        ),
        out_of_range("list-revoked-maximum"),
        insert(&set(full, 856, &[0, 65]), 858 + 64 * 20, &revocation),
    );
    examples.flaw(
        LIST,
        (
            "A count of devices that are not there is refused",
            "the count of devices is 16, and there are two",
        ),
        ("R-ENC-6", "codec-truncated", ErrorCode::Truncated),
        set(short, 86, &[0, 16]),
    );
}

fn list_order(examples: &mut Examples, good: &[u8]) {
    let not_sorted = ("R-ENC-7", "list-sorted", ErrorCode::NotSorted);
    let swapped = |at: usize, length: usize| {
        let whole = [&good[at + length..at + 2 * length], &good[at..at + length]].concat();
        set(good, at, &whole)
    };
    examples.flaw(
        LIST,
        (
            "Devices in descending order are refused",
            "the two devices have changed places",
        ),
        not_sorted,
        swapped(88, 48),
    );
    examples.flaw(
        LIST,
        (
            "A device that is listed twice is refused",
            "two entries have one device id",
        ),
        not_sorted,
        set(good, 136, &good[88..104]),
    );
    examples.flaw(
        LIST,
        (
            "Revocations in descending order are refused",
            "the two revocations have changed places",
        ),
        not_sorted,
        swapped(186, 20),
    );
    examples.flaw(
        LIST,
        (
            "A device that is revoked twice is refused",
            "two revocations have one device id",
        ),
        not_sorted,
        set(good, 206, &good[186..202]),
    );
}

fn list_values(examples: &mut Examples, short: &List, first: &[u8]) {
    let invalid = |mutant| ("R-LST-1", mutant, ErrorCode::InvalidValue);
    let good = short.signed();
    let mut without_revocations = short.clone();
    without_revocations.revoked.clear();
    examples.flaw(
        LIST,
        ("A list of epoch 0 is refused", "the epoch is 0"),
        invalid("list-epoch-zero"),
        set(&without_revocations.signed(), 34, &[0; 4]),
    );
    examples.flaw(
        LIST,
        (
            "A list that names the device id zero is refused",
            "the first device id is zero",
        ),
        invalid("list-zero-device"),
        set(&good, 88, &[0; 16]),
    );
    examples.flaw(
        LIST,
        (
            "A list that revokes the device id zero is refused",
            "the first revoked device id is zero",
        ),
        invalid("list-zero-revocation"),
        set(&good, 186, &[0; 16]),
    );
    examples.flaw(
        LIST,
        (
            "A later list without a predecessor is refused",
            "previous is zero at epoch 9",
        ),
        invalid("list-previous-zero"),
        set(&good, 38, &[0; 32]),
    );
    examples.flaw(
        LIST,
        (
            "A first list with a predecessor is refused",
            "previous is not zero at epoch 1",
        ),
        invalid("list-previous-zero"),
        set(first, 38, &[1; 32]),
    );
    contradictions(examples, short);
}

fn contradictions(examples: &mut Examples, short: &List) {
    let invalid = |mutant| ("R-LST-1", mutant, ErrorCode::InvalidValue);
    let good = short.signed();
    let mut both = short.clone();
    both.revoked[1].0 = both.devices[0].0;
    examples.flaw(
        LIST,
        (
            "A device that is listed and revoked is refused",
            "a revocation has the device id of an entry",
        ),
        invalid("list-listed-and-revoked"),
        both.signed(),
    );
    examples.flaw(
        LIST,
        (
            "A revocation of a later epoch is refused",
            "a revocation of epoch 10 in the list of epoch 9",
        ),
        invalid("list-revocation-epoch"),
        set(&good, 202, &[0, 0, 0, 10]),
    );
}
