//! The rules of single frames, R-FRM-6.

use twotick_wire::frame::{
    AccountResult, Ack, Attach, Drained, Durability, Error, Gap, GoAway, Hello, LanePage, Page,
    PublishPrekeys, Send, SendResult,
};
use twotick_wire::{DecodeError, ErrorCode, LaneItem, RequestId};

use super::{sample, sample_relay};

const REFUSED: Result<(), DecodeError> = Err(DecodeError::InvalidValue);

/// R-FRM-6, R-ENC-8.
#[test]
fn windows_of_an_attach_are_within_their_ranges() {
    let decode = |envelopes, bytes| {
        let attach = Attach {
            window_envelopes: envelopes,
            window_bytes: bytes,
            ..sample::attach()
        };
        Attach::decode(&attach.encode()).map(|_| ())
    };
    assert_eq!(decode(1, 71_737), Ok(()));
    assert_eq!(decode(1024, 4_194_304), Ok(()));
    for (envelopes, bytes) in [(0, 71_737), (1025, 71_737), (1, 71_736), (1, 4_194_305), (1, 0)] {
        assert_eq!(decode(envelopes, bytes), REFUSED, "{envelopes} {bytes}");
    }
}

/// R-FRM-6, R-ENC-5.
#[test]
fn undefined_flags_are_reserved() {
    let (attach, send, change) = (
        sample::attach().encode(),
        sample::send().encode(),
        sample::change_capabilities().encode(),
    );
    let account = 6 + 16 + 4 + 4 + 308 + 2 + 32 + 16 + 16 + 20;
    let grant = 6 + 2 + 64 + 2 + 32;
    for value in 2..=0xff {
        let with = |bytes: &[u8], at: usize| [&bytes[..at], &[value], &bytes[at + 1..]].concat();
        let reserved = Some(DecodeError::NonZeroReserved);
        assert_eq!(Attach::decode(&with(&attach, 340)).err(), reserved, "{value}");
        assert_eq!(Send::decode(&with(&send, account)).err(), reserved, "{value}");
        let change = with(&change, grant);
        let changed = twotick_wire::frame::ChangeCapabilities::decode(&change);
        assert_eq!(changed.err(), reserved, "{value}");
    }
}

/// R-FRM-6, R-ENC-7.
#[test]
fn rejected_numbers_ascend_from_one_up_to_what_is_acknowledged() {
    let decode = |rejected: &[u64]| {
        let ack = Ack {
            upto: 9,
            rejected: rejected.to_vec(),
            ..sample::ack()
        };
        Ack::decode(&ack.encode()).map(|_| ())
    };
    assert_eq!(decode(&[]), Ok(()));
    assert_eq!(decode(&[1, 2, 9]), Ok(()));
    assert_eq!(decode(&[0, 2]), REFUSED);
    assert_eq!(decode(&[1, 10]), REFUSED);
    assert_eq!(decode(&[2, 1]), Err(DecodeError::NotSorted));
    assert_eq!(decode(&[2, 2]), Err(DecodeError::NotSorted));
    assert_eq!(decode(&[2, 0]), REFUSED);
}

/// R-FRM-6.
#[test]
fn a_lifetime_is_a_second_to_thirty_days() {
    let decode = |lifetime| {
        let send = Send {
            lifetime,
            ..sample::send()
        };
        Send::decode(&send.encode()).map(|_| ())
    };
    for lifetime in [1, 2_592_000] {
        assert_eq!(decode(lifetime), Ok(()));
    }
    for lifetime in [0, 2_592_001, u32::MAX] {
        assert_eq!(decode(lifetime), REFUSED, "{lifetime}");
    }
}

/// R-ENC-7, SPEC 21.1: accounts, devices, hashes.
#[test]
fn lists_in_frames_are_sorted() {
    let unsorted = Some(DecodeError::NotSorted);
    let mut send = sample::send();
    send.accounts.swap(0, 1);
    assert_eq!(Send::decode(&send.encode()).err(), unsorted);
    send.accounts[0] = send.accounts[1].clone();
    assert_eq!(Send::decode(&send.encode()).err(), unsorted);
    let mut send = sample::send();
    send.accounts[1].messages.swap(0, 1);
    assert_eq!(Send::decode(&send.encode()).err(), unsorted);
    let mut ephemeral = sample::ephemeral();
    ephemeral.messages[1].to = ephemeral.messages[0].to;
    let ephemeral = ephemeral.encode();
    assert_eq!(twotick_wire::frame::Ephemeral::decode(&ephemeral).err(), unsorted);
    let mut take = sample::take_prekeys();
    take.devices.swap(1, 2);
    assert_eq!(
        twotick_wire::frame::TakePrekeys::decode(&take.encode()).err(),
        unsorted
    );
    let mut change = sample::change_capabilities();
    change.revoked.swap(0, 1);
    let decode = |bytes: Vec<u8>| twotick_wire::frame::ChangeCapabilities::decode(&bytes).err();
    assert_eq!(decode(change.encode()), unsorted);
    let mut change = sample::change_capabilities();
    change.granted[1].hash = change.granted[0].hash;
    assert_eq!(decode(change.encode()), unsorted);
    let mut lane = sample_relay::lane_page();
    lane.items[1].place = lane.items[0].place;
    assert_eq!(LanePage::decode(&lane.encode()).err(), unsorted);
}

/// R-FRM-6.
#[test]
fn numbers_of_a_page_are_consecutive() {
    let decode = |first, second| {
        let mut page = sample_relay::page();
        (page.deliveries[0].seq, page.deliveries[1].seq) = (first, second);
        Page::decode(&page.encode()).map(|_| ())
    };
    assert_eq!(decode(1, 2), Ok(()));
    assert_eq!(decode(u64::MAX - 1, u64::MAX), Ok(()));
    for second in [1, 4, 5, 7] {
        assert_eq!(decode(5, second), Err(DecodeError::NotSorted), "{second}");
    }
    assert_eq!(decode(u64::MAX, 1), Err(DecodeError::NotSorted));
    assert_eq!(decode(0, 1), REFUSED);
    assert_eq!(decode(u64::MAX, 0), REFUSED);
}

/// R-FRM-6.
#[test]
fn places_and_numbers_start_at_one() {
    let mut lane = sample_relay::lane_page();
    lane.items[0].place = 0;
    assert_eq!(LanePage::decode(&lane.encode()).map(|_| ()), REFUSED);
    assert_eq!(
        Drained::decode(&Drained { next: 0 }.encode()).map(|_| ()),
        REFUSED
    );
    let gap = |from, to| Gap::decode(&Gap { from, to }.encode()).map(|_| ());
    assert_eq!(gap(1, 1), Ok(()));
    assert_eq!(gap(0, 1), REFUSED);
    assert_eq!(gap(2, 1), REFUSED);
}

/// R-FRM-6.
#[test]
fn hello_names_a_next_number_over_the_acknowledged_one() {
    let decode = |acked, next, heartbeat| {
        let hello = Hello {
            acked,
            next,
            heartbeat,
            ..sample_relay::hello()
        };
        Hello::decode(&hello.encode()).map(|_| ())
    };
    assert_eq!(decode(0, 1, 1), Ok(()));
    assert_eq!(decode(1, 1, 1), REFUSED);
    assert_eq!(decode(2, 1, 1), REFUSED);
    assert_eq!(decode(0, 1, 0), REFUSED);
    let mut bytes = sample_relay::hello().encode();
    for (value, accepted) in [
        (0, false),
        (1, true),
        (2, true),
        (3, true),
        (4, false),
        (255, false),
    ] {
        bytes[94] = value;
        assert_eq!(Hello::decode(&bytes).is_ok(), accepted, "durability {value}");
    }
    assert!(Durability::Memory < Durability::Disk && Durability::Disk < Durability::Machines);
}

/// R-FRM-6.
#[test]
fn go_away_names_a_span() {
    let decode = |wait_min, wait_max| {
        let frame = GoAway {
            code: 915,
            wait_min,
            wait_max,
        };
        GoAway::decode(&frame.encode()).map(|_| ())
    };
    assert_eq!(decode(7, 7), Ok(()));
    assert_eq!(decode(8, 7), REFUSED);
}

/// R-FRM-6, R-SND-2: stored says how, and nothing else does.
#[test]
fn a_result_has_a_durability_if_and_only_if_it_is_stored() {
    let decode = |status, durability: u8| {
        let mut bytes = sample_relay::send_result().encode();
        bytes[8 + 32..][..2].copy_from_slice(&u16::to_be_bytes(status));
        bytes[8 + 38] = durability;
        SendResult::decode(&bytes).map(|_| ())
    };
    for durability in 1..=3 {
        assert_eq!(decode(0, durability), Ok(()));
        assert_eq!(decode(906, durability), REFUSED);
    }
    assert_eq!(decode(906, 0), Ok(()));
    assert_eq!(decode(0, 0), REFUSED);
    assert_eq!(decode(0, 4), REFUSED);
    assert_eq!(decode(906, 255), REFUSED);
}

/// R-FRM-5: later revisions add codes.
#[test]
fn unknown_codes_are_accepted() {
    for code in [0, 1, 99, 899, 917, 9999, u16::MAX] {
        assert_eq!(ErrorCode::from_number(code), None);
        let (request, retry_after) = (RequestId::UNASKED, 0);
        let error = Error {
            request,
            code,
            retry_after,
        };
        assert_eq!(Error::decode(&error.encode()), Ok(error));
        let go_away = GoAway {
            code,
            wait_min: 0,
            wait_max: 0,
        };
        assert_eq!(GoAway::decode(&go_away.encode()), Ok(go_away));
        let mut lane = sample_relay::lane_page();
        if let LaneItem::Bounce { reason, .. } = &mut lane.items[1].item {
            *reason = code;
        }
        assert_eq!(LanePage::decode(&lane.encode()), Ok(lane));
        let mut result = sample_relay::send_result();
        let durability = (code == 0).then_some(Durability::Memory);
        result.results[0] = AccountResult {
            status: code,
            durability,
            ..result.results[0]
        };
        assert_eq!(SendResult::decode(&result.encode()), Ok(result));
    }
}

/// R-ENC-8.
#[test]
fn closed_sets_of_frames_refuse_every_other_value() {
    let (lane, prekeys) = (
        sample_relay::lane_page().encode(),
        sample::publish_prekeys().encode(),
    );
    for value in (0..=0xff).filter(|value| ![1, 2].contains(value)) {
        let bytes = [&lane[..16], &[value], &lane[17..]].concat();
        assert_eq!(LanePage::decode(&bytes).map(|_| ()), REFUSED, "kind {value}");
        if value != 0 {
            let bytes = [&prekeys[..6], &[value], &prekeys[7..]].concat();
            assert_eq!(
                PublishPrekeys::decode(&bytes).map(|_| ()),
                REFUSED,
                "has_signed {value}"
            );
        }
    }
}
