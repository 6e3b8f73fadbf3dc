//! A well-formed value of each frame of a relay.

use twotick_wire::frame::{
    AccountResult, Bundles, Challenge, Delivery, Done, Drained, Durability, EphemeralDelivery, Error, Gap,
    GoAway, Hello, LaneEntry, LanePage, LinkDelivery, Lists, Opaque, Page, Ping, Pong, PrekeysPublished,
    SendResult, Token, TokenBytes,
};
use twotick_wire::{DeviceId, ErrorCode, LaneItem, LinkChannel, MessageId, RelayFrame, StoreEpoch, UnixTime};

use super::sample::{REQUEST, certificates, head, opaque, receipt};
use crate::fixture::{account_id, bytes};

pub(crate) fn hello() -> Hello {
    Hello {
        request: REQUEST,
        store_epoch: StoreEpoch::new(bytes(104)),
        session_epoch: 0x3132_3334_3536_3738,
        acked: 0x4142_4344_4546_4748,
        next: 0x5152_5354_5556_5758,
        backlog_envelopes: 0x6162_6364,
        backlog_bytes: 0x7172_7374_7576_7778,
        refused: 0x8182_8384,
        prekeys: 0x9192,
        list: head(),
        heartbeat: 0xa1a2,
        now: UnixTime::new(0xb1b2_b3b4_b5b6_b7b8),
        durability: Durability::Disk,
    }
}

pub(crate) fn challenge() -> Challenge<'static> {
    Challenge {
        nonce: bytes(125),
        now: UnixTime::new(0x0102_0304_0506_0708),
        name: b"relay.example",
    }
}

pub(crate) fn page() -> Page<'static> {
    let delivery = |seq, length| Delivery {
        seq,
        accepted: UnixTime::new(0x1112_1314_1516_1718),
        envelope: opaque(126, length),
    };
    Page {
        deliveries: vec![delivery(0xff, 409), delivery(0x100, 410)],
    }
}

pub(crate) fn lane_page() -> LanePage {
    LanePage {
        items: vec![
            LaneEntry {
                place: 0x0102,
                item: LaneItem::Receipt {
                    account: account_id(127),
                    receipt: receipt(),
                },
            },
            LaneEntry {
                place: 0x0304,
                item: LaneItem::Bounce {
                    device: DeviceId::new(bytes(128)),
                    message_id: MessageId::new(bytes(129)),
                    reason: ErrorCode::BouncedExpired.number(),
                },
            },
        ],
    }
}

pub(crate) fn send_result() -> SendResult<'static> {
    SendResult {
        request: REQUEST,
        results: vec![
            AccountResult {
                account: account_id(130),
                status: ErrorCode::DeviceSetMismatch.number(),
                retry_after: 0x0102_0304,
                durability: None,
                list: opaque(131, 202),
            },
            AccountResult {
                account: account_id(129),
                status: 0,
                retry_after: 0,
                durability: Some(Durability::Disk),
                list: Opaque::EMPTY,
            },
        ],
    }
}

pub(crate) fn bundles() -> Bundles<'static> {
    Bundles {
        request: REQUEST,
        list: opaque(132, 202),
        bundles: vec![opaque(133, 1951), opaque(134, 3619)],
    }
}

pub(crate) fn lists() -> Lists<'static> {
    Lists {
        request: REQUEST,
        list: opaque(135, 203),
        certificates: certificates(1),
    }
}

pub(crate) fn token() -> Token {
    Token {
        expires: UnixTime::new(0x0102_0304_0506_0708),
        token: TokenBytes::new(bytes(136)),
    }
}

pub(crate) fn relay() -> Vec<RelayFrame<'static>> {
    let (code, request) = (0x0102, REQUEST);
    let (channel, data) = (LinkChannel::new(bytes(137)), opaque(138, 1));
    let (wait_min, wait_max) = (0x0304_0506, 0x0708_090a);
    let available = 0x0b0c;
    vec![
        Ping { request }.into(),
        Pong { request }.into(),
        challenge().into(),
        hello().into(),
        page().into(),
        Drained { next: 0x0102 }.into(),
        Gap { from: 0x03, to: 0x04 }.into(),
        lane_page().into(),
        Done { request }.into(),
        send_result().into(),
        PrekeysPublished { request, available }.into(),
        bundles().into(),
        lists().into(),
        token().into(),
        EphemeralDelivery {
            envelope: opaque(139, 409),
        }
        .into(),
        LinkDelivery { channel, data }.into(),
        GoAway {
            code,
            wait_min,
            wait_max,
        }
        .into(),
        Error {
            request,
            code,
            retry_after: wait_min,
        }
        .into(),
    ]
}
