//! The registries of SPEC 4 against the code, in both directions.

use std::collections::BTreeSet;

use twotick_wire::{
    AccountRotation, DecodeError, DeviceCertificate, DeviceList, Envelope, ErrorCode, InitialHeader,
    InitialMessage, Label, LinkCommitment, LinkHello, LinkNonce, LinkOffer, LinkReveal, LinkSealed, ListHead,
    MAX_FRAME, MAX_PAYLOAD, Object, OneTimePrekey, PrekeyBundle, RatchetMessage, Receipt, SUITE, SafetyCode,
    SharedBody, SignedPrekey, VERSION,
};

/// R-PRM-1, R-PRM-10.
#[test]
fn labels_are_those_of_the_specification() {
    let specified: Vec<String> = rows("### 4.1 Labels")
        .map(|row| row[0].trim_matches('`').to_owned())
        .filter(|label| label.contains('/') && !label.contains(' '))
        .map(|label| format!("Twotick/1/{label}"))
        .collect();
    let labels: Vec<&str> = Label::ALL
        .iter()
        .map(|label| str::from_utf8(label.as_bytes()).unwrap_or("?"))
        .collect();
    assert_eq!(labels, specified);
}

/// R-PRM-10.
#[test]
fn no_label_is_a_prefix_of_another() {
    for (index, label) in Label::ALL.iter().enumerate() {
        for other in &Label::ALL[index + 1..] {
            assert!(
                !label.as_bytes().starts_with(other.as_bytes()),
                "{label:?} {other:?}"
            );
            assert!(
                !other.as_bytes().starts_with(label.as_bytes()),
                "{label:?} {other:?}"
            );
        }
    }
}

/// R-PRM-10.
#[test]
fn reserved_labels_are_not_used() {
    let used: BTreeSet<&[u8]> = Label::ALL.iter().map(|label| label.as_bytes()).collect();
    assert!(!used.contains(b"Twotick/1/sign/group".as_slice()));
    assert!(!used.contains(b"Twotick/1/sign/relay-acceptance".as_slice()));
}

/// R-PRM-1.
#[test]
fn a_framed_label_is_its_length_and_itself() {
    assert_eq!(Label::KemKey.framed(), b"\x16Twotick/1/hash/kem-key");
    for label in Label::ALL {
        let (length, rest) = label.framed().split_first().unwrap_or((&0, &[]));
        assert_eq!(usize::from(*length), label.as_bytes().len());
        assert_eq!(rest, label.as_bytes());
        assert!(rest.is_ascii() && rest.starts_with(b"Twotick/1/"));
    }
}

/// R-ENC-4.
#[test]
fn objects_are_those_of_the_specification() {
    let specified: Vec<(u8, String)> = object_rows()
        .flat_map(|(first, names, _)| (first..).zip(names))
        .collect();
    let objects: Vec<(u8, String)> = Object::ALL
        .iter()
        .map(|object| (object.byte(), object.name().to_owned()))
        .collect();
    assert_eq!(objects, specified);
    assert_eq!((VERSION, SUITE), (1, 0x0001));
}

#[test]
fn only_registered_bytes_are_objects() {
    let objects: Vec<Object> = (0..=0xff).filter_map(Object::from_byte).collect();
    assert_eq!(objects, Object::ALL);
}

#[test]
fn largest_sizes_are_those_of_the_specification() {
    let specified: Vec<(u8, usize)> = size_rows().map(|(first, _, size)| (first, size)).collect();
    let sizes = [
        (0x01, DeviceCertificate::LENGTH),
        (0x02, DeviceList::MAX_LENGTH),
        (0x03, AccountRotation::LENGTH),
        (0x04, SignedPrekey::LENGTH),
        (0x05, OneTimePrekey::LENGTH),
        (0x06, PrekeyBundle::MAX_LENGTH),
        (0x10, InitialMessage::MAX_LENGTH),
        (0x11, RatchetMessage::MAX_LENGTH),
        (0x12, SharedBody::MAX_LENGTH),
        (0x13, Envelope::MAX_LENGTH),
        (0x20, Receipt::LENGTH),
        (0x30, LinkSealed::MAX_LENGTH),
        (0x38, SafetyCode::LENGTH),
        (0x60, MAX_PAYLOAD - 4),
        (0xa0, MAX_FRAME),
    ];
    assert_eq!(sizes.as_slice(), specified);
}

#[test]
fn sizes_written_beside_the_formats_hold() {
    assert_eq!(InitialHeader::LENGTH, 1903);
    assert_eq!(PrekeyBundle::MIN_LENGTH, 1951);
    assert_eq!(RatchetMessage::MIN_LENGTH, 351);
    assert_eq!(SharedBody::MIN_LENGTH, 308);
    assert_eq!(ListHead::LENGTH, 20);
    assert_eq!(
        [LinkOffer::LENGTH, LinkHello::LENGTH, LinkReveal::LENGTH],
        [74, 66, 66]
    );
    assert_eq!([LinkCommitment::LENGTH, LinkNonce::LENGTH], [34, 34]);
}

#[test]
fn error_codes_are_those_of_the_specification() {
    let specified: Vec<(String, String)> = rows("### 4.4 Errors")
        .filter(|row| row[0].parse::<u16>().is_ok())
        .map(|row| (row[0].clone(), row[1].clone()))
        .collect();
    let codes: Vec<(String, String)> = ErrorCode::ALL
        .iter()
        .map(|code| (code.number().to_string(), code.name().to_owned()))
        .collect();
    assert_eq!(codes, specified);
}

#[test]
fn an_error_code_is_found_by_its_number() {
    let found: Vec<ErrorCode> = (0..=u16::MAX).filter_map(ErrorCode::from_number).collect();
    assert_eq!(found, ErrorCode::ALL);
    assert!(ErrorCode::ALL.is_sorted());
    assert_eq!(ErrorCode::NotSorted.to_string(), "105 NotSorted");
    assert!(ErrorCode::ALL.iter().all(|code| !code.meaning().is_empty()));
}

#[test]
fn decode_errors_have_the_code_of_their_name() {
    let errors = [
        DecodeError::Truncated,
        DecodeError::TrailingBytes { count: 1 },
        DecodeError::WrongObject { found: 2 },
        DecodeError::NonZeroReserved,
        DecodeError::LengthOutOfRange,
        DecodeError::NotSorted,
        DecodeError::BadKey,
        DecodeError::InvalidValue,
        DecodeError::NotABucket,
        DecodeError::UnsupportedVersion { found: 3 },
        DecodeError::UnsupportedSuite { found: 4 },
    ];
    let decoding = ErrorCode::ALL.iter().copied().filter(|code| code.number() < 300);
    assert_eq!(
        errors.map(DecodeError::code).as_slice(),
        decoding.collect::<Vec<_>>()
    );
    for error in errors {
        assert!(format!("{error:?}").starts_with(error.code().name()));
    }
}

/// The objects of part I: the last row is about frames, which have a registry of their own.
fn object_rows() -> impl Iterator<Item = (u8, Vec<String>, usize)> {
    size_rows().filter(|(first, ..)| *first < 0x80)
}

/// First byte, names and largest size of each row that is about this crate.
fn size_rows() -> impl Iterator<Item = (u8, Vec<String>, usize)> {
    rows("### 4.2 Objects").filter_map(|row| {
        let first = u8::from_str_radix(row[0].strip_prefix("`0x")?.get(..2)?, 16).ok()?;
        let size = row[3].replace(',', "").parse().ok()?;
        let names = row[1]
            .split('(')
            .next()?
            .split(',')
            .map(|name| name.trim().to_owned())
            .collect();
        Some((first, names, size))
    })
}

/// The cells of the table rows under a heading, up to the next one.
fn rows(heading: &str) -> impl Iterator<Item = Vec<String>> {
    let section = SPECIFICATION
        .split_once(&format!("\n{heading}\n"))
        .map_or("", |(_, rest)| rest);
    let section = section.split("\n#").next().unwrap_or_default();
    section
        .lines()
        .filter_map(|line| line.strip_prefix('|')?.strip_suffix('|'))
        .map(|line| line.split('|').map(|cell| cell.trim().to_owned()).collect())
}

const SPECIFICATION: &str = include_str!("../../../../SPEC.md");
