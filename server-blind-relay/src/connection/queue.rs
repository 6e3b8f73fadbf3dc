//! What waits to be written, within the bounds of SPEC 28.

use std::{collections::VecDeque, time::Duration};

use twotick_wire::DeviceId;

use super::{Action, Frame};

/// The send queue: what the writer has, and what waits for room in it.
///
/// Answers wait in `waiting`, which is bounded by the requests that may be under way; delivery asks for room first;
/// ephemeral frames go only when nothing else does, so that a newer one can still replace them (R-EPH-1).
#[derive(Debug)]
pub(super) struct Queue {
    most_frames: usize,
    most_bytes: usize,
    frames: usize,
    bytes: usize,
    waiting: VecDeque<Frame>,
    waiting_bytes: usize,
    ephemeral: VecDeque<(DeviceId, Frame)>,
    progress: Duration,
}

impl Queue {
    pub(super) fn new(most_frames: usize, most_bytes: usize, now: Duration) -> Self {
        Self {
            most_frames,
            most_bytes,
            frames: 0,
            bytes: 0,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            ephemeral: VecDeque::new(),
            progress: now,
        }
    }

    /// An answer, in its turn.
    pub(super) fn answer(&mut self, frame: Vec<u8>) {
        self.forward(Frame(frame.into()));
    }

    /// A frame of another connection, in its turn.
    pub(super) fn forward(&mut self, frame: Frame) {
        self.waiting_bytes += frame.0.len();
        self.waiting.push_back(frame);
    }

    /// A newer one from the same device takes the place of what waits; beyond the bound it is dropped (R-DLV-2).
    pub(super) fn ephemeral(&mut self, from: DeviceId, frame: Frame) {
        let same = self.ephemeral.iter_mut().find(|(other, _)| *other == from);
        if let Some((_, old)) = same {
            *old = frame;
        } else if self.ephemeral.len() < self.most_frames {
            self.ephemeral.push_back((from, frame));
        }
    }

    /// How many bytes a frame of the delivery may have now; none if answers wait or the writer has enough.
    pub(super) fn room(&self) -> usize {
        if self.waiting.is_empty() && self.frames < self.most_frames {
            self.most_bytes.saturating_sub(self.bytes)
        } else {
            0
        }
    }

    /// Gives a frame to the writer, for which the caller has asked for room.
    pub(super) fn give(&mut self, frame: Frame, now: Duration, actions: &mut VecDeque<Action>) {
        if self.frames == 0 {
            self.progress = now;
        }
        self.frames += 1;
        self.bytes += frame.0.len();
        actions.push_back(Action::Send(frame));
    }

    /// Gives the writer what waits and has room.
    pub(super) fn flush(&mut self, now: Duration, actions: &mut VecDeque<Action>) {
        while let Some(next) = self.waiting.front() {
            let bytes = self.bytes + next.0.len();
            if self.frames > 0 && (self.frames >= self.most_frames || bytes > self.most_bytes) {
                return;
            }
            if let Some(frame) = self.waiting.pop_front() {
                self.waiting_bytes = self.waiting_bytes.saturating_sub(frame.0.len());
                self.give(frame, now, actions);
            }
        }
    }

    /// Gives the writer the ephemeral frames, if it has nothing else; returns whether there were any.
    pub(super) fn flush_ephemeral(&mut self, now: Duration, actions: &mut VecDeque<Action>) -> bool {
        let is_due = self.frames == 0 && !self.ephemeral.is_empty();
        if is_due {
            while let Some((_, frame)) = self.ephemeral.pop_front() {
                self.give(frame, now, actions);
            }
        }
        is_due
    }

    /// The writer is done with so much.
    pub(super) fn sent(&mut self, frames: usize, bytes: usize, now: Duration) {
        self.frames = self.frames.saturating_sub(frames);
        self.bytes = self.bytes.saturating_sub(bytes);
        self.progress = now;
    }

    /// How many frames wait for room.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Their bytes.
    pub(super) fn waiting_bytes(&self) -> usize {
        self.waiting_bytes
    }

    /// True if all was written.
    pub(super) fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.frames == 0
    }

    /// Since when the writer has had something and written nothing.
    pub(super) fn stalled_since(&self) -> Option<Duration> {
        (self.frames > 0).then_some(self.progress)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::ZERO;

    /// R-FRM-4, R-DLV-2: an answer that waits for room keeps delivery from taking it.
    #[test]
    fn answers_go_before_delivery() {
        let mut queue = Queue::new(4, 1_000, NOW);
        let mut actions = VecDeque::new();
        queue.answer(vec![1; 900]);
        queue.answer(vec![2; 900]);
        queue.flush(NOW, &mut actions);
        assert_eq!((actions.len(), queue.room(), queue.waiting()), (1, 0, 1));
        queue.sent(1, 900, NOW);
        queue.flush(NOW, &mut actions);
        assert_eq!((actions.len(), queue.room(), queue.waiting_bytes()), (2, 100, 0));
    }

    /// R-ABU-1: a frame over the whole bound goes alone, so that nothing waits for ever.
    #[test]
    fn a_frame_over_the_bound_goes_alone() {
        let mut queue = Queue::new(4, 1_000, NOW);
        let mut actions = VecDeque::new();
        queue.answer(vec![1; 2_000]);
        queue.answer(vec![2; 10]);
        queue.flush(NOW, &mut actions);
        assert_eq!((actions.len(), queue.stalled_since()), (1, Some(NOW)));
        queue.sent(1, 2_000, NOW);
        queue.flush(NOW, &mut actions);
        queue.sent(1, 10, NOW);
        assert!(actions.len() == 2 && queue.is_idle());
    }
}
