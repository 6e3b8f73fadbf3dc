//! Delivery on a connection, SPEC 22.2 and 24: which envelopes and lane items go out, and when.
//!
//! ```text
//!  sent      the highest number that went out, or that need not
//!  next      the lowest number that is not known to be stored: more is there if next > sent + 1
//!  behind    hints were lost: only a read tells
//! ```

mod page;

use std::{collections::VecDeque, time::Duration};

use twotick_wire::{
    DeviceId, Envelope, MAX_FRAME,
    frame::{self, Drained, LanePage, Page},
};

use super::{Action, Frame, Window, queue::Queue};
use crate::store::{Delivery as Stored, LaneEntry, MailboxItem, PageBounds};

/// What is delivered on one connection.
#[derive(Debug)]
pub(super) struct Delivery {
    mailbox: DeviceId,
    window: Window,
    is_once: bool,
    sent: u64,
    next: u64,
    behind: bool,
    reading: Option<Reading>,
    unacked: VecDeque<(u64, usize)>,
    unacked_bytes: usize,
    /// Encoded, until the queue has room.
    pages: VecDeque<Frame>,
    lane: Lane,
    is_drained: bool,
    has_sent: bool,
    /// After a failed read: not before.
    retry_at: Option<Duration>,
}

/// A read of the mailbox that is under way.
#[derive(Clone, Copy, Debug)]
struct Reading {
    next: u64,
    behind: bool,
    bounds: PageBounds,
}

#[derive(Debug)]
struct Lane {
    sent: u64,
    more: bool,
    reading: bool,
}

/// Where delivery starts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    /// After this number.
    pub(super) cursor: u64,
    /// After this place of the lane.
    pub(super) lane_cursor: u64,
}

impl Delivery {
    pub(super) fn new(mailbox: DeviceId, window: Window, start: Start, is_once: bool) -> Self {
        Self {
            mailbox,
            window,
            is_once,
            sent: start.cursor,
            next: 0,
            // What was stored between the answer to the Attach and the subscription has told nobody.
            behind: true,
            reading: None,
            unacked: VecDeque::new(),
            unacked_bytes: 0,
            pages: VecDeque::new(),
            lane: Lane {
                sent: start.lane_cursor,
                more: true,
                reading: false,
            },
            is_drained: false,
            has_sent: false,
            retry_at: None,
        }
    }

    /// The highest number that may be acknowledged here.
    pub(super) fn sent(&self) -> u64 {
        self.sent
    }

    /// A poll ends once it has something: here, an ephemeral frame.
    pub(super) fn went_out(&mut self) {
        self.has_sent = true;
    }

    /// True once a poll has something and nothing under way.
    pub(super) fn is_over(&self) -> bool {
        self.is_answered() && self.is_still()
    }

    /// When a read is tried again.
    pub(super) fn retry_at(&self) -> Option<Duration> {
        self.retry_at
    }

    /// An envelope was stored: goes out as it is if it is the next one and everything has room, and is read otherwise.
    pub(super) fn stored(
        &mut self,
        delivery: &Stored,
        queue: &mut Queue,
        now: Duration,
        actions: &mut VecDeque<Action>,
    ) {
        if delivery.seq <= self.sent {
            return;
        }
        let is_next = delivery.seq == self.sent + 1 && !self.is_answered();
        self.next = self.next.max(delivery.seq.saturating_add(1));
        let length = delivery.envelope.len();
        let fits = self.unacked.is_empty()
            || (self.unacked.len() < self.window.envelopes
                && self.unacked_bytes + length <= self.window.bytes);
        if is_next && fits && queue.room() >= PAGE_OVERHEAD + length {
            self.put_page(std::slice::from_ref(delivery));
            self.flush(queue, now, actions);
        }
    }

    /// Something was put in the lane.
    pub(super) fn lane_grew(&mut self) {
        self.lane.more = true;
    }

    /// Hints were lost.
    pub(super) fn fell_behind(&mut self) {
        self.behind = true;
        self.lane.more = true;
    }

    /// All up to this number is acknowledged.
    pub(super) fn acked(&mut self, upto: u64) {
        while let Some((_, length)) = self.unacked.pop_front_if(|(seq, _)| *seq <= upto) {
            self.unacked_bytes = self.unacked_bytes.saturating_sub(length);
        }
    }

    /// The store has read the mailbox.
    pub(super) fn read(&mut self, items: &[MailboxItem]) {
        let Some(reading) = self.reading.take() else {
            return;
        };
        if items.is_empty() {
            // What was known to be there has been acknowledged elsewhere.
            self.sent = self.sent.max(reading.next.saturating_sub(1));
            return;
        }
        let taken = self.take_items(items);
        let is_all = taken == items.len() && !reading.is_full(items);
        self.behind |= reading.behind && !is_all;
    }

    /// The store has read the lane.
    pub(super) fn read_lane(&mut self, items: Vec<LaneEntry>) {
        if !std::mem::take(&mut self.lane.reading) {
            return;
        }
        self.lane.more |= items.len() >= LanePage::MAX_ITEMS;
        let new = items.into_iter().filter(|entry| entry.place > self.lane.sent);
        let items: Vec<_> = new
            .map(|entry| frame::LaneEntry {
                place: entry.place,
                item: entry.item,
            })
            .collect();
        if let Some(last) = items.last() {
            self.lane.sent = last.place;
            self.put(LanePage { items }.encode());
        }
    }

    /// The store could not read the mailbox: tries again later.
    pub(super) fn read_failed(&mut self, now: Duration) {
        if let Some(reading) = self.reading.take() {
            self.behind |= reading.behind;
            self.retry_at = Some(now.saturating_add(RETRY));
        }
    }

    /// The store could not read the lane: tries again later.
    pub(super) fn read_lane_failed(&mut self, now: Duration) {
        if std::mem::take(&mut self.lane.reading) {
            self.lane.more = true;
            self.retry_at = Some(now.saturating_add(RETRY));
        }
    }

    /// Sends what has room, asks for what is wanted.
    pub(super) fn pump(&mut self, queue: &mut Queue, now: Duration, actions: &mut VecDeque<Action>) {
        self.flush(queue, now, actions);
        if !self.is_answered() && self.retry_at.is_none_or(|at| now >= at) {
            self.retry_at = None;
            self.ask(queue, actions);
        }
        self.drain();
        self.flush(queue, now, actions);
    }

    /// Asks for what is missing and has room.
    fn ask(&mut self, queue: &Queue, actions: &mut VecDeque<Action>) {
        if let Some(bounds) = self.bounds(queue) {
            self.reading = Some(Reading {
                next: self.next,
                behind: self.behind,
                bounds,
            });
            self.behind = false;
            actions.push_back(Action::ReadMailbox {
                mailbox: self.mailbox,
                after: self.sent,
                bounds,
            });
        }
        if self.lane.more && !self.lane.reading && self.pages.is_empty() && queue.room() >= LANE_PAGE {
            self.lane.more = false;
            self.lane.reading = true;
            actions.push_back(Action::ReadLane {
                mailbox: self.mailbox,
                after: self.lane.sent,
                count: LanePage::MAX_ITEMS,
            });
        }
    }

    /// How much may be read now; nothing if nothing is missing, or there is no room for the largest envelope.
    fn bounds(&self, queue: &Queue) -> Option<PageBounds> {
        let is_complete = !self.behind && self.next <= self.sent.saturating_add(1);
        if is_complete || self.reading.is_some() || !self.pages.is_empty() {
            return None;
        }
        let room = queue.room().min(MAX_FRAME);
        let room = room.checked_sub(PAGE_OVERHEAD * Page::MAX_DELIVERIES)?;
        let bytes = room.min(self.window.bytes.saturating_sub(self.unacked_bytes));
        let envelopes = self.window.envelopes.saturating_sub(self.unacked.len());
        if envelopes == 0 || bytes < Envelope::MAX_LENGTH {
            return None;
        }
        Some(PageBounds {
            envelopes: envelopes.min(Page::MAX_DELIVERIES),
            bytes,
        })
    }

    fn put(&mut self, frame: Vec<u8>) {
        self.has_sent = true;
        self.pages.push_back(Frame(frame.into()));
    }

    /// Says once that nothing is left (R-DLV-1). A poll says so only behind something.
    fn drain(&mut self) {
        let is_complete = !self.behind && self.next <= self.sent.saturating_add(1) && !self.lane.more;
        let is_due = !self.is_drained && (!self.is_once || self.has_sent);
        if is_due && is_complete && self.reading.is_none() && !self.lane.reading {
            self.is_drained = true;
            let next = self.sent.saturating_add(1);
            self.pages.push_back(Frame(Drained { next }.encode().into()));
        }
    }

    fn flush(&mut self, queue: &mut Queue, now: Duration, actions: &mut VecDeque<Action>) {
        while let Some(frame) = self.pages.pop_front_if(|frame| frame.0.len() <= queue.room()) {
            queue.give(frame, now, actions);
        }
    }

    /// A poll asks once; what it has then is its answer.
    fn is_answered(&self) -> bool {
        self.is_once && self.has_sent
    }

    fn is_still(&self) -> bool {
        self.reading.is_none() && !self.lane.reading && self.pages.is_empty()
    }
}

impl Reading {
    /// Whether more may be there than was read: no room was left for another envelope.
    fn is_full(&self, items: &[MailboxItem]) -> bool {
        let lengths = items.iter().filter_map(|item| match item {
            MailboxItem::Delivery(delivery) => Some(delivery.envelope.len()),
            MailboxItem::Gap { .. } => None,
        });
        let (count, bytes) = lengths.fold((0, 0), |(count, bytes), length| (count + 1, bytes + length));
        count >= self.bounds.envelopes || bytes + Envelope::MAX_LENGTH > self.bounds.bytes
    }
}

/// Bytes of a page of one, over its envelope.
const PAGE_OVERHEAD: usize = Page::OVERHEAD + frame::Delivery::OVERHEAD;

/// Bytes of a full page of the lane, rounded up.
const LANE_PAGE: usize = 8 << 10;

/// Between a failed read and the next. Longer: delivery stalls; shorter: a broken disk is asked for nothing.
const RETRY: Duration = Duration::from_secs(1);
