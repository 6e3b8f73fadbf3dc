//! Random schedules over the store in memory: frames, answers in any order, lost, repeated and disordered hints, a slow
//! writer, a client that attaches again and again. What must hold is checked at every step.

mod line;
mod rig;

use proptest::{collection::vec, prelude::*};

use self::rig::Rig;
use super::{person::Person, world::World};

/// What happens next. Numbers choose among what there is.
#[derive(Clone, Debug)]
enum Step {
    /// Alice stores an envelope; large ones fill windows and queues.
    Store {
        is_large: bool,
    },
    /// Bob acknowledges so many of those he has.
    Ack {
        share: u8,
    },
    Ping,
    Fetch,
    /// The store answers one request, in any order.
    Answer(usize),
    /// The store has read the mailbox: as it is now, or as it was when asked.
    Mailbox {
        is_old: bool,
    },
    Lane,
    /// A hint arrives, or is lost, or arrives twice.
    Hint {
        which: usize,
        fate: Fate,
    },
    Behind,
    /// The writer writes so many frames.
    Write(usize),
    Wait(u64),
    /// Bob attaches again, with or without what he remembers.
    Attach {
        remembers: bool,
        window: usize,
    },
}

#[derive(Clone, Copy, Debug)]
enum Fate {
    Heard,
    Lost,
    Repeated,
}

fn step() -> impl Strategy<Value = Step> {
    let fate = prop_oneof![3 => Just(Fate::Heard), 1 => Just(Fate::Lost), 1 => Just(Fate::Repeated)];
    prop_oneof![
        6 => proptest::bool::weighted(0.2).prop_map(|is_large| Step::Store { is_large }),
        4 => any::<u8>().prop_map(|share| Step::Ack { share }),
        1 => Just(Step::Ping),
        1 => Just(Step::Fetch),
        6 => any::<usize>().prop_map(Step::Answer),
        5 => any::<bool>().prop_map(|is_old| Step::Mailbox { is_old }),
        2 => Just(Step::Lane),
        6 => (any::<usize>(), fate).prop_map(|(which, fate)| Step::Hint { which, fate }),
        1 => Just(Step::Behind),
        6 => (1..6_usize).prop_map(Step::Write),
        1 => (1..20_u64).prop_map(Step::Wait),
        1 => (any::<bool>(), 0..3_usize).prop_map(|(remembers, window)| Step::Attach { remembers, window }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    /// R-DLV-1, R-DLV-2, R-DLV-5, R-FRM-4, R-ABU-1: whatever the schedule, envelopes arrive in order, whole and once in
    /// each session, within window and queue; each request has one answer.
    #[test]
    fn any_schedule_delivers_in_order_within_bounds(window in 0..3_usize, steps in vec(step(), 1..250)) {
        let mut rig = Rig::new(window);
        for step in &steps {
            rig.perform(step);
        }
        rig.finish();
    }

    /// R-FRM-1: bytes of any kind end a connection or are answered, and never more than that.
    #[test]
    fn garbage_is_survived(frames in vec(vec(any::<u8>(), 0..80), 1..20), object in 0xa0..0xe0_u8) {
        let mut world = World::new();
        let alice = Person::seeded(1, 1);
        let mut peer = world.attached(&alice.devices[0]);
        for mut frame in frames {
            if frame.len() > 2 {
                (frame[0], frame[1]) = (object, 1);
            }
            if peer.close.is_none() {
                peer.say(&world, &frame);
            }
        }
        prop_assert!(peer.close.is_some() || peer.connection.wants_frame());
    }
}
