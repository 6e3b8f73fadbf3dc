//! Several frames in one body, SPEC 30.

use alloc::vec::Vec;

use super::MAX_FRAME;
use crate::{DecodeError, Reader, Writer};

/// Frames one after the other, each after its length, R-TRN-7. Iterates over the frames, not yet decoded.
#[derive(Clone, Debug)]
pub struct FrameSequence<'a> {
    reader: Reader<'a>,
}

impl<'a> FrameSequence<'a> {
    /// Most frames in a sequence.
    pub const MAX_FRAMES: usize = 64;

    /// Most bytes of a sequence that a client sends.
    pub const MAX_REQUEST: usize = 1_048_576;

    /// Most bytes of a sequence that a relay sends: as many frames of the largest size.
    pub const MAX_ANSWER: usize = Self::MAX_FRAMES * (LENGTH + MAX_FRAME);

    /// Checks every length, so that all frames are there or none is looked at.
    pub fn decode(bytes: &'a [u8], maximum: usize) -> Result<Self, DecodeError> {
        if bytes.len() > maximum {
            return Err(DecodeError::LengthOutOfRange);
        }
        let mut reader = Reader::new(bytes);
        let mut frames = 0;
        while reader.remaining() > 0 {
            if frames == Self::MAX_FRAMES {
                return Err(DecodeError::LengthOutOfRange);
            }
            reader.prefixed(1..=MAX_FRAME)?;
            frames += 1;
        }
        Ok(Self {
            reader: Reader::new(bytes),
        })
    }
}

impl<'a> Iterator for FrameSequence<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        // The lengths were checked by `decode`: the one error left is the end of the input.
        self.reader.prefixed(1..=MAX_FRAME).ok()
    }
}

/// Puts encoded frames into a [`FrameSequence`].
#[derive(Debug)]
pub struct FrameSequenceWriter {
    writer: Writer,
    frames: usize,
    maximum: usize,
}

impl FrameSequenceWriter {
    /// An empty sequence of up to `maximum` bytes.
    #[must_use]
    pub fn new(maximum: usize) -> Self {
        Self {
            writer: Writer::default(),
            frames: 0,
            maximum,
        }
    }

    /// Appends an encoded frame, if it may follow; otherwise nothing is written.
    pub fn push(&mut self, frame: &[u8]) -> Result<(), SequenceFull> {
        let length = self.writer.as_slice().len() + LENGTH + frame.len();
        let is_frame = (1..=MAX_FRAME).contains(&frame.len());
        if !is_frame || length > self.maximum || self.frames == FrameSequence::MAX_FRAMES {
            return Err(SequenceFull);
        }
        self.writer.prefixed(frame);
        self.frames += 1;
        Ok(())
    }

    /// How many frames it has.
    #[must_use]
    pub const fn frames(&self) -> usize {
        self.frames
    }

    /// All bytes.
    #[must_use]
    pub fn into_vec(self) -> Vec<u8> {
        self.writer.into_vec()
    }
}

/// A frame does not fit into a sequence: too many frames or bytes, or a frame of no allowed length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the frame does not fit into the sequence")]
pub struct SequenceFull;

/// Bytes of the length in front of a frame.
const LENGTH: usize = 4;
