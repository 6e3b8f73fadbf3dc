//! Current and archived sessions: starting, sealing, expiry, limits, restarts (SPEC 12.1 to 12.3).
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use support::tamper::{is_initial, renamed};
use support::{START, World, envelope_for, got_text};
use twotick_protocol::{Limits, PeerDevice, ReceiveError, Record, SendError, SessionEvent, SessionStatus};

const ALICE: (usize, usize) = (0, 0);
const BOB: (usize, usize) = (1, 0);
const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;

/// R-SES-1: each start takes the next generation, is current at once, and the record says so.
#[test]
fn each_session_takes_the_next_generation_and_is_current_at_once() {
    let mut world = World::new(1, &[1, 1]);
    for generation in 1..=3 {
        world.initiate(ALICE, BOB);
        assert_eq!(
            world.peer(ALICE, BOB).current_session(),
            Some((generation, false))
        );
        world.own(ALICE).restart();
        assert_eq!(world.peer(ALICE, BOB).generation(), generation);
    }
    world.talk(ALICE, 1, "hello");
    assert_eq!(world.peer(BOB, ALICE).current_session(), Some((3, true)));
    world.initiate(BOB, ALICE);
    assert_eq!(world.peer(BOB, ALICE).current_session(), Some((4, false)));
}

/// R-SES-2: what arrives in an archived session opens there, and the next message goes out in the current one.
#[test]
fn archived_session_opens_and_never_sends() {
    let mut world = World::new(2, &[1, 1]);
    world.talk(ALICE, 1, "hello");
    world.talk(BOB, 0, "reply");
    let late: Vec<_> = (0..3).map(|_| say(&mut world, BOB, ALICE, "late")).collect();
    world.initiate(ALICE, BOB);
    for envelope in &late {
        let (received, _) = world.deliver(ALICE, envelope).unwrap();
        assert_eq!((got_text(&received), received.generation), ("late".into(), 1));
        assert_eq!(world.peer(ALICE, BOB).current_session(), Some((2, false)));
        let envelope = say(&mut world, ALICE, BOB, "new");
        assert!(is_initial(&envelope));
        let (received, _) = world.deliver(BOB, &envelope).unwrap();
        assert_eq!(received.generation, 2);
    }
}

/// R-SES-3, R-ERR-1: without a session nothing is sealed, nor in one that was not answered for thirty days.
#[test]
fn session_unanswered_for_thirty_days_does_not_seal() {
    let mut world = World::new(3, &[1, 1]);
    assert!(matches!(
        world.try_say(ALICE, 1, b"x"),
        Err(SendError::DeviceSetMismatch(_))
    ));
    world.initiate(ALICE, BOB);
    world.pass(30 * DAY);
    assert!(seal(&mut world).is_ok());
    world.pass(1);
    let (before, bob) = (world.own(ALICE).snapshot(), world.id(BOB));
    assert_eq!(seal(&mut world), Err(SendError::SessionUnanswered(bob)));
    assert_eq!(world.own(ALICE).snapshot(), before);
    let now = world.now;
    assert_eq!(world.peer(ALICE, BOB).status(now), SessionStatus::Expired);
    let certificate =
        twotick_protocol::VerifiedCertificate::verify(world.own(BOB).device.certificate().clone(), START);
    let fresh = PeerDevice::new(&certificate.unwrap());
    world.own(ALICE).peers.insert(bob, fresh);
    assert_eq!(seal(&mut world), Err(SendError::NoSession(bob)));
}

/// R-SES-5, R-LIM-1: an archived session lives 72 hours from the confirmation of its successor.
#[test]
fn archived_session_is_erased_72_hours_after_its_successor_is_confirmed() {
    for (age, opens) in [(72 * HOUR - 1, true), (72 * HOUR, false)] {
        let mut world = World::new(4, &[1, 1]);
        world.talk(ALICE, 1, "hello");
        world.talk(BOB, 0, "reply");
        let late = say(&mut world, BOB, ALICE, "late");
        world.initiate(ALICE, BOB);
        world.pass(DAY);
        world.talk(ALICE, 1, "new");
        world.talk(BOB, 0, "confirmed");
        world.pass(age);
        let expected = if opens {
            Ok(())
        } else {
            Err(ReceiveError::Undecryptable)
        };
        assert_eq!(world.deliver(ALICE, &late).map(|_| ()), expected);
        let next = say(&mut world, BOB, ALICE, "next");
        let (received, _) = world.deliver(ALICE, &next).unwrap();
        let erased = [SessionEvent::SessionErased { generation: 1 }];
        assert_eq!(received.events, if opens { &[][..] } else { &erased });
    }
}

/// R-SES-5: thirty days after it was archived it is gone in any case, confirmed successor or not.
#[test]
fn archived_session_is_erased_thirty_days_after_archiving_in_any_case() {
    for (age, opens) in [(30 * DAY - 1, true), (30 * DAY, false)] {
        let mut world = World::new(5, &[1, 1]);
        world.talk(ALICE, 1, "hello");
        world.talk(BOB, 0, "reply");
        let late = say(&mut world, BOB, ALICE, "late");
        world.initiate(ALICE, BOB);
        world.pass(age);
        assert_eq!(world.deliver(ALICE, &late).is_ok(), opens);
    }
}

/// R-SES-5, R-LIM-1: four archived sessions are kept; the fifth pushes the oldest out, which is reported.
#[test]
fn fifth_archived_session_evicts_the_oldest_and_says_so() {
    let mut world = World::new(6, &[1, 1]);
    let mut old = Vec::new();
    for generation in 1..=5 {
        let events = initiate(&mut world);
        assert_eq!(events, []);
        let envelope = say(&mut world, ALICE, BOB, "x");
        world.deliver(BOB, &envelope).unwrap();
        old.push(say(&mut world, BOB, ALICE, &format!("in {generation}")));
    }
    assert_eq!(
        initiate(&mut world),
        [SessionEvent::SessionErased { generation: 1 }]
    );
    world.own(ALICE).restart();
    assert_eq!(
        world.deliver(ALICE, &old[0]).unwrap_err(),
        ReceiveError::Undecryptable
    );
    for envelope in &old[1..] {
        assert!(world.deliver(ALICE, envelope).is_ok());
    }
}

/// R-LIM-1: with no room for archived sessions at all, the former one and a losing new one are still reported.
#[test]
fn session_that_finds_no_room_is_reported() {
    let mut world = World::new(7, &[1, 1]);
    let limits = Limits {
        archived_sessions: 0,
        ..Limits::default()
    };
    world.initiate(ALICE, BOB);
    let late = say(&mut world, ALICE, BOB, "generation 1");
    world.initiate(BOB, ALICE);
    world.initiate(BOB, ALICE);
    let alice = world.id(ALICE);
    let bytes = Record::encode(world.peer(BOB, ALICE));
    let lowered = PeerDevice::decode(&bytes).unwrap().with_limits(limits).unwrap();
    world.own(BOB).peers.insert(alice, lowered);
    let (received, _) = world.deliver(BOB, &late).unwrap();
    let erased = |generation| SessionEvent::SessionErased { generation };
    assert_eq!(received.events.len(), 2);
    assert!(received.events.iter().all(|event| *event == erased(1)));
    assert_eq!(world.peer(BOB, ALICE).current_session(), Some((2, false)));
}

/// R-SES-6: an initial message whose ephemeral key is known is opened in that session, or not at all.
#[test]
fn repeated_initial_header_is_opened_in_its_session_only() {
    let mut world = World::new(8, &[1, 1]);
    world.initiate(ALICE, BOB);
    let first = say(&mut world, ALICE, BOB, "one");
    let second = say(&mut world, ALICE, BOB, "two");
    world.deliver(BOB, &first).unwrap();
    assert_eq!(world.own(BOB).prekeys.one_time_count(), 3);
    let (received, _) = world.deliver(BOB, &second).unwrap();
    assert_eq!((received.began, received.generation), (None, 1));
    let before = world.own(BOB).snapshot();
    let replayed = world.deliver(BOB, &renamed(&first, 7)).unwrap_err();
    assert_eq!(replayed, ReceiveError::Undecryptable);
    assert_eq!(world.own(BOB).snapshot(), before);
}

/// R-SES-7, R-LIM-1: skipped keys are counted over all sessions; the oldest session's give way, and are counted out.
#[test]
fn skipped_keys_are_limited_over_all_sessions() {
    let mut world = World::new(9, &[1, 1]);
    let limits = Limits {
        skipped_keys_of_peer: 5,
        ..Limits::default()
    };
    let alice = world.id(ALICE);
    world.initiate(ALICE, BOB);
    let mut late = Vec::new();
    for _ in 0..4 {
        late.push(say(&mut world, ALICE, BOB, "late"));
    }
    world.talk(ALICE, 1, "jump");
    let bytes = Record::encode(world.peer(BOB, ALICE));
    let lowered = PeerDevice::decode(&bytes).unwrap().with_limits(limits).unwrap();
    world.own(BOB).peers.insert(alice, lowered);
    world.initiate(ALICE, BOB);
    for _ in 0..3 {
        late.push(say(&mut world, ALICE, BOB, "late"));
    }
    let jump = say(&mut world, ALICE, BOB, "jump");
    let (received, _) = world.deliver(BOB, &jump).unwrap();
    assert_eq!(received.events, [SessionEvent::SkippedKeysErased { count: 2 }]);
    assert_eq!(world.peer(BOB, ALICE).skipped_keys(), 5);
    let opened: Vec<bool> = late
        .iter()
        .map(|envelope| world.deliver(BOB, envelope).is_ok())
        .collect();
    assert_eq!(opened, [false, false, true, true, true, true, true]);
}

/// R-SES-8: initial messages until something was opened in the session, ratchet messages ever after.
#[test]
fn initiator_sends_initial_messages_until_the_session_is_confirmed() {
    let mut world = World::new(10, &[1, 1]);
    world.initiate(ALICE, BOB);
    let early: Vec<_> = (0..3).map(|_| say(&mut world, ALICE, BOB, "early")).collect();
    assert!(early.iter().all(|envelope| is_initial(envelope)));
    for envelope in early.iter().rev() {
        assert!(
            world.deliver(BOB, envelope).is_ok(),
            "any of them begins the session"
        );
    }
    world.own(ALICE).restart();
    assert!(is_initial(&say(&mut world, ALICE, BOB, "still")));
    let reply = say(&mut world, BOB, ALICE, "reply");
    assert!(!is_initial(&reply));
    world.deliver(ALICE, &reply).unwrap();
    world.own(ALICE).restart();
    assert!(!is_initial(&say(&mut world, ALICE, BOB, "answered")));
}

/// R-SES-1, R-SES-4, R-ERR-1: restarted after every step, both ends go on as if they had not been.
#[test]
fn restart_after_each_step_changes_nothing() {
    let run = |restart: bool| {
        let mut world = World::new(11, &[2, 2]);
        for round in 0..6_usize {
            let from = (round % 2, round / 2 % 2);
            world.talk(from, 1 - from.0, &format!("round {round}"));
            if round == 3 {
                world.initiate((1, 1), (0, 0));
            }
            for at in [(0, 0), (0, 1), (1, 0), (1, 1)].into_iter().filter(|_| restart) {
                world.own(at).restart();
            }
        }
        [(0, 0), (0, 1), (1, 0), (1, 1)].map(|at| world.own(at).snapshot())
    };
    assert_eq!(run(true), run(false));
}

fn say(world: &mut World, from: (usize, usize), to: (usize, usize), text: &str) -> Vec<u8> {
    let sent = world.say(from, to.0, text);
    envelope_for(&sent, world.id(to))
}

fn initiate(world: &mut World) -> Vec<SessionEvent> {
    let mut bundle = world.own(BOB).bundle.clone();
    bundle.one_time_prekey = None;
    world.initiate_with(ALICE, BOB, bundle).1
}

fn seal(world: &mut World) -> Result<(), SendError> {
    let now = world.now;
    let id = world.id(BOB);
    let (left, right) = world.people.split_at_mut(1);
    let (own, account) = (&mut left[0].devices[0], &right[0].account);
    let peer = own.peers.get_mut(&id).unwrap();
    let payload = (support::message_id(1), &b"payload"[..]);
    peer.seal(&own.device, account, payload, now, &mut world.rng)
        .map(|_| ())
}
