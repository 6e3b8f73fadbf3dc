//! Messages in running sessions.

use twotick_protocol::ReceiveError;

use crate::bare::{self, Sum};
use crate::clock::{Effort, fastest, on_each, repeat};
use crate::pair::{PAYLOAD, Pair};
use crate::peer::Olm;
use crate::table::{Report, Row};
use crate::world::restored;

pub(crate) fn run(effort: Effort, report: &mut Report) {
    report.section("messages");
    encrypt(effort, report);
    decrypt(effort, report);
    ping_pong(effort, report);
    jump(effort, report);
    backwards(effort, report);
    forged(effort, report);
}

fn encrypt(effort: Effort, report: &mut Report) {
    let (mut pair, mut olm) = (Pair::acquainted(1), Olm::acquainted());
    let count = effort.times(500);
    let [ours, theirs] = fastest(
        effort,
        [
            repeat(count, || pair.alice.seal(&PAYLOAD)),
            repeat(count, || olm.alice.encrypt(PAYLOAD)),
        ],
    );
    report.row(&Row::new("encrypt 64 B", "us", ours).at_most(2.5));
    let row = Row::new("encrypt 64 B / vodozemac", "us", ours).beside(theirs);
    report.row(&row.ratio_at_most(0.125));
}

fn decrypt(effort: Effort, report: &mut Report) {
    let Pair { mut alice, mut bob } = Pair::acquainted(2);
    let mut olm = Olm::acquainted();
    let sum = Sum::new();
    let count = effort.times(500);
    let [ours, primitives, theirs] = fastest(
        effort,
        [
            on_each(
                count,
                || alice.seal(&PAYLOAD),
                |letter| bob.open(letter).expect("an honest message"),
            ),
            repeat(count, || sum.decrypt()),
            on_each(
                count,
                || olm.alice.encrypt(PAYLOAD).expect("a session"),
                |message| olm.bob.decrypt(message).expect("an honest message"),
            ),
        ],
    );
    report.row(&Row::new("decrypt 64 B", "us", ours).at_most(3.0));
    let row = Row::new("decrypt 64 B / own primitives", "us", ours).beside(primitives);
    report.row(&row.ratio_at_most(1.3));
    report.row(&Row::new("decrypt 64 B / vodozemac", "us", ours).beside(theirs));
}

fn ping_pong(effort: Effort, report: &mut Report) {
    let (mut pair, mut olm) = (Pair::acquainted(3), Olm::acquainted());
    pair.bob_writes();
    let count = effort.times(10);
    let [ours, theirs] = fastest(
        effort,
        [
            repeat(count, || pair.ping_pong()),
            repeat(count, || olm.ping_pong()),
        ],
    );
    let row = Row::new("ping-pong / vodozemac", "us", ours).beside(theirs);
    report.row(&row.ratio_at_most(1.05));
}

/// One message after 1,000 that did not arrive.
fn jump(effort: Effort, report: &mut Report) {
    let Pair { mut alice, mut bob } = Pair::acquainted(4);
    for _ in 0..SKIPPED {
        alice.seal(&PAYLOAD);
    }
    let letter = alice.seal(&PAYLOAD);
    let before = restored(&bob.peer);
    let count = effort.times(5);
    let [ours, steps] = fastest(
        effort,
        [
            on_each(
                count,
                || restored(&before),
                |peer| bob.open_as(peer, &letter).expect("an honest message"),
            ),
            repeat(count, || {
                (0..SKIPPED).fold(bare::BYTES, |chain, _| bare::chain_step(&chain).1)
            }),
        ],
    );
    let row = Row::new("decrypt after 1,000 skipped / chain steps", "us", ours).beside(steps);
    report.row(&row.ratio_at_most(1.2));
}

/// 1,000 messages, the last one first.
fn backwards(effort: Effort, report: &mut Report) {
    let Pair { mut alice, mut bob } = Pair::acquainted(5);
    let letters: Vec<_> = (0..SKIPPED).map(|_| alice.seal(&PAYLOAD)).collect();
    let before = restored(&bob.peer);
    let [ours] = fastest(
        effort.at_most(5),
        [on_each(
            1,
            || restored(&before),
            |peer| {
                for letter in letters.iter().rev() {
                    bob.open_as(peer, letter).expect("a late message");
                }
            },
        )],
    );
    report.row(&Row::new(
        "decrypt 1,000 in reverse, each",
        "us",
        ours / SKIPPED as f64,
    ));
}

/// Every session at its limit, every header key tried, none fits.
fn forged(effort: Effort, report: &mut Report) {
    let mut pair = Pair::at_the_cap(6);
    let mut letter = pair.alice.seal(&PAYLOAD);
    let header = letter.bytes.len() - 300;
    letter.bytes[header] ^= 1;
    let [ours] = fastest(
        effort,
        [repeat(effort.times(200), || {
            assert_eq!(pair.bob.open(&letter), Err(ReceiveError::Undecryptable));
        })],
    );
    report.row(&Row::new("reject a forged message, 5 full sessions", "us", ours).at_most(15.0));
}

const SKIPPED: usize = 1_000;
