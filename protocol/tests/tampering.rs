//! Every byte the network can change.

mod support;

use support::pair::{ALICE, BOB, Letter, Pair};
use support::{World, envelope_for, got_text, message_id};
use twotick_protocol::wire::{DeviceId, Envelope};
use twotick_protocol::{ReceiveError, Record};

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

/// What Bob keeps about Alice.
fn record(world: &mut World) -> Vec<u8> {
    world.peer((1, 0), (0, 0)).encode().to_vec()
}
