//! Lengths and counts, R-ENC-6: refused before anything is allocated for them.

use twotick_wire::{DecodeError, DeviceList, Envelope, LinkCompletion, LinkSealed, LinkStep, Reader};

use crate::fixture;

/// R-ENC-6: nothing follows the count, so only the check of the count itself can give this error.
#[test]
fn a_count_over_its_maximum_is_refused_with_nothing_behind_it() {
    let list = fixture::list(1, 0).encode();
    for count in [0_u16, 17, 18, 255, 256, 0x0101, u16::MAX] {
        let bytes = [&list[..86], &count.to_be_bytes()].concat();
        assert_eq!(
            DeviceList::decode(&bytes),
            Err(DecodeError::LengthOutOfRange),
            "{count} devices"
        );
    }
    for count in [65_u16, 255, 256, 0x0100, u16::MAX] {
        let bytes = [&list[..136], &count.to_be_bytes()].concat();
        assert_eq!(
            DeviceList::decode(&bytes),
            Err(DecodeError::LengthOutOfRange),
            "{count} revocations"
        );
    }
}

/// R-ENC-6: elements out of order are not looked at if not all of them are there.
#[test]
fn a_count_of_more_than_there_is_is_refused_before_the_elements() {
    let mut list = fixture::list(3, 0);
    list.devices.swap(0, 1);
    let bytes = list.encode();
    let cut = &bytes[..86 + 2 + 3 * 48 - 1];
    assert_eq!(DeviceList::decode(cut), Err(DecodeError::Truncated));
    let whole = &bytes[..86 + 2 + 3 * 48];
    assert_eq!(DeviceList::decode(whole), Err(DecodeError::NotSorted));
}

/// R-ENC-6.
#[test]
fn lists_are_accepted_up_to_their_maximum() {
    let largest = fixture::list(16, 64);
    assert_eq!(DeviceList::decode(&largest.encode()), Ok(largest));
    for (devices, revoked) in [(0, 0), (17, 0), (1, 65)] {
        let list = fixture::list(devices, revoked);
        assert_eq!(
            DeviceList::decode(&list.encode()),
            Err(DecodeError::LengthOutOfRange)
        );
    }
}

/// R-ENC-6.
#[test]
fn lengths_in_an_envelope_are_checked_before_what_follows() {
    let message = fixture::ratchet_message(256);
    let bytes = fixture::envelope(&message, &[]).encode();
    for length in [0_u32, 350, 6092, 65_536, u32::MAX] {
        let bytes = [&bytes[..50], &length.to_be_bytes()].concat();
        assert_eq!(
            Envelope::decode(&bytes),
            Err(DecodeError::LengthOutOfRange),
            "message of {length}"
        );
    }
    for length in [1_u32, 307, 65_589, u32::MAX] {
        let bytes = [&bytes[..405], &length.to_be_bytes()].concat();
        assert_eq!(
            Envelope::decode(&bytes),
            Err(DecodeError::LengthOutOfRange),
            "body of {length}"
        );
    }
    for length in [351_u32, 352, 6091] {
        let bytes = [&bytes[..50], &length.to_be_bytes()].concat();
        assert_eq!(
            Envelope::decode(&bytes),
            Err(DecodeError::Truncated),
            "message of {length}"
        );
    }
}

/// R-ENC-6: what an envelope carries is not looked into, only how long it is.
#[test]
fn an_envelope_carries_any_bytes_of_an_allowed_length() {
    for (message, body) in [(351, 0), (352, 308), (6091, 65_588)] {
        let (message, body) = (vec![0; message], vec![0; body]);
        let envelope = fixture::envelope(&message, &body);
        let bytes = envelope.encode();
        assert_eq!(Envelope::decode(&bytes), Ok(envelope));
    }
}

/// R-ENC-6.
#[test]
fn a_sealed_step_is_16_to_6448_bytes() {
    let step = LinkStep::Completion;
    for (length, accepted) in [
        (0, false),
        (15, false),
        (16, true),
        (6448, true),
        (6449, false),
        (70_000, false),
    ] {
        let sealed = vec![7; length];
        let bytes = LinkSealed {
            step,
            sealed: &sealed,
        }
        .encode();
        let expected = (!accepted).then_some(DecodeError::LengthOutOfRange);
        assert_eq!(LinkSealed::decode(&bytes).err(), expected, "{length}");
    }
    let bytes = [&[0x35, 1, 4], u32::MAX.to_be_bytes().as_slice()].concat();
    assert_eq!(LinkSealed::decode(&bytes), Err(DecodeError::LengthOutOfRange));
}

/// R-ENC-6: the largest completion and its tag are the largest sealed step.
#[test]
fn a_completion_has_a_sibling_for_each_of_1_to_16_devices() {
    let largest = fixture::link_completion(16, 64);
    assert_eq!(largest.encode().len() + 16, 6448);
    assert_eq!(LinkCompletion::decode(&largest.encode()), Ok(largest));
    let bytes = fixture::link_completion(1, 0).encode();
    for count in [0_u16, 17, u16::MAX] {
        let bytes = [&bytes[..4 + 202], &count.to_be_bytes()].concat();
        assert_eq!(
            LinkCompletion::decode(&bytes),
            Err(DecodeError::LengthOutOfRange),
            "{count} siblings"
        );
    }
    for length in [0_u32, 201, 2203, u32::MAX] {
        assert_eq!(
            LinkCompletion::decode(&length.to_be_bytes()),
            Err(DecodeError::LengthOutOfRange),
            "{length}"
        );
    }
}

/// R-ENC-6.
#[test]
fn a_length_that_cannot_be_counted_in_memory_is_refused() {
    assert_eq!(
        Reader::new(&[0xff, 0xff]).count(0..=usize::MAX, usize::MAX),
        Err(DecodeError::Truncated)
    );
    assert_eq!(Reader::new(&[0, 2, 7, 7]).count(0..=2, 1), Ok(2));
    assert_eq!(
        Reader::new(&[0xff; 8]).prefixed(0..=usize::MAX),
        Err(DecodeError::Truncated)
    );
    assert_eq!(
        Reader::new(&[0, 0, 0, 0]).prefixed_or_empty(5..=6),
        Ok([].as_slice())
    );
}
