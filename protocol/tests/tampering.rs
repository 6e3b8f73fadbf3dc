//! Every byte the network can change, and what an authenticated peer can send that it should not.

mod support;

use support::forge::{Forger, pad};
use support::pair::{ALICE, BOB, Letter, Pair};
use support::{World, commit, envelope_for, got_text, message_id};
use twotick_protocol::wire::{DeviceId, Envelope, ErrorCode, ListHead, MessageId};
use twotick_protocol::{Payload, PayloadContent, ReceiveError, Record};

/// R-DR-2, R-ERR-1, R-ERR-2, R-PRM-7, attacks R6, R9: any changed byte of salt, header, body or tags is
/// `Undecryptable`, any missing byte does not decode; the record stays as it was, and the genuine message opens.
#[test]
fn no_changed_byte_opens_a_ratchet_message() {
    let mut pair = Pair::new(1);
    pair.pass_on(ALICE, b"live chain");
    for turning in [false, true] {
        if turning {
            pair.pass_on(BOB, b"turn");
        }
        pair.seal(ALICE, b"lost");
        let letter = pair.seal(ALICE, b"genuine");
        assert_eq!(letter.bytes.len(), 95 + 256);
        let record = pair.record(BOB);
        for at in 0..letter.bytes.len() {
            for bit in [0x01, 0x80] {
                let mut bytes = letter.bytes.clone();
                bytes[at] ^= bit;
                let refused = pair
                    .open(
                        BOB,
                        &Letter {
                            bytes,
                            ..letter.clone()
                        },
                    )
                    .unwrap_err();
                assert!(
                    at < 3 || refused == ReceiveError::Undecryptable,
                    "{at}: {refused}"
                );
            }
            let bytes = letter.bytes[..at].to_vec();
            let cut = pair.open(
                BOB,
                &Letter {
                    bytes,
                    ..letter.clone()
                },
            );
            assert!(matches!(cut, Err(ReceiveError::Decode(_))), "{at}");
        }
        let bytes = [&letter.bytes[..], &[0]].concat();
        let longer = pair.open(
            BOB,
            &Letter {
                bytes,
                ..letter.clone()
            },
        );
        assert!(matches!(longer, Err(ReceiveError::Decode(_))));
        assert_eq!(pair.record(BOB), record);
        assert_eq!(pair.open(BOB, &letter).unwrap().0, b"genuine");
    }
}

/// R-ERR-1, R-HS-2, attack R6: the same for an initial message and its envelope; prekeys stay as they were too.
#[test]
fn no_changed_byte_opens_an_initial_message() {
    let mut world = World::new(2, &[1, 1]);
    let sent = world.say((0, 0), 1, "genuine");
    let envelope = envelope_for(&sent, world.id((1, 0)));
    let (alice, prekeys) = (world.id((0, 0)), world.own((1, 0)).prekeys.one_time_count());
    for at in (0..envelope.len())
        .step_by(3)
        .chain(envelope.len() - 16..envelope.len())
    {
        let mut changed = envelope.clone();
        changed[at] ^= 1;
        let Ok(decoded) = Envelope::decode(&changed) else {
            continue;
        };
        if decoded.from != alice {
            continue;
        }
        world.pass(5 * 60);
        let _ = world.deliver((1, 0), &changed).unwrap_err();
        let bob = world.own((1, 0));
        assert_eq!(bob.peers[&alice].generation(), 0, "{at}");
        assert_eq!(bob.prekeys.one_time_count(), prekeys);
    }
    let (received, _) = world.deliver((1, 0), &envelope).unwrap();
    assert_eq!(got_text(&received), "genuine");
}

/// R-DR-5, attack D13: no part of the route can be changed; nor can a message be turned around.
#[test]
fn a_changed_route_is_refused() {
    let mut pair = Pair::new(3);
    let letter = pair.seal(ALICE, b"genuine");
    let record = pair.record(BOB);
    let stranger = DeviceId::new([9; 16]);
    let cases = [
        (
            Letter {
                message_id: message_id(9),
                ..letter.clone()
            },
            ReceiveError::Undecryptable,
        ),
        (
            Letter {
                from: stranger,
                ..letter.clone()
            },
            ReceiveError::WrongDevice,
        ),
        (
            Letter {
                to: stranger,
                ..letter.clone()
            },
            ReceiveError::WrongDevice,
        ),
        (
            Letter {
                from: letter.to,
                ..letter.clone()
            },
            ReceiveError::OwnDevice,
        ),
    ];
    for (changed, error) in cases {
        assert_eq!(pair.open(BOB, &changed).unwrap_err(), error);
    }
    let turned = Letter {
        from: letter.to,
        to: letter.from,
        ..letter.clone()
    };
    assert_eq!(
        pair.open(ALICE, &turned).unwrap_err(),
        ReceiveError::Undecryptable
    );
    assert_eq!(pair.record(BOB), record);
    assert_eq!(pair.open(BOB, &letter).unwrap().0, b"genuine");
}

/// R-DR-5, attack D6: a ratchet message does not open as part of an initial message, nor the other way round.
#[test]
fn a_relabelled_message_is_refused() {
    let mut pair = Pair::strangers(4);
    pair.initiate(ALICE);
    let first = pair.seal(ALICE, b"first");
    pair.open(BOB, &first).unwrap();
    let (header, sealed) = first.bytes.split_at(first.bytes.len() - 92 - 256);
    let second = pair.seal(ALICE, b"second");
    let stripped = [&[0x11, 0, 1], &second.bytes[header.len()..]].concat();
    let stripped = Letter {
        bytes: stripped,
        ..second.clone()
    };
    assert_eq!(
        pair.open(BOB, &stripped).unwrap_err(),
        ReceiveError::Undecryptable
    );
    pair.open(BOB, &second).unwrap();
    pair.pass_on(BOB, b"answer");
    let third = pair.seal(ALICE, b"third");
    assert_eq!(third.bytes.len(), 3 + sealed.len());
    let dressed = [header, &third.bytes[3..]].concat();
    let dressed = Letter {
        bytes: dressed,
        ..third.clone()
    };
    let record = pair.record(BOB);
    assert_eq!(pair.open(BOB, &dressed).unwrap_err(), ReceiveError::Undecryptable);
    assert_eq!(pair.record(BOB), record);
    pair.open(BOB, &third).unwrap();
}

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

/// R-MSG-7, R-ERR-1: a body that is missing, added, or another message's is `Undecryptable`.
#[test]
fn a_body_belongs_to_its_message_alone() {
    let mut world = World::new(8, &[1, 1]);
    world.talk((0, 0), 1, "hello");
    let bob = world.id((1, 0));
    let short = envelope_for(&world.say((0, 0), 1, "short"), bob);
    let [one, two] = ["one ", "two "].map(|text| envelope_for(&world.say((0, 0), 1, &text.repeat(100)), bob));
    let swap = |envelope: &[u8], body: &[u8]| {
        let envelope = Envelope::decode(envelope).unwrap();
        Envelope { body, ..envelope }.encode()
    };
    let body = |envelope: &[u8]| Envelope::decode(envelope).unwrap().body.to_vec();
    let mut flipped = body(&one);
    *flipped.last_mut().unwrap() ^= 1;
    let forged = [
        swap(&short, &body(&one)),
        swap(&one, &[]),
        swap(&one, &body(&two)),
        swap(&one, &flipped),
    ];
    let before = record(&mut world);
    for forged in forged {
        let refused = world.deliver((1, 0), &forged).unwrap_err();
        assert_eq!(refused, ReceiveError::Undecryptable);
        assert_eq!(record(&mut world), before);
    }
    for envelope in [short, one, two] {
        world.deliver((1, 0), &envelope).unwrap();
    }
}

/// R-ERR-3: what an error shows has nothing of the message in it.
#[test]
fn errors_show_numbers_only() {
    let mut pair = Pair::new(9);
    let letter = pair.seal(ALICE, b"zebra");
    pair.open(BOB, &letter).unwrap();
    let mut errors = vec![pair.open(BOB, &letter).unwrap_err()];
    let mut bytes = letter.bytes.clone();
    bytes[20] ^= 1;
    errors.push(
        pair.open(
            BOB,
            &Letter {
                bytes,
                ..letter.clone()
            },
        )
        .unwrap_err(),
    );
    for error in errors {
        let shown = format!("{error} {error:?}");
        assert!(shown.len() < 80, "{shown}");
        assert!(shown.is_ascii() && !shown.contains("zebra"));
    }
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
