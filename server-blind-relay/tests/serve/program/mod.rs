//! The program itself: started, asked, killed, started again.

mod endings;
mod operator;

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::process::{Pid, Signal, kill_process};
use twotick_wire::UnixTime;

use crate::client::Link;
use crate::client::poll::PollLink;
use crate::person::{Person, Terms};
use crate::relay::Target;

/// Persons whose certificates are valid today.
pub(crate) fn person(seed: u64) -> Person {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a time after 1970")
        .as_secs();
    Person::seeded(seed, 1, UnixTime::new(now))
}

/// Publishes the lists and grants of some persons.
pub(crate) async fn introduce(relay: &Program, persons: &[&Person]) {
    for person in persons {
        let mut link = attach::<PollLink>(relay, person).await;
        link.done(person.publish_list(2)).await;
        link.done(Person::grant(3)).await;
    }
}

pub(crate) async fn attach<L: Link>(relay: &Program, person: &Person) -> L {
    L::attach(&relay.target, &person.devices[0], &Terms::default())
        .await
        .expect("attached")
}

/// Exit code and errors of a run that ends by itself.
pub(crate) fn refused(arguments: &[&str]) -> (Option<i32>, String) {
    let (code, _, errors) = run(arguments);
    (code, errors)
}

/// Exit code, output and errors of a run that ends by itself.
pub(crate) fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
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
pub(crate) struct Program {
    child: Child,
    pub(crate) target: Target,
}

impl Program {
    pub(crate) fn start(directory: &Path, flags: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_twotick-relay"));
        command
            .arg("--data")
            .arg(directory)
            .args(["--listen", "127.0.0.1:0"])
            .args(flags);
        Self::spawn(command)
    }

    pub(crate) fn spawn(mut command: Command) -> Self {
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

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).expect("a signal");
    }

    /// As `kill -9`.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("a kill");
        self.child.wait().expect("an end");
    }

    /// Exit code and log, once it has ended.
    pub(crate) fn wait(mut self) -> (Option<i32>, String) {
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
    pub(crate) fn resident(&self) -> u64 {
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
