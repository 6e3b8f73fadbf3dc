//! Frames that are damaged, repeated, reordered: nothing is stored twice, nothing is lost, nobody else notices.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use twotick_wire::frame::{Ping, RelayFrame, RequestId};

use super::{attached, known, numbers, over_every_transport, status};
use crate::client::{Link, decoded};
use crate::person::{Person, ack, ack_with, send_receipts};
use crate::relay::World;

over_every_transport! {
    /// R-FRM-1, R-FRM-4: whatever bytes come, each frame gets an answer or the end, and the relay goes on serving.
    damaged_frames_get_an_answer_or_the_end;
    /// R-SND-3, R-DLV-4, R-LNE-1: a whole conversation said again, in any order, changes nothing.
    a_conversation_said_again_changes_nothing;
}

async fn damaged_frames_get_an_answer_or_the_end<L: Link>() {
    let world = World::new().await;
    let (alice, bob) = (known::<L>(&world, 1, 1).await, known::<L>(&world, 2, 1).await);
    let mut generator = ChaCha20Rng::seed_from_u64(7);
    let good = [
        bob.letter(1, 1),
        bob.ephemeral(1, 2),
        bob.take_prekeys(1),
        alice.publish_prekeys(0, 1, 1),
        alice.publish_list(1),
        Person::grant(1),
        ack(1, 1, 0, 0),
        send_receipts(1, vec![bob.receipt(1)]),
    ];
    let mut link: Option<L> = None;
    let (mut answers, mut ends) = (0, 0);
    for round in 0..240 {
        let mut frame = good[round % good.len()].clone();
        damage(&mut frame, &mut generator);
        let mut open = match link.take() {
            Some(open) => open,
            None => attached(&world, &alice).await,
        };
        match open
            .ask_all(vec![
                frame.clone(),
                Ping {
                    request: RequestId::new(u32::MAX),
                }
                .encode(),
            ])
            .await
        {
            Ok(_) => {
                answers += 1;
                link = Some(open);
            }
            // A stale Ack is answered before it is the end, so that the end itself may come alone.
            Err(end) => {
                let is_said = end.error.is_some() || matches!(end.how, 0 | 4409);
                assert!(is_said, "{}: {end:?} to {frame:02x?}", L::NAME);
                ends += 1;
            }
        }
    }
    assert!(
        answers > 10 && ends > 10,
        "{}: {answers} answers, {ends} ends",
        L::NAME
    );
    let mut sender: L = attached(&world, &bob).await;
    let answer = sender
        .ask(
            Ping {
                request: RequestId::new(3),
            }
            .encode(),
        )
        .await;
    assert!(matches!(decoded(&answer), RelayFrame::Pong(_)));
}

/// Turns a bit, cuts, lengthens, or overwrites; the request stays, so that an answer can be told.
fn damage(frame: &mut Vec<u8>, generator: &mut ChaCha20Rng) {
    let mut below = |bound: usize| usize::try_from(generator.next_u64() % bound as u64).expect("a place");
    let (place, kind) = (below(frame.len()), below(4));
    match kind {
        0 if !(2..6).contains(&place) => frame[place] ^= 1 << below(8),
        1 => frame.truncate(place.max(6)),
        2 => frame.push(0),
        _ => {
            let place = place.max(6);
            let end = (place + 4).min(frame.len());
            frame[place..end].fill(0xff);
        }
    }
}

async fn a_conversation_said_again_changes_nothing<L: Link>() {
    let world = World::new().await;
    let (alice, bob) = (known::<L>(&world, 1, 1).await, known::<L>(&world, 2, 1).await);
    let mut sender: L = attached(&world, &alice).await;
    let letters: Vec<_> = (1..=6_u8)
        .map(|number| bob.letter(number.into(), number))
        .collect();
    sender.ask_all(letters.clone()).await.expect("answers");
    let mut receiver: L = attached(&world, &bob).await;
    assert_eq!(numbers(&mut receiver, 6).await.len(), 6);
    let epoch = receiver.hello().session_epoch;
    let acks: Vec<_> = (1..=4_u8)
        .map(|upto| ack_with(upto.into(), epoch, upto.into(), 0, vec![alice.receipt(upto)]))
        .collect();
    for frame in acks.iter().chain(&acks).rev() {
        receiver.done(frame.clone()).await;
    }
    for frame in letters.iter().rev().chain(&letters) {
        assert_eq!(status(&sender.ask(frame.clone()).await), 0);
    }
    drop((sender, receiver));
    let receiver: L = attached(&world, &bob).await;
    let hello = receiver.hello();
    assert_eq!(
        (hello.acked, hello.next, hello.backlog_envelopes),
        (4, 7, 2),
        "{}",
        L::NAME
    );
    let mut sender: L = attached(&world, &alice).await;
    let mut ticks = Vec::new();
    while ticks.len() < 4 {
        let frame = sender.next().await.expect("ticks");
        let RelayFrame::LanePage(page) = decoded(&frame) else {
            panic!("{:?}", decoded(&frame))
        };
        ticks.extend(page.items.iter().map(|item| item.place));
    }
    assert_eq!(ticks.len(), 4, "{}: one for each message", L::NAME);
}
