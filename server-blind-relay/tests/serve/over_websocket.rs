//! What only the WebSocket has: its handshake, its close codes, heartbeats, link channels (SPEC 22.4, 27, 30).

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use hyper::Method;
use tokio_tungstenite::tungstenite::Message;
use twotick_relay::limits::RelayLimits;
use twotick_wire::frame::{
    Error, LinkDelivery, LinkJoin, LinkSend, MAX_FRAME, Opaque, Ping, Pong, RelayFrame, RequestId,
};
use twotick_wire::{ErrorCode, LinkChannel};

use crate::client::http::Http;
use crate::client::websocket::{Socket, WebSocketLink};
use crate::client::{Link, decoded, soon};
use crate::conformance::attached;
use crate::person::{Person, Terms};
use crate::relay::{START, World, generous};

/// R-TRN-4: without the subprotocol, the version or a key there is no WebSocket.
#[tokio::test]
async fn a_handshake_names_the_subprotocol() {
    let world = World::new().await;
    let good = [
        ("Connection", "keep-alive, Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("Sec-WebSocket-Protocol", "chat, twotick.1"),
    ];
    let mut http = Http::new(&world.target);
    let response = http.send(Method::GET, "/v1/ws", None, &good, vec![]).await;
    assert_eq!(response.status(), 101);
    assert_eq!(
        response.headers()["sec-websocket-accept"],
        "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    );
    assert_eq!(response.headers()["sec-websocket-protocol"], "twotick.1");
    for left_out in 0..good.len() {
        let mut headers = good.to_vec();
        headers.remove(left_out);
        let response = Http::new(&world.target)
            .send(Method::GET, "/v1/ws", None, &headers, vec![])
            .await;
        assert_eq!(response.status(), 400, "without {}", good[left_out].0);
    }
    for (name, value) in [
        ("Sec-WebSocket-Version", "8"),
        ("Sec-WebSocket-Key", "c2hvcnQ="),
        ("Sec-WebSocket-Protocol", "twotick.2"),
    ] {
        let headers: Vec<_> = good
            .iter()
            .map(|header| if header.0 == name { (name, value) } else { *header })
            .collect();
        let response = Http::new(&world.target)
            .send(Method::GET, "/v1/ws", None, &headers, vec![])
            .await;
        assert_eq!(response.status(), 400, "{name}: {value}");
    }
}

/// R-TRN-4: a text message is the end.
#[tokio::test]
async fn a_text_message_closes_with_4400() {
    let world = World::new().await;
    let mut socket = Socket::open(&world.target).await.expect("a socket");
    socket.challenge().await;
    socket
        .stream
        .send(Message::Text("hello".into()))
        .await
        .expect("sent");
    assert_eq!(socket.hear().await.expect_err("the end").how, 4400);
}

/// R-FRM-1, R-TRN-4: the limit is looked at before anything else: at it bytes are decoded, over it they are not.
#[tokio::test]
async fn a_frame_over_the_limit_closes_with_4413() {
    let world = World::new().await;
    for (length, code, close) in [
        (MAX_FRAME - 1, ErrorCode::WrongObject, 4400),
        (MAX_FRAME, ErrorCode::WrongObject, 4400),
        (MAX_FRAME + 1, ErrorCode::FrameTooLarge, 4413),
        (2 * MAX_FRAME, ErrorCode::FrameTooLarge, 4413),
    ] {
        let mut socket = Socket::open(&world.target).await.expect("a socket");
        socket.challenge().await;
        socket.say(vec![0; length]).await;
        let end = socket.hear().await.expect_err("the end");
        assert_eq!((end.code(), end.how), (code.number(), close), "{length} bytes");
    }
}

/// R-TRN-4: who does not attach in time is told so.
#[tokio::test]
async fn who_does_not_attach_in_time_is_closed_with_4401() {
    let attach = Duration::from_millis(100);
    let world = World::limited(RelayLimits { attach, ..generous() }).await;
    let mut socket = Socket::open(&world.target).await.expect("a socket");
    socket.challenge().await;
    assert_eq!(socket.hear().await.expect_err("the end").how, 4401);
}

/// R-ATT-7: Ping is answered with Pong of the same number, by the relay and, of the WebSocket's own kind, too.
#[tokio::test]
async fn a_ping_is_answered() {
    let world = World::new().await;
    let alice = Person::seeded(1, 1, START);
    let mut link: WebSocketLink = attached(&world, &alice).await;
    let answer = link
        .ask(
            Ping {
                request: RequestId::new(77),
            }
            .encode(),
        )
        .await;
    assert_eq!(
        decoded(&answer),
        RelayFrame::Pong(Pong {
            request: RequestId::new(77)
        })
    );
    link.socket
        .stream
        .send(Message::Ping("are you there".into()))
        .await
        .expect("sent");
    loop {
        match soon("a pong", link.socket.stream.next()).await {
            Some(Ok(Message::Pong(payload))) => break assert_eq!(payload, "are you there"),
            Some(Ok(Message::Binary(_))) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// R-ATT-7, R-TRN-4: a client that answers no Ping is closed after two.
#[tokio::test]
async fn who_answers_no_ping_is_closed_with_4408() {
    let heartbeat = Duration::from_secs(1);
    let world = World::limited(RelayLimits {
        heartbeat,
        ..generous()
    })
    .await;
    let alice = Person::seeded(1, 1, START);
    let link: WebSocketLink = attached(&world, &alice).await;
    let mut stream = link.socket.stream;
    let mut pings = 0;
    let close = loop {
        match soon("a message", stream.next()).await {
            Some(Ok(Message::Binary(frame))) => {
                pings += u32::from(matches!(decoded(&frame), RelayFrame::Ping(_)))
            }
            Some(Ok(Message::Close(close))) => break close.map(|close| u16::from(close.code)),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!((pings, close), (2, Some(4408)));
}

/// R-EPH-2: a device that has no account yet meets one that has, and what one sends the other gets.
#[tokio::test]
async fn a_link_channel_joins_two_sockets() {
    let world = World::new().await;
    let alice = Person::seeded(1, 1, START);
    let mut existing: WebSocketLink = attached(&world, &alice).await;
    let mut new = Socket::open(&world.target).await.expect("a socket");
    new.challenge().await;
    let channel = LinkChannel::new([3; 16]);
    let join = |request| {
        LinkJoin {
            request: RequestId::new(request),
            channel,
        }
        .encode()
    };
    let send = |request, data| {
        LinkSend {
            request: RequestId::new(request),
            channel,
            data: Opaque::new(data),
        }
        .encode()
    };
    new.say(join(1)).await;
    let early = new.hear().await.expect("an answer");
    assert_eq!(
        Error::decode(&early).expect("an Error").code,
        ErrorCode::Refused.number()
    );
    existing.done(join(2)).await;
    new.say(join(3)).await;
    assert!(matches!(
        decoded(&new.hear().await.expect("an answer")),
        RelayFrame::Done(_)
    ));
    existing.done(send(4, b"from the old one")).await;
    let frame = new.hear().await.expect("a delivery");
    assert_eq!(
        &*LinkDelivery::decode(&frame).expect("a delivery").data,
        b"from the old one"
    );
    new.say(send(5, b"from the new one")).await;
    assert!(matches!(
        decoded(&new.hear().await.expect("an answer")),
        RelayFrame::Done(_)
    ));
    let frame = existing.next().await.expect("a delivery");
    assert_eq!(
        &*LinkDelivery::decode(&frame).expect("a delivery").data,
        b"from the new one"
    );
}

/// R-ATT-2, R-TRN-4: attaching is tried once on a socket.
#[tokio::test]
async fn a_refused_attach_closes_with_4401() {
    let world = World::new().await;
    let alice = Person::seeded(1, 1, START);
    let terms = Terms {
        is_forged: true,
        ..Terms::default()
    };
    let refusal = WebSocketLink::attach(&world.target, &alice.devices[0], &terms)
        .await
        .err()
        .expect("refused");
    assert_eq!(
        (refusal.how, refusal.code()),
        (4401, ErrorCode::AttachRefused.number())
    );
}
