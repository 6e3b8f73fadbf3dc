//! Frames from the relay (SPEC 21.2). Those that are unasked show no `request`: it is always 0.

use serde_json::{Value, json};
use twotick_wire::frame::{
    AccountResult, Bundles, Challenge, Delivery, Durability, Error, GoAway, Hello, LaneEntry, Lists,
};
use twotick_wire::{LaneItem, RelayFrame};

use super::super::values::{hex, long};
use super::parts::{all, certificates, head, receipt};

pub(super) fn fields(frame: &RelayFrame<'_>) -> Value {
    let request = frame.request().number();
    match frame {
        RelayFrame::Challenge(challenge) => challenge_fields(challenge),
        RelayFrame::Hello(hello) => hello_fields(request, hello),
        RelayFrame::Page(page) => json!({ "deliveries": all(&page.deliveries, delivery) }),
        RelayFrame::Drained(drained) => json!({ "next": long(drained.next) }),
        RelayFrame::Gap(gap) => json!({ "from": long(gap.from), "to": long(gap.to) }),
        RelayFrame::LanePage(page) => json!({ "items": all(&page.items, lane_item) }),
        RelayFrame::Done(_) | RelayFrame::Ping(_) | RelayFrame::Pong(_) => json!({ "request": request }),
        RelayFrame::SendResult(sent) => json!({ "request": request, "results": all(&sent.results, result) }),
        RelayFrame::PrekeysPublished(published) => {
            json!({ "request": request, "available": published.available })
        }
        RelayFrame::Bundles(bundles) => bundle_fields(request, bundles),
        RelayFrame::Lists(lists) => list_fields(request, lists),
        RelayFrame::Token(token) => json!({
            "expires": token.expires.seconds(),
            "token": hex(token.token.as_bytes()),
        }),
        RelayFrame::EphemeralDelivery(delivery) => json!({ "envelope": hex(delivery.envelope.as_bytes()) }),
        RelayFrame::LinkDelivery(delivery) => json!({
            "channel": hex(delivery.channel.as_bytes()),
            "data": hex(delivery.data.as_bytes()),
        }),
        RelayFrame::GoAway(go_away) => go_away_fields(go_away),
        RelayFrame::Error(error) => error_fields(request, error),
    }
}

fn challenge_fields(challenge: &Challenge<'_>) -> Value {
    json!({
        "nonce": hex(challenge.nonce),
        "now": challenge.now.seconds(),
        "name": hex(challenge.name),
    })
}

fn hello_fields(request: u32, hello: &Hello) -> Value {
    json!({
        "request": request,
        "store_epoch": hex(hello.store_epoch.as_bytes()),
        "session_epoch": long(hello.session_epoch),
        "acked": long(hello.acked),
        "next": long(hello.next),
        "backlog_envelopes": hello.backlog_envelopes,
        "backlog_bytes": long(hello.backlog_bytes),
        "refused": hello.refused,
        "prekeys": hello.prekeys,
        "list": head(&hello.list),
        "heartbeat": hello.heartbeat,
        "now": hello.now.seconds(),
        "durability": hello.durability.byte(),
    })
}

fn delivery(delivery: &Delivery<'_>) -> Value {
    json!({
        "seq": long(delivery.seq),
        "accepted": delivery.accepted.seconds(),
        "envelope": hex(delivery.envelope.as_bytes()),
    })
}

fn lane_item(entry: &LaneEntry) -> Value {
    match &entry.item {
        LaneItem::Receipt {
            account,
            receipt: made,
        } => json!({
            "place": long(entry.place),
            "kind": 1,
            "account_id": hex(account.as_bytes()),
            "receipt": receipt(made),
        }),
        LaneItem::Bounce {
            device,
            message_id,
            reason,
        } => json!({
            "place": long(entry.place),
            "kind": 2,
            "device_id": hex(device.as_bytes()),
            "message_id": hex(message_id.as_bytes()),
            "reason": reason,
        }),
    }
}

fn result(result: &AccountResult<'_>) -> Value {
    json!({
        "account_id": hex(result.account.as_bytes()),
        "status": result.status,
        "retry_after": result.retry_after,
        "durability": result.durability.map_or(0, Durability::byte),
        "list": hex(result.list.as_bytes()),
    })
}

fn bundle_fields(request: u32, bundles: &Bundles<'_>) -> Value {
    json!({
        "request": request,
        "list": hex(bundles.list.as_bytes()),
        "bundles": all(&bundles.bundles, |bundle| hex(bundle.as_bytes())),
    })
}

fn list_fields(request: u32, lists: &Lists<'_>) -> Value {
    json!({
        "request": request,
        "list": hex(lists.list.as_bytes()),
        "certificates": certificates(&lists.certificates),
    })
}

fn go_away_fields(go_away: &GoAway) -> Value {
    json!({ "code": go_away.code, "wait_min": go_away.wait_min, "wait_max": go_away.wait_max })
}

fn error_fields(request: u32, error: &Error) -> Value {
    json!({ "request": request, "code": error.code, "retry_after": error.retry_after })
}
