//! The program itself: started, asked, killed, started again.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::process::{Pid, Signal, kill_process};
use twotick_wire::UnixTime;
use twotick_wire::frame::{Durability, RelayFrame};

use crate::client::http::Http;
use crate::client::poll::PollLink;
use crate::client::websocket::WebSocketLink;
use crate::client::{Link, decoded};
use crate::conformance::{numbers, status};
use crate::person::{Person, Terms, ack_with};
use crate::relay::Target;

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
    let mut receiver = attach::<WebSocketLink>(&relay, &bob).await;
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

/// R-DUR-2: a start after a loss is refused with what is lost; an operator may accept it, and the store epoch changes.
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
    let after = attach::<WebSocketLink>(&relay, &bob).await.hello().store_epoch;
    assert_ne!(before, after);
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

/// Persons whose certificates are valid today.
fn person(seed: u64) -> Person {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a time after 1970")
        .as_secs();
    Person::seeded(seed, 1, UnixTime::new(now))
}

/// Publishes the lists and grants of some persons.
async fn introduce(relay: &Program, persons: &[&Person]) {
    for person in persons {
        let mut link = attach::<PollLink>(relay, person).await;
        link.done(person.publish_list(2)).await;
        link.done(Person::grant(3)).await;
    }
}

async fn attach<L: Link>(relay: &Program, person: &Person) -> L {
    L::attach(&relay.target, &person.devices[0], &Terms::default())
        .await
        .expect("attached")
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

/// Exit code and errors of a run that ends by itself.
fn refused(arguments: &[&str]) -> (Option<i32>, String) {
    let (code, _, errors) = run(arguments);
    (code, errors)
}

/// Exit code, output and errors of a run that ends by itself.
fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_twotick-relay"))
        .args(arguments)
        .output()
        .expect("a run");
    (
        output.status.code(),
        String::from_utf8(output.stdout).expect("text"),
        String::from_utf8(output.stderr).expect("text"),
    )
}

/// A relay in a process of its own; killed when it is dropped.
struct Program {
    child: Child,
    target: Target,
}

impl Program {
    fn start(directory: &Path, flags: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_twotick-relay"));
        command
            .arg("--data")
            .arg(directory)
            .args(["--listen", "127.0.0.1:0"])
            .args(flags);
        Self::spawn(command)
    }

    fn spawn(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a process");
        let mut line = String::new();
        let out = child.stdout.as_mut().expect("its output");
        BufReader::new(out).read_line(&mut line).expect("a line");
        let address = line
            .trim()
            .rsplit('/')
            .next()
            .and_then(|address| address.parse::<SocketAddr>().ok());
        let Some(address) = address else {
            let mut errors = String::new();
            child
                .stderr
                .take()
                .expect("its errors")
                .read_to_string(&mut errors)
                .expect("text");
            panic!("it did not start: {line}{errors}");
        };
        Self {
            child,
            target: Target { address, tls: None },
        }
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).expect("a signal");
    }

    /// As `kill -9`.
    fn kill(mut self) {
        self.child.kill().expect("a kill");
        self.child.wait().expect("an end");
    }

    /// Exit code and log, once it has ended.
    fn wait(mut self) -> (Option<i32>, String) {
        let mut log = String::new();
        self.child
            .stderr
            .take()
            .expect("its log")
            .read_to_string(&mut log)
            .expect("text");
        (self.child.wait().expect("an end").code(), log)
    }

    /// Bytes in memory.
    fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("a status");
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS:"))
            .expect("a size");
        line.split_whitespace()
            .nth(1)
            .and_then(|size| size.parse::<u64>().ok())
            .expect("a number")
            * 1_024
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // One that has ended needs no killing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
