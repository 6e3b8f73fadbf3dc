//! Asking for a lost message again, and who gets it (SPEC 12.4).
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use support::tamper::{flip, renamed};
use support::{World, commit_to, envelope_for, got_text};
use twotick_protocol::wire::MessageId;
use twotick_protocol::{
    PayloadContent, ReceiveError, ReceivedContent, Recovery, RecoveryCause, ResendCopy, SendError, Sender,
    Sent, resend, send_control,
};

const ALICE: (usize, usize) = (0, 0);
const BOB: (usize, usize) = (1, 0);

/// R-SES-10: a message that did not arrive is asked for, sealed anew under its id, and opens once.
#[test]
fn lost_message_is_sent_again_once() {
    let mut world = settled(8);
    let sent = world.say(ALICE, 1, "lost");
    let forged = flip(&envelope_for(&sent, world.id(BOB)), 100);
    assert_eq!(
        world.deliver(BOB, &forged).unwrap_err(),
        ReceiveError::Undecryptable
    );
    assert_eq!(
        recover_id(&mut world, BOB, sent.message_id, RecoveryCause::Undecryptable),
        Recovery::Retry
    );
    let request = control(&mut world, PayloadContent::RetryRequest(vec![sent.message_id]));
    let (received, _) = world.deliver(ALICE, &request).unwrap();
    assert!(matches!(received.content, ReceivedContent::RetryRequest(ids) if ids == [sent.message_id]));
    let again = send_again(&mut world, &sent.copy, 1).unwrap();
    world.own(ALICE).restart();
    assert_eq!(
        send_again(&mut world, &sent.copy, 1),
        Err(SendError::LimitReached)
    );
    let (received, _) = world.deliver(BOB, &again).unwrap();
    assert_eq!(
        (got_text(&received), received.message_id),
        ("lost".into(), sent.message_id)
    );
    assert!(world.deliver(BOB, &renamed(&again, 3)).is_err());
}

/// R-SES-10: who did not get the message cannot ask for it, even if the relay told them its id.
#[test]
fn message_is_not_sent_again_to_somebody_else() {
    let mut world = World::new(9, &[1, 1, 1]);
    world.talk(ALICE, 1, "hello bob");
    world.talk(ALICE, 2, "hello mallory");
    let sent: Sent = world.say(ALICE, 1, "for bob");
    let before = world.own(ALICE).snapshot();
    assert_eq!(
        send_again(&mut world, &sent.copy, 2),
        Err(SendError::LimitReached)
    );
    let stored = ResendCopy::from_parts(&sent.copy.parts());
    assert_eq!(send_again(&mut world, &stored, 2), Err(SendError::LimitReached));
    assert_eq!(world.own(ALICE).snapshot(), before);
    assert!(send_again(&mut world, &stored, 1).is_ok());
}

fn settled(seed: u64) -> World {
    let mut world = World::new(seed, &[1, 1]);
    world.talk(ALICE, 1, "hello");
    world.talk(BOB, 0, "hello yourself");
    world.talk(ALICE, 1, "settled");
    world
}

fn recover_id(world: &mut World, at: (usize, usize), id: MessageId, cause: RecoveryCause) -> Recovery {
    let (now, alice) = (world.now, world.id(ALICE));
    let own = world.own(at);
    let staged = own.peers.get_mut(&alice).unwrap().recover(id, cause, now);
    commit_to(&mut own.records, staged)
}

fn control(world: &mut World, content: PayloadContent) -> Vec<u8> {
    let (now, alice) = (world.now, world.id(ALICE));
    let (left, right) = world.people.split_at_mut(1);
    let own = &mut right[0].devices[0];
    let sender = Sender {
        us: &own.device,
        own: &right[0].account,
        recipient: &left[0].account,
    };
    let peer = own.peers.get_mut(&alice).unwrap();
    let staged = send_control(&sender, peer, content, now, &mut world.rng).unwrap();
    commit_to(&mut own.records, staged).1
}

fn send_again(world: &mut World, copy: &ResendCopy, to: usize) -> Result<Vec<u8>, SendError> {
    let (now, id) = (world.now, world.id((to, 0)));
    let (left, right) = world.people.split_at_mut(1);
    let own = &mut left[0].devices[0];
    let sender = Sender {
        us: &own.device,
        own: &left[0].account,
        recipient: &right[to - 1].account,
    };
    let peer = own.peers.get_mut(&id).unwrap();
    let staged = resend(&sender, peer, copy, now, &mut world.rng)?;
    Ok(commit_to(&mut own.records, staged))
}
