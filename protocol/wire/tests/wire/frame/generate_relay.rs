//! Any frame of a relay, for properties.

use proptest::{collection::vec, prelude::*};
use twotick_wire::frame::{
    AccountResult, Bundles, Challenge, Delivery, Done, Drained, EphemeralDelivery, Error, Gap, GoAway, Hello,
    LaneEntry, LanePage, LinkDelivery, Lists, Opaque, Page, Ping, Pong, PrekeysPublished, SendResult, Token,
    TokenBytes,
};
use twotick_wire::{AccountId, DeviceId, LaneItem, MessageId, RelayFrame, RequestId, StoreEpoch, UnixTime};

use super::generate::{certificates, channel, durability, id16, list_head, opaque, receipt};
use crate::generate::array;

#[expect(clippy::too_many_lines, reason = "a table, one entry a frame")]
pub(crate) fn relay_frame() -> impl Strategy<Value = RelayFrame<'static>> {
    let request = || (1..=u32::MAX).prop_map(RequestId::new);
    let gap = (1..=u64::MAX, 0..=u64::MAX).prop_map(|(from, more)| Gap {
        from,
        to: from.saturating_add(more),
    });
    let go_away = (any::<u16>(), any::<[u32; 2]>()).prop_map(|(code, mut waits)| {
        waits.sort_unstable();
        let [wait_min, wait_max] = waits;
        GoAway {
            code,
            wait_min,
            wait_max,
        }
    });
    let error = (any::<u32>(), any::<u16>(), any::<u32>()).prop_map(|(number, code, retry_after)| Error {
        request: RequestId::new(number),
        code,
        retry_after,
    });
    prop_oneof![
        challenge().prop_map(RelayFrame::from),
        hello().prop_map(RelayFrame::from),
        page().prop_map(RelayFrame::from),
        (1..=u64::MAX).prop_map(|next| Drained { next }.into()),
        gap.prop_map(RelayFrame::from),
        lane_page().prop_map(RelayFrame::from),
        request().prop_map(|request| Done { request }.into()),
        (request(), vec(account_result(), 1..=16)).prop_map(|(request, results)| SendResult {
            request,
            results
        }
        .into()),
        (request(), any::<u16>())
            .prop_map(|(request, available)| PrekeysPublished { request, available }.into()),
        (
            request(),
            opaque(202, 2202),
            vec(prop_oneof![opaque(1951, 1951), opaque(3619, 3619)], 0..=16)
        )
            .prop_map(|(request, list, bundles)| Bundles {
                request,
                list,
                bundles
            }
            .into()),
        (request(), opaque(202, 2202), certificates()).prop_map(|(request, list, certificates)| Lists {
            request,
            list,
            certificates
        }
        .into()),
        (any::<u64>(), array::<64>()).prop_map(|(expires, token)| Token {
            expires: UnixTime::new(expires),
            token: TokenBytes::new(token),
        }
        .into()),
        opaque(409, 3000).prop_map(|envelope| EphemeralDelivery { envelope }.into()),
        (channel(), opaque(1, 6455)).prop_map(|(channel, data)| LinkDelivery { channel, data }.into()),
        go_away.prop_map(RelayFrame::from),
        error.prop_map(RelayFrame::from),
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

fn challenge() -> impl Strategy<Value = Challenge<'static>> {
    (any::<[u8; 32]>(), any::<u64>(), opaque(1, 255)).prop_map(|(nonce, now, name)| Challenge {
        nonce,
        now: UnixTime::new(now),
        name: name.as_bytes(),
    })
}

fn hello() -> impl Strategy<Value = Hello> {
    let numbers = (1..=u32::MAX, any::<u64>(), 0..u64::MAX, any::<u64>());
    let rest = (
        any::<u32>(),
        any::<u64>(),
        any::<u32>(),
        any::<u16>(),
        1..=u16::MAX,
    );
    let (now, epoch) = (any::<u64>(), id16());
    (numbers, rest, now, epoch, list_head(), durability()).prop_map(
        |((request, session_epoch, acked, more), rest, now, epoch, list, durability)| Hello {
            request: RequestId::new(request),
            store_epoch: StoreEpoch::new(epoch),
            session_epoch,
            acked,
            next: acked.saturating_add(more).max(acked + 1),
            backlog_envelopes: rest.0,
            backlog_bytes: rest.1,
            refused: rest.2,
            prekeys: rest.3,
            list,
            heartbeat: rest.4,
            now: UnixTime::new(now),
            durability,
        },
    )
}

fn page() -> impl Strategy<Value = Page<'static>> {
    (1..u64::MAX - 64, vec((any::<u64>(), opaque(409, 2000)), 1..=64)).prop_map(|(first, envelopes)| {
        let numbered = (first..).zip(envelopes);
        let delivery = |(seq, (accepted, envelope))| Delivery {
            seq,
            accepted: UnixTime::new(accepted),
            envelope,
        };
        Page {
            deliveries: numbered.map(delivery).collect(),
        }
    })
}

fn lane_page() -> impl Strategy<Value = LanePage> {
    let receipt = (any::<[u8; 32]>(), receipt()).prop_map(|(account, receipt)| LaneItem::Receipt {
        account: AccountId::new(account),
        receipt,
    });
    let bounce = (id16(), id16(), any::<u16>()).prop_map(|(device, message_id, reason)| LaneItem::Bounce {
        device: DeviceId::new(device),
        message_id: MessageId::new(message_id),
        reason,
    });
    prop::collection::btree_map(1..=u64::MAX, prop_oneof![receipt, bounce], 1..=64).prop_map(|items| {
        LanePage {
            items: items
                .into_iter()
                .map(|(place, item)| LaneEntry { place, item })
                .collect(),
        }
    })
}

fn account_result() -> impl Strategy<Value = AccountResult<'static>> {
    let list = prop_oneof![Just(Opaque::EMPTY), opaque(202, 2202)];
    let outcome = prop_oneof![
        durability().prop_map(|durability| (0, Some(durability))),
        (1..=u16::MAX).prop_map(|status| (status, None)),
    ];
    (any::<[u8; 32]>(), outcome, any::<u32>(), list).prop_map(
        |(account, (status, durability), retry_after, list)| AccountResult {
            account: AccountId::new(account),
            status,
            retry_after,
            durability,
            list,
        },
    )
}
