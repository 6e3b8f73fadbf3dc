//! The frame sequence of SPEC 30.

use twotick_wire::frame::{FrameSequence, FrameSequenceWriter, SequenceFull};
use twotick_wire::{DecodeError, MAX_FRAME};

use super::sample;

/// R-TRN-7.
#[test]
fn a_sequence_gives_its_frames_in_order() {
    let frames: Vec<Vec<u8>> = sample::client().iter().map(|frame| frame.encode()).collect();
    let mut writer = FrameSequenceWriter::new(FrameSequence::MAX_REQUEST);
    for frame in &frames {
        assert_eq!(writer.push(frame), Ok(()));
    }
    assert_eq!(writer.frames(), frames.len());
    let bytes = writer.into_vec();
    let first = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    assert_eq!(first as usize, frames[0].len());
    assert_eq!(&bytes[4..][..frames[0].len()], frames[0]);
    assert_eq!(read(&bytes), Ok(frames));
}

/// R-TRN-7.
#[test]
fn nothing_is_a_sequence_of_no_frames() {
    assert_eq!(read(&[]), Ok(vec![]));
    assert_eq!(FrameSequenceWriter::new(0).into_vec(), []);
}

/// R-TRN-7, R-ENC-2: the frames before the cut are not given out either.
#[test]
fn a_cut_sequence_gives_no_frame() {
    let bytes = [frame(10), frame(20)].concat();
    for length in 1..bytes.len() {
        let expected = if length == 14 {
            Ok(vec![vec![7; 10]])
        } else {
            Err(DecodeError::Truncated)
        };
        assert_eq!(read(&bytes[..length]), expected, "{length} bytes");
    }
}

/// R-TRN-7, R-ENC-6: found in the length alone.
#[test]
fn a_frame_in_a_sequence_has_1_to_262144_bytes() {
    for length in [0, MAX_FRAME as u32 + 1, u32::MAX] {
        assert_eq!(
            read(&length.to_be_bytes()),
            Err(DecodeError::LengthOutOfRange),
            "{length}"
        );
    }
    for length in [1, MAX_FRAME as u32] {
        assert_eq!(
            read(&length.to_be_bytes()),
            Err(DecodeError::Truncated),
            "{length}"
        );
    }
    assert_eq!(read(&frame(MAX_FRAME)), Ok(vec![vec![7; MAX_FRAME]]));
}

/// R-TRN-7.
#[test]
fn a_sequence_has_up_to_64_frames() {
    let bytes = frame(1).repeat(65);
    assert_eq!(read(&bytes[..64 * 5]).map(|frames| frames.len()), Ok(64));
    assert_eq!(read(&bytes), Err(DecodeError::LengthOutOfRange));
}

/// R-TRN-7.
#[test]
fn a_sequence_of_a_client_has_up_to_a_mebibyte() {
    let last = 1_048_576 - 3 * (4 + MAX_FRAME) - 4;
    let bytes = [frame(MAX_FRAME), frame(MAX_FRAME), frame(MAX_FRAME), frame(last)].concat();
    assert_eq!(bytes.len(), FrameSequence::MAX_REQUEST);
    assert_eq!(read(&bytes).map(|frames| frames.len()), Ok(4));
    let bytes = [bytes, vec![0]].concat();
    assert_eq!(read(&bytes), Err(DecodeError::LengthOutOfRange));
    assert_eq!(FrameSequence::MAX_ANSWER, 64 * 262_148);
}

/// R-TRN-7: a writer writes nothing that is refused.
#[test]
fn a_writer_refuses_what_does_not_fit() {
    let mut writer = FrameSequenceWriter::new(20);
    assert_eq!(writer.push(&[]), Err(SequenceFull));
    assert_eq!(writer.push(&[7; 17]), Err(SequenceFull));
    assert_eq!(writer.push(&[7; 10]), Ok(()));
    assert_eq!(writer.push(&[7; 3]), Err(SequenceFull));
    assert_eq!(writer.push(&[7; 2]), Ok(()));
    assert_eq!(writer.into_vec(), [frame(10), frame(2)].concat());
    let mut writer = FrameSequenceWriter::new(FrameSequence::MAX_ANSWER);
    assert_eq!(writer.push(&vec![7; MAX_FRAME + 1]), Err(SequenceFull));
    for _ in 0..64 {
        assert_eq!(writer.push(&[7]), Ok(()));
    }
    assert_eq!(writer.push(&[7]), Err(SequenceFull));
}

fn read(bytes: &[u8]) -> Result<Vec<Vec<u8>>, DecodeError> {
    let sequence = FrameSequence::decode(bytes, FrameSequence::MAX_REQUEST)?;
    Ok(sequence.map(<[u8]>::to_vec).collect())
}

fn frame(length: usize) -> Vec<u8> {
    [&(length as u32).to_be_bytes(), vec![7; length].as_slice()].concat()
}
