//! Lengths and counts in frames, R-ENC-6.

use twotick_wire::frame::{
    Bundles, Certificates, Challenge, EphemeralDelivery, LanePage, LinkSend, Lists, Opaque, Page,
    PublishPrekeys, Send,
};
use twotick_wire::{ClientFrame, DecodeError, RelayFrame};

use super::sample::{self, opaque};
use super::sample_relay;

/// R-ENC-6: found in the count or length alone, with nothing behind it.
#[test]
fn counts_and_lengths_out_of_range_are_refused_before_what_follows() {
    for (bytes, at, width, refused) in limited() {
        for value in refused {
            let cut = [&bytes[..at], &value.to_be_bytes()[8 - width..]].concat();
            let error = any_direction(&cut);
            let expected = Err(DecodeError::LengthOutOfRange);
            assert_eq!(error, expected, "{:#04x} at {at}: {value}", bytes[0]);
        }
    }
}

/// R-ENC-6: inside an element, which must be there as far as the shortest one goes.
#[test]
fn lengths_out_of_range_inside_an_element_are_refused() {
    for (bytes, at, width, refused) in limited_inside() {
        for value in refused {
            let (before, after) = (&bytes[..at], &bytes[at + width..]);
            let changed = [before, &value.to_be_bytes()[8 - width..], after].concat();
            let error = any_direction(&changed);
            let expected = Err(DecodeError::LengthOutOfRange);
            assert_eq!(error, expected, "{:#04x} at {at}: {value}", bytes[0]);
        }
    }
}

/// R-ENC-6: the elements are not looked at if not all of them can be there.
#[test]
fn a_count_of_more_than_there_is_is_refused_before_the_elements() {
    let mut page = sample_relay::page();
    page.deliveries[1] = page.deliveries[0];
    let bytes = page.encode();
    assert_eq!(bytes.len(), 8 + 2 * 429);
    assert_eq!(Page::decode(&bytes), Err(DecodeError::NotSorted));
    let cut = &bytes[..bytes.len() - 1];
    assert_eq!(
        Page::decode(&[&cut[..24], &[0; 4], &cut[28..]].concat()),
        Err(DecodeError::Truncated)
    );
    let mut send = sample::send();
    send.body = Opaque::EMPTY;
    send.accounts
        .iter_mut()
        .for_each(|account| account.messages.truncate(1));
    send.accounts.swap(0, 1);
    let bytes = send.encode();
    assert_eq!(bytes.len(), 6 + 16 + 4 + 4 + 2 + 2 * 458);
    assert_eq!(Send::decode(&bytes), Err(DecodeError::NotSorted));
    assert_eq!(
        Send::decode(&bytes[..bytes.len() - 1]),
        Err(DecodeError::Truncated)
    );
    let mut lane = sample_relay::lane_page();
    lane.items = vec![lane.items[1]; 2];
    let bytes = lane.encode();
    assert_eq!(bytes.len(), 8 + 2 * 43);
    assert_eq!(LanePage::decode(&bytes), Err(DecodeError::NotSorted));
    assert_eq!(
        LanePage::decode(&bytes[..bytes.len() - 1]),
        Err(DecodeError::Truncated)
    );
}

/// R-ENC-6: a wrong length in the first element is not seen if the last one cannot be there.
#[test]
fn the_shortest_element_is_what_a_count_is_checked_against() {
    let (result, bundles) = (
        sample_relay::send_result().encode(),
        sample_relay::bundles().encode(),
    );
    for (bytes, count, length, least) in [(result, 6, 47, 43), (bundles, 212, 214, 1955)] {
        let end = count + 2 + 2 * least;
        let mut bytes = bytes[..end].to_vec();
        bytes[length..length + 4].copy_from_slice(&[0, 0, 0, 1]);
        assert_eq!(any_direction(&bytes), Err(DecodeError::LengthOutOfRange));
        assert_eq!(any_direction(&bytes[..end - 1]), Err(DecodeError::Truncated));
    }
}

/// R-ENC-6: the largest of each are accepted.
#[test]
fn frames_are_accepted_up_to_their_limits() {
    let bundles = Bundles {
        list: opaque(1, 2202),
        bundles: vec![opaque(2, 3619); 16],
        ..sample_relay::bundles()
    };
    let bytes = bundles.encode();
    assert_eq!(Bundles::decode(&bytes), Ok(bundles));
    let lists = Lists {
        certificates: sample::certificates(16),
        ..sample_relay::lists()
    };
    let bytes = lists.encode();
    assert_eq!(Lists::decode(&bytes), Ok(lists));
    let prekeys = PublishPrekeys {
        one_time_prekeys: vec![crate::fixture::one_time_prekey(); 100],
        ..sample::publish_prekeys()
    };
    assert_eq!(PublishPrekeys::decode(&prekeys.encode()), Ok(prekeys));
    let data = opaque(3, 6455);
    let link = LinkSend {
        data,
        ..sample::link_send()
    };
    let bytes = link.encode();
    assert_eq!(LinkSend::decode(&bytes), Ok(link));
    let envelope = opaque(4, 71_737);
    let bytes = EphemeralDelivery { envelope }.encode();
    assert_eq!(
        EphemeralDelivery::decode(&bytes),
        Ok(EphemeralDelivery { envelope })
    );
    let name = [b'a'; 255];
    let challenge = Challenge {
        name: &name,
        ..sample_relay::challenge()
    };
    let bytes = challenge.encode();
    assert_eq!(Challenge::decode(&bytes), Ok(challenge));
}

/// R-ENC-6: what does not fit its length field is written so that every decoder refuses it.
#[test]
fn what_cannot_be_encoded_is_refused_by_every_decoder() {
    let name = [b'a'; 256];
    let bytes = Challenge {
        name: &name,
        ..sample_relay::challenge()
    }
    .encode();
    assert_eq!(Challenge::decode(&bytes), Err(DecodeError::LengthOutOfRange));
    let lists = Lists {
        certificates: Certificates::new(&[]),
        ..sample_relay::lists()
    };
    assert_eq!(Lists::decode(&lists.encode()), Err(DecodeError::LengthOutOfRange));
    let bytes = LinkSend {
        data: opaque(5, 70_000),
        ..sample::link_send()
    }
    .encode();
    assert_eq!(LinkSend::decode(&bytes), Err(DecodeError::LengthOutOfRange));
}

/// A frame, where one of its lengths or counts stands, how wide it is, and values out of its range.
type Limited = (Vec<u8>, usize, usize, &'static [u64]);

fn limited() -> Vec<Limited> {
    let send = sample::send().encode();
    vec![
        (sample::ack().encode(), 30, 2, &[65, 0xffff]),
        (sample::ack().encode(), 56, 2, &[65, 0x100]),
        (sample::send_receipts().encode(), 6, 2, &[0, 65]),
        (send.clone(), 26, 4, &[1, 307, 65_589, 0xffff_ffff]),
        (send, 26 + 4 + 308, 2, &[0, 17, 0xffff]),
        (sample::ephemeral().encode(), 70, 2, &[0, 17]),
        (sample::publish_prekeys().encode(), 7 + 1684, 2, &[101, 0xffff]),
        (sample::take_prekeys().encode(), 54, 2, &[0, 17]),
        (
            sample::publish_list().encode(),
            6,
            4,
            &[0, 201, 2203, 0xffff_ffff],
        ),
        (sample::publish_list().encode(), 260, 2, &[0, 17]),
        (sample::change_capabilities().encode(), 6, 2, &[65]),
        (sample::change_capabilities().encode(), 72, 2, &[65]),
        (sample::link_send().encode(), 22, 2, &[0, 6456, 0xffff]),
        (sample_relay::challenge().encode(), 46, 1, &[0]),
        (sample_relay::page().encode(), 6, 2, &[0, 65]),
        (sample_relay::lane_page().encode(), 6, 2, &[0, 65]),
        (sample_relay::send_result().encode(), 6, 2, &[0, 17]),
        (sample_relay::bundles().encode(), 6, 4, &[0, 201, 2203]),
        (sample_relay::bundles().encode(), 212, 2, &[17]),
        (sample_relay::lists().encode(), 6, 4, &[0, 201, 2203]),
        (sample_relay::lists().encode(), 213, 2, &[0, 17]),
        (sample_relay::relay()[14].encode(), 6, 4, &[0, 408, 71_738]),
        (sample_relay::relay()[15].encode(), 22, 2, &[0, 6456]),
    ]
}

/// As [`limited`], for the fields of an element.
fn limited_inside() -> Vec<Limited> {
    let send = sample::send().encode();
    let account = 26 + 4 + 308 + 2;
    vec![
        (send.clone(), account + 85, 2, &[0, 17]),
        (send, account + 87 + 16, 4, &[0, 350, 6092, 0xffff_ffff]),
        (sample::ephemeral().encode(), 72 + 16, 4, &[0, 350, 6092]),
        (
            sample_relay::page().encode(),
            24,
            4,
            &[0, 408, 71_738, 0xffff_ffff],
        ),
        (sample_relay::send_result().encode(), 8 + 39, 4, &[1, 201, 2203]),
        (
            sample_relay::bundles().encode(),
            214,
            4,
            &[0, 1950, 1952, 3618, 3620],
        ),
    ]
}

fn any_direction(bytes: &[u8]) -> Result<(), DecodeError> {
    match ClientFrame::decode(bytes) {
        Err(DecodeError::WrongObject { .. }) => RelayFrame::decode(bytes).map(|_| ()),
        other => other.map(|_| ()),
    }
}
