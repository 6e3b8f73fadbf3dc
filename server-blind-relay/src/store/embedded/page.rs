//! Reading mailboxes and lanes, as they are after the last commit.

use bytes::Bytes;
use twotick_wire::DeviceId;

use super::{
    layout::{self, Body, EnvelopeKey, LaneRow, Mailbox},
    view::View,
    work,
};
use crate::store::{Delivery, LaneEntry, MailboxItem, PageBounds, StoreError, rules::Page};

/// A page of a mailbox.
pub(super) struct Found {
    pub(super) items: Vec<MailboxItem>,
    /// Numbers that are there and cannot be read. They are gaps among the items (R-DLV-6).
    pub(super) lost: Vec<u64>,
}

/// R-DLV-6: what cannot be read is a gap, never left out.
pub(super) fn read(
    view: &View<'_>,
    device: &DeviceId,
    after: u64,
    bounds: PageBounds,
) -> Result<Found, StoreError> {
    let none = Found {
        items: Vec::new(),
        lost: Vec::new(),
    };
    let Some(mailbox) = mailbox(view, device)? else {
        return Ok(none);
    };
    let page = Page::new(after, mailbox.acked, bounds);
    let Some(end) = mailbox.next.checked_sub(1).filter(|end| page.start() <= *end) else {
        return Ok(none);
    };
    let (first, last) = EnvelopeKey::range(device, page.start(), end);
    let mut filling = Filling {
        page,
        lost: Vec::new(),
    };
    for row in view.rows(&first, &last) {
        let Ok((key, body)) = row else {
            return Ok(one_by_one(view, device, filling, mailbox.next));
        };
        if !filling.add(&key, body) {
            return Ok(filling.cut());
        }
    }
    Ok(filling.finish(mailbox.next))
}

/// Asks for each number on its own: a block that cannot be read does not hide those beside it.
fn one_by_one(view: &View<'_>, device: &DeviceId, mut filling: Filling, next: u64) -> Found {
    for seq in filling.page.start()..next {
        let (first, last) = EnvelopeKey::range(device, seq, seq);
        if let Some(Ok((key, body))) = view.rows(&first, &last).next()
            && !filling.add(&key, body)
        {
            return filling.cut();
        }
    }
    filling.finish(next)
}

/// A page on its way.
struct Filling {
    page: Page,
    lost: Vec<u64>,
}

impl Filling {
    /// Adds an envelope that can be read; false if there is no room for it.
    fn add(&mut self, key: &[u8], body: Result<Bytes, StoreError>) -> bool {
        // A key that does not decode is no envelope: its number becomes a gap.
        let Ok(EnvelopeKey { seq, .. }) = EnvelopeKey::decode(key) else {
            return true;
        };
        let Ok((accepted, envelope)) = body.and_then(|body| work::accepted(&body)) else {
            self.lost.push(seq);
            return true;
        };
        let has_room = self.page.has_room(envelope.len());
        if has_room {
            self.page.push(Delivery {
                seq,
                accepted,
                envelope,
            });
        }
        has_room
    }

    fn cut(self) -> Found {
        Found {
            items: self.page.cut(),
            lost: self.lost,
        }
    }

    fn finish(self, next: u64) -> Found {
        Found {
            items: self.page.finish(next),
            lost: self.lost,
        }
    }
}

/// What stands in a lane. An item that is damaged is a loss that only the sender's own clock heals.
pub(super) fn read_lane(
    view: &View<'_>,
    device: &DeviceId,
    after: u64,
    count: usize,
) -> Result<Vec<LaneEntry>, StoreError> {
    let Some(mailbox) = mailbox(view, device)? else {
        return Ok(Vec::new());
    };
    let first = layout::lane(device, after.saturating_add(1).max(mailbox.lane_first));
    let mut items = Vec::new();
    for row in view.rows(&first, &layout::lane(device, u64::MAX)) {
        if items.len() == count {
            break;
        }
        let (key, body) = row?;
        let row = body.and_then(|body| LaneRow::decode(&body).map_err(|_| StoreError::Damaged));
        if let Ok(row) = row {
            items.push(LaneEntry {
                place: work::place(&key)?,
                item: row.item,
            });
        }
    }
    Ok(items)
}

fn mailbox(view: &View<'_>, device: &DeviceId) -> Result<Option<Mailbox>, StoreError> {
    let body = view.body(&layout::mailbox(device))?;
    body.map(|body| Mailbox::decode(&body).map_err(|_| StoreError::Damaged))
        .transpose()
}
