//! The relay's own program as a child process, and what can be seen of it from outside.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

/// A relay that runs.
pub(crate) struct Program {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Program {
    /// Starts it on a directory, with everything that it has to say going into a file.
    pub(crate) fn start(directory: &Path, log: &Path) -> Self {
        let errors = OpenOptions::new()
            .create(true)
            .append(true)
            .open(log)
            .expect("a log");
        let settings = SETTINGS.iter().flat_map(|setting| ["--set", setting]);
        let mut child = Command::new(env!("CARGO_BIN_EXE_twotick-relay"))
            .args(["--listen", "127.0.0.1:0", "--log", "trace", "--data"])
            .arg(directory)
            .args(settings)
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .expect("the program");
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().expect("an output"));
        out.read_line(&mut line).expect("a first line");
        let (_, address) = line.trim().split_once("://").expect("where it serves");
        Self {
            address: address.parse().expect("an address"),
            child,
        }
    }

    /// Asks it to stop, and waits until it has.
    pub(crate) fn stop(mut self) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, Signal::TERM).expect("a signal");
        assert!(self.child.wait().expect("an end").success());
    }

    /// Ends it without a warning.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("an end");
        self.child.wait().expect("an end");
    }

    /// All of its memory that can be written or has no file behind it, in pieces.
    pub(crate) fn memory(&self, mut look: impl FnMut(&[u8])) {
        let pid = self.child.id();
        let maps = fs::read_to_string(format!("/proc/{pid}/maps")).expect("its maps");
        let memory = File::open(format!("/proc/{pid}/mem")).expect("its memory");
        for line in maps.lines() {
            let mut fields = line.split_whitespace();
            let (range, rights) = (fields.next().expect("a range"), fields.next().expect("rights"));
            let path = fields.nth(3).unwrap_or_default();
            let is_data = rights.starts_with("rw") || (rights.starts_with('r') && !path.starts_with('/'));
            if !is_data || path.starts_with("[v") {
                continue;
            }
            let (start, end) = range.split_once('-').expect("a range");
            let number = |text| u64::from_str_radix(text, 16).expect("an address");
            let (start, end) = (number(start), number(end));
            let mut bytes = vec![0; usize::try_from(end - start).expect("memory")];
            // A mapping that has gone since holds nothing any more.
            if memory.read_exact_at(&mut bytes, start).is_ok() {
                look(&bytes);
            }
        }
    }
}

/// Every file under a directory, by its path from there.
pub(crate) fn files(directory: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = vec![];
    let mut left = vec![directory.to_owned()];
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(
                fs::read_dir(&path)
                    .expect("a directory")
                    .map(|entry| entry.expect("an entry").path()),
            );
        } else {
            let name = path.strip_prefix(directory).expect("under it").to_owned();
            found.push((name, fs::read(&path).expect("a file")));
        }
    }
    found
}

/// Room for everybody to write at once.
const SETTINGS: [&str; 14] = [
    "drain=1s",
    "limits.account_sends=1000000 + 1000/1ms",
    "limits.sends_to_account=1000000 + 1000/1ms",
    "limits.mailbox_envelopes=1000000 + 1000/1ms",
    "limits.mailbox_bytes=1GiB + 1MiB/1ms",
    "limits.receipts=1000000 + 1000/1ms",
    "limits.ephemeral=1000000 + 1000/1ms",
    "limits.prekeys_by_account=1000 + 1000/1ms",
    "limits.publications=1000 + 1000/1ms",
    "limits.attaches=1000 + 1000/1ms",
    "limits.new_mailboxes=1000 + 1000/1ms",
    "limits.connects=100000 + 1000/1ms",
    "limits.unattached=1000",
    "limits.refusals=1000 + 1000/1ms",
];
