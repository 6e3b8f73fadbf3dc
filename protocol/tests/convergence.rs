//! Both ends start a session at once: every loss and order of the two first messages ends in one session (SPEC 12.2).
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use support::{World, envelope_for, got_text};
use twotick_protocol::ReceiveError;

const ALICE: (usize, usize) = (0, 0);
const BOB: (usize, usize) = (1, 0);
const ENDS: [(usize, usize); 2] = [ALICE, BOB];
const HOURS_73: u64 = 73 * 3_600;

/// R-SES-4, R-SES-2, R13: whatever is lost or reordered, one round trip later both ends speak in the same session.
#[test]
fn simultaneous_starts_converge_within_a_round_trip() {
    let orders: [&[usize]; 5] = [&[], &[0], &[1], &[0, 1], &[1, 0]];
    for seed in 0..6 {
        for starts in [[1, 1], [2, 1], [1, 2], [2, 2]] {
            for order in orders {
                for first in [0, 1] {
                    converge(seed, starts, order, first);
                }
            }
        }
    }
}

/// R-SES-4, R13: the lower session id wins at both ends, and both outcomes occur.
#[test]
fn either_end_can_win() {
    let winner = |seed| {
        let mut world = World::new(seed, &[1, 1]);
        let firsts = start(&mut world, [1, 1]);
        world.deliver(BOB, &firsts[0]).unwrap();
        world.deliver(ALICE, &firsts[1]).unwrap();
        let confirmed = ENDS.map(|at| world.peer(at, peer_of(at)).current_session().unwrap().1);
        assert!(
            confirmed[0] != confirmed[1],
            "who accepted the winner has it confirmed"
        );
        confirmed[0]
    };
    let wins = (0..16).filter(|seed| winner(*seed)).count();
    assert!((1..16).contains(&wins), "{wins} of 16");
}

fn converge(seed: u64, starts: [u32; 2], order: &[usize], first: usize) {
    let mut world = World::new(seed, &[1, 1]);
    let firsts = start(&mut world, starts);
    for from in order {
        let (received, _) = world.deliver(ENDS[1 - from], &firsts[*from]).unwrap();
        assert_eq!(
            got_text(&received),
            "first",
            "a message of a losing session is read all the same"
        );
    }
    for from in [first, 1 - first] {
        pass_on(&mut world, from, "round trip");
    }
    let agreed = ENDS.map(|at| world.peer(at, peer_of(at)).current_session().unwrap());
    assert_eq!(
        agreed[0].0, agreed[1].0,
        "seed {seed} {starts:?} {order:?} {first}"
    );
    assert_eq!(agreed[0].0, starts[0].max(starts[1]));
    for from in [0, 1].into_iter().filter(|from| !order.contains(from)) {
        match world.deliver(ENDS[1 - from], &firsts[from]) {
            Ok((received, _)) => assert_eq!(got_text(&received), "first"),
            Err(error) => assert!(matches!(error, ReceiveError::StaleGeneration { .. }), "{error:?}"),
        }
    }
    for from in [first, 1 - first] {
        pass_on(&mut world, from, "settled");
        let now = ENDS.map(|at| world.peer(at, peer_of(at)).current_session().unwrap());
        assert_eq!(now.map(|session| session.0), agreed.map(|session| session.0));
    }
    world.pass(HOURS_73);
    ENDS.iter().for_each(|at| world.own(*at).restart());
    for from in [0, 1, 1, 0] {
        pass_on(
            &mut world,
            from,
            "archived sessions are gone, so this is the same one",
        );
    }
}

/// Each end starts so many sessions; returns the first message of each end's last one.
fn start(world: &mut World, starts: [u32; 2]) -> [Vec<u8>; 2] {
    for (at, count) in ENDS.iter().zip(starts) {
        (0..count).for_each(|_| world.initiate(*at, peer_of(*at)));
    }
    [0, 1].map(|from| say(world, from, "first"))
}

fn pass_on(world: &mut World, from: usize, text: &str) {
    let envelope = say(world, from, text);
    let (received, _) = world.deliver(ENDS[1 - from], &envelope).unwrap();
    assert_eq!(got_text(&received), text);
}

fn say(world: &mut World, from: usize, text: &str) -> Vec<u8> {
    let sent = world.try_say(ENDS[from], 1 - from, text.as_bytes()).unwrap();
    envelope_for(&sent, world.id(ENDS[1 - from]))
}

fn peer_of(at: (usize, usize)) -> (usize, usize) {
    ENDS[1 - at.0]
}
