//! Peers that hold sockets, send slowly, come too often or all at once (SPEC 28, 30).

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use twotick_relay::limits::{Rate, RelayLimits};
use twotick_relay::metrics::Refusal;
use twotick_wire::ErrorCode;

use crate::client::http::{self, Http};
use crate::client::websocket::{Socket, WebSocketLink};
use crate::client::{Link, soon};
use crate::conformance::attached;
use crate::person::{Person, Terms};
use crate::relay::{START, Target, World, generous};

/// R-ABU-1: a header that does not end is cut off, with or without bytes trickling in.
#[tokio::test]
async fn a_header_that_does_not_end_is_cut_off() {
    let request_headers = Duration::from_millis(200);
    let world = World::limited(RelayLimits {
        request_headers,
        ..generous()
    })
    .await;
    let mut silent = TcpStream::connect(world.target.address).await.expect("a socket");
    let mut trickling = TcpStream::connect(world.target.address).await.expect("a socket");
    trickling
        .write_all(b"GET /v1/poll HTTP/1.1\r\nX-A: ")
        .await
        .expect("written");
    let trickle = async {
        let mut buffer = [0; 256];
        loop {
            tokio::select! {
                read = trickling.read(&mut buffer) => return read.unwrap_or(0),
                () = tokio::time::sleep(Duration::from_millis(20)) => { let _ = trickling.write_all(b"a").await; }
            }
        }
    };
    assert_eq!(soon("the end", trickle).await, 0);
    assert_eq!(rest(&mut silent).await, b"");
}

/// R-ABU-1: who has proven itself may take longer for the next request than who has not.
#[tokio::test]
async fn a_socket_that_has_proven_itself_may_idle() {
    let (request_headers, idle) = (Duration::from_millis(100), Duration::from_secs(600));
    let world = World::limited(RelayLimits {
        request_headers,
        idle,
        ..generous()
    })
    .await;
    let alice = Person::seeded(1, 1, START);
    let mut link: crate::client::poll::PollLink = attached(&world, &alice).await;
    link.poll(0).await;
    let accepted = || world.relay.metrics().connections_accepted.value();
    let before = accepted();
    let mut unproven = TcpStream::connect(world.target.address).await.expect("a socket");
    unproven
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: relay\r\n\r\n")
        .await
        .expect("written");
    assert!(
        rest(&mut unproven).await.starts_with(b"HTTP/1.1 200 "),
        "and it is closed then"
    );
    assert_eq!(link.poll(0).await.0, 204);
    assert_eq!(
        accepted(),
        before + 1,
        "the poll went over the socket that was there"
    );
}

/// R-ABU-1: a header over 8 KiB is refused.
#[tokio::test]
async fn a_header_that_is_too_large_is_refused() {
    let world = World::new().await;
    let mut http = Http::new(&world.target);
    let large = "a".repeat(9_000);
    let response = http
        .send(hyper::Method::GET, "/healthz", None, &[("X-A", &large)], vec![])
        .await;
    assert_eq!(response.status(), 431);
    let mut http = Http::new(&world.target);
    let large = "a".repeat(7_000);
    let response = http
        .send(hyper::Method::GET, "/healthz", None, &[("X-A", &large)], vec![])
        .await;
    assert_eq!(response.status(), 200);
}

/// R-ABU-1, R-TRN-3: a body that does not come is 408, and one that is announced too large is 413 without being read.
#[tokio::test]
async fn a_body_that_does_not_come_is_cut_off() {
    let limits = RelayLimits {
        body_grace: Duration::from_millis(200),
        body_rate: 1_000_000,
        ..generous()
    };
    let world = World::limited(limits).await;
    for (length, expected) in [("405", "HTTP/1.1 408 "), ("99999999", "HTTP/1.1 413 ")] {
        let mut socket = TcpStream::connect(world.target.address).await.expect("a socket");
        let head = format!("POST /v1/attach HTTP/1.1\r\nHost: relay\r\nContent-Length: {length}\r\n\r\nabc");
        socket.write_all(head.as_bytes()).await.expect("written");
        let answer = String::from_utf8_lossy(&rest(&mut socket).await).into_owned();
        assert!(answer.starts_with(expected), "{answer}");
    }
}

/// R-ABU-1: sockets that prove nothing are few for one address, however many are opened; another address is served.
#[tokio::test]
async fn half_open_sockets_are_few_for_one_address() {
    let world = World::limited(RelayLimits {
        unattached: 4,
        ..generous()
    })
    .await;
    let mut held = Vec::new();
    for _ in 0..300 {
        held.push(TcpStream::connect(world.target.address).await.expect("a socket"));
    }
    let metrics = world.relay.metrics();
    let refused = || metrics.connections_refused.value(Refusal::Address);
    soon("refusals", async {
        while refused() < 296 {
            tokio::task::yield_now().await
        }
    })
    .await;
    assert_eq!((refused(), metrics.connections.value()), (296, 4));
    assert_eq!(status_from(&world.target, [127, 0, 0, 2]).await, Some(200));
    assert_eq!(status_from(&world.target, [127, 0, 0, 1]).await, None);
    drop(held);
    soon("a free place", async {
        while status_from(&world.target, [127, 0, 0, 1]).await.is_none() {}
    })
    .await;
}

/// R-ABU-1: who has attached is not counted among those who have proven nothing.
#[tokio::test]
async fn attached_sockets_do_not_count_as_unattached() {
    let world = World::limited(RelayLimits {
        unattached: 2,
        ..generous()
    })
    .await;
    let mut links: Vec<WebSocketLink> = Vec::new();
    for seed in 0..8 {
        links.push(attached(&world, &Person::seeded(seed, 1, START)).await);
    }
    assert_eq!(world.relay.metrics().attached.value(), 8);
}

/// R-ABU-1: sockets of one address come at a bounded pace.
#[tokio::test]
async fn sockets_of_one_address_come_at_a_bounded_pace() {
    let connects = Rate::new(5, Duration::from_secs(3_600));
    let world = World::limited(RelayLimits {
        connects,
        ..generous()
    })
    .await;
    let mut served = 0;
    for _ in 0..20 {
        served += u32::from(status_from(&world.target, [127, 0, 0, 1]).await.is_some());
    }
    assert_eq!(served, 5);
}

/// R-ABU-1: when the relay is full, who comes next is told to come back.
#[tokio::test]
async fn a_full_relay_answers_503() {
    let world = World::limited(RelayLimits {
        connections_percent: 1,
        ..generous()
    })
    .await;
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile)
        .current
        .expect("a limit")
        / 100;
    let mut held = Vec::new();
    for _ in 0..limit {
        held.push(TcpStream::connect(world.target.address).await.expect("a socket"));
    }
    let mut turned_away = TcpStream::connect(world.target.address).await.expect("a socket");
    let answer = String::from_utf8_lossy(&rest(&mut turned_away).await).into_owned();
    assert!(
        answer.starts_with("HTTP/1.1 503 ") && answer.contains("Retry-After: "),
        "{answer}"
    );
    drop(held);
    soon("a free place", async {
        while status_from(&world.target, [127, 0, 0, 1]).await != Some(200) {}
    })
    .await;
}

/// R-ABU-1, R-TRN-3: in a storm of attaches, sockets are turned away before a handshake, and told when to come back.
#[tokio::test]
async fn a_storm_of_attaches_is_turned_away() {
    let attaches_of_all = Rate::new(2, Duration::from_secs(3_600));
    let world = World::limited(RelayLimits {
        attaches_of_all,
        ..generous()
    })
    .await;
    for seed in 0..2 {
        let _: WebSocketLink = attached(&world, &Person::seeded(seed, 1, START)).await;
    }
    assert_eq!(Socket::open(&world.target).await.err(), Some(503));
    let mut http = Http::new(&world.target);
    let response = http
        .send(hyper::Method::GET, "/v1/challenge", None, &[], vec![])
        .await;
    assert_eq!(response.status(), 503);
    let wait: u32 = response.headers()["retry-after"]
        .to_str()
        .expect("text")
        .parse()
        .expect("seconds");
    assert!(wait > 1_000);
    assert_eq!(world.relay.metrics().connections_refused.value(Refusal::Storm), 2);
}

/// R-ABU-1: one device attaches at a bounded pace.
#[tokio::test]
async fn one_device_attaches_at_a_bounded_pace() {
    let attaches = Rate::new(3, Duration::from_secs(3_600));
    let world = World::limited(RelayLimits {
        attaches,
        ..generous()
    })
    .await;
    let alice = Person::seeded(1, 1, START);
    for _ in 0..3 {
        let _: WebSocketLink = attached(&world, &alice).await;
    }
    let refusal = WebSocketLink::attach(&world.target, &alice.devices[0], &Terms::default())
        .await
        .err()
        .expect("refused");
    assert_eq!(
        (refusal.how, refusal.code()),
        (4429, ErrorCode::RateLimited.number())
    );
    let refusal =
        crate::client::poll::PollLink::attach(&world.target, &alice.devices[0], &Terms::default()).await;
    let refusal = refusal.err().expect("refused");
    assert_eq!(
        (refusal.how, refusal.code()),
        (429, ErrorCode::RateLimited.number())
    );
}

/// R-TRN-5, R-ABU-1: behind a terminator only that may connect, and limits count the address it names last.
#[tokio::test]
async fn behind_a_terminator_the_forwarded_address_counts() {
    let connects = Rate::new(2, Duration::from_secs(3_600));
    let limits = RelayLimits {
        connects,
        ..generous()
    };
    let world = World::with(|options| {
        options.limits = limits;
        options.terminators = vec![[127, 0, 0, 1].into()];
    })
    .await;
    assert_eq!(status_from(&world.target, [127, 0, 0, 2]).await, None);
    assert_eq!(
        world
            .relay
            .metrics()
            .connections_refused
            .value(Refusal::NotTerminator),
        1
    );
    let mut http = Http::new(&world.target);
    let mut challenge = async |forwarded: &str| {
        let headers = [("X-Forwarded-For", forwarded)];
        http.send(hyper::Method::GET, "/v1/challenge", None, &headers, vec![])
            .await
            .status()
            .as_u16()
    };
    assert_eq!(challenge("192.0.2.1").await, 200);
    assert_eq!(challenge("10.9.9.9, 192.0.2.1").await, 200);
    assert_eq!(challenge("10.8.8.8, 192.0.2.1").await, 429);
    assert_eq!(challenge("192.0.2.1, 192.0.2.2").await, 200);
}

/// R-TRN-3: a body of a refusal is an Error and nothing else.
#[tokio::test]
async fn a_rate_that_is_exceeded_says_when_to_come_back() {
    let attaches = Rate::new(1, Duration::from_secs(3_600));
    let world = World::limited(RelayLimits {
        attaches,
        ..generous()
    })
    .await;
    let alice = Person::seeded(1, 1, START);
    let _: WebSocketLink = attached(&world, &alice).await;
    let mut http = Http::new(&world.target);
    let (_, body) = http.get("/v1/challenge", None).await;
    let frames = http::frames(&body);
    let challenge = twotick_wire::frame::Challenge::decode(&frames[0]).expect("a challenge");
    let attach = Terms::default().attach(&alice.devices[0], challenge.nonce, challenge.name);
    let body = http::sequence(&[attach]);
    let response = http
        .send(hyper::Method::POST, "/v1/attach", None, &[], body)
        .await;
    assert_eq!(response.status(), 429);
    assert!(response.headers().contains_key("retry-after"));
}

/// The status of /healthz asked from an address, or nothing if the socket was closed at once.
async fn status_from(target: &Target, from: [u8; 4]) -> Option<u16> {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(SocketAddr::from((from, 0))).expect("an address");
    let mut socket = socket.connect(target.address).await.expect("connected");
    let request = b"GET /healthz HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n\r\n";
    socket.write_all(request).await.ok()?;
    let answer = rest(&mut socket).await;
    String::from_utf8_lossy(&answer).split(' ').nth(1)?.parse().ok()
}

/// All that comes until the end, however that looks.
async fn rest(socket: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = soon("the end", socket.read_to_end(&mut bytes)).await;
    bytes
}
