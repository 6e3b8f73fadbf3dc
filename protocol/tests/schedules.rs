//! Any schedule of sending, loss, disorder, repetition, crashes, restarts and passing time keeps the invariants.

#![allow(clippy::unwrap_used, reason = "test helpers")]

mod support;

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use support::pair::{ALICE, BOB, Letter, Pair, stored_by};
use support::{START, commit};

/// Seconds a schedule takes at most: device lists last 35 days.
const LONGEST: u64 = 25 * 24 * 60 * 60;

/// What can happen. The indexes choose among what is in transit, modulo its number.
#[derive(Clone, Debug)]
enum Step {
    /// An end seals a message; `lost` ones never travel.
    Send { from: usize, lost: bool },
    /// A message in transit arrives, and may arrive again.
    Deliver { index: usize, again: bool },
    /// A message in transit arrives with a changed byte.
    Corrupt { index: usize, at: usize },
    /// An end stops after computing and before storing: a seal, or an open.
    Crash { end: usize, index: usize },
    /// An end is restored from its newest record.
    Restart { end: usize },
    /// An end fetches a bundle and initiates.
    Initiate { from: usize },
    /// Hours pass, and one end erases what is old.
    Pass { hours: u64, end: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let (end, index) = (0..2_usize, 0..1_000_usize);
    prop_oneof![
        8 => (end.clone(), prop::bool::weighted(0.2)).prop_map(|(from, lost)| Step::Send { from, lost }),
        8 => (index.clone(), prop::bool::weighted(0.2)).prop_map(|(index, again)| Step::Deliver { index, again }),
        2 => (index.clone(), 0..348_usize).prop_map(|(index, at)| Step::Corrupt { index, at }),
        2 => (end.clone(), index).prop_map(|(end, index)| Step::Crash { end, index }),
        2 => end.clone().prop_map(|end| Step::Restart { end }),
        1 => end.clone().prop_map(|from| Step::Initiate { from }),
        1 => (1..60_u64, end).prop_map(|(hours, end)| Step::Pass { hours, end }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 96,
        rng_seed: RngSeed::Fixed(20_261_124),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// R-DR-2, R-DR-3, R-DR-9, R-ERR-1, R-STO-1 to R-STO-3, R-SES-4, attacks R2, R5, R6.
    #[test]
    fn any_schedule_keeps_the_invariants(steps in prop::collection::vec(step(), 1..60), seed in 0..1_000_u64) {
        let mut run = Run::new(seed);
        for step in &steps {
            run.step(step);
        }
        run.converge();
    }

    /// R-DR-4, R-STO-3, attack R8: a receiver restored from an old record opens or refuses, never opens something else,
    /// and a sender restored from one repeats no salt.
    #[test]
    fn a_stale_record_forgets_and_repeats_nothing(
        before in prop::collection::vec(step(), 1..20),
        between in prop::collection::vec(step(), 1..20),
        end in 0..2_usize,
        seed in 0..1_000_u64,
    ) {
        let mut run = Run::new(seed);
        before.iter().for_each(|step| run.step(step));
        let stale = run.pair.record(end);
        between.iter().for_each(|step| run.step(step));
        run.pair.restore(end, &stale);
        run.stale = true;
        between.iter().chain(&before).for_each(|step| run.step(step));
    }
}

/// A schedule under way.
struct Run {
    pair: Pair,
    sent: u32,
    transit: Vec<(usize, Letter)>,
    opened: BTreeSet<Vec<u8>>,
    salts: BTreeSet<Vec<u8>>,
    /// One end has been restored from an old record: what it opened before, it may open again.
    stale: bool,
}

impl Run {
    fn new(seed: u64) -> Self {
        let mut pair = Pair::new(seed);
        pair.turn();
        Self {
            pair,
            sent: 0,
            transit: Vec::new(),
            opened: BTreeSet::new(),
            salts: BTreeSet::new(),
            stale: false,
        }
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Send { from, lost } => {
                let letter = self.send(from);
                if !lost {
                    self.transit.push((1 - from, letter));
                }
            }
            Step::Deliver { index, again } => {
                if let Some((to, letter)) = self.take(index) {
                    self.deliver(to, &letter);
                    if again {
                        self.transit.push((to, letter));
                    }
                }
            }
            Step::Corrupt { index, at } => {
                if let Some((to, mut letter)) = self.take(index) {
                    let genuine = letter.clone();
                    let at = letter.bytes.len() - 1 - at;
                    letter.bytes[at] ^= 0x10;
                    let record = self.pair.record(to);
                    assert!(self.pair.open(to, &letter).is_err());
                    assert_eq!(self.pair.record(to), record);
                    self.transit.push((to, genuine));
                }
            }
            Step::Crash { end, index } => self.crash(end, index),
            Step::Restart { end } => self.pair.restart(end),
            Step::Initiate { from } => {
                self.pair.renew_prekeys(1 - from);
                self.pair.initiate(from);
                self.pair.restart(from);
            }
            Step::Pass { hours, end } => {
                if self.pair.now.saturating_since(START) < LONGEST {
                    self.pair.pass(hours * 60 * 60);
                }
                let now = self.pair.now;
                commit(self.pair.ends[end].peer.expire(now));
                self.pair.restart(end);
            }
        }
    }

    fn take(&mut self, index: usize) -> Option<(usize, Letter)> {
        let index = index.checked_rem(self.transit.len())?;
        Some(self.transit.remove(index))
    }

    fn send(&mut self, from: usize) -> Letter {
        self.sent += 1;
        let text = format!("message {} of {from}", self.sent);
        let letter = self.pair.seal(from, text.as_bytes());
        let salt = letter.bytes[letter.bytes.len() - 348..][..12].to_vec();
        assert!(self.salts.insert(salt), "a salt repeats");
        letter
    }

    /// Opens, compares what is stored with what is applied, and checks that it opens at most once.
    fn deliver(&mut self, to: usize, letter: &Letter) -> bool {
        let record = self.pair.record(to);
        let opened = match self.pair.stage_open(to, letter).map(stored_by) {
            Ok((stored, opened)) => {
                assert_eq!(opened.payload(), letter.text);
                assert_eq!(stored, self.pair.record(to));
                assert!(
                    self.opened.insert(letter.text.clone()) || self.stale,
                    "opened twice"
                );
                true
            }
            Err(_) => {
                assert_eq!(self.pair.record(to), record);
                false
            }
        };
        self.pair.restart(to);
        opened
    }

    /// Seals, and opens what is in transit for this end, without storing either.
    fn crash(&mut self, end: usize, index: usize) {
        let record = self.pair.record(end);
        let id = self.pair.fresh_id();
        let now = self.pair.now;
        let [alice, bob] = &mut self.pair.ends;
        let (us, them) = if end == ALICE { (alice, bob) } else { (bob, alice) };
        let staged = us.peer.seal(
            &us.device,
            &them.account,
            (id, b"never sent"),
            now,
            &mut self.pair.rng,
        );
        drop(staged.unwrap());
        let arriving: Vec<_> = self
            .transit
            .iter()
            .filter(|(to, _)| *to == end)
            .cloned()
            .collect();
        if let Some(index) = index.checked_rem(arriving.len()) {
            drop(self.pair.stage_open(end, &arriving[index].1));
        }
        assert_eq!(self.pair.record(end), record);
    }

    /// Whatever happened: after one exchange, all that is sent arrives, and both ends use the same session.
    fn converge(&mut self) {
        for from in [ALICE, BOB, ALICE, BOB] {
            let letter = self.send(from);
            self.deliver(1 - from, &letter);
        }
        for from in [ALICE, BOB, BOB, ALICE] {
            let letter = self.send(from);
            assert!(self.deliver(1 - from, &letter), "does not converge");
        }
        let current = |end: usize| self.pair.ends[end].peer.current_session();
        assert_eq!(current(ALICE), current(BOB));
    }
}
