//! Kills, signals, losses: what is confirmed stays, and what does not is said (SPEC 31).

use std::path::Path;

use rustix::process::Signal;
use twotick_wire::frame::{Durability, RelayFrame};

use super::{Program, attach, introduce, person, refused, run};
use crate::client::poll::PollLink;
use crate::client::websocket::WebSocketLink;
use crate::client::{Link, decoded};
use crate::conformance::{numbers, status};
use crate::person::{Person, Terms, ack_with};

/// R-SND-2, R-DLV-3, R-ATT-4: what was confirmed before a kill is there after it, with its numbers, acks and epochs.
#[tokio::test]
async fn what_was_confirmed_survives_a_kill() {
    let directory = tempfile::tempdir().expect("a directory");
    let (alice, bob) = (person(1), person(2));
    let relay = Program::start(directory.path(), &[]);
    introduce(&relay, &[&alice, &bob]).await;
    let mut sender = attach::<WebSocketLink>(&relay, &alice).await;
    let mut receiver = attach::<WebSocketLink>(&relay, &bob).await;
    assert_eq!(receiver.hello().durability, Durability::Disk);
    let letters = (1..=20).map(|number| bob.letter(number.into(), number)).collect();
    assert!(
        sender
            .ask_all(letters)
            .await
            .expect("answers")
            .iter()
            .all(|answer| status(answer) == 0)
    );
    assert_eq!(numbers(&mut receiver, 20).await, (1..=20).collect::<Vec<u64>>());
    let epoch = receiver.hello().session_epoch;
    receiver
        .done(ack_with(99, epoch, 5, 0, vec![alice.receipt(5)]))
        .await;
    let past = receiver.hello().store_epoch;
    relay.kill();
    let relay = Program::start(directory.path(), &[]);
    let mut receiver = attach::<WebSocketLink>(&relay, &bob).await;
    let hello = receiver.hello();
    assert_eq!((hello.store_epoch, hello.session_epoch > epoch), (past, true));
    assert_eq!((hello.acked, hello.next, hello.backlog_envelopes), (5, 21, 15));
    assert_eq!(numbers(&mut receiver, 15).await, (6..=20).collect::<Vec<u64>>());
    let mut sender = attach::<PollLink>(&relay, &alice).await;
    let frame = sender.next().await.expect("the tick");
    assert!(matches!(decoded(&frame), RelayFrame::LanePage(page) if page.items.len() == 1));
    assert_eq!(status(&sender.ask(bob.letter(1, 7)).await), 0);
    let again = attach::<WebSocketLink>(&relay, &bob).await;
    assert_eq!(
        again.hello().next,
        21,
        "a repetition is stored once, also after a kill"
    );
}

/// R-SND-2: killed again and again while messages are on their way, the relay keeps all that it confirmed.
#[tokio::test]
async fn kills_at_any_moment_lose_nothing_confirmed() {
    let directory = tempfile::tempdir().expect("a directory");
    let (alice, bob) = (person(1), person(2));
    let mut relay = Program::start(directory.path(), &[]);
    introduce(&relay, &[&alice, &bob]).await;
    let (mut confirmed, mut number) = (Vec::new(), 0_u8);
    for round in 1..=6_usize {
        let mut sender = attach::<WebSocketLink>(&relay, &alice).await;
        for _ in 0..round * 3 {
            number += 1;
            if status(&sender.ask(bob.letter(number.into(), number)).await) == 0 {
                confirmed.push(number);
            }
        }
        number += 1;
        sender.socket.say(bob.letter(number.into(), number)).await;
        relay.kill();
        relay = Program::start(directory.path(), &[]);
    }
    let terms = Terms {
        window_envelopes: 1_024,
        ..Terms::default()
    };
    let attached = WebSocketLink::attach(&relay.target, &bob.devices[0], &terms).await;
    let mut receiver = attached.expect("attached");
    let waiting = usize::try_from(receiver.hello().backlog_envelopes).expect("a count");
    assert!(waiting >= confirmed.len(), "{waiting} of {}", confirmed.len());
    let mut found = Vec::new();
    while found.len() < waiting {
        let frame = receiver.next().await.expect("a page");
        let RelayFrame::Page(page) = decoded(&frame) else {
            panic!("{:?}", decoded(&frame))
        };
        for delivery in page.deliveries {
            found.push(
                twotick_wire::Envelope::decode(&delivery.envelope)
                    .expect("an envelope")
                    .message_id
                    .to_bytes()[0],
            );
        }
    }
    assert!(
        confirmed.iter().all(|number| found.contains(number)),
        "{confirmed:?} {found:?}"
    );
}

/// R-ATT-8: SIGTERM ends it in good order: clients are told, and the exit code is 0.
#[tokio::test]
async fn a_signal_ends_it_in_good_order() {
    let directory = tempfile::tempdir().expect("a directory");
    let alice = person(1);
    for signal in [Signal::TERM, Signal::INT] {
        let relay = Program::start(directory.path(), &["--set", "drain=5s"]);
        let mut link = attach::<WebSocketLink>(&relay, &alice).await;
        relay.signal(signal);
        let frame = link.next().await.expect("GoAway");
        assert!(matches!(decoded(&frame), RelayFrame::GoAway(_)));
        assert_eq!(link.next().await.expect_err("the end").how, 4503);
        assert_eq!(relay.wait().0, Some(0));
    }
}

/// R-DUR-4: a directory that a relay has is refused to another; its exit code and two lines say so.
#[tokio::test]
async fn one_directory_is_for_one_relay() {
    let directory = tempfile::tempdir().expect("a directory");
    let _first = Program::start(directory.path(), &[]);
    let (code, errors) = refused(&[
        "--data",
        directory.path().to_str().expect("text"),
        "--listen",
        "127.0.0.1:0",
    ]);
    assert_eq!(code, Some(3));
    assert!(
        errors.starts_with("twotick-relay: the directory is in use by another process\n"),
        "{errors}"
    );
    assert_eq!(errors.lines().count(), 2, "{errors}");
}

/// R-DUR-2, R-ATT-6: a start after a loss is refused with what is lost. An operator may accept it: the store epoch
/// changes, and clients that forget their cursors and say everything again have lost nothing.
#[tokio::test]
async fn a_loss_is_refused_until_it_is_accepted() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().to_str().expect("text");
    let (alice, bob) = (person(1), person(2));
    let relay = Program::start(directory.path(), &[]);
    introduce(&relay, &[&alice, &bob]).await;
    let before = attach::<WebSocketLink>(&relay, &bob).await.hello().store_epoch;
    relay.signal(Signal::TERM);
    assert_eq!(relay.wait().0, Some(0));
    let copy = tempfile::tempdir().expect("a directory");
    copied(directory.path(), copy.path());
    let relay = Program::start(directory.path(), &[]);
    let mut sender = attach::<PollLink>(&relay, &alice).await;
    assert_eq!(status(&sender.ask(bob.letter(1, 1)).await), 0);
    relay.signal(Signal::TERM);
    assert_eq!(relay.wait().0, Some(0));
    // The engine's files of yesterday, with today's word of what was confirmed.
    for entry in std::fs::read_dir(copy.path())
        .expect("a directory")
        .map(|entry| entry.expect("an entry"))
    {
        if entry.file_type().expect("a type").is_dir() {
            let place = directory.path().join(entry.file_name());
            std::fs::remove_dir_all(&place).expect("removed");
            copied(&entry.path(), &place);
        }
    }
    let (code, errors) = refused(&["--data", path, "--listen", "127.0.0.1:0"]);
    assert_eq!(code, Some(3), "{errors}");
    assert!(
        errors.contains("confirmed commits are lost") && errors.contains("--accept-loss"),
        "{errors}"
    );
    assert_eq!(run(&["verify", path]).0, Some(3));
    let relay = Program::start(directory.path(), &["--accept-loss"]);
    let terms = Terms {
        store_epoch: before,
        cursor: 1,
        ..Terms::default()
    };
    let attached = WebSocketLink::attach(&relay.target, &bob.devices[0], &terms).await;
    let mut receiver = attached.expect("attached");
    assert_ne!(receiver.hello().store_epoch, before);
    receiver.done(bob.publish_list(1)).await;
    receiver.done(Person::grant(2)).await;
    let mut sender = attach::<PollLink>(&relay, &alice).await;
    assert_eq!(
        status(&sender.ask(bob.letter(1, 1)).await),
        0,
        "the send id of before"
    );
    let frame = receiver.next().await.expect("a page");
    let RelayFrame::Page(page) = decoded(&frame) else {
        panic!("{:?}", decoded(&frame))
    };
    let envelope = twotick_wire::Envelope::decode(&page.deliveries[0].envelope).expect("an envelope");
    assert_eq!(envelope.message_id.to_bytes(), [1; 16]);
}

fn copied(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a directory");
    for entry in std::fs::read_dir(from)
        .expect("a directory")
        .map(|entry| entry.expect("an entry"))
    {
        let place = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copied(&entry.path(), &place);
        } else {
            std::fs::copy(entry.path(), place).expect("copied");
        }
    }
}
