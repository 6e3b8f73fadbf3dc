//! Reading mailboxes and lanes, as they are after the last commit.

use twotick_wire::DeviceId;

use super::{
    layout::{self, Body, EnvelopeKey, LaneRow, Mailbox},
    view::View,
    work,
};
use crate::store::{Delivery, LaneEntry, MailboxItem, PageBounds, StoreError, rules::Page};

/// R-DLV-6: what cannot be read is a gap, never left out.
pub(super) fn read(
    view: &View<'_>,
    device: &DeviceId,
    after: u64,
    bounds: PageBounds,
) -> Result<Vec<MailboxItem>, StoreError> {
    let Some(mailbox) = mailbox(view, device)? else {
        return Ok(Vec::new());
    };
    let mut page = Page::new(after, mailbox.acked, bounds);
    let Some(end) = mailbox.next.checked_sub(1).filter(|end| page.start() <= *end) else {
        return Ok(Vec::new());
    };
    let (first, last) = EnvelopeKey::range(device, page.start(), end);
    for row in view.rows(&first, &last) {
        let Ok((key, body)) = row else {
            return one_by_one(view, device, page, mailbox.next);
        };
        if !add(&mut page, &key, body) {
            return Ok(page.cut());
        }
    }
    Ok(page.finish(mailbox.next))
}

/// Asks for each number on its own: a block that cannot be read does not hide those beside it.
fn one_by_one(
    view: &View<'_>,
    device: &DeviceId,
    mut page: Page,
    next: u64,
) -> Result<Vec<MailboxItem>, StoreError> {
    for seq in page.start()..next {
        let (first, last) = EnvelopeKey::range(device, seq, seq);
        if let Some(Ok((key, body))) = view.rows(&first, &last).next()
            && !add(&mut page, &key, body)
        {
            return Ok(page.cut());
        }
    }
    Ok(page.finish(next))
}

/// Adds an envelope that can be read; false if there is no room for it.
fn add(page: &mut Page, key: &[u8], body: Result<bytes::Bytes, StoreError>) -> bool {
    let delivery = body.and_then(|body| {
        let key = EnvelopeKey::decode(key).map_err(|_| StoreError::Damaged)?;
        let (accepted, envelope) = work::accepted(&body)?;
        Ok(Delivery {
            seq: key.seq,
            accepted,
            envelope,
        })
    });
    // One that is damaged is left out here, and so becomes a gap.
    let Ok(delivery) = delivery else { return true };
    let has_room = page.has_room(delivery.envelope.len());
    if has_room {
        page.push(delivery);
    }
    has_room
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
