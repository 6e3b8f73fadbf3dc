//! Beginning a session.

use twotick_protocol::{PeerDevice, VerifiedBundle};
use vodozemac::olm::{Account, OlmMessage, SessionConfig};

use crate::bare::Sum;
use crate::clock::{Effort, fastest, on_each, repeat};
use crate::pair::{PAYLOAD, Pair};
use crate::peer::outbound;
use crate::table::{Report, Row};
use crate::world::{self, Letter, NOW, commit};

pub(crate) fn run(effort: Effort, report: &mut Report) {
    report.section("handshakes (with a one-time prekey)");
    verify(effort, report);
    initiate(effort, report);
    accept(effort, report);
}

fn verify(effort: Effort, report: &mut Report) {
    let mut pair = Pair::strangers(10, 1);
    let (bundle, bob) = (pair.bob.own.take_bundle(), pair.bob.own.id());
    let (us, them) = (&pair.alice.own.device, &pair.alice.them);
    let [ours] = fastest(
        effort,
        [repeat(effort.times(10), || {
            VerifiedBundle::verify(bundle.clone(), bob, them, us, NOW).expect("an honest bundle")
        })],
    );
    report.row(&Row::new("verify a bundle", "us", ours));
}

fn initiate(effort: Effort, report: &mut Report) {
    let mut pair = Pair::strangers(11, 1);
    let (bundle, bob) = (pair.bob.own.take_bundle(), pair.bob.own.id());
    let certificate = pair.bob.own.verified();
    let (us, them, rng) = (&pair.alice.own.device, &pair.alice.them, &mut pair.alice.rng);
    let bundle = VerifiedBundle::verify(bundle, bob, them, us, NOW).expect("an honest bundle");
    let sum = Sum::new();
    let (olm_alice, mut olm_bob) = (Account::new(), Account::new());
    olm_bob.generate_one_time_keys(1);
    let key = *olm_bob.one_time_keys().values().next().expect("one key");
    let identity = olm_bob.curve25519_key();
    let count = effort.times(10);
    let [ours, primitives, theirs] = fastest(
        effort,
        [
            on_each(
                count,
                || PeerDevice::new(&certificate),
                |peer| commit(peer.initiate(us, them, &bundle, NOW, rng).expect("verified")),
            ),
            repeat(count, || sum.initiate()),
            repeat(count, || {
                olm_alice.create_outbound_session(SessionConfig::version_1(), identity, key)
            }),
        ],
    );
    let row = Row::new("initiate / own primitives", "us", ours).beside(primitives);
    report.row(&row.ratio_at_most(1.15));
    report.row(&Row::new("initiate / vodozemac (no signatures, no KEM)", "us", ours).beside(theirs));
}

fn accept(effort: Effort, report: &mut Report) {
    let count = effort.times(7);
    let mut pair = Pair::strangers(12, count * effort.rounds);
    let (of_bob, of_alice) = (pair.bob.own.verified(), pair.alice.own.verified());
    let sum = Sum::new();
    let (olm_alice, mut olm_bob) = (Account::new(), Account::new());
    let identity = olm_alice.curve25519_key();
    let mut olm_first = Vec::new();
    for _ in 0..count * effort.rounds {
        let mut session = outbound(&olm_alice, &mut olm_bob);
        match session.encrypt(PAYLOAD) {
            Ok(OlmMessage::PreKey(message)) => olm_first.push(message),
            _ => unreachable!("an unanswered session"),
        }
    }
    let Pair { alice, bob } = &mut pair;
    let mut bundles: Vec<_> = (0..count * effort.rounds)
        .map(|_| bob.own.take_bundle())
        .collect();
    let [ours, primitives, theirs] = fastest(
        effort,
        [
            on_each(
                count,
                || {
                    alice.peer = PeerDevice::new(&of_bob);
                    alice.initiate(bundles.pop().expect("one for each"));
                    (PeerDevice::new(&of_alice), alice.seal(&PAYLOAD))
                },
                |(peer, letter): &mut (PeerDevice, Letter)| {
                    let own = &mut bob.own;
                    world::open(&own.device, &mut own.prekeys, (&bob.them, peer), letter).expect("honest")
                },
            ),
            repeat(count, || sum.accept()),
            on_each(
                count,
                || olm_first.pop().expect("one for each"),
                |first| {
                    olm_bob
                        .create_inbound_session(SessionConfig::version_1(), identity, first)
                        .expect("an honest message")
                },
            ),
        ],
    );
    let row = Row::new("accept, with the first message / own primitives", "us", ours).beside(primitives);
    report.row(&row.ratio_at_most(1.15));
    report.row(&Row::new("accept / vodozemac (no KEM)", "us", ours).beside(theirs));
}
