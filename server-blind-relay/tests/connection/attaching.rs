//! Attaching, SPEC 22.1.

use twotick_relay::connection::Close;
use twotick_wire::{ErrorCode, RelayFrame, RequestId, StoreEpoch, frame::Ack};

use super::{
    peer::Peer,
    person::{Attaching, Letter, Person, ack},
    world::{EPOCH, World},
};

/// R-ATT-1: the relay speaks first, with a nonce and its name, and takes a signature over both.
#[test]
fn a_device_attaches_by_its_signature() {
    let mut world = World::new();
    let alice = Person::seeded(1, 1);
    let mut peer = world.socket();
    let attach = Attaching::to(peer.nonce).by(&alice.devices[0]);
    peer.say(&world, &attach);
    let hello = peer.expect_hello();
    assert_eq!((hello.session_epoch, hello.acked, hello.next), (1, 0, 1));
    assert_eq!(hello.store_epoch, EPOCH);
    assert!(matches!(peer.take(), RelayFrame::Drained(drained) if drained.next == 1));
    assert_eq!(peer.connection.attached().unwrap().device, alice.device(0));
}

/// R-ATT-2: whatever is wrong, the answer is the same bytes, and the connection ends.
#[test]
fn every_failed_proof_looks_the_same() {
    let alice = Person::seeded(1, 2);
    let mallory = Person::seeded(2, 1);
    let own = |attaching: &Attaching| attaching.by(&alice.devices[0]);
    type Change<'a> = &'a dyn Fn(&mut World, &mut Attaching) -> Vec<u8>;
    let cases: [(&str, Change<'_>); 8] = [
        ("another nonce", &|_, attaching| {
            attaching.nonce = [0xee; 32];
            own(attaching)
        }),
        ("another relay's name", &|_, attaching| {
            attaching.name = "mallory.example";
            own(attaching)
        }),
        ("an old nonce", &|world, attaching| {
            world.wait(61);
            own(attaching)
        }),
        ("another device's certificate", &|_, attaching| {
            attaching.signed(&alice.devices[0], &alice.devices[1].certificate().encode())
        }),
        ("a certificate that does not decode", &|_, attaching| {
            attaching.signed(&alice.devices[0], &[0; 264])
        }),
        ("a certificate that the account did not sign", &|_, attaching| {
            let mut certificate = alice.devices[0].certificate().clone();
            certificate.account_key = mallory.account.account_key();
            attaching.signed(&alice.devices[0], &certificate.encode())
        }),
        ("a certificate that has ended", &|world, attaching| {
            world.now.wall = world.now.wall.saturating_add(400 * 86_400);
            own(attaching)
        }),
        ("a device that left its list", &|world, attaching| {
            let mut bob = world.person(3, 2);
            let mut first = world.attached(&bob.devices[0]);
            let gone = bob.remove(1);
            first.say(world, &bob.publish_list(9));
            assert!(matches!(first.take(), RelayFrame::Done(_)));
            attaching.by(&gone)
        }),
    ];
    let mut answers = Vec::new();
    for (name, change) in cases {
        let mut world = World::new();
        let mut peer = world.socket();
        let mut attaching = Attaching::to(peer.nonce);
        let attach = change(&mut world, &mut attaching);
        peer.say(&world, &attach);
        answers.push(peer.frames[0].clone());
        assert_eq!(
            peer.expect_error().code,
            ErrorCode::AttachRefused.number(),
            "{name}"
        );
        assert_eq!(peer.close, Some(Close::AttachRefused), "{name}");
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
}

/// R-ATT-2: a nonce is good for one attach.
#[test]
fn a_nonce_is_used_once() {
    let mut world = World::new();
    let alice = Person::seeded(1, 1);
    let mut peer = world.socket();
    let attach = Attaching::to(peer.nonce).by(&alice.devices[0]);
    peer.say(&world, &attach);
    peer.read();
    peer.say(&world, &attach);
    peer.ended_with(ErrorCode::UnexpectedFrame, Close::Undecodable);
}

/// R-ATT-4: of two connections of a device the later one stays; an Ack of the earlier changes nothing.
#[test]
fn a_later_attach_ends_the_earlier() {
    let mut world = World::new();
    let alice = Person::seeded(1, 1);
    let mut first = world.attached(&alice.devices[0]);
    let second = world.attached(&alice.devices[0]);
    assert!(second.hello.unwrap().session_epoch > first.hello.unwrap().session_epoch);
    first.work(&world);
    first.ended_with(ErrorCode::StaleSession, Close::Fenced);
    assert_eq!(second.close, None);
}

/// R-ATT-4: an Ack that names an earlier session is refused, and ends the connection that says it.
#[test]
fn a_stale_ack_ends_the_connection() {
    let mut world = World::new();
    let bob = world.person(2, 1);
    let alice = world.person(1, 1);
    let mut sender = world.attached(&alice.devices[0]);
    sender.say(&world, &Letter::to(&bob, 1).frame(2));
    let mut peer = world.attached(&bob.devices[0]);
    let stale = peer.hello.unwrap().session_epoch - 1;
    peer.say(&world, &super::person::ack(2, stale, 1));
    peer.ended_with(ErrorCode::StaleSession, Close::Fenced);
    let again = world.attached(&bob.devices[0]);
    assert_eq!(again.hello.unwrap().acked, 0);
}

/// R-ATT-4: with flags bit 0 the session stays, nothing of the mailbox is sent, and the other connection goes on.
#[test]
fn a_connection_that_only_sends_disturbs_nobody() {
    let mut world = World::new();
    let bob = world.person(2, 1);
    let mut receiving = world.attached(&bob.devices[0]);
    let mut sending = world.socket();
    let mut attaching = Attaching::to(sending.nonce);
    attaching.is_send_only = true;
    sending.say(&world, &attaching.by(&bob.devices[0]));
    let hello = sending.expect_hello();
    assert_eq!(hello.session_epoch, receiving.hello.unwrap().session_epoch);
    let alice = world.person(1, 1);
    let mut sender = world.attached(&alice.devices[0]);
    sender.say(&world, &Letter::to(&bob, 1).frame(2));
    receiving.work(&world);
    sending.work(&world);
    assert_eq!(receiving.numbers(), [1]);
    assert_eq!((sending.frames.len(), sending.close), (0, None));
}

/// R-ATT-5: a cursor counts in the past it was made in, and under what comes next; nothing is deleted by it.
#[test]
fn delivery_starts_after_a_cursor_that_counts() {
    let cases: [(StoreEpoch, u64, &[u64]); 4] = [
        (EPOCH, 2, &[3]),
        (EPOCH, 0, &[1, 2, 3]),
        (EPOCH, 4, &[1, 2, 3]),
        (StoreEpoch::new([1; 16]), 2, &[1, 2, 3]),
    ];
    for (store_epoch, cursor, expected) in cases {
        let (mut world, bob) = with_mail(3);
        let mut peer = world.socket();
        let mut attaching = Attaching::to(peer.nonce);
        (attaching.store_epoch, attaching.cursor) = (store_epoch, cursor);
        peer.say(&world, &attaching.by(&bob.devices[0]));
        assert_eq!(peer.expect_hello().acked, 0);
        assert_eq!(peer.numbers(), expected, "cursor {cursor}");
    }
}

/// R-ATT-5: a cursor under what was acknowledged starts after that.
#[test]
fn delivery_starts_after_what_was_acknowledged() {
    let (mut world, bob) = with_mail(3);
    let mut first = world.attached(&bob.devices[0]);
    first.say(&world, &ack(2, first.hello.unwrap().session_epoch, 3));
    let mut peer = world.socket();
    let mut attaching = Attaching::to(peer.nonce);
    (attaching.store_epoch, attaching.cursor) = (EPOCH, 1);
    peer.say(&world, &attaching.by(&bob.devices[0]));
    assert_eq!(peer.expect_hello().acked, 3);
    assert!(matches!(peer.take(), RelayFrame::Drained(drained) if drained.next == 4));
}

/// R-ATT-5: the cursor of the lane counts in the past it was made in, too.
#[test]
fn the_lane_starts_after_a_cursor_that_counts() {
    for (store_epoch, expected) in [(EPOCH, 0), (StoreEpoch::new([1; 16]), 1)] {
        let (mut world, bob) = with_mail(1);
        let mut receiving = world.attached(&bob.devices[0]);
        let rejection = Ack {
            request: RequestId::new(2),
            session_epoch: receiving.hello.unwrap().session_epoch,
            upto: 1,
            lane_upto: 0,
            rejected: vec![1],
            receipts: vec![],
        };
        receiving.ask(&world, rejection.into());
        let alice = Person::seeded(1, 1);
        let mut peer = world.socket();
        let mut attaching = Attaching::to(peer.nonce);
        (attaching.store_epoch, attaching.lane_cursor) = (store_epoch, 1);
        peer.say(&world, &attaching.by(&alice.devices[0]));
        let frames = peer.read();
        let pages = frames
            .iter()
            .filter(|frame| matches!(frame, RelayFrame::LanePage(_)));
        assert_eq!(pages.count(), expected);
    }
}

/// R-ATT-3: a new device makes its mailbox by attaching, so many of one address (R-ABU-1), and not through others.
#[test]
fn new_mailboxes_of_an_address_are_limited() {
    let mut world = World::new();
    let most = world.settings.limiter.limits().new_mailboxes.burst;
    let known = Person::seeded(99, 1);
    world.attached(&known.devices[0]);
    let attach = |world: &mut World, person: &Person| -> Peer {
        let mut peer = world.socket();
        let attach = Attaching::to(peer.nonce).by(&person.devices[0]);
        peer.say(world, &attach);
        peer
    };
    for seed in 1..u64::from(most) - 1 {
        attach(&mut world, &Person::seeded(seed, 1)).expect_hello();
    }
    for _ in 0..3 {
        attach(&mut world, &known).expect_hello();
    }
    attach(&mut world, &Person::seeded(76, 1)).expect_hello();
    let late = Person::seeded(77, 1);
    let mut refused = attach(&mut world, &late);
    refused.ended_with(ErrorCode::RateLimited, Close::TooMany);
    attach(&mut world, &known).expect_hello();
    world.address = std::net::IpAddr::from([198, 51, 100, 1]);
    attach(&mut world, &late).expect_hello();
}

/// R-DUR-3: an attach that cannot be stored is not one.
#[test]
fn a_broken_store_attaches_nobody() {
    let mut world = World::new();
    let alice = Person::seeded(1, 1);
    let mut peer = world.socket();
    world.is_broken = true;
    let attach = Attaching::to(peer.nonce).by(&alice.devices[0]);
    peer.say(&world, &attach);
    peer.ended_with(ErrorCode::StoreUnavailable, Close::GoingAway);
}

/// A world in which Bob's first device has so many envelopes waiting.
pub fn with_mail(count: u8) -> (World, Person) {
    let mut world = World::new();
    let bob = world.person(2, 1);
    let alice = world.person(1, 1);
    let mut sender = world.attached(&alice.devices[0]);
    for number in 1..=count {
        sender.say(&world, &Letter::to(&bob, number).frame(number.into()));
    }
    (world, bob)
}
