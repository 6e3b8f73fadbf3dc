//! What an operator gives the program and gets from it.

use std::path::Path;
use std::process::Command;

use rustix::process::Signal;
use twotick_wire::frame::Durability;

use super::{Program, attach, introduce, person, refused, run};
use crate::client::Link;
use crate::client::http::Http;
use crate::client::poll::PollLink;
use crate::client::websocket::WebSocketLink;
use crate::conformance::{numbers, status};
use crate::person::{Person, Terms};

#[test]
fn the_configuration_is_printed_without_being_complete() {
    let (code, printed, errors) = run(&["config", "--set", "limits.envelopes=7"]);
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    assert!(
        printed.contains("\nenvelopes = \"7\"\n") && printed.contains("\ndata = \"\"\n"),
        "{printed}"
    );
}

#[test]
fn errors_have_a_code_and_two_lines() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let cases: [(&[&str], i32, &str); 6] = [
        (&[], 2, "no directory is given for the store"),
        (
            &["--data", "x", "--set", "limits.x=1"],
            2,
            "there is no setting limits.x",
        ),
        (&["--data", "x", "--config", "/nowhere"], 2, "/nowhere: "),
        (
            &[
                "--store",
                "memory",
                "--tls-cert",
                "/nowhere",
                "--tls-key",
                "/nowhere",
            ],
            2,
            "/nowhere: ",
        ),
        (
            &["--store", "memory", "--listen", &address],
            4,
            "cannot listen at ",
        ),
        (&["--data", "/proc/twotick", "--listen", "127.0.0.1:0"], 1, ""),
    ];
    for (arguments, code, what) in cases {
        let (exit, errors) = refused(arguments);
        assert_eq!(exit, Some(code), "{arguments:?}: {errors}");
        assert!(
            errors.starts_with("twotick-relay: ") && errors.contains(what),
            "{errors}"
        );
        assert_eq!(errors.lines().count(), 2, "{errors}");
    }
    assert_eq!(refused(&["--no-such-flag"]).0, Some(2));
}

/// R-TRN-5: `--dev` is one command: loopback, clear text, a store that is gone afterwards.
#[tokio::test]
async fn dev_needs_nothing_and_leaves_nothing() {
    let temporary = tempfile::tempdir().expect("a directory");
    let mut command = Command::new(env!("CARGO_BIN_EXE_twotick-relay"));
    command
        .args(["--dev", "--listen", "127.0.0.1:0"])
        .env("TMPDIR", temporary.path());
    let relay = Program::spawn(command);
    assert_eq!(entries(temporary.path()), 1);
    let link = attach::<WebSocketLink>(&relay, &person(1)).await;
    assert_eq!(link.hello().durability, Durability::Disk);
    drop(link);
    relay.signal(Signal::TERM);
    assert_eq!(relay.wait().0, Some(0));
    assert_eq!(entries(temporary.path()), 0);
}

/// R-BLD-1: `inspect` prints what a court could see: who, when, how much, and no sealed byte. `verify` reads all of it.
#[tokio::test]
async fn a_stopped_relay_can_be_looked_into() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().to_str().expect("text");
    let (alice, bob) = (person(1), person(2));
    let relay = Program::start(directory.path(), &[]);
    introduce(&relay, &[&alice, &bob]).await;
    let mut sender = attach::<PollLink>(&relay, &alice).await;
    assert_eq!(status(&sender.ask(bob.letter(1, 1)).await), 0);
    for task in ["inspect", "verify"] {
        let (code, _, errors) = run(&[task, path]);
        assert_eq!(code, Some(3), "{task} of a directory that is in use");
        assert!(errors.contains("in use by another process"), "{errors}");
    }
    relay.signal(Signal::TERM);
    assert_eq!(relay.wait().0, Some(0));
    let (code, printed, _) = run(&["inspect", path]);
    assert_eq!(code, Some(0));
    for seen in [alice.id().to_string(), bob.device(0).to_string(), "01".repeat(16)] {
        assert!(printed.contains(&seen), "{seen} is not in\n{printed}");
    }
    assert!(
        !printed.contains("5a5a5a5a") && !printed.contains("90, 90, 90"),
        "{printed}"
    );
    let (code, printed, errors) = run(&["verify", path]);
    assert_eq!((code, errors.as_str()), (Some(0), ""), "{printed}");
    assert!(printed.contains(" 0 damaged"), "{printed}");
    let empty = tempfile::tempdir().expect("a directory");
    let (code, _, errors) = run(&["verify", empty.path().to_str().expect("text")]);
    assert_eq!((code, errors.lines().count()), (Some(3), 2), "{errors}");
}

/// R-BLD-1: at trace level, the log has device marks and no identifier, token, address or sealed byte.
#[tokio::test]
async fn the_log_names_nobody() {
    let directory = tempfile::tempdir().expect("a directory");
    let (alice, bob) = (person(1), person(2));
    let relay = Program::start(directory.path(), &["--log", "trace", "--set", "drain=1s"]);
    introduce(&relay, &[&alice, &bob]).await;
    let mut sender = attach::<PollLink>(&relay, &alice).await;
    let mut receiver = attach::<WebSocketLink>(&relay, &bob).await;
    assert_eq!(status(&sender.ask(bob.letter(1, 1)).await), 0);
    assert_eq!(numbers(&mut receiver, 1).await, [1]);
    sender.ask_all(vec![vec![0xff; 9]]).await.expect_err("refused");
    let token = sender.session.token.clone();
    let (_, metrics) = Http::new(&relay.target).get("/metrics", None).await;
    drop((sender, receiver));
    relay.signal(Signal::TERM);
    let (code, log) = relay.wait();
    assert_eq!(code, Some(0));
    assert!(
        log.contains("DEBUG attached") && log.contains("device=~"),
        "{log}"
    );
    let metrics = String::from_utf8(metrics.to_vec()).expect("text");
    for text in [&log, &metrics] {
        assert!(!text.contains(&token) && !text.contains("5a5a5a5a"));
        for person in [&alice, &bob] {
            for identifier in [&person.id().to_bytes()[..], &person.device(0).to_bytes()] {
                let text = text.to_lowercase();
                assert!(!text.contains(&hex::encode(&identifier[..8])), "{text}");
                assert!(
                    !text.contains(&format!("{:?}", &identifier[..4])[1..12]),
                    "{text}"
                );
            }
        }
    }
    let ours = format!("listen=\"{}\"", relay_address(&log));
    assert_eq!(
        log.replace(&ours, "")
            .replace("admin=", "")
            .matches("127.0.0.1:")
            .count(),
        1,
        "{log}"
    );
}

/// R-ABU-1: readers that take nothing cost a bounded amount of memory, whatever waits for them.
#[tokio::test]
async fn readers_that_take_nothing_cost_bounded_memory() {
    let directory = tempfile::tempdir().expect("a directory");
    let limits = [
        "new_mailboxes=1000 + 1/1ms",
        "unattached=1000",
        "connects=1000 + 1/1ms",
        "sends_to_account=1000 + 1/1ms",
        "account_sends=1000 + 1/1ms",
        "mailbox_envelopes=1000 + 1/1ms",
        "mailbox_bytes=1GiB + 1MiB/1s",
    ];
    let flags: Vec<String> = limits
        .iter()
        .flat_map(|limit| ["--set".to_owned(), format!("limits.{limit}")])
        .collect();
    let relay = Program::start(
        directory.path(),
        &flags.iter().map(String::as_str).collect::<Vec<_>>(),
    );
    let alice = person(1);
    let many: Vec<Person> = (2..17).map(person).collect();
    introduce(&relay, &many.iter().chain([&alice]).collect::<Vec<_>>()).await;
    let mut sender = attach::<PollLink>(&relay, &alice).await;
    let body = vec![0x77; 65_588];
    for (bob, number) in many.iter().zip(1_u8..) {
        for part in 0..16 {
            let letter = bob.letter_of(1, number * 16 + part, &[0x5a; 351], &body);
            assert_eq!(status(&sender.ask(letter).await), 0);
        }
    }
    let before = relay.resident();
    let terms = Terms {
        window_envelopes: 1_024,
        window_bytes: 4_194_304,
        ..Terms::default()
    };
    let mut idle = Vec::new();
    for bob in &many {
        idle.push(
            WebSocketLink::attach(&relay.target, &bob.devices[0], &terms)
                .await
                .expect("attached"),
        );
    }
    // A request of one of them is answered after all of them had their share.
    for _ in 0..50 {
        sender.poll(0).await;
    }
    let grown = relay.resident().saturating_sub(before);
    assert!(
        grown < 15 * (2 << 20),
        "{} KiB for 15 readers of 1 MiB each",
        grown / 1_024
    );
}

fn relay_address(log: &str) -> String {
    let (_, rest) = log.split_once("listen=\"").expect("the first line");
    rest.split('"').next().expect("an address").to_owned()
}

fn entries(directory: &Path) -> usize {
    std::fs::read_dir(directory).expect("a directory").count()
}
