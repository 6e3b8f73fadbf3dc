//! Sending, SPEC 23, as far as a connection decides it.

use twotick_wire::{
    AccountId, Capability, Envelope, ErrorCode, ListHead, MessageId, RelayFrame, RequestId,
    frame::{AccountResult, AccountSend, Durability, Opaque, Send, SendResult},
};

use super::{
    person::{CAPABILITY, Letter, MESSAGE, Person, send},
    {peer::Peer, world::World},
};

fn result(peer: &mut Peer) -> SendResult<'static> {
    match peer.take() {
        RelayFrame::SendResult(result) => result,
        other => panic!("expected SendResult, not {:?}", other.kind()),
    }
}

fn only(peer: &mut Peer) -> AccountResult<'static> {
    let result = result(peer);
    assert_eq!(result.results.len(), 1);
    result.results[0]
}

/// R-SND-1: the envelope is from the attached device, whatever the client says, and holds message and body as given.
#[test]
fn an_envelope_is_from_the_attached_device() {
    let mut world = World::new();
    let bob = world.person(2, 2);
    let alice = world.person(1, 1);
    let mut sender = world.attached(&alice.devices[0]);
    let body = [0x77; 308];
    let letter = Letter {
        body: &body,
        ..Letter::to(&bob, 5)
    };
    sender.say(&world, &letter.frame(2));
    assert_eq!(only(&mut sender).status, 0);
    for device in &bob.devices {
        let mut peer = world.socket();
        let attach = super::person::Attaching::to(peer.nonce).by(device);
        peer.say(&world, &attach);
        peer.expect_hello();
        let RelayFrame::Page(page) = peer.take() else {
            panic!("a page");
        };
        let envelope = Envelope::decode(&page.deliveries[0].envelope).unwrap();
        assert_eq!(
            (envelope.from, envelope.to),
            (alice.device(0), device.device_id())
        );
        assert_eq!(envelope.message_id.to_bytes(), [5; 16]);
        assert_eq!((envelope.message, envelope.body), (&MESSAGE[..], &body[..]));
    }
}

/// R-SND-1: the accounts of a Send are independent, and their results stand in its order.
#[test]
fn accounts_of_a_send_do_not_wait_for_each_other() {
    let mut world = World::new();
    let bob = world.person(2, 1);
    let carol = world.person(3, 1);
    let alice = world.person(1, 1);
    let mut sender = world.attached(&alice.devices[0]);
    let refused = Letter {
        capability: Capability::new([1; 16]),
        ..Letter::to(&carol, 2)
    };
    sender.say(
        &world,
        &send(2, 1, &[], vec![Letter::to(&bob, 1).part(), refused.part()]),
    );
    let result = result(&mut sender);
    let mut accounts = [bob.id(), carol.id()];
    accounts.sort_unstable();
    assert_eq!(
        result
            .results
            .iter()
            .map(|result| result.account)
            .collect::<Vec<_>>(),
        accounts
    );
    for result in result.results {
        let expected = if result.account == bob.id() {
            0
        } else {
            ErrorCode::Refused.number()
        };
        assert_eq!(result.status, expected);
    }
}

/// R-SND-2: *stored* says how durably, and a refusal says nothing of the kind.
#[test]
fn stored_names_its_durability() {
    let mut world = World::new();
    let bob = world.person(2, 1);
    let alice = world.person(1, 1);
    let mut sender = world.attached(&alice.devices[0]);
    sender.say(&world, &Letter::to(&bob, 1).frame(2));
    assert_eq!(only(&mut sender).durability, Some(Durability::Memory));
    world.is_broken = true;
    sender.say(&world, &Letter::to(&bob, 2).frame(3));
    let result = only(&mut sender);
    assert_eq!(
        (result.status, result.durability),
        (ErrorCode::StoreUnavailable.number(), None)
    );
    assert!(result.retry_after > 0);
}

/// R-SND-3: the same bytes again are the same request; other bytes under its id are refused.
#[test]
fn a_repetition_is_known_by_all_its_bytes() {
    let mut world = World::new();
    let bob = world.person(2, 1);
    let alice = world.person(1, 1);
    let mut sender = world.attached(&alice.devices[0]);
    let first = || Letter::to(&bob, 1);
    let mut status = |frame: &[u8]| {
        sender.say(&world, frame);
        only(&mut sender).status
    };
    assert_eq!(status(&first().frame(2)), 0);
    assert_eq!(status(&first().frame(3)), 0, "the header may differ");
    let (body, message) = ([1; 308], [0x5b; 351]);
    let partial = AccountSend {
        is_partial: true,
        ..first().part()
    };
    let other_list = AccountSend {
        list: ListHead::NONE,
        ..first().part()
    };
    let other_lifetime = Send {
        request: RequestId::new(4),
        message_id: MessageId::new([1; 16]),
        lifetime: 3_601,
        body: Opaque::EMPTY,
        accounts: vec![first().part()],
    };
    let others = [
        Letter {
            body: &body,
            ..first()
        }
        .frame(4),
        Letter {
            message: &message,
            ..first()
        }
        .frame(4),
        Letter {
            capability: Capability::new([8; 16]),
            ..first()
        }
        .frame(4),
        send(4, 1, &[], vec![partial]),
        send(4, 1, &[], vec![other_list]),
        other_lifetime.encode(),
    ];
    for (index, other) in others.iter().enumerate() {
        assert_eq!(status(other), ErrorCode::SendIdReused.number(), "{index}");
    }
    let peer = world.attached(&bob.devices[0]);
    assert_eq!(peer.hello.unwrap().next, 2, "one envelope");
}

/// R-SND-4: the sender's rate comes first, and only what passes it is asked of the store.
#[test]
fn the_senders_rate_comes_first() {
    let mut world = World::new();
    let bob = world.person(2, 1);
    let alice = world.person(1, 1);
    let mut sender = world.attached(&alice.devices[0]);
    for number in 0..60 {
        sender.say(&world, &Letter::to(&bob, number).frame(u32::from(number) + 1));
        assert_eq!(only(&mut sender).status, 0);
    }
    world.is_broken = true;
    sender.say(&world, &Letter::to(&bob, 100).frame(100));
    let late = only(&mut sender);
    assert_eq!(late.status, ErrorCode::RateLimited.number());
    assert!((1..=1_000).contains(&late.retry_after));
    world.is_broken = false;
    world.wait(2);
    sender.say(&world, &Letter::to(&bob, 100).frame(101));
    assert_eq!(only(&mut sender).status, 0);
}

/// R-SND-1: the envelopes of one Send have at most 4 MiB together.
#[test]
fn a_send_does_not_grow_without_bound() {
    let mut world = World::new();
    let alice = world.person(1, 1);
    let people: Vec<Person> = (10..15).map(|seed| Person::seeded(seed, 16)).collect();
    let mut sender = world.attached(&alice.devices[0]);
    let body = vec![0; 65_588];
    let parts = people.iter().map(|person| Letter::to(person, 1).part()).collect();
    sender.say(&world, &send(2, 1, &body, parts));
    assert_eq!(sender.refused_with(), ErrorCode::LengthOutOfRange.number());
    assert_eq!(sender.close, None);
}

/// R-BLD-1: what a connection holds and wants prints no sealed bytes and no credentials.
#[test]
fn nothing_sealed_is_printed() {
    let mut world = World::new();
    let bob = world.person(2, 1);
    let alice = world.person(1, 1);
    let mut sender = world.attached(&alice.devices[0]);
    let body = [0xb7; 308];
    let letter = Letter {
        body: &body,
        message: &[0xb7; 351],
        ..Letter::to(&bob, 5)
    };
    sender.connection.on_frame(letter.frame(2).into(), world.now);
    let marks = ["183, 183", "b7b7", "\\xb7"];
    let actions = sender.connection.take_actions();
    let printed = format!("{actions:?} {:?}", sender.connection);
    assert!(printed.contains("envelopes: 1"));
    assert!(marks.iter().all(|mark| !printed.contains(mark)));
    actions.into_iter().for_each(|action| sender.act(&world, action));
    let mut peer = world.socket();
    let attach = super::person::Attaching::to(peer.nonce).by(&bob.devices[0]);
    peer.is_slow = true;
    peer.say(&world, &attach);
    let printed = format!("{:?} {:?}", peer.connection, peer.member);
    assert!(marks.iter().all(|mark| !printed.contains(mark)));
}

/// R-CAP-1, R-BLD-3: an account that is not there, one with another capability and a wrong kind of question get the same bytes.
#[test]
fn a_refusal_does_not_say_whether_there_is_an_account() {
    let mut world = World::new();
    let bob = world.person(2, 1);
    let alice = world.person(1, 1);
    let nobody = Person::seeded(50, 1);
    let answer = |to: &Person, capability: Capability| {
        let mut world_sender = Vec::new();
        let letter = Letter {
            capability,
            ..Letter::to(to, 1)
        };
        world_sender.push(letter.frame(2));
        world_sender
    };
    let mut sender = world.attached(&alice.devices[0]);
    let mut frames = Vec::new();
    for (to, capability) in [
        (&bob, Capability::new([1; 16])),
        (&bob, Capability::NONE),
        (&nobody, CAPABILITY),
        (&nobody, Capability::NONE),
    ] {
        for frame in answer(to, capability) {
            sender.say(&world, &frame);
        }
        let mut bytes = sender.frames.pop_front().unwrap().to_vec();
        let at = 8..8 + AccountId::LENGTH;
        assert_eq!(bytes[at.clone()], *to.id().as_bytes());
        bytes[at].fill(0);
        frames.push(bytes);
    }
    assert!(frames.windows(2).all(|pair| pair[0] == pair[1]));
}
