//! Killed at every point of a commit and at any moment: nothing that was confirmed is lost, nothing is there twice.

use std::{thread, time::Duration};

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use twotick_relay::store::{OpenError, Point, StoreLimits};

use crate::child::{Heard, Working, check, open_job, write_job};
use crate::world::World;

/// How many rounds of each kind; more with `TWOTICK_STORE_ROUNDS`.
fn rounds() -> u64 {
    std::env::var("TWOTICK_STORE_ROUNDS")
        .ok()
        .and_then(|rounds| rounds.parse().ok())
        .unwrap_or(12)
}

/// R-SND-2, R-SND-3, R-DLV-3, R-DUR-2: at each fail point, after few and after many commits.
#[test]
fn a_kill_at_any_fail_point_loses_and_doubles_nothing() {
    for point in Point::ALL {
        let directory = tempfile::tempdir().expect("a folder");
        let mut heard = Heard::default();
        for round in 0..rounds().div_ceil(3) {
            let job = write_job(directory.path(), heard.sent + 1, Some(point), 1 + round * 7);
            let mut child = Working::start(&job);
            child
                .by_ref()
                .filter(|line| line != "ready")
                .for_each(|line| heard.hear(&line));
            assert!(!child.end(), "{point:?} was not reached");
            check(directory.path(), &heard);
            heard = Heard {
                acknowledged: heard.sent,
                acknowledges: heard.sent,
                stored: heard.sent,
                ..heard
            };
        }
    }
}

/// R-SND-2, R-SND-3, R-DLV-3, R-DUR-2: at random moments, over and over in one directory.
#[test]
fn a_kill_at_any_moment_loses_and_doubles_nothing() {
    let directory = tempfile::tempdir().expect("a folder");
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let mut heard = Heard::default();
    for _ in 0..rounds() {
        let mut child = Working::start(&write_job(directory.path(), heard.sent + 1, None, 0));
        assert_eq!(child.next().as_deref(), Some("ready"));
        thread::sleep(Duration::from_micros(u64::from(random.next_u32() % 40_000)));
        child.kill();
        child.by_ref().for_each(|line| heard.hear(&line));
        child.end();
        check(directory.path(), &heard);
        heard = Heard {
            acknowledged: heard.sent,
            acknowledges: heard.sent,
            stored: heard.sent,
            ..heard
        };
    }
    assert!(heard.sent > 16, "the children did something");
}

/// R-DUR-4: a second process is refused while the first has the directory, and not afterwards.
#[test]
fn a_second_process_is_refused() {
    let mut world = World::embedded(StoreLimits::default());
    let directory = world.directory.as_ref().expect("a folder").path().to_owned();
    let try_open = || Working::start(&open_job(&directory)).next();
    assert_eq!(try_open(), Some(format!("refused {}", OpenError::Locked)));
    world.crash();
    assert_eq!(try_open().as_deref(), Some("opened"));
}
