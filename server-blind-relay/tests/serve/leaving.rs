//! A relay that stops says so, finishes what is under way, and is gone in time (R-ATT-8).

use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use twotick_wire::ErrorCode;
use twotick_wire::frame::{GoAway, RelayFrame};

use crate::client::events::EventsLink;
use crate::client::poll::PollLink;
use crate::client::websocket::WebSocketLink;
use crate::client::{Link, Refusal, decoded, soon};
use crate::conformance::attached;
use crate::person::Person;
use crate::relay::{START, World};

/// R-ATT-8, R-TRN-4: WebSockets and event streams hear when to come back, and are closed.
#[tokio::test]
async fn clients_are_told_when_to_come_back() {
    let world = World::new().await;
    let mut socket: WebSocketLink = attached(&world, &Person::seeded(1, 1, START)).await;
    let mut events: EventsLink = attached(&world, &Person::seeded(2, 1, START)).await;
    let target = world.target.clone();
    let stopping = tokio::spawn(world.relay.shutdown());
    let end = farewell(&mut socket).await;
    assert_eq!(end.how, 4503);
    farewell(&mut events).await;
    soon("the end", stopping).await.expect("no panic");
    assert!(TcpStream::connect(target.address).await.is_err());
}

/// R-ATT-8, R-TRN-3: a poll that waits is answered, and what comes later is told to come back.
#[tokio::test]
async fn a_poll_that_waits_is_answered() {
    let world = World::new().await;
    let alice = Person::seeded(1, 1, START);
    let mut link: PollLink = attached(&world, &alice).await;
    link.poll(0).await;
    let metrics = std::sync::Arc::clone(world.relay.metrics());
    let poll = tokio::spawn(async move { link.poll(25).await });
    soon("the poll", async {
        while metrics.attached.value() == 0 {
            tokio::task::yield_now().await
        }
    })
    .await;
    let stopping = tokio::spawn(world.relay.shutdown());
    let (status, frames) = soon("an answer", poll).await.expect("no panic");
    let is_told = frames
        .iter()
        .any(|frame| matches!(decoded(frame), RelayFrame::GoAway(_) | RelayFrame::Error(_)));
    assert!(matches!(status, 200 | 503) && is_told, "{status} {frames:?}");
    soon("the end", stopping).await.expect("no panic");
}

/// R-ATT-8: who does not leave is cut off when the time is over.
#[tokio::test]
async fn who_does_not_leave_is_cut_off() {
    let drain = Duration::from_millis(300);
    let world = World::with(|options| options.drain = drain).await;
    let silent = TcpStream::connect(world.target.address).await.expect("a socket");
    soon("the socket", async {
        while world.relay.metrics().connections.value() == 0 {
            tokio::task::yield_now().await
        }
    })
    .await;
    let begun = Instant::now();
    soon("the end", world.relay.shutdown()).await;
    assert!(begun.elapsed() < Duration::from_secs(10));
    drop(silent);
}

/// A relay that is dropped ends, sockets and all.
#[tokio::test]
async fn a_relay_that_is_dropped_ends() {
    let world = World::new().await;
    let mut link: WebSocketLink = attached(&world, &Person::seeded(1, 1, START)).await;
    let address = world.target.address;
    drop(world.relay);
    while link.next().await.is_ok() {}
    soon("the end", async {
        while TcpStream::connect(address).await.is_ok() {}
    })
    .await;
}

/// Waits for GoAway, then for the end.
async fn farewell<L: Link>(link: &mut L) -> Refusal {
    let go_away = loop {
        let frame = link.next().await.expect("GoAway first");
        if let RelayFrame::GoAway(go_away) = decoded(&frame) {
            break go_away;
        }
    };
    let GoAway {
        code,
        wait_min,
        wait_max,
    } = go_away;
    assert_eq!(code, ErrorCode::GoingAway.number(), "{}", L::NAME);
    assert!(wait_min < wait_max && wait_max == 5_000, "{}", L::NAME);
    link.next().await.expect_err("the end")
}
