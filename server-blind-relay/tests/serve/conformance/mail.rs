//! Sending, receiving, acknowledging, ticks (SPEC 23 to 25, 27).

use twotick_wire::ErrorCode;
use twotick_wire::frame::{EphemeralDelivery, LaneItem, LanePage, RelayFrame};

use super::{attached, known, numbers, over_every_transport, page, status};
use crate::client::{Link, decoded};
use crate::person::{Terms, ack, ack_with, send_receipts};
use crate::relay::World;

over_every_transport! {
    /// R-SND-2, R-DLV-4, R-LNE-1: a message is stored, delivered, acknowledged, and its tick comes back.
    a_message_goes_one_way_and_its_tick_the_other;
    /// R-DLV-1: what was sent while a device was away comes first, in order, and then what is new.
    what_waited_comes_before_what_is_new;
    /// R-SND-3: a repetition is answered as before and stored once; other bytes under its id are refused.
    a_repeated_send_is_stored_once;
    /// R-DLV-4: acknowledging again, or less, changes nothing; acknowledging what was not sent is refused.
    acks_are_cumulative;
    /// R-DLV-2: beyond its window a client gets nothing until it acknowledges.
    a_window_is_not_exceeded;
    /// R-EPH-1: an ephemeral message reaches who is there, and nobody later.
    an_ephemeral_message_is_not_kept;
    /// R-FRM-4: requests of one connection take effect in the order sent.
    requests_take_effect_in_order;
    /// R-LNE-1: receipts without an Ack go the same way.
    receipts_go_alone_too;
}

async fn a_message_goes_one_way_and_its_tick_the_other<L: Link>() {
    let world = World::new().await;
    let (alice, bob) = (known::<L>(&world, 1, 1).await, known::<L>(&world, 2, 1).await);
    let mut sender: L = attached(&world, &alice).await;
    let mut receiver: L = attached(&world, &bob).await;
    assert_eq!(status(&sender.ask(bob.letter(1, 5)).await), 0);
    assert_eq!(page(&mut receiver).await, [1]);
    receiver
        .done(ack_with(
            1,
            receiver.hello().session_epoch,
            1,
            0,
            vec![alice.receipt(5)],
        ))
        .await;
    let frame = sender.next().await.expect("a tick");
    let RelayFrame::LanePage(LanePage { items }) = decoded(&frame) else {
        panic!("{:?}", decoded(&frame))
    };
    let LaneItem::Receipt { account, receipt } = items[0].item else {
        panic!("{:?}", items[0])
    };
    assert_eq!((account, receipt.message_id.to_bytes()), (bob.id(), [5; 16]));
    sender
        .done(ack(2, sender.hello().session_epoch, 0, items[0].place))
        .await;
}

async fn what_waited_comes_before_what_is_new<L: Link>() {
    let world = World::new().await;
    let (alice, bob) = (known::<L>(&world, 1, 1).await, known::<L>(&world, 2, 1).await);
    let mut sender: L = attached(&world, &alice).await;
    let waiting = (1..=40).map(|number| bob.letter(number.into(), number)).collect();
    assert!(
        sender
            .ask_all(waiting)
            .await
            .expect("answers")
            .iter()
            .all(|answer| status(answer) == 0)
    );
    let mut receiver: L = attached(&world, &bob).await;
    assert_eq!(receiver.hello().backlog_envelopes, 40);
    let mut got = numbers(&mut receiver, 1).await;
    assert_eq!(status(&sender.ask(bob.letter(99, 99)).await), 0);
    got.extend(numbers(&mut receiver, 41 - got.len()).await);
    assert_eq!(got, (1..=41).collect::<Vec<u64>>());
}

async fn a_repeated_send_is_stored_once<L: Link>() {
    let world = World::new().await;
    let (alice, bob) = (known::<L>(&world, 1, 1).await, known::<L>(&world, 2, 1).await);
    let mut sender: L = attached(&world, &alice).await;
    for request in 1..=3 {
        assert_eq!(status(&sender.ask(bob.letter(request, 1)).await), 0);
    }
    let other = bob.letter_of(4, 1, &[0x11; 351], &[]);
    assert_eq!(status(&sender.ask(other).await), ErrorCode::SendIdReused.number());
    let receiver: L = attached(&world, &bob).await;
    assert_eq!(
        (receiver.hello().next, receiver.hello().backlog_envelopes),
        (2, 1)
    );
}

async fn acks_are_cumulative<L: Link>() {
    let world = World::new().await;
    let (alice, bob) = (known::<L>(&world, 1, 1).await, known::<L>(&world, 2, 1).await);
    let mut sender: L = attached(&world, &alice).await;
    for number in 1..=3 {
        sender.ask(bob.letter(number.into(), number)).await;
    }
    let mut receiver: L = attached(&world, &bob).await;
    numbers(&mut receiver, 3).await;
    let epoch = receiver.hello().session_epoch;
    for upto in [2, 2, 1] {
        receiver.done(ack(9, epoch, upto, 0)).await;
    }
    assert_eq!(
        receiver.refused(ack(9, epoch, 4, 0)).await,
        ErrorCode::InvalidValue.number()
    );
    drop(receiver);
    let again: L = attached(&world, &bob).await;
    assert_eq!((again.hello().acked, again.hello().backlog_envelopes), (2, 1));
}

async fn a_window_is_not_exceeded<L: Link>() {
    let world = World::new().await;
    let (alice, bob) = (known::<L>(&world, 1, 1).await, known::<L>(&world, 2, 1).await);
    let mut sender: L = attached(&world, &alice).await;
    let letters = (1..=9).map(|number| bob.letter(number.into(), number)).collect();
    sender.ask_all(letters).await.expect("answers");
    let terms = Terms {
        window_envelopes: 4,
        ..Terms::default()
    };
    let mut receiver = L::attach(&world.target, &bob.devices[0], &terms)
        .await
        .expect("attached");
    let epoch = receiver.hello().session_epoch;
    assert_eq!(numbers(&mut receiver, 4).await, [1, 2, 3, 4]);
    receiver.done(ack(1, epoch, 2, 0)).await;
    let more = numbers(&mut receiver, 2).await;
    assert!(
        more.starts_with(&[5, 6]) && more.len() <= 4,
        "{}: {more:?}",
        L::NAME
    );
    receiver.done(ack(2, epoch, 6, 0)).await;
    let rest = numbers(&mut receiver, 9 - 6 - (more.len() - 2)).await;
    assert_eq!(rest.last(), Some(&9), "{}", L::NAME);
}

async fn an_ephemeral_message_is_not_kept<L: Link>() {
    let world = World::new().await;
    let (alice, bob) = (known::<L>(&world, 1, 1).await, known::<L>(&world, 2, 1).await);
    let mut sender: L = attached(&world, &alice).await;
    sender.done(bob.ephemeral(1, 1)).await;
    let mut receiver: L = attached(&world, &bob).await;
    let mut number = 1;
    let frame = {
        let mut next = std::pin::pin!(receiver.next());
        // Whether a poll is waiting at the relay is not seen from here: one of these finds it there.
        loop {
            number = if number == u8::MAX { 2 } else { number + 1 };
            tokio::select! {
                frame = next.as_mut() => break frame.expect("an ephemeral message"),
                () = sender.done(bob.ephemeral(number.into(), number)) => {}
            }
        }
    };
    let delivery = EphemeralDelivery::decode(&frame).expect("an ephemeral message");
    let envelope = twotick_wire::Envelope::decode(&delivery.envelope).expect("an envelope");
    assert!(
        envelope.message_id.to_bytes() > [1; 16],
        "{}: it was sent before anybody was there",
        L::NAME
    );
    assert_eq!(envelope.from, alice.device(0));
}

async fn requests_take_effect_in_order<L: Link>() {
    let world = World::new().await;
    let (alice, bob) = (known::<L>(&world, 1, 1).await, known::<L>(&world, 2, 1).await);
    let mut sender: L = attached(&world, &alice).await;
    let mut owner: L = attached(&world, &bob).await;
    owner.done(crate::person::Person::revoke(1)).await;
    let answers = sender
        .ask_all(vec![bob.letter(1, 1), bob.letter(2, 2)])
        .await
        .expect("answers");
    assert!(
        answers
            .iter()
            .all(|answer| status(answer) == ErrorCode::Refused.number())
    );
    let both = vec![
        crate::person::Person::grant(2),
        crate::person::Person::revoke(3),
        crate::person::Person::grant(4),
    ];
    owner.ask_all(both).await.expect("answers");
    let letters: Vec<_> = (3..=30).map(|number| bob.letter(number.into(), number)).collect();
    let answers = sender.ask_all(letters).await.expect("answers");
    assert!(answers.iter().all(|answer| status(answer) == 0));
    let mut got = Vec::new();
    while got.len() < 28 {
        let frame = owner.next().await.expect("a page");
        let RelayFrame::Page(page) = decoded(&frame) else {
            panic!("{:?}", decoded(&frame))
        };
        for delivery in page.deliveries {
            let envelope = twotick_wire::Envelope::decode(&delivery.envelope).expect("an envelope");
            got.push(envelope.message_id.to_bytes()[0]);
        }
    }
    assert_eq!(got, (3..=30).collect::<Vec<u8>>(), "{}", L::NAME);
}

async fn receipts_go_alone_too<L: Link>() {
    let world = World::new().await;
    let (alice, bob) = (known::<L>(&world, 1, 2).await, known::<L>(&world, 2, 1).await);
    let mut reader: L = attached(&world, &bob).await;
    reader
        .done(send_receipts(
            1,
            vec![alice.receipt(1), alice.receipt(2), alice.receipt(1)],
        ))
        .await;
    for device in &alice.devices {
        let mut link = L::attach(&world.target, device, &Terms::default())
            .await
            .expect("attached");
        let frame = link.next().await.expect("ticks");
        let RelayFrame::LanePage(LanePage { items }) = decoded(&frame) else {
            panic!("{:?}", decoded(&frame))
        };
        assert_eq!(items.len(), 2, "{}: each once", L::NAME);
    }
}
