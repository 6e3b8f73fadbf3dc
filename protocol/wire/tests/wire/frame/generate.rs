//! Any frame, for properties.

use proptest::{collection::vec, option, prelude::*};
use twotick_wire::frame::{
    AccountSend, Ack, Attach, Certificates, ChangeCapabilities, Durability, Ephemeral, FetchList, LinkJoin,
    LinkSend, MessageTo, Opaque, Ping, Pong, PublishList, PublishPrekeys, ReceiptFor, Send, SendReceipts,
    TakePrekeys,
};
use twotick_wire::{
    AccountId, Capability, CapabilityHash, ClientFrame, DeviceId, Grant, LinkChannel, ListHead, ListHeadHash,
    MessageId, Receipt, ReceiptState, RequestId, SendId, StoreEpoch, UnixTime,
};

use crate::generate::{array, one_time_prekey, signature, signed_prekey};

#[expect(clippy::too_many_lines, reason = "a table, one entry a frame")]
pub(crate) fn client_frame() -> impl Strategy<Value = ClientFrame<'static>> {
    let request = || (1..=u32::MAX).prop_map(RequestId::new);
    prop_oneof![
        attach().prop_map(ClientFrame::from),
        ack().prop_map(ClientFrame::from),
        send().prop_map(ClientFrame::from),
        (request(), reached(), id16(), messages()).prop_map(
            |(request, (account, capability), message_id, messages)| Ephemeral {
                request,
                account,
                capability,
                message_id: MessageId::new(message_id),
                messages,
            }
            .into()
        ),
        (
            request(),
            option::of(signed_prekey()),
            vec(one_time_prekey(), 0..3)
        )
            .prop_map(|(request, signed_prekey, one_time_prekeys)| PublishPrekeys {
                request,
                signed_prekey,
                one_time_prekeys
            }
            .into()),
        (request(), reached(), ids(1..=16)).prop_map(|(request, (account, capability), devices)| {
            TakePrekeys {
                request,
                account,
                capability,
                devices: devices.into_iter().map(DeviceId::new).collect(),
            }
            .into()
        }),
        (request(), opaque(202, 2202), certificates()).prop_map(|(request, list, certificates)| {
            PublishList {
                request,
                list,
                certificates,
            }
            .into()
        }),
        (request(), reached()).prop_map(|(request, (account, capability))| FetchList {
            request,
            account,
            capability
        }
        .into()),
        (request(), ids(0..=64), grants()).prop_map(|(request, revoked, granted)| ChangeCapabilities {
            request,
            revoked: revoked.into_iter().map(CapabilityHash::new).collect(),
            granted,
        }
        .into()),
        (request(), vec(receipt_for(), 1..=64)).prop_map(|(request, receipts)| SendReceipts {
            request,
            receipts
        }
        .into()),
        (request(), channel()).prop_map(|(request, channel)| LinkJoin { request, channel }.into()),
        (request(), channel(), opaque(1, 6455)).prop_map(|(request, channel, data)| LinkSend {
            request,
            channel,
            data
        }
        .into()),
        any::<u32>().prop_map(|number| Ping {
            request: RequestId::new(number)
        }
        .into()),
        any::<u32>().prop_map(|number| Pong {
            request: RequestId::new(number)
        }
        .into()),
    ]
}

fn attach() -> impl Strategy<Value = Attach<'static>> {
    let windows = (1..=1024_u16, 71_737..=4_194_304_u32, any::<bool>());
    let cursors = (id16(), any::<u64>(), any::<u64>());
    let proof = (any::<[u8; 32]>(), opaque(264, 264), signature());
    (1..=u32::MAX, proof, cursors, windows).prop_map(
        |(request, (nonce, certificate, signature), (epoch, cursor, lane_cursor), windows)| Attach {
            request: RequestId::new(request),
            nonce,
            certificate,
            store_epoch: StoreEpoch::new(epoch),
            cursor,
            lane_cursor,
            window_envelopes: windows.0,
            window_bytes: windows.1,
            is_send_only: windows.2,
            signature,
        },
    )
}

fn ack() -> impl Strategy<Value = Ack> {
    let rejected = prop::collection::btree_set(1..=u64::MAX, 0..=64);
    let numbers = (1..=u32::MAX, any::<u64>(), any::<u64>(), any::<u64>());
    (numbers, rejected, vec(receipt_for(), 0..5)).prop_map(
        |((request, session_epoch, upto, lane_upto), rejected, receipts)| Ack {
            request: RequestId::new(request),
            session_epoch,
            upto: rejected.last().map_or(upto, |last| upto.max(*last)),
            lane_upto,
            rejected: rejected.into_iter().collect(),
            receipts,
        },
    )
}

fn send() -> impl Strategy<Value = Send<'static>> {
    let account = (any::<[u8; 16]>(), id16(), list_head(), any::<bool>(), messages());
    let accounts = prop::collection::btree_map(any::<[u8; 32]>(), account, 1..=4).prop_map(|accounts| {
        let accounts = accounts.into_iter();
        accounts
            .map(
                |(account, (capability, send_id, list, is_partial, messages))| AccountSend {
                    account: AccountId::new(account),
                    capability: Capability::new(capability),
                    send_id: SendId::new(send_id),
                    list,
                    is_partial,
                    messages,
                },
            )
            .collect()
    });
    let body = prop_oneof![Just(Opaque::EMPTY), opaque(308, 5000)];
    (1..=u32::MAX, id16(), 1..=2_592_000_u32, body, accounts).prop_map(
        |(request, message_id, lifetime, body, accounts)| Send {
            request: RequestId::new(request),
            message_id: MessageId::new(message_id),
            lifetime,
            body,
            accounts,
        },
    )
}

fn messages() -> impl Strategy<Value = Vec<MessageTo<'static>>> {
    prop::collection::btree_map(id16(), opaque(351, 6091), 1..=4).prop_map(|messages| {
        let messages = messages.into_iter();
        messages
            .map(|(to, message)| MessageTo {
                to: DeviceId::new(to),
                message,
            })
            .collect()
    })
}

fn grants() -> impl Strategy<Value = Vec<Grant>> {
    let terms = (any::<bool>(), any::<u16>(), any::<u64>());
    prop::collection::btree_map(any::<[u8; 32]>(), terms, 0..=64).prop_map(|grants| {
        let grants = grants.into_iter();
        grants
            .map(|(hash, (is_single, envelopes, expires))| Grant {
                hash: CapabilityHash::new(hash),
                is_single,
                envelopes,
                expires: UnixTime::new(expires),
            })
            .collect()
    })
}

fn receipt_for() -> impl Strategy<Value = ReceiptFor> {
    (reached(), receipt()).prop_map(|((account, capability), receipt)| ReceiptFor {
        account,
        capability,
        receipt,
    })
}

pub(crate) fn receipt() -> impl Strategy<Value = Receipt> {
    let state = prop::sample::select(vec![ReceiptState::Delivered, ReceiptState::Read]);
    (state, id16(), id16()).prop_map(|(state, id, tag)| Receipt {
        state,
        message_id: MessageId::new(id),
        tag,
    })
}

fn reached() -> impl Strategy<Value = (AccountId, Capability)> {
    (any::<[u8; 32]>(), id16())
        .prop_map(|(account, capability)| (AccountId::new(account), Capability::new(capability)))
}

pub(crate) fn list_head() -> impl Strategy<Value = ListHead> {
    let head = (1..=u32::MAX, id16()).prop_map(|(epoch, hash)| ListHead {
        epoch,
        hash: ListHeadHash::new(hash),
    });
    prop_oneof![Just(ListHead::NONE), head]
}

pub(crate) fn durability() -> impl Strategy<Value = Durability> {
    prop::sample::select(vec![Durability::Memory, Durability::Disk, Durability::Machines])
}

pub(crate) fn certificates() -> impl Strategy<Value = Certificates<'static>> {
    vec(array::<264>(), 1..=16).prop_map(|certificates| Certificates::new(certificates.leak()))
}

pub(crate) fn channel() -> impl Strategy<Value = LinkChannel> {
    id16().prop_map(LinkChannel::new)
}

/// Distinct ids, ascending.
fn ids<const N: usize>(count: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = Vec<[u8; N]>> {
    prop::collection::btree_set(array::<N>(), count).prop_map(|ids| ids.into_iter().collect())
}

pub(crate) fn id16() -> impl Strategy<Value = [u8; 16]> {
    any::<[u8; 16]>()
}

/// Bytes of a length in this range, which live as long as the test process.
pub(crate) fn opaque(least: usize, most: usize) -> impl Strategy<Value = Opaque<'static>> {
    (any::<u8>(), least..=most).prop_map(|(byte, length)| Opaque::new(vec![byte; length].leak()))
}
