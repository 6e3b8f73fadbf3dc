//! Bytes on the wire and in the store, and allocations.

use twotick_protocol::wire::Envelope;
use twotick_protocol::{PeerDevice, Record};

use crate::allocations;
use crate::clock::{Effort, fastest, repeat};
use crate::pair::{End, PAYLOAD, Pair};
use crate::peer::Olm;
use crate::table::{Report, Row};
use crate::world::Letter;

const BUCKET: usize = 256;

pub(crate) fn run(effort: Effort, report: &mut Report) {
    report.section("sizes");
    messages(report);
    let full = Pair::at_the_cap(20);
    states(&full, report);
    report.section("state");
    save_and_load(effort, "acquainted", &Pair::acquainted(21).bob.peer, report);
    save_and_load(effort, "5 full sessions", &full.bob.peer, report);
    report.section("heap");
    heap(report);
}

fn messages(report: &mut Report) {
    let mut pair = Pair::acquainted(22);
    let mut olm = Olm::acquainted();
    let theirs = olm.alice.encrypt(PAYLOAD).expect("a session").to_parts().1.len();
    let letter = pair.alice.seal(&PAYLOAD);
    let row = Row::new(
        "message, over the bucket / vodozemac over 64 B",
        "B",
        over(&letter),
    );
    report.row(&row.beside(size(theirs - PAYLOAD.len())).at_most(96.0));
    report.row(&Row::new(
        "its envelope, over the bucket",
        "B",
        size(envelope(&letter) - BUCKET),
    ));
    let mut pair = Pair::strangers(23, 1);
    pair.initiate();
    let letter = pair.alice.seal(&PAYLOAD);
    report.row(&Row::new("first message, bucket 256", "B", size(letter.bytes.len())).at_most(2_400.0));
    report.row(&Row::new("its envelope", "B", size(envelope(&letter))));
}

fn states(full: &Pair, report: &mut Report) {
    let mut pair = Pair::strangers(24, 1);
    pair.initiate();
    report.row(&Row::new("session state, unanswered", "B", stored(&pair.alice)));
    pair.alice_writes();
    report.row(&Row::new("session state, fresh, responder", "B", stored(&pair.bob)).at_most(1_000.0));
    pair.bob_writes();
    report.row(&Row::new("session state, fresh, initiator", "B", stored(&pair.alice)).at_most(1_000.0));
    pair.alice_writes();
    report.row(&Row::new("session state, running", "B", stored(&pair.bob)).at_most(1_000.0));
    let row = Row::new(
        "session state, 5 sessions, 4,000 skipped keys",
        "B",
        stored(&full.bob),
    );
    report.row(&row.at_most(200_000.0));
}

fn save_and_load(effort: Effort, name: &str, peer: &PeerDevice, report: &mut Report) {
    let bytes = peer.encode();
    let count = effort.times(100);
    let [save, load] = fastest(
        effort,
        [
            repeat(count, || peer.encode()),
            repeat(count, || PeerDevice::decode(&bytes).expect("own encoding")),
        ],
    );
    report.row(&Row::new(format!("save, {name}"), "us", save));
    report.row(&Row::new(format!("load, {name}"), "us", load));
}

fn heap(report: &mut Report) {
    let mut pair = Pair::acquainted(25);
    let mut olm = Olm::acquainted();
    pair.alice.seal(&PAYLOAD);
    let ours = allocations::of(|| pair.alice.seal(&PAYLOAD));
    let theirs = allocations::of(|| olm.alice.encrypt(PAYLOAD));
    let row = Row::new("encrypt 64 B, allocations / vodozemac", "", ours as f64);
    report.row(&row.beside(theirs as f64).at_most(1.0));
    let (mut pair, mut olm) = (Pair::acquainted(26), Olm::acquainted());
    let letter = pair.alice.seal(&PAYLOAD);
    let ours = allocations::of(|| pair.bob.open(&letter));
    let message = olm.alice.encrypt(PAYLOAD).expect("a session");
    let theirs = allocations::of(|| olm.bob.decrypt(&message));
    let row = Row::new("decrypt 64 B, allocations / vodozemac", "", ours as f64);
    report.row(&row.beside(theirs as f64));
}

fn envelope(letter: &Letter) -> usize {
    let envelope = Envelope {
        from: letter.from,
        to: letter.to,
        message_id: letter.message_id,
        message: &letter.bytes,
        body: &[],
    };
    envelope.encode().len()
}

fn over(letter: &Letter) -> f64 {
    size(letter.bytes.len() - BUCKET)
}

fn stored(end: &End) -> f64 {
    size(end.peer.encode().len())
}

fn size(bytes: usize) -> f64 {
    bytes as f64
}
