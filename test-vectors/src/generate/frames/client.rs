//! Frames from the client (SPEC 21.1).

use anyhow::Result;
use serde_json::json;

use super::super::workshop::{NOW, Workshop, bytes};
use super::{Good, header, named, prefixed, ranked};

const REQUEST: u32 = 0x0a0b_0c0d;
const ENCODING: &[&str] = &["R-FRM-1", "R-FRM-2", "R-ENC-3"];

pub(super) fn examples(workshop: &mut Workshop) -> Result<Vec<Good>> {
    let mut examples = vec![
        good("Attach decodes", attach()),
        good("Ack decodes", ack()),
        good(
            "An Ack of nothing decodes",
            [header(0xa1, 1), vec![0; 28]].concat(),
        ),
        good("Send to two accounts with a body decodes", send()),
        good("Send without a body decodes", bare_send()),
        good("Ephemeral decodes", ephemeral()),
    ];
    examples.extend(prekeys(workshop)?);
    examples.extend([
        good("TakePrekeys decodes", take_prekeys()),
        good("PublishList decodes", publish_list()),
        good("FetchList decodes", [header(0xa7, REQUEST), reached()].concat()),
        good("ChangeCapabilities decodes", change_capabilities()),
        good(
            "ChangeCapabilities without any decodes",
            [header(0xa8, 1), vec![0; 4]].concat(),
        ),
        good(
            "SendReceipts decodes",
            [header(0xa9, REQUEST), vec![0, 1], receipt_for()].concat(),
        ),
        good(
            "LinkJoin decodes",
            [header(0xaa, REQUEST), named("channel", 16)].concat(),
        ),
        good("LinkSend decodes", link_send()),
        good("Ping of a client decodes", header(0xbe, 1)),
        good("Ping and Pong may hold 0", header(0xbf, 0)),
    ]);
    Ok(examples)
}

fn good(title: &'static str, bytes: Vec<u8>) -> Good {
    Good {
        sender: "client",
        title,
        requirements: ENCODING,
        bytes,
    }
}

fn attach() -> Vec<u8> {
    [
        header(0xa0, 1),
        named("nonce", 32),
        named("certificate", 264),
        named("store epoch", 16),
        vec![0, 0, 0, 0, 0, 0, 1, 2],
        vec![0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe],
        vec![4, 0],
        vec![0, 1, 0x18, 0x39],
        vec![1],
        named("signature", 64),
    ]
    .concat()
}

fn ack() -> Vec<u8> {
    [
        header(0xa1, REQUEST),
        vec![0, 0, 0, 0, 0, 0, 0, 7],
        vec![0, 0, 0, 0, 0, 0, 1, 0],
        vec![0, 0, 0, 0, 0, 0, 0, 9],
        vec![0, 2],
        vec![0, 0, 0, 0, 0, 0, 0, 0xff],
        vec![0, 0, 0, 0, 0, 0, 1, 0],
        vec![0, 2],
        receipt_for(),
        receipt_for(),
    ]
    .concat()
}

fn send() -> Vec<u8> {
    [
        header(0xa2, REQUEST),
        named("message id", 16),
        vec![0, 0x27, 0x8d, 0],
        prefixed(&named("body", 308)),
        vec![0, 2],
        account_send(1, 2),
        account_send(2, 1),
    ]
    .concat()
}

/// The shortest Send.
fn bare_send() -> Vec<u8> {
    [
        header(0xa2, REQUEST),
        named("message id", 16),
        vec![0, 0, 0, 1],
        vec![0; 4],
        vec![0, 1],
        account_send(1, 1),
    ]
    .concat()
}

fn account_send(rank: u8, messages: u8) -> Vec<u8> {
    [
        ranked(rank, "account", 32),
        named("capability", 16),
        named("send id", 16),
        vec![0, 0, 0, 3],
        named("list", 16),
        vec![rank - 1],
        messages_to(messages),
    ]
    .concat()
}

fn messages_to(count: u8) -> Vec<u8> {
    let message = |rank: u8| [ranked(rank, "device", 16), prefixed(&named("message", 351))].concat();
    let messages: Vec<u8> = (1..=count).flat_map(message).collect();
    [vec![0, count], messages].concat()
}

fn ephemeral() -> Vec<u8> {
    let id = named("message id", 16);
    [header(0xa3, REQUEST), reached(), id, messages_to(2)].concat()
}

/// Prekeys are decoded with the frame: these are of a device.
fn prekeys(workshop: &mut Workshop) -> Result<[Good; 2]> {
    let account = workshop.bytes();
    let us = workshop.device(account, NOW).json();
    let made = workshop.ask(&json!({
        "op": "prekeys.generate", "us": us, "signed": true, "count": 1, "now": NOW,
    }))?;
    let one_time = made["one_time_prekeys"][0].as_str().unwrap_or_default();
    let both = [
        header(0xa4, REQUEST),
        vec![1],
        bytes(&made, "signed_prekey")?,
        vec![0, 1],
        hex::decode(one_time)?,
    ];
    let none = [header(0xa4, REQUEST), vec![0, 0, 0]];
    Ok([
        good("PublishPrekeys decodes", both.concat()),
        good("PublishPrekeys without any decodes", none.concat()),
    ])
}

fn take_prekeys() -> Vec<u8> {
    [
        header(0xa5, REQUEST),
        reached(),
        vec![0, 2],
        ranked(1, "device", 16),
        ranked(2, "device", 16),
    ]
    .concat()
}

fn publish_list() -> Vec<u8> {
    [
        header(0xa6, REQUEST),
        prefixed(&named("device list", 250)),
        vec![0, 2],
        named("certificates", 528),
    ]
    .concat()
}

fn change_capabilities() -> Vec<u8> {
    let terms = |flags| [vec![flags], vec![0, 5], vec![0, 0, 0, 0, 0x6b, 0x49, 0xd2, 0]].concat();
    [
        header(0xa8, REQUEST),
        vec![0, 2],
        ranked(1, "hash", 32),
        ranked(2, "hash", 32),
        vec![0, 2],
        ranked(3, "hash", 32),
        terms(1),
        ranked(4, "hash", 32),
        terms(0),
    ]
    .concat()
}

fn link_send() -> Vec<u8> {
    let data = named("data", 66);
    [header(0xab, REQUEST), named("channel", 16), vec![0, 66], data].concat()
}

/// An account and what lets one reach it.
fn reached() -> Vec<u8> {
    [named("account", 32), named("capability", 16)].concat()
}

/// 83 bytes.
fn receipt_for() -> Vec<u8> {
    [
        reached(),
        vec![0x20, 1, 2],
        named("message id", 16),
        named("tag", 16),
    ]
    .concat()
}
