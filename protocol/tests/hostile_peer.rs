//! What an authenticated peer can send that it should not.

#![allow(clippy::unwrap_used, reason = "test helpers")]

mod support;

use support::forge::{Forger, pad};
use support::pair::{ALICE, BOB, Pair};
use support::{World, commit, message_id};
use twotick_protocol::wire::{Envelope, ErrorCode, ListHead, MessageId};
use twotick_protocol::{Payload, PayloadContent, ReceiveError, Record};

/// R-ERR-2: a header that a peer authenticated and that is not well formed is `Undecryptable`: flags, reserved bytes,
/// epoch, a ratchet key of small order or non-canonical, another key in a live chain, the number after the last.
#[test]
fn a_malformed_header_is_refused() {
    let mut pair = Pair::new(5);
    pair.pass_on(ALICE, b"live chain");
    let like = pair.seal(ALICE, b"form");
    let honest = Forger::of(&pair.record(ALICE));
    let changed = |change: &dyn Fn(&mut Forger)| {
        let mut forger = honest.clone();
        change(&mut forger);
        forger.seal(&like, &pad(b"text"))
    };
    let forged = [
        changed(&|forger| forger.flags[0] = 1),
        changed(&|forger| forger.flags[3] = 1),
        changed(&|forger| forger.epoch = 1),
        changed(&|forger| forger.ratchet_key = [0; 32]),
        changed(&|forger| forger.ratchet_key = [0xff; 32]),
        changed(&|forger| forger.ratchet_key[0] ^= 1),
        changed(&|forger| forger.number += 1),
    ];
    let record = pair.record(BOB);
    for (index, forged) in forged.iter().enumerate() {
        let refused = pair.open(BOB, forged).unwrap_err();
        assert_eq!(refused, ReceiveError::Undecryptable, "{index}");
    }
    assert_eq!(pair.record(BOB), record);
    assert_eq!(pair.open(BOB, &changed(&|_| ())).unwrap().0, b"text");
}

/// R-MSG-4, attack R11: padding under a valid tag that is not minimal, not zero, or shorter than it says.
#[test]
fn malformed_padding_is_refused() {
    let mut pair = Pair::new(6);
    pair.pass_on(ALICE, b"live chain");
    let like = pair.seal(ALICE, b"form");
    let forger = Forger::of(&pair.record(ALICE));
    let mut trailing = pad(b"text");
    trailing[255] = 1;
    let mut too_long = pad(b"text");
    too_long[..4].copy_from_slice(&253_u32.to_be_bytes());
    let mut far_too_long = pad(b"text");
    far_too_long[..4].copy_from_slice(&u32::MAX.to_be_bytes());
    let mut not_minimal = pad(&[7; 252]);
    not_minimal.resize(512, 0);
    let record = pair.record(BOB);
    for padded in [trailing, too_long, far_too_long, not_minimal] {
        let refused = pair.open(BOB, &forger.seal(&like, &padded)).unwrap_err();
        assert_eq!(refused, ReceiveError::Undecryptable);
    }
    assert_eq!(pair.record(BOB), record);
    pair.open(BOB, &forger.seal(&like, &pad(&[7; 252]))).unwrap();
}

/// R-MSG-2, R-ERR-1: an authenticated payload that does not decode, or of a kind only own devices may send.
#[test]
fn a_malformed_payload_is_refused() {
    let mut world = World::new(7, &[1, 1]);
    world.talk((0, 0), 1, "hello");
    world.talk((1, 0), 0, "hello");
    let reset = Payload {
        own: ListHead::NONE,
        peer: ListHead::NONE,
        content: PayloadContent::Reset,
    };
    let reset = reset.encode().to_vec();
    let with = |at: usize, value: u8| {
        let mut bytes = reset.clone();
        bytes[at] = value;
        bytes
    };
    let sync = [&with(2, 6)[..], &[1, 0, 0]].concat();
    let payloads = [
        Vec::new(),
        with(0, 0x61),
        with(1, 2),
        with(2, 0),
        with(2, 7),
        with(2, 1),
        with(3, 1),
        sync,
        reset[..reset.len() - 1].to_vec(),
        [&reset[..], &[0]].concat(),
    ];
    for (index, payload) in payloads.iter().enumerate() {
        let envelope = raw(&mut world, message_id(1), payload);
        let before = record(&mut world);
        let refused = world.deliver((1, 0), &envelope).unwrap_err();
        assert_eq!(refused.code(), ErrorCode::Undecryptable, "{index}");
        assert_eq!(record(&mut world), before);
    }
    let envelope = raw(&mut world, message_id(1), &reset);
    world.deliver((1, 0), &envelope).unwrap();
}

/// Seals raw payload bytes from Alice for Bob, as an envelope.
fn raw(world: &mut World, message_id: MessageId, payload: &[u8]) -> Vec<u8> {
    let (from, to) = (world.id((0, 0)), world.id((1, 0)));
    let account = twotick_protocol::Account::decode(&world.people[1].account.encode()).unwrap();
    let World { people, now, rng } = world;
    let alice = &mut people[0].devices[0];
    let peer = alice.peers.get_mut(&to).unwrap();
    let message = commit(
        peer.seal(&alice.device, &account, (message_id, payload), *now, rng)
            .unwrap(),
    );
    Envelope {
        from,
        to,
        message_id,
        message: &message,
        body: &[],
    }
    .encode()
}

/// What Bob keeps about Alice.
fn record(world: &mut World) -> Vec<u8> {
    world.peer((1, 0), (0, 0)).encode().to_vec()
}
