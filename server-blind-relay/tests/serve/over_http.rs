//! What only the HTTP transports have: tokens, bodies, statuses, polls, the last event (SPEC 30).

use hyper::Method;
use twotick_wire::ErrorCode;
use twotick_wire::frame::{Challenge, FrameSequence, MAX_FRAME, Ping, RelayFrame, RequestId};

use crate::client::events::EventsLink;
use crate::client::http::{self, Http};
use crate::client::poll::PollLink;
use crate::client::{Link, decoded};
use crate::conformance::{attached, known, numbers, status};
use crate::person::{Person, Terms, ack};
use crate::relay::{START, World};

/// R-TRN-1: a token is good for a quarter of an hour, and for the session it was given in.
#[tokio::test]
async fn a_token_ends() {
    let world = World::new().await;
    let alice = Person::seeded(1, 1, START);
    let mut link: PollLink = attached(&world, &alice).await;
    assert_eq!(link.poll(0).await.0 / 100, 2);
    world.hands.skip(899);
    assert_eq!(link.poll(0).await.0 / 100, 2);
    world.hands.skip(1);
    let (status, frames) = link.poll(0).await;
    let RelayFrame::Error(error) = decoded(&frames[0]) else {
        panic!("{frames:?}")
    };
    assert_eq!((status, error.code), (401, ErrorCode::AttachRequired.number()));
}

/// R-TRN-1, R-TRN-3: without a good token, every path that needs one gives the same 401.
#[tokio::test]
async fn no_token_no_service() {
    let world = World::new().await;
    let mut http = Http::new(&world.target);
    let wrong = "00".repeat(64);
    let mut answers = Vec::new();
    for token in [None, Some(wrong.as_str()), Some("short")] {
        for (method, path) in [
            (Method::GET, "/v1/poll"),
            (Method::GET, "/v1/events"),
            (Method::POST, "/v1/frames"),
        ] {
            answers.push(http.call(method, path, token, vec![]).await);
        }
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(
        http::refusal(answers[0].0, &answers[0].1).code(),
        ErrorCode::AttachRequired.number()
    );
    assert_eq!(answers[0].0, 401);
}

/// R-ATT-2, R-TRN-1: a challenge is answered once.
#[tokio::test]
async fn a_challenge_is_answered_once() {
    let world = World::new().await;
    let alice = Person::seeded(1, 1, START);
    let mut http = Http::new(&world.target);
    let (_, body) = http.get("/v1/challenge", None).await;
    let frames = http::frames(&body);
    let challenge = Challenge::decode(&frames[0]).expect("a challenge");
    assert_eq!(challenge.name, world.relay.name.as_bytes());
    let attach = Terms::default().attach(&alice.devices[0], challenge.nonce, challenge.name);
    assert_eq!(
        http.post("/v1/attach", None, std::slice::from_ref(&attach))
            .await
            .0,
        200
    );
    let (status, body) = http.post("/v1/attach", None, &[attach]).await;
    assert_eq!(
        (status, http::refusal(status, &body).code()),
        (401, ErrorCode::AttachRefused.number())
    );
}

/// R-TRN-1, R-TRN-3: attaching takes one Attach and nothing else.
#[tokio::test]
async fn attach_takes_one_attach() {
    let world = World::new().await;
    let alice = Person::seeded(1, 1, START);
    let attach = Terms::default().attach(&alice.devices[0], [0; 32], b"relay");
    let ping = Ping {
        request: RequestId::new(1),
    }
    .encode();
    let cases = [
        (vec![], 400, ErrorCode::UnexpectedFrame),
        (
            vec![attach.clone(), attach.clone()],
            400,
            ErrorCode::UnexpectedFrame,
        ),
        (vec![ping], 400, ErrorCode::UnexpectedFrame),
        (vec![attach[..404].to_vec()], 400, ErrorCode::Truncated),
        (vec![vec![0; 8]], 400, ErrorCode::WrongObject),
    ];
    for (frames, expected, code) in cases {
        let (status, body) = Http::new(&world.target).post("/v1/attach", None, &frames).await;
        assert_eq!(
            (status, http::refusal(status, &body).code()),
            (expected, code.number())
        );
    }
    let large = vec![0; MAX_FRAME + 5];
    let (status, body) = Http::new(&world.target)
        .call(Method::POST, "/v1/attach", None, large)
        .await;
    assert_eq!(
        (status, http::refusal(status, &body).code()),
        (413, ErrorCode::FrameTooLarge.number())
    );
}

/// R-TRN-2, R-TRN-7: up to 64 frames and 1 MiB; of what is over, nothing is looked at.
#[tokio::test]
async fn a_body_of_frames_has_bounds() {
    let world = World::new().await;
    let (alice, bob) = (
        known::<PollLink>(&world, 1, 1).await,
        known::<PollLink>(&world, 2, 1).await,
    );
    let mut link: PollLink = attached(&world, &alice).await;
    let pings = |count| {
        (1..=count)
            .map(|request| {
                Ping {
                    request: RequestId::new(request),
                }
                .encode()
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(link.ask_all(pings(64)).await.expect("answers").len(), 64);
    let token = link.session.token.clone();
    let mut body = http::sequence(&[bob.letter(1, 1)]);
    for request in 2..=65_u32 {
        body.extend(6_u32.to_be_bytes());
        body.extend(
            Ping {
                request: RequestId::new(request),
            }
            .encode(),
        );
    }
    let mut post = async |body: Vec<u8>| {
        let (status, body) = link
            .session
            .http
            .call(Method::POST, "/v1/frames", Some(&token), body)
            .await;
        (status, http::refusal(status, &body).code())
    };
    assert_eq!(post(body).await, (400, ErrorCode::LengthOutOfRange.number()));
    let mut cut = http::sequence(&[bob.letter(1, 1)]);
    cut.extend([0, 0, 0, 9, 1]);
    assert_eq!(post(cut).await, (400, ErrorCode::Truncated.number()));
    assert_eq!(
        post(vec![0; 4]).await,
        (400, ErrorCode::LengthOutOfRange.number())
    );
    assert_eq!(
        post(vec![0; FrameSequence::MAX_REQUEST + 1]).await,
        (413, ErrorCode::FrameTooLarge.number())
    );
    let receiver: PollLink = attached(&world, &bob).await;
    assert_eq!(receiver.hello().next, 1, "nothing was sent");
}

/// R-TRN-2, R-FRM-4: answers stand in the order of requests, whatever each has to wait for.
#[tokio::test]
async fn answers_stand_in_the_order_of_requests() {
    let world = World::new().await;
    let (alice, bob) = (
        known::<PollLink>(&world, 1, 1).await,
        known::<PollLink>(&world, 2, 1).await,
    );
    let mut link: PollLink = attached(&world, &alice).await;
    let frames: Vec<Vec<u8>> = (1..=20_u8)
        .map(|number| match number % 2 {
            0 => bob.letter(number.into(), number),
            _ => Ping {
                request: RequestId::new(number.into()),
            }
            .encode(),
        })
        .collect();
    let answers = link.ask_all(frames).await.expect("answers");
    let requests: Vec<_> = answers
        .iter()
        .map(|answer| decoded(answer).request().number())
        .collect();
    assert_eq!(requests, (1..=20).collect::<Vec<_>>());
}

/// R-FRM-1, R-TRN-3: one frame that does not decode is the end: it is what the answer is about, and nothing after it is read.
#[tokio::test]
async fn a_bad_frame_ends_a_body_where_it_stands() {
    let world = World::new().await;
    let (alice, bob) = (
        known::<PollLink>(&world, 1, 1).await,
        known::<PollLink>(&world, 2, 1).await,
    );
    let mut link: PollLink = attached(&world, &alice).await;
    let frames = [bob.letter(1, 1), vec![0xff], bob.letter(3, 3)];
    let token = Some(link.session.token.as_str());
    let (code, body) = link.session.http.post("/v1/frames", token, &frames).await;
    let answers = http::frames(&body);
    assert_eq!(
        (code, status(answers.last().expect("an answer"))),
        (400, ErrorCode::WrongObject.number())
    );
    let receiver: PollLink = attached(&world, &bob).await;
    assert_eq!(receiver.hello().next, 2);
}

/// R-TRN-2, R-TRN-3: a poll waits for something, and says 204 if nothing came in time.
#[tokio::test]
async fn a_poll_waits_as_long_as_it_says() {
    let world = World::new().await;
    let (alice, bob) = (
        known::<PollLink>(&world, 1, 1).await,
        known::<PollLink>(&world, 2, 1).await,
    );
    let mut receiver: PollLink = attached(&world, &bob).await;
    receiver.poll(0).await;
    for wait in [0, 1] {
        let begun = std::time::Instant::now();
        let (status, frames) = receiver.poll(wait).await;
        assert_eq!((status, frames.len()), (204, 0));
        assert!(begun.elapsed().as_secs() >= wait);
    }
    let mut sender: PollLink = attached(&world, &alice).await;
    let (got, answer) = tokio::join!(numbers(&mut receiver, 1), sender.ask(bob.letter(1, 1)));
    assert_eq!((got, status(&answer)), (vec![1], 0));
}

/// R-TRN-2: of two polls of a device, the last gets what comes and ends the one before.
#[tokio::test]
async fn a_later_poll_ends_the_one_before() {
    let world = World::new().await;
    let alice = Person::seeded(1, 1, START);
    let mut link: PollLink = attached(&world, &alice).await;
    link.poll(0).await;
    let mut first = Http::new(&world.target);
    let token = link.session.token.clone();
    let first =
        tokio::spawn(async move { first.get("/v1/poll?cursor=0&lane=0&wait=25", Some(&token)).await });
    // Whichever comes first is ended by the other.
    let begun = std::time::Instant::now();
    let mut polls = 0;
    while !first.is_finished() {
        link.poll(0).await;
        polls += 1;
        assert!(begun.elapsed().as_secs() < 20, "after {polls} polls");
    }
    assert_eq!(first.await.expect("an answer").0, 204);
}

/// R-TRN-2: an event stream goes on after the last event that was seen, whatever the query says.
#[tokio::test]
async fn the_last_event_is_where_a_stream_goes_on() {
    let world = World::new().await;
    let (alice, bob) = (
        known::<EventsLink>(&world, 1, 1).await,
        known::<EventsLink>(&world, 2, 1).await,
    );
    let mut sender: EventsLink = attached(&world, &alice).await;
    let mut receiver: EventsLink = attached(&world, &bob).await;
    sender.ask(bob.letter(1, 1)).await;
    assert_eq!(numbers(&mut receiver, 1).await, [1]);
    assert_eq!(receiver.last_id.as_deref(), Some("1-0"));
    receiver.cut();
    sender.ask(bob.letter(2, 2)).await;
    receiver.open().await.expect("the stream");
    assert_eq!(numbers(&mut receiver, 1).await, [2]);
    receiver.done(ack(1, receiver.hello().session_epoch, 2, 0)).await;
}

/// R-TRN-2, R-TRN-3: what is not understood is refused, with a status and without a word.
#[tokio::test]
async fn other_requests_are_refused_without_a_word() {
    let world = World::new().await;
    let alice = Person::seeded(1, 1, START);
    let mut link: PollLink = attached(&world, &alice).await;
    let token = link.session.token.clone();
    let cases = [
        (Method::GET, "/", 404),
        (Method::GET, "/v2/poll", 404),
        (Method::POST, "/v1/poll", 405),
        (Method::GET, "/v1/frames", 405),
        (Method::GET, "/v1/attach", 405),
        (Method::GET, "/v1/poll?cursor=x", 400),
        (Method::GET, "/v1/poll?wait=26", 400),
        (Method::GET, "/v1/poll?since=1", 400),
        (Method::GET, "/v1/events?cursor=-1", 400),
        (Method::GET, "/v1/ws", 400),
    ];
    for (method, path, expected) in cases {
        let (status, body) = link.session.http.call(method, path, Some(&token), vec![]).await;
        assert_eq!((status, body.len()), (expected, 0), "{path}");
    }
    for id in ["1", "1-", "a-b", "-"] {
        let headers = [("Last-Event-ID", id)];
        let answer = link
            .session
            .http
            .send(Method::GET, "/v1/events", Some(&token), &headers, vec![])
            .await;
        assert_eq!(answer.status(), 400, "{id}");
    }
}

/// R-TRN-3: frames one byte over the limit are refused on their length.
#[tokio::test]
async fn a_frame_over_the_limit_is_refused_in_a_body_too() {
    let world = World::new().await;
    let alice = Person::seeded(1, 1, START);
    let mut link: PollLink = attached(&world, &alice).await;
    for (length, code) in [
        (MAX_FRAME, ErrorCode::WrongObject),
        (MAX_FRAME + 1, ErrorCode::LengthOutOfRange),
    ] {
        let mut body = u32::try_from(length).expect("a length").to_be_bytes().to_vec();
        body.resize(4 + length, 0);
        let token = Some(link.session.token.as_str());
        let (status, body) = link
            .session
            .http
            .call(Method::POST, "/v1/frames", token, body)
            .await;
        assert_eq!(
            (status, http::refusal(status, &body).code()),
            (400, code.number()),
            "{length}"
        );
    }
}
