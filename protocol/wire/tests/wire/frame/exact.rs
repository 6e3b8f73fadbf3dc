//! What holds for every frame alike.

use proptest::prelude::*;
use twotick_wire::frame::Turn;
use twotick_wire::{ClientFrame, DecodeError, ErrorCode, FrameKind, MAX_FRAME, RelayFrame, RequestId};

use super::{generate, generate_relay, sample, sample_relay};

/// R-ENC-3, R-FRM-1.
#[test]
fn every_frame_gives_back_the_bytes_it_was_read_from() {
    for frame in sample::client() {
        let bytes = frame.encode();
        assert_eq!(ClientFrame::decode(&bytes), Ok(frame));
    }
    for frame in sample_relay::relay() {
        let bytes = frame.encode();
        assert_eq!(RelayFrame::decode(&bytes), Ok(frame));
    }
}

/// R-ENC-2, R-ENC-6.
#[test]
fn every_truncation_is_refused() {
    for Sample {
        kind, bytes, recode, ..
    } in all()
    {
        for length in 0..bytes.len() {
            let error = recode(&bytes[..length]);
            assert_eq!(error, Err(DecodeError::Truncated), "{kind:?}, {length} bytes");
        }
    }
}

/// R-ENC-2.
#[test]
fn bytes_after_the_last_field_are_refused() {
    for Sample {
        kind,
        mut bytes,
        recode,
        ..
    } in all()
    {
        for count in 1..=3 {
            bytes.push(0);
            assert_eq!(
                recode(&bytes),
                Err(DecodeError::TrailingBytes { count }),
                "{kind:?}"
            );
        }
    }
}

/// R-ENC-4.
#[test]
fn another_version_is_refused() {
    for Sample {
        kind,
        mut bytes,
        recode,
        ..
    } in all()
    {
        for found in (0..=0xff).filter(|byte| *byte != 1) {
            bytes[1] = found;
            assert_eq!(
                recode(&bytes),
                Err(DecodeError::UnsupportedVersion { found }),
                "{kind:?}"
            );
        }
    }
}

/// R-FRM-2.
#[test]
fn request_is_zero_when_unasked_and_only_then() {
    for Sample {
        kind,
        mut bytes,
        recode,
        request,
    } in all()
    {
        let mut with = |number: u32| {
            bytes[2..6].copy_from_slice(&number.to_be_bytes());
            recode(&bytes).map(|_| ())
        };
        let (zero, other) = (with(0), with(1).and(with(1 << 24)).and(with(u32::MAX)));
        let refused = Err(DecodeError::InvalidValue);
        let expected = match kind.turn() {
            Turn::Asks(_) | Turn::Answers => (refused, Ok(())),
            Turn::Unasked => (Ok(()), refused),
            Turn::Either => (Ok(()), Ok(())),
        };
        assert_eq!((zero, other), expected, "{kind:?}");
        let unasked = kind.turn() == Turn::Unasked;
        assert_eq!(
            request,
            if unasked {
                RequestId::UNASKED
            } else {
                sample::REQUEST
            }
        );
    }
}

/// R-FRM-2: the rule of a field comes before what follows it.
#[test]
fn a_wrong_request_is_found_before_the_fields_after_it() {
    for Sample {
        kind,
        mut bytes,
        recode,
        ..
    } in all()
    {
        bytes.truncate(6);
        let wrong = if kind.turn() == Turn::Unasked { 1 } else { 0 };
        bytes[2..6].copy_from_slice(&u32::to_be_bytes(wrong));
        if kind.turn() != Turn::Either {
            assert_eq!(recode(&bytes), Err(DecodeError::InvalidValue), "{kind:?}");
        }
    }
}

/// R-FRM-3, R-ENC-4: a frame of the other direction is told apart from what is no frame.
#[test]
fn another_first_byte_is_of_the_other_direction_or_no_frame() {
    let (client, relay) = (sample::client()[0].encode(), sample_relay::relay()[0].encode());
    let takes = |kinds: Vec<FrameKind>, byte| kinds.iter().any(|kind| kind.byte() == byte);
    let sent: Vec<FrameKind> = sample::client().iter().map(|frame| frame.kind()).collect();
    let received: Vec<FrameKind> = sample_relay::relay().iter().map(|frame| frame.kind()).collect();
    for found in 0..=0xff {
        let error = DecodeError::WrongObject { found };
        let code = match FrameKind::from_byte(found) {
            Some(_) => ErrorCode::UnexpectedFrame,
            None => ErrorCode::WrongObject,
        };
        if !takes(sent.clone(), found) {
            let bytes = [&[found], &client[1..]].concat();
            assert_eq!(ClientFrame::decode(&bytes), Err(error));
            assert_eq!(ClientFrame::refusal(&bytes, error), code, "{found:#04x}");
        }
        if !takes(received.clone(), found) {
            let bytes = [&[found], &relay[1..]].concat();
            assert_eq!(RelayFrame::decode(&bytes), Err(error));
            assert_eq!(RelayFrame::refusal(&bytes, error), code, "{found:#04x}");
        }
    }
}

/// R-FRM-1, R-FRM-3: what is inside a frame cannot pass for its first byte.
#[test]
fn an_inner_object_that_looks_like_a_frame_is_no_unexpected_frame() {
    let mut bytes = sample::send_receipts().encode();
    bytes[6 + 2 + 48] = FrameKind::Hello.byte();
    let error = DecodeError::WrongObject {
        found: FrameKind::Hello.byte(),
    };
    assert_eq!(ClientFrame::decode(&bytes), Err(error));
    assert_eq!(ClientFrame::refusal(&bytes, error), ErrorCode::WrongObject);
}

/// R-ENC-4: a decoder of one frame refuses every other.
#[test]
fn a_single_frame_refuses_the_others() {
    use twotick_wire::frame::{Done, Page};
    let (done, page) = (sample_relay::relay()[8].encode(), sample_relay::page().encode());
    assert_eq!(Page::decode(&done), Err(DecodeError::WrongObject { found: 0xc6 }));
    assert_eq!(Done::decode(&page), Err(DecodeError::WrongObject { found: 0xc2 }));
    assert_eq!(Page::decode(&page), Ok(sample_relay::page()));
}

/// R-FRM-1: over the limit, nothing is looked at, not even the first byte.
#[test]
fn a_frame_is_at_most_262144_bytes() {
    for first in 0..=0xff {
        let mut bytes = vec![first; MAX_FRAME + 1];
        for error in [
            ClientFrame::decode(&bytes).err(),
            RelayFrame::decode(&bytes).err(),
        ] {
            assert_eq!(error, Some(DecodeError::LengthOutOfRange), "{first:#04x}");
        }
        let error = DecodeError::LengthOutOfRange;
        assert_eq!(ClientFrame::refusal(&bytes, error), ErrorCode::FrameTooLarge);
        assert_eq!(RelayFrame::refusal(&bytes, error), ErrorCode::FrameTooLarge);
        bytes.pop();
        assert_ne!(ClientFrame::decode(&bytes).err(), Some(error), "{first:#04x}");
    }
    assert_eq!(
        ClientFrame::refusal(&[], DecodeError::Truncated),
        ErrorCode::Truncated
    );
    assert_eq!(
        ClientFrame::refusal(&[0xa2], DecodeError::LengthOutOfRange),
        ErrorCode::LengthOutOfRange
    );
    let large = twotick_wire::frame::Done::decode(&vec![0xc6; MAX_FRAME + 1]);
    assert_eq!(large, Err(DecodeError::LengthOutOfRange));
}

/// R-ENC-3: whatever else is accepted after a change of one byte is the encoding of another value.
#[test]
fn every_change_of_a_byte_is_refused_or_kept() {
    for Sample {
        kind,
        mut bytes,
        recode,
        ..
    } in all()
    {
        for index in 0..bytes.len() {
            let original = bytes[index];
            for changed in [
                0x00,
                0x01,
                0x02,
                0x7f,
                0xff,
                original ^ 1,
                original.wrapping_add(1),
            ] {
                bytes[index] = changed;
                if let Ok(recoded) = recode(&bytes) {
                    assert_eq!(recoded, bytes, "{kind:?}, byte {index}");
                }
            }
            bytes[index] = original;
        }
    }
}

proptest! {
    /// R-ENC-3, R-FRM-1.
    #[test]
    fn any_client_frame_is_read_back(frame in generate::client_frame()) {
        let bytes = frame.encode();
        prop_assert_eq!(ClientFrame::decode(&bytes), Ok(frame));
    }

    /// R-ENC-3, R-FRM-1.
    #[test]
    fn any_relay_frame_is_read_back(frame in generate_relay::relay_frame()) {
        let bytes = frame.encode();
        prop_assert_eq!(RelayFrame::decode(&bytes), Ok(frame));
    }

    /// R-ENC-3.
    #[test]
    fn random_endings_are_refused_or_kept(cut in 0..600_usize, ending in prop::collection::vec(any::<u8>(), 0..300)) {
        for Sample { bytes, recode, .. } in all() {
            let spliced = [&bytes[..cut.min(bytes.len())], &ending].concat();
            if let Ok(recoded) = recode(&spliced) {
                prop_assert_eq!(recoded, spliced);
            }
        }
    }
}

/// A frame with how to decode and encode it again.
struct Sample {
    kind: FrameKind,
    request: RequestId,
    bytes: Vec<u8>,
    recode: fn(&[u8]) -> Result<Vec<u8>, DecodeError>,
}

fn all() -> Vec<Sample> {
    let client = sample::client().into_iter().map(|frame| Sample {
        kind: frame.kind(),
        request: frame.request(),
        bytes: frame.encode(),
        recode: |bytes| ClientFrame::decode(bytes).map(|frame| frame.encode()),
    });
    let relay = sample_relay::relay().into_iter().map(|frame| Sample {
        kind: frame.kind(),
        request: frame.request(),
        bytes: frame.encode(),
        recode: |bytes| RelayFrame::decode(bytes).map(|frame| frame.encode()),
    });
    client.chain(relay).collect()
}
