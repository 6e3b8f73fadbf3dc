//! What a read gives: what is there, and gaps where something is not (R-DLV-6).

use super::super::{Delivery, MailboxItem, PageBounds};

/// Fills up with consecutive numbers until a bound is met.
pub(crate) struct Page {
    bounds: PageBounds,
    expected: u64,
    envelopes: usize,
    bytes: usize,
    items: Vec<MailboxItem>,
}

impl Page {
    /// A page that starts after `after`, or after what is acknowledged if that is later.
    pub(crate) fn new(after: u64, acked: u64, bounds: PageBounds) -> Self {
        let expected = after.max(acked).saturating_add(1);
        Self {
            bounds,
            expected,
            envelopes: 0,
            bytes: 0,
            items: Vec::new(),
        }
    }

    /// The first number it may hold.
    pub(crate) fn start(&self) -> u64 {
        self.expected
    }

    /// True if there is room for one of `length` bytes; the first always has.
    pub(crate) fn has_room(&self, length: usize) -> bool {
        self.envelopes == 0
            || (self.envelopes < self.bounds.envelopes
                && self.bytes.saturating_add(length) <= self.bounds.bytes)
    }

    /// Adds the next that is there; numbers passed over are a gap.
    pub(crate) fn push(&mut self, delivery: Delivery) {
        self.gap_until(delivery.seq);
        self.envelopes += 1;
        self.bytes = self.bytes.saturating_add(delivery.envelope.len());
        self.expected = delivery.seq.saturating_add(1);
        self.items.push(MailboxItem::Delivery(delivery));
    }

    /// The page, if it came to the end of a mailbox whose next number is `next`.
    pub(crate) fn finish(mut self, next: u64) -> Vec<MailboxItem> {
        self.gap_until(next);
        self.items
    }

    /// The page, if a bound ended it.
    pub(crate) fn cut(self) -> Vec<MailboxItem> {
        self.items
    }

    fn gap_until(&mut self, seq: u64) {
        if self.expected < seq {
            self.items.push(MailboxItem::Gap {
                from: self.expected,
                to: seq - 1,
            });
            self.expected = seq;
        }
    }
}
