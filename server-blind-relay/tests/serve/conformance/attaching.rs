//! Attaching, fencing, resuming (SPEC 22).

use twotick_wire::ErrorCode;
use twotick_wire::frame::Durability;

use super::{attached, known, numbers, over_every_transport};
use crate::client::{Link, Refusal};
use crate::person::{Person, Terms, ack};
use crate::relay::{EPOCH, START, World};

over_every_transport! {
    /// R-ATT-1, R-ATT-3, R-TRN-1: a device that is new attaches by its signature, and has a mailbox then.
    a_device_attaches_by_its_signature;
    /// R-ATT-2, R-TRN-4: whatever is wrong with a proof, the answer is the same bytes.
    every_bad_proof_is_refused_alike;
    /// R-ATT-4, R-TRN-4: of two sessions of a device the later stays, and the earlier can acknowledge nothing.
    a_later_attach_ends_the_earlier;
    /// R-ATT-5, R-TRN-2: what was delivered and not acknowledged comes again, unless the cursor says it is here.
    a_cursor_is_where_delivery_goes_on;
    /// R-ATT-4: sending alone fences nobody.
    attaching_to_send_only_fences_nobody;
}

async fn a_device_attaches_by_its_signature<L: Link>() {
    let world = World::new().await;
    let alice = Person::seeded(1, 1, START);
    let link: L = attached(&world, &alice).await;
    let hello = link.hello();
    assert_eq!((hello.session_epoch, hello.acked, hello.next), (1, 0, 1));
    assert_eq!((hello.store_epoch, hello.durability), (EPOCH, Durability::Memory));
    assert!((36..=54).contains(&hello.heartbeat), "{}", hello.heartbeat);
    world.relay.shutdown().await;
}

async fn every_bad_proof_is_refused_alike<L: Link>() {
    let world = World::new().await;
    let alice = Person::seeded(1, 1, START);
    let cases = [
        Terms {
            name: Some("another.example"),
            ..Terms::default()
        },
        Terms {
            is_forged: true,
            ..Terms::default()
        },
        Terms {
            nonce: Some([1; 32]),
            ..Terms::default()
        },
    ];
    let mut refusals = Vec::new();
    for terms in cases {
        let refusal = L::attach(&world.target, &alice.devices[0], &terms)
            .await
            .err()
            .expect("a refusal");
        assert_eq!(refusal.code(), ErrorCode::AttachRefused.number(), "{}", L::NAME);
        assert!(matches!(refusal.how, 401 | 4401), "{}", refusal.how);
        refusals.push(refusal);
    }
    assert!(
        refusals.windows(2).all(|pair| pair[0] == pair[1]),
        "{}: {refusals:?}",
        L::NAME
    );
}

async fn a_later_attach_ends_the_earlier<L: Link>() {
    let world = World::new().await;
    let alice = Person::seeded(1, 1, START);
    let mut first: L = attached(&world, &alice).await;
    let second: L = attached(&world, &alice).await;
    assert_eq!(
        (first.hello().session_epoch, second.hello().session_epoch),
        (1, 2)
    );
    let ended = loop {
        if let Err(refusal) = first.next().await {
            break refusal;
        }
    };
    assert!(matches!(ended.how, 4409 | 401 | 0), "{}: {ended:?}", L::NAME);
    let refused: Refusal = first.ask_all(vec![ack(9, 1, 0, 0)]).await.expect_err("the end");
    assert!(matches!(refused.how, 401 | 0), "{}: {refused:?}", L::NAME);
}

async fn a_cursor_is_where_delivery_goes_on<L: Link>() {
    let world = World::new().await;
    let bob = known::<L>(&world, 2, 1).await;
    let alice = known::<L>(&world, 1, 1).await;
    let mut sender: L = attached(&world, &alice).await;
    for number in 1..=3 {
        sender.ask(bob.letter(number.into(), number)).await;
    }
    let mut receiver: L = attached(&world, &bob).await;
    assert_eq!(numbers(&mut receiver, 3).await, [1, 2, 3]);
    receiver.done(ack(7, receiver.hello().session_epoch, 1, 0)).await;
    drop(receiver);
    let mut again: L = attached(&world, &bob).await;
    assert_eq!(
        (
            again.hello().acked,
            again.hello().next,
            again.hello().backlog_envelopes
        ),
        (1, 4, 2)
    );
    assert_eq!(numbers(&mut again, 2).await, [2, 3]);
    drop(again);
    let terms = Terms {
        store_epoch: EPOCH,
        cursor: 2,
        ..Terms::default()
    };
    let mut with_cursor = L::attach(&world.target, &bob.devices[0], &terms)
        .await
        .expect("attached");
    assert_eq!(numbers(&mut with_cursor, 1).await, [3]);
    drop(with_cursor);
    let terms = Terms {
        cursor: 2,
        ..Terms::default()
    };
    let mut of_another_past = L::attach(&world.target, &bob.devices[0], &terms)
        .await
        .expect("attached");
    assert_eq!(numbers(&mut of_another_past, 2).await, [2, 3]);
}

async fn attaching_to_send_only_fences_nobody<L: Link>() {
    let world = World::new().await;
    let bob = known::<L>(&world, 2, 1).await;
    let mut receiver: L = attached(&world, &bob).await;
    let terms = Terms {
        is_send_only: true,
        ..Terms::default()
    };
    let mut sender = L::attach(&world.target, &bob.devices[0], &terms)
        .await
        .expect("attached");
    assert_eq!(sender.hello().session_epoch, receiver.hello().session_epoch);
    let alice = known::<L>(&world, 1, 1).await;
    sender.ask(alice.letter(1, 1)).await;
    let mut other: L = attached(&world, &alice).await;
    other.ask(bob.letter(1, 1)).await;
    assert_eq!(numbers(&mut receiver, 1).await, [1]);
}
