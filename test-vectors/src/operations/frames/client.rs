//! Frames from the client (SPEC 21.1).

use serde_json::{Value, json};
use twotick_wire::frame::{
    AccountSend, Ack, Attach, ChangeCapabilities, Ephemeral, PublishPrekeys, Send, TakePrekeys,
};
use twotick_wire::{ClientFrame, Grant};

use super::super::encoding::{one_time_fields, signed_fields};
use super::super::values::{hex, long};
use super::parts::{all, certificates, head, message_to, receipt_for};

pub(super) fn fields(frame: &ClientFrame<'_>) -> Value {
    let request = frame.request().number();
    match frame {
        ClientFrame::Attach(attach) => attach_fields(request, attach),
        ClientFrame::Ack(ack) => ack_fields(request, ack),
        ClientFrame::Send(send) => send_fields(request, send),
        ClientFrame::Ephemeral(ephemeral) => ephemeral_fields(request, ephemeral),
        ClientFrame::PublishPrekeys(publish) => prekey_fields(request, publish),
        ClientFrame::TakePrekeys(take) => take_fields(request, take),
        ClientFrame::PublishList(publish) => json!({
            "request": request,
            "list": hex(publish.list.as_bytes()),
            "certificates": certificates(&publish.certificates),
        }),
        ClientFrame::FetchList(fetch) => json!({
            "request": request,
            "account_id": hex(fetch.account.as_bytes()),
            "capability": hex(fetch.capability.as_bytes()),
        }),
        ClientFrame::ChangeCapabilities(change) => change_fields(request, change),
        ClientFrame::SendReceipts(send) => {
            json!({ "request": request, "receipts": all(&send.receipts, receipt_for) })
        }
        ClientFrame::LinkJoin(join) => json!({ "request": request, "channel": hex(join.channel.as_bytes()) }),
        ClientFrame::LinkSend(send) => json!({
            "request": request,
            "channel": hex(send.channel.as_bytes()),
            "data": hex(send.data.as_bytes()),
        }),
        ClientFrame::Ping(_) | ClientFrame::Pong(_) => json!({ "request": request }),
    }
}

fn attach_fields(request: u32, attach: &Attach<'_>) -> Value {
    json!({
        "request": request,
        "nonce": hex(attach.nonce),
        "certificate": hex(attach.certificate.as_bytes()),
        "store_epoch": hex(attach.store_epoch.as_bytes()),
        "cursor": long(attach.cursor),
        "lane_cursor": long(attach.lane_cursor),
        "window_envelopes": attach.window_envelopes,
        "window_bytes": attach.window_bytes,
        "flags": u8::from(attach.is_send_only),
        "signature": hex(attach.signature.as_bytes()),
    })
}

fn ack_fields(request: u32, ack: &Ack) -> Value {
    json!({
        "request": request,
        "session_epoch": long(ack.session_epoch),
        "upto": long(ack.upto),
        "lane_upto": long(ack.lane_upto),
        "rejected": all(&ack.rejected, |seq| long(*seq)),
        "receipts": all(&ack.receipts, receipt_for),
    })
}

fn send_fields(request: u32, send: &Send<'_>) -> Value {
    let account = |account: &AccountSend<'_>| {
        json!({
            "account_id": hex(account.account.as_bytes()),
            "capability": hex(account.capability.as_bytes()),
            "send_id": hex(account.send_id.as_bytes()),
            "list": head(&account.list),
            "flags": u8::from(account.is_partial),
            "messages": all(&account.messages, message_to),
        })
    };
    json!({
        "request": request,
        "message_id": hex(send.message_id.as_bytes()),
        "lifetime": send.lifetime,
        "body": hex(send.body.as_bytes()),
        "accounts": all(&send.accounts, account),
    })
}

fn ephemeral_fields(request: u32, ephemeral: &Ephemeral<'_>) -> Value {
    json!({
        "request": request,
        "account_id": hex(ephemeral.account.as_bytes()),
        "capability": hex(ephemeral.capability.as_bytes()),
        "message_id": hex(ephemeral.message_id.as_bytes()),
        "messages": all(&ephemeral.messages, message_to),
    })
}

fn prekey_fields(request: u32, publish: &PublishPrekeys) -> Value {
    json!({
        "request": request,
        "signed_prekey": publish.signed_prekey.as_ref().map(signed_fields),
        "one_time_prekeys": all(&publish.one_time_prekeys, one_time_fields),
    })
}

fn take_fields(request: u32, take: &TakePrekeys) -> Value {
    json!({
        "request": request,
        "account_id": hex(take.account.as_bytes()),
        "capability": hex(take.capability.as_bytes()),
        "devices": all(&take.devices, |device| hex(device.as_bytes())),
    })
}

fn change_fields(request: u32, change: &ChangeCapabilities) -> Value {
    let grant = |grant: &Grant| {
        json!({
            "hash": hex(grant.hash.as_bytes()),
            "flags": u8::from(grant.is_single),
            "envelopes": grant.envelopes,
            "expires": grant.expires.seconds(),
        })
    };
    json!({
        "request": request,
        "revoked": all(&change.revoked, |hash| hex(hash.as_bytes())),
        "granted": all(&change.granted, grant),
    })
}
