//! Valid frames to start from: each with more than one element where it has any, and small.

use twotick_wire::frame::{
    AccountResult, AccountSend, Ack, Attach, Bundles, Certificates, Challenge, ChangeCapabilities, Delivery,
    Done, Drained, Durability, Ephemeral, EphemeralDelivery, Error, FetchList, FrameSequence,
    FrameSequenceWriter, Gap, GoAway, Hello, LaneEntry, LanePage, LinkDelivery, LinkJoin, LinkSend, Lists,
    MessageTo, Opaque, Page, Ping, PrekeysPublished, PublishList, PublishPrekeys, ReceiptFor, Send,
    SendReceipts, SendResult, TakePrekeys, Token, TokenBytes,
};
use twotick_wire::{
    AccountId, Capability, CapabilityHash, ClientFrame, DeviceId, Grant, LaneItem, LinkChannel, ListHead,
    MessageId, Receipt, ReceiptState, RelayFrame, RequestId, SendId, Signature, StoreEpoch,
};

use super::people::{START, people};

type Seeds = Vec<(&'static str, Vec<u8>)>;

const REQUEST: RequestId = RequestId::new(7);
const ACCOUNT: AccountId = AccountId::new([1; 32]);
const CAPABILITY: Capability = Capability::new([2; 16]);
const MESSAGE: MessageId = MessageId::new([3; 16]);
const CHANNEL: LinkChannel = LinkChannel::new([4; 16]);
const SHORTEST_MESSAGE: Opaque<'_> = Opaque::new(&[5; 351]);
const SHORTEST_ENVELOPE: Opaque<'_> = Opaque::new(&[6; 409]);
const SHORTEST_LIST: Opaque<'_> = Opaque::new(&[7; 202]);
const CERTIFICATES: Certificates<'_> = Certificates::new(&[[8; 264]; 2]);

pub(super) fn seeds() -> Seeds {
    let client = client().into_iter();
    let relay = relay().into_iter();
    let mut seeds: Seeds = client
        .map(|frame| (frame.kind().name(), frame.encode()))
        .chain(relay.map(|frame| (frame.kind().name(), frame.encode())))
        .collect();
    seeds.push(("sequence", sequence()));
    seeds
}

/// A frame sequence of SPEC 30.
fn sequence() -> Vec<u8> {
    let mut writer = FrameSequenceWriter::new(FrameSequence::MAX_REQUEST);
    for frame in [ClientFrame::from(Ping { request: REQUEST }), fetch_list(), ack()] {
        writer.push(&frame.encode()).expect("three short frames fit");
    }
    writer.into_vec()
}

fn client() -> Vec<ClientFrame<'static>> {
    let [alice, _] = people();
    let (request, account, capability) = (REQUEST, ACCOUNT, CAPABILITY);
    vec![
        attach(),
        ack(),
        send(),
        Ephemeral {
            request,
            account,
            capability,
            message_id: MESSAGE,
            messages: messages(),
        }
        .into(),
        PublishPrekeys {
            request,
            signed_prekey: Some(alice.bundle.signed_prekey.clone()),
            one_time_prekeys: alice.one_time.clone(),
        }
        .into(),
        TakePrekeys {
            request,
            account,
            capability,
            devices: vec![DeviceId::new([1; 16]), DeviceId::new([2; 16])],
        }
        .into(),
        PublishList {
            request,
            list: SHORTEST_LIST,
            certificates: CERTIFICATES,
        }
        .into(),
        fetch_list(),
        change_capabilities(),
        SendReceipts {
            request,
            receipts: vec![receipt_for(); 2],
        }
        .into(),
        LinkJoin {
            request,
            channel: CHANNEL,
        }
        .into(),
        LinkSend {
            request,
            channel: CHANNEL,
            data: Opaque::new(b"data"),
        }
        .into(),
    ]
}

fn attach() -> ClientFrame<'static> {
    Attach {
        request: REQUEST,
        nonce: [9; 32],
        certificate: Opaque::new(&[10; 264]),
        store_epoch: StoreEpoch::new([11; 16]),
        cursor: 1,
        lane_cursor: 2,
        window_envelopes: 64,
        window_bytes: 1 << 20,
        is_send_only: false,
        signature: Signature::new([12; 64]),
    }
    .into()
}

fn ack() -> ClientFrame<'static> {
    Ack {
        request: REQUEST,
        session_epoch: 1,
        upto: 9,
        lane_upto: 0,
        rejected: vec![8, 9],
        receipts: vec![receipt_for()],
    }
    .into()
}

fn send() -> ClientFrame<'static> {
    let account = |number| AccountSend {
        account: AccountId::new([number; 32]),
        capability: CAPABILITY,
        send_id: SendId::new([13; 16]),
        list: ListHead::NONE,
        is_partial: number == 1,
        messages: messages(),
    };
    Send {
        request: REQUEST,
        message_id: MESSAGE,
        lifetime: 86_400,
        body: Opaque::new(&[14; 308]),
        accounts: vec![account(1), account(2)],
    }
    .into()
}

fn fetch_list() -> ClientFrame<'static> {
    let (request, account, capability) = (REQUEST, ACCOUNT, CAPABILITY);
    FetchList {
        request,
        account,
        capability,
    }
    .into()
}

fn change_capabilities() -> ClientFrame<'static> {
    let grant = |number| Grant {
        hash: CapabilityHash::new([number; 32]),
        is_single: number == 3,
        envelopes: 5,
        expires: START,
    };
    ChangeCapabilities {
        request: REQUEST,
        revoked: vec![CapabilityHash::new([1; 32]), CapabilityHash::new([2; 32])],
        granted: vec![grant(3), grant(4)],
    }
    .into()
}

#[expect(clippy::too_many_lines, reason = "a table, one entry a frame")]
fn relay() -> Vec<RelayFrame<'static>> {
    let request = REQUEST;
    let envelope = SHORTEST_ENVELOPE;
    let delivery = |seq| Delivery {
        seq,
        accepted: START,
        envelope,
    };
    vec![
        Challenge {
            nonce: [9; 32],
            now: START,
            name: b"relay.example",
        }
        .into(),
        hello(),
        Page {
            deliveries: vec![delivery(1), delivery(2)],
        }
        .into(),
        Drained { next: 3 }.into(),
        Gap { from: 1, to: 2 }.into(),
        lane_page(),
        Done { request }.into(),
        send_result(),
        PrekeysPublished {
            request,
            available: 100,
        }
        .into(),
        Bundles {
            request,
            list: SHORTEST_LIST,
            bundles: vec![Opaque::new(&[15; 1951])],
        }
        .into(),
        Lists {
            request,
            list: SHORTEST_LIST,
            certificates: CERTIFICATES,
        }
        .into(),
        Token {
            expires: START,
            token: TokenBytes::new([16; 64]),
        }
        .into(),
        EphemeralDelivery { envelope }.into(),
        LinkDelivery {
            channel: CHANNEL,
            data: Opaque::new(b"data"),
        }
        .into(),
        GoAway {
            code: 915,
            wait_min: 0,
            wait_max: 60_000,
        }
        .into(),
        Error {
            request,
            code: 905,
            retry_after: 50,
        }
        .into(),
    ]
}

fn hello() -> RelayFrame<'static> {
    Hello {
        request: REQUEST,
        store_epoch: StoreEpoch::new([11; 16]),
        session_epoch: 1,
        acked: 0,
        next: 3,
        backlog_envelopes: 2,
        backlog_bytes: 818,
        refused: 0,
        prekeys: 99,
        list: ListHead::NONE,
        heartbeat: 45,
        now: START,
        durability: Durability::Disk,
    }
    .into()
}

fn lane_page() -> RelayFrame<'static> {
    let item = LaneItem::Receipt {
        account: ACCOUNT,
        receipt: receipt_for().receipt,
    };
    let bounce = LaneItem::Bounce {
        device: DeviceId::new([1; 16]),
        message_id: MESSAGE,
        reason: 920,
    };
    let items = vec![
        LaneEntry { place: 1, item },
        LaneEntry {
            place: 2,
            item: bounce,
        },
    ];
    LanePage { items }.into()
}

fn send_result() -> RelayFrame<'static> {
    let result = |status, durability, list| AccountResult {
        account: ACCOUNT,
        status,
        retry_after: 0,
        durability,
        list,
    };
    let results = vec![
        result(0, Some(Durability::Disk), Opaque::EMPTY),
        result(907, None, SHORTEST_LIST),
    ];
    SendResult {
        request: REQUEST,
        results,
    }
    .into()
}

fn messages() -> Vec<MessageTo<'static>> {
    let message = |number| MessageTo {
        to: DeviceId::new([number; 16]),
        message: SHORTEST_MESSAGE,
    };
    vec![message(1), message(2)]
}

fn receipt_for() -> ReceiptFor {
    ReceiptFor {
        account: ACCOUNT,
        capability: CAPABILITY,
        receipt: Receipt {
            state: ReceiptState::Read,
            message_id: MESSAGE,
            tag: [17; 16],
        },
    }
}
