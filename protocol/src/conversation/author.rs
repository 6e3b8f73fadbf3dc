//! The sequences of author devices, and the gaps in them (R-CON-3).

use alloc::vec::Vec;
use core::ops::RangeInclusive;

use twotick_wire::DeviceId;

use super::Dropped;
use crate::limits::constants;

/// The author devices of a conversation; the one heard last stands last.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Authors(pub(super) Vec<Author>);

/// What arrived from one author device: all up to `highest`, except the gaps.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Author {
    pub(super) device: DeviceId,
    pub(super) highest: u32,
    /// Ascending, apart from each other, below `highest`.
    pub(super) gaps: Vec<Gap>,
}

/// Sequences that did not arrive.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Gap {
    pub(super) first: u32,
    pub(super) last: u32,
    /// False before the first message of an author: it is not known that they were sent to us (R-CON-3).
    pub(super) reported: bool,
}

/// Author devices of a conversation. Larger: state that a hostile peer fills with new devices. Smaller: a device that
/// returns after as many others counts as new.
pub(super) const MOST_AUTHORS: usize = 128;

impl Authors {
    pub(super) fn find(&self, device: &DeviceId) -> Option<&Author> {
        self.0.iter().find(|author| author.device == *device)
    }

    /// The reported gaps, by author device.
    pub(super) fn gaps(&self) -> Vec<(DeviceId, RangeInclusive<u32>)> {
        let mut gaps = self.0.iter().flat_map(Author::reported).collect::<Vec<_>>();
        gaps.sort_by_key(|(device, range)| (*device, *range.start()));
        gaps
    }

    /// Notes a sequence that was not there before.
    pub(super) fn received(&mut self, device: DeviceId, sequence: u32, dropped: &mut Dropped) {
        match self.0.iter().position(|author| author.device == device) {
            Some(index) => {
                self.0[index].receive(sequence, dropped);
                self.0[index..].rotate_left(1);
            }
            None => self.insert(Author::first(device, sequence), dropped),
        }
    }

    /// Notes a sequence of this device itself: nothing before it can be missing.
    pub(super) fn sent(&mut self, device: DeviceId, sequence: u32, dropped: &mut Dropped) {
        self.0.retain(|author| author.device != device);
        self.insert(
            Author {
                device,
                highest: sequence,
                gaps: Vec::new(),
            },
            dropped,
        );
    }

    fn insert(&mut self, author: Author, dropped: &mut Dropped) {
        if self.0.len() == MOST_AUTHORS {
            let forgotten = self.0.remove(0);
            dropped.gaps.extend(forgotten.reported());
            dropped.authors.push(forgotten.device);
        }
        self.0.push(author);
    }
}

impl Author {
    /// An author heard for the first time. Earlier sequences are accepted, but not missed.
    fn first(device: DeviceId, sequence: u32) -> Self {
        let earlier = Gap {
            first: 1,
            last: sequence.saturating_sub(1),
            reported: false,
        };
        let gaps = if sequence > 1 {
            Vec::from([earlier])
        } else {
            Vec::new()
        };
        Self {
            device,
            highest: sequence,
            gaps,
        }
    }

    /// Whether this sequence arrived, or is in a gap that was given up.
    pub(super) fn has(&self, sequence: u32) -> bool {
        sequence <= self.highest && self.gap(sequence).is_none()
    }

    /// Whether this sequence is reported as missing.
    pub(super) fn misses(&self, sequence: u32) -> bool {
        self.gap(sequence).is_some_and(|index| self.gaps[index].reported)
    }

    fn gap(&self, sequence: u32) -> Option<usize> {
        self.gaps
            .iter()
            .position(|gap| (gap.first..=gap.last).contains(&sequence))
    }

    fn reported(&self) -> impl Iterator<Item = (DeviceId, RangeInclusive<u32>)> {
        self.gaps
            .iter()
            .filter(|gap| gap.reported)
            .map(|gap| (self.device, gap.first..=gap.last))
    }

    fn receive(&mut self, sequence: u32, dropped: &mut Dropped) {
        match self.gap(sequence) {
            Some(index) => self.fill(index, sequence),
            None => {
                if sequence - self.highest > 1 {
                    self.gaps.push(Gap {
                        first: self.highest + 1,
                        last: sequence - 1,
                        reported: true,
                    });
                }
                self.highest = sequence;
            }
        }
        if self.gaps.len() > constants::GAPS {
            let oldest = self.gaps.remove(0);
            dropped.gaps.push((self.device, oldest.first..=oldest.last));
        }
    }

    /// Takes one sequence out of a gap, which leaves none, one or two.
    fn fill(&mut self, index: usize, sequence: u32) {
        let gap = self.gaps.remove(index);
        let above = (sequence < gap.last).then(|| Gap {
            first: sequence + 1,
            ..gap
        });
        let below = (sequence > gap.first).then(|| Gap {
            last: sequence - 1,
            ..gap
        });
        for piece in [above, below].into_iter().flatten() {
            self.gaps.insert(index, piece);
        }
    }
}
