//! A peer that reads nothing, or a byte now and then: it is closed, and costs nobody else anything (SPEC 28).

use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpSocket;
use tokio_tungstenite::tungstenite::Message;
use twotick_relay::limits::{Rate, RelayLimits};
use twotick_relay::metrics::Ending;
use twotick_relay::store::StoreLimits;

use crate::client::events::EventsLink;
use crate::client::poll::PollLink;
use crate::client::websocket::WebSocketLink;
use crate::client::{Link, soon};
use crate::conformance::{attached, known, numbers, status};
use crate::person::{Person, Terms};
use crate::relay::{World, generous};

/// R-TRN-4, R-ABU-1: a WebSocket that reads nothing is closed with 4408; others are served meanwhile.
#[tokio::test]
async fn a_websocket_that_reads_nothing_is_closed_with_4408() {
    let world = crowded().await;
    let bob = with_backlog(&world, 60).await;
    let terms = Terms {
        window_envelopes: 1_024,
        window_bytes: 4_194_304,
        ..Terms::default()
    };
    let mut slow = WebSocketLink::attach(&world.target, &bob.devices[0], &terms)
        .await
        .expect("attached");
    let metrics = world.relay.metrics();
    let ended = async {
        while metrics.closed.value(Ending::NoProgress) == 0 {
            tokio::task::yield_now().await
        }
    };
    let others = async {
        let carol = known::<WebSocketLink>(&world, 3, 1).await;
        let mut link: WebSocketLink = attached(&world, &carol).await;
        assert_eq!(
            status(&link.ask(carol.letter(1, 1)).await),
            twotick_wire::ErrorCode::DeviceSetMismatch.number()
        );
    };
    soon("the others", others).await;
    let close = async {
        loop {
            match slow.socket.stream.next().await {
                Some(Ok(Message::Close(close))) => return close.map(|close| u16::from(close.code)),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    };
    // It reads nothing for longer than the limit. The relay then waits a while for the end to be taken, which is read
    // after all that was written before.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(soon("the close", close).await, Some(4408));
    soon("the end", ended).await;
}

/// R-ABU-1: an event stream that reads a byte now and then is closed too.
#[tokio::test]
async fn an_event_stream_that_reads_a_byte_now_and_then_is_closed() {
    let world = crowded().await;
    let bob = with_backlog(&world, 60).await;
    let terms = Terms {
        is_send_only: true,
        window_envelopes: 1_024,
        window_bytes: 4_194_304,
        ..Terms::default()
    };
    let link = EventsLink::attach(&world.target, &bob.devices[0], &terms)
        .await
        .expect("attached");
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4_096).expect("a small buffer");
    let mut socket = socket.connect(world.target.address).await.expect("connected");
    let head = format!(
        "GET /v1/events HTTP/1.1\r\nHost: relay\r\nAuthorization: Bearer {}\r\n\r\n",
        link.session.token
    );
    socket.write_all(head.as_bytes()).await.expect("written");
    let metrics = world.relay.metrics();
    let trickle = async {
        let mut byte = [0; 1];
        while metrics.closed.value(Ending::NoProgress) + metrics.closed.value(Ending::Peer) == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
            let _ = socket.read(&mut byte).await;
        }
    };
    soon("the end", trickle).await;
    let mut other: PollLink = attached(&world, &bob).await;
    assert!(!numbers(&mut other, 1).await.is_empty());
}

/// R-DLV-2: what a connection has not acknowledged is bounded by its window, whatever its mailbox holds.
#[tokio::test]
async fn a_client_that_does_not_acknowledge_gets_its_window_and_no_more() {
    let world = crowded().await;
    let bob = with_backlog(&world, 40).await;
    let mut link: WebSocketLink = attached(&world, &bob).await;
    let before = world.relay.metrics().bytes_sent.value();
    let got = numbers(&mut link, 3).await;
    assert_eq!(got, [1, 2, 3], "three of 71,000 bytes fit 262,144");
    link.ask(
        twotick_wire::frame::Ping {
            request: twotick_wire::frame::RequestId::new(1),
        }
        .encode(),
    )
    .await;
    assert!(world.relay.metrics().bytes_sent.value() - before < 262_144);
}

/// Limits under which a reader without progress is found out in a second.
async fn crowded() -> World {
    let often = Rate::new(1_000_000, Duration::from_nanos(1));
    let limits = RelayLimits {
        no_progress: Duration::from_secs(1),
        queue_bytes: 16 << 20,
        queue_frames: 1_024,
        sends_to_account: often,
        account_sends: often,
        mailbox_envelopes: often,
        mailbox_bytes: Rate::new(u32::MAX, Duration::from_nanos(1)),
        store: StoreLimits {
            bytes: 1 << 30,
            ..StoreLimits::default()
        },
        ..generous()
    };
    World::limited(limits).await
}

/// Bob, for whom so many of the largest envelopes wait.
async fn with_backlog(world: &World, count: u8) -> Person {
    let (alice, bob) = (
        known::<PollLink>(world, 1, 1).await,
        known::<PollLink>(world, 2, 1).await,
    );
    let mut sender: PollLink = attached(world, &alice).await;
    let body = vec![0x77; 65_588];
    for number in 1..=count {
        let letter = bob.letter_of(number.into(), number, &[0x5a; 6_091 - 400], &body);
        assert_eq!(status(&sender.ask(letter).await), 0);
    }
    bob
}
