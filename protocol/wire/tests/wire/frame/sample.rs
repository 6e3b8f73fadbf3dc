//! A well-formed value of each frame.

use twotick_wire::frame::{
    AccountSend, Ack, Attach, Certificates, ChangeCapabilities, Ephemeral, FetchList, LinkJoin, LinkSend,
    MessageTo, Opaque, Ping, Pong, PublishList, PublishPrekeys, ReceiptFor, Send, SendReceipts, TakePrekeys,
};
use twotick_wire::{
    Capability, CapabilityHash, ClientFrame, Grant, LinkChannel, ListHead, ListHeadHash, MessageId, Receipt,
    ReceiptState, RequestId, SendId, Signature, StoreEpoch, UnixTime,
};

use crate::fixture::{account_id, bytes, device, many, one_time_prekey, signed_prekey};

pub(crate) const REQUEST: RequestId = RequestId::new(0x0102_0304);

/// Bytes that live as long as the test process: samples borrow what they carry.
pub(crate) fn opaque(seed: u8, length: usize) -> Opaque<'static> {
    Opaque::new(many(seed, length).leak())
}

pub(crate) fn attach() -> Attach<'static> {
    Attach {
        request: REQUEST,
        nonce: bytes(100),
        certificate: opaque(101, 264),
        store_epoch: StoreEpoch::new(bytes(102)),
        cursor: 0x1112_1314_1516_1718,
        lane_cursor: 0x2122_2324_2526_2728,
        window_envelopes: 0x0132,
        window_bytes: 0x0014_2434,
        is_send_only: true,
        signature: Signature::new(bytes(103)),
    }
}

pub(crate) fn head() -> ListHead {
    ListHead {
        epoch: 0x0000_0109,
        hash: ListHeadHash::new(bytes(105)),
    }
}

pub(crate) fn receipt_for() -> ReceiptFor {
    ReceiptFor {
        account: account_id(106),
        capability: Capability::new(bytes(107)),
        receipt: receipt(),
    }
}

pub(crate) fn receipt() -> Receipt {
    Receipt {
        state: ReceiptState::Read,
        message_id: MessageId::new(bytes(108)),
        tag: bytes(109),
    }
}

pub(crate) fn ack() -> Ack {
    Ack {
        request: REQUEST,
        session_epoch: 0x0102_0304_0506_0708,
        upto: 0x1112_1314_1516_1718,
        lane_upto: 0x2122_2324_2526_2728,
        rejected: vec![1, 0x0304, 0x1112_1314_1516_1718],
        receipts: vec![receipt_for(); 2],
    }
}

pub(crate) fn messages(count: u8) -> Vec<MessageTo<'static>> {
    (0..count)
        .map(|number| MessageTo {
            to: device(number),
            message: opaque(number, 351 + usize::from(number)),
        })
        .collect()
}

/// An account id that sorts by its number.
pub(crate) fn account_send(number: u8) -> AccountSend<'static> {
    let mut account = [0xbb; 32];
    account[0] = number;
    AccountSend {
        account: twotick_wire::AccountId::new(account),
        capability: Capability::new(bytes(110)),
        send_id: SendId::new(bytes(111)),
        list: head(),
        is_partial: true,
        messages: messages(2),
    }
}

pub(crate) fn send() -> Send<'static> {
    Send {
        request: REQUEST,
        message_id: MessageId::new(bytes(112)),
        lifetime: 0x0012_1314,
        body: opaque(113, 308),
        accounts: vec![account_send(1), account_send(2)],
    }
}

pub(crate) fn ephemeral() -> Ephemeral<'static> {
    Ephemeral {
        request: REQUEST,
        account: account_id(114),
        capability: Capability::new(bytes(115)),
        message_id: MessageId::new(bytes(116)),
        messages: messages(2),
    }
}

pub(crate) fn publish_prekeys() -> PublishPrekeys {
    PublishPrekeys {
        request: REQUEST,
        signed_prekey: Some(signed_prekey()),
        one_time_prekeys: vec![one_time_prekey()],
    }
}

pub(crate) fn take_prekeys() -> TakePrekeys {
    TakePrekeys {
        request: REQUEST,
        account: account_id(117),
        capability: Capability::new(bytes(118)),
        devices: vec![device(1), device(2), device(3)],
    }
}

pub(crate) fn certificates(count: u8) -> Certificates<'static> {
    let certificates: Vec<[u8; 264]> = (0..count).map(bytes).collect();
    Certificates::new(certificates.leak())
}

pub(crate) fn publish_list() -> PublishList<'static> {
    PublishList {
        request: REQUEST,
        list: opaque(119, 250),
        certificates: certificates(2),
    }
}

pub(crate) fn fetch_list() -> FetchList {
    FetchList {
        request: REQUEST,
        account: account_id(120),
        capability: Capability::new(bytes(121)),
    }
}

/// A hash that sorts by its number.
pub(crate) fn grant(number: u8) -> Grant {
    let mut hash = [0xcc; 32];
    hash[0] = number;
    Grant {
        hash: CapabilityHash::new(hash),
        is_single: true,
        envelopes: 0x0203,
        expires: UnixTime::new(0x0405_0607_0809_0a0b),
    }
}

pub(crate) fn change_capabilities() -> ChangeCapabilities {
    ChangeCapabilities {
        request: REQUEST,
        revoked: vec![grant(1).hash, grant(2).hash],
        granted: vec![grant(3), grant(4)],
    }
}

pub(crate) fn send_receipts() -> SendReceipts {
    SendReceipts {
        request: REQUEST,
        receipts: vec![receipt_for(); 2],
    }
}

pub(crate) fn link_join() -> LinkJoin {
    LinkJoin {
        request: REQUEST,
        channel: LinkChannel::new(bytes(122)),
    }
}

pub(crate) fn link_send() -> LinkSend<'static> {
    LinkSend {
        request: REQUEST,
        channel: LinkChannel::new(bytes(123)),
        data: opaque(124, 300),
    }
}

pub(crate) fn client() -> Vec<ClientFrame<'static>> {
    vec![
        attach().into(),
        ack().into(),
        send().into(),
        ephemeral().into(),
        publish_prekeys().into(),
        take_prekeys().into(),
        publish_list().into(),
        fetch_list().into(),
        change_capabilities().into(),
        send_receipts().into(),
        link_join().into(),
        link_send().into(),
        Ping { request: REQUEST }.into(),
        Pong { request: REQUEST }.into(),
    ]
}
