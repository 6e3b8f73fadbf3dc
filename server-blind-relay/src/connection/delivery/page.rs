//! Pages: what was read, as frames (R-DLV-1).

use twotick_wire::{
    MAX_FRAME,
    frame::{self, Gap, Opaque, Page},
};

use super::Delivery;
use crate::store::{Delivery as Stored, MailboxItem};

impl Delivery {
    /// Makes pages and gaps of what was read; returns how many items went into them. A poll has one Page.
    pub(super) fn take_items(&mut self, items: &[MailboxItem]) -> usize {
        let mut page = Draft::default();
        for (taken, item) in items.iter().enumerate() {
            let last = page.last().unwrap_or(self.sent);
            match item {
                MailboxItem::Delivery(delivery) if delivery.seq > last => {
                    if !page.takes(delivery) {
                        self.put_page(&page.take());
                        if self.is_once {
                            return taken;
                        }
                    }
                    page.push(delivery);
                }
                MailboxItem::Gap { from, to } if *to > last => {
                    if page.last().is_some() && self.is_once {
                        self.put_page(&page.take());
                        return taken;
                    }
                    self.put_page(&page.take());
                    let from = (*from).max(last + 1);
                    self.put(Gap { from, to: *to }.encode());
                    self.sent = *to;
                }
                MailboxItem::Delivery(_) | MailboxItem::Gap { .. } => {}
            }
        }
        self.put_page(&page.take());
        items.len()
    }

    pub(super) fn put_page(&mut self, deliveries: &[Stored]) {
        let Some(last) = deliveries.last() else {
            return;
        };
        self.sent = last.seq;
        for delivery in deliveries {
            self.unacked.push_back((delivery.seq, delivery.envelope.len()));
            self.unacked_bytes += delivery.envelope.len();
        }
        let deliveries = deliveries.iter().map(|delivery| frame::Delivery {
            seq: delivery.seq,
            accepted: delivery.accepted,
            envelope: Opaque::new(delivery.envelope.as_bytes()),
        });
        let page = Page {
            deliveries: deliveries.collect(),
        };
        self.put(page.encode());
    }
}

/// A page that is being filled.
#[derive(Debug, Default)]
struct Draft {
    deliveries: Vec<Stored>,
    bytes: usize,
}

impl Draft {
    fn last(&self) -> Option<u64> {
        self.deliveries.last().map(|delivery| delivery.seq)
    }

    /// Whether it may follow: the next number, and room for it (R-DLV-1).
    fn takes(&self, delivery: &Stored) -> bool {
        let follows = self.last().is_none_or(|last| last + 1 == delivery.seq);
        let bytes = Page::OVERHEAD + self.bytes + frame::Delivery::OVERHEAD + delivery.envelope.len();
        follows && self.deliveries.len() < Page::MAX_DELIVERIES && bytes <= MAX_FRAME
    }

    fn push(&mut self, delivery: &Stored) {
        self.bytes += frame::Delivery::OVERHEAD + delivery.envelope.len();
        self.deliveries.push(delivery.clone());
    }

    fn take(&mut self) -> Vec<Stored> {
        self.bytes = 0;
        std::mem::take(&mut self.deliveries)
    }
}
