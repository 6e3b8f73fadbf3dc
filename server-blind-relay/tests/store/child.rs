//! This test program again, as a process of its own that may be killed, and what it does then.

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use rustix::process::{Signal, getpid, kill_process};
use tokio::runtime::Builder;
use twotick_relay::store::{
    AccountOutcome, Answer, EmbeddedStore, FailPoint, MailboxItem, Op, PageBounds, Point, Store, StoreLimits,
    inspect,
};
use twotick_wire::SendId;

use crate::people::{
    Device, ack, at, attach, capability, envelope, grant, granted, next_list, send, to_account,
};
use crate::world::{Gate, Recorder, options};

pub(crate) const ALICE: Device = Device(0, 0);
pub(crate) const BOB: Device = Device(1, 0);

/// What the parent asks for, in the environment.
const JOB: &str = "TWOTICK_STORE_JOB";

/// A child at work.
pub(crate) struct Working {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Working {
    /// Starts this program anew with a job.
    pub(crate) fn start(job: &str) -> Self {
        let program = std::env::current_exe().expect("this program");
        let mut child = Command::new(program)
            .args([
                "--exact",
                "child::job",
                "--ignored",
                "--nocapture",
                "--test-threads=1",
            ])
            .env(JOB, job)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a child");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        Self { child, lines }
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("a kill");
    }

    /// Waits for its end; true if it went well.
    pub(crate) fn end(&mut self) -> bool {
        self.child.wait().expect("an end").success()
    }
}

/// What it says, without what the test harness says. What was written before a kill is all there.
impl Iterator for Working {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        loop {
            let line = self.lines.next()?.ok()?;
            if let Some((_, said)) = line.split_once("> ") {
                return Some(said.to_owned());
            }
        }
    }
}

/// Says a line to the parent, at once.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // A parent that is gone needs nothing.
    let _ = writeln!(out, "> {line}").and_then(|()| out.flush());
}

/// Not a test: what a child does.
#[test]
#[ignore = "run by the tests that kill it"]
fn job() {
    let Ok(job) = std::env::var(JOB) else { return };
    let words: Vec<&str> = job.split('\n').collect();
    match words.as_slice() {
        ["write", directory, first, point, count] => {
            write(
                Path::new(directory),
                first.parse().expect("a number"),
                point,
                count.parse().expect("a number"),
            );
        }
        ["open", directory] => match open(Path::new(directory), None) {
            Ok(_) => say("opened"),
            Err(error) => say(&format!("refused {error}")),
        },
        ["damage", list] => crate::damage::look_at_all(Path::new(list), &mut say_case),
        words => panic!("no such job: {words:?}"),
    }
}

fn say_case(line: &str) {
    say(line);
}

fn open(directory: &Path, fail_point: Option<Arc<dyn FailPoint>>) -> Result<EmbeddedStore, String> {
    let limits = StoreLimits {
        envelopes: 1_000_000,
        bytes: u64::MAX,
        ..StoreLimits::default()
    };
    let mut options = options(limits);
    options.fail_point = fail_point;
    EmbeddedStore::open(
        directory,
        options,
        Arc::<Recorder>::default(),
        Arc::<Gate>::default(),
    )
    .map_err(|error| error.to_string())
}

/// Kills this process when a place has been reached so often.
struct KillAt {
    point: Option<Point>,
    left: AtomicU64,
}

impl FailPoint for KillAt {
    fn reach(&self, point: Point) -> std::io::Result<()> {
        if self.point == Some(point) && self.left.fetch_sub(1, Ordering::Relaxed) == 1 {
            kill_process(getpid(), Signal::KILL)?;
        }
        Ok(())
    }
}

/// The text of the envelope with this number.
pub(crate) fn text(number: u64) -> String {
    format!("number {number} ")
}

pub(crate) fn numbered(number: u64) -> Op {
    let list = next_list(1, None, &[(BOB, 0)]);
    let id = SendId::new(u128::from(number).to_be_bytes());
    let part = to_account(&list, capability(0), id, &[BOB], &text(number));
    send(ALICE, 1, vec![part], at(number))
}

/// Makes Alice and Bob, who may be there already, and attaches Bob; the present session.
async fn meet(store: &EmbeddedStore) -> (u64, u64) {
    for (number, device) in [(0, ALICE), (1, BOB)] {
        let answer = store
            .submit(Op::PublishList(next_list(number, None, &[(device, 0)])))
            .await;
        assert_eq!(answer, Ok(Answer::Done));
    }
    assert_eq!(
        store.submit(granted(1, vec![grant(0)], at(0))).await,
        Ok(Answer::Done)
    );
    match store.submit(attach(BOB, at(0))).await {
        Ok(Answer::Attached(hello)) => (hello.session_epoch.0, hello.acked),
        answer => panic!("Bob does not attach: {answer:?}"),
    }
}

/// Sends numbers from `first` on, many at once, and acknowledges behind them, until it is killed.
fn write(directory: &Path, first: u64, point: &str, count: u64) {
    let point = Point::ALL.into_iter().find(|known| format!("{known:?}") == point);
    let fail_point = point.map(|point| {
        let killer: Arc<dyn FailPoint> = Arc::new(KillAt {
            point: Some(point),
            left: AtomicU64::new(count),
        });
        killer
    });
    let store = open(directory, fail_point).expect("the store opens");
    Builder::new_current_thread()
        .build()
        .expect("a runtime")
        .block_on(async {
            let (session, mut acked) = meet(&store).await;
            say("ready");
            let mut number = first;
            let mut waiting = VecDeque::new();
            loop {
                while waiting.len() < 16 {
                    say(&format!("sent {number}"));
                    waiting.push_back((number, store.submit(numbered(number))));
                    number += 1;
                }
                for _ in 0..8 {
                    let Some((number, answer)) = waiting.pop_front() else {
                        break;
                    };
                    assert_eq!(answer.await, Ok(Answer::Sent(vec![AccountOutcome::Stored])));
                    say(&format!("stored {number}"));
                    if number % 5 == 0 {
                        acked = acked.max(number - 3);
                        say(&format!("acknowledges {acked}"));
                        let answer = store.submit(Op::Ack(ack(BOB, session, acked, at(number)))).await;
                        assert_eq!(answer, Ok(Answer::Done));
                        say(&format!("acknowledged {acked}"));
                    }
                }
            }
        });
}

/// What a parent has heard from a child.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) sent: u64,
    pub(crate) stored: u64,
    pub(crate) acknowledges: u64,
    pub(crate) acknowledged: u64,
}

impl Heard {
    pub(crate) fn hear(&mut self, line: &str) {
        let Some((what, number)) = line.split_once(' ') else {
            return;
        };
        let number = number.parse().expect("a number");
        match what {
            "sent" => self.sent = number,
            "stored" => self.stored = number,
            "acknowledges" => self.acknowledges = number,
            "acknowledged" => self.acknowledged = number,
            what => panic!("heard {what}"),
        }
    }
}

/// Opens what a child has left behind, and holds it to what was heard. All that was sent is sent again.
///
/// Alone in the mailbox, in the order sent: the number of an envelope in the mailbox is its own.
pub(crate) fn check(directory: &Path, heard: &Heard) {
    let store = open(directory, None).expect("a killed store opens");
    let report = store.scrub(std::time::Duration::ZERO).expect("a scrub");
    assert!(report.is_clean(), "{report}");
    Builder::new_current_thread()
        .build()
        .expect("a runtime")
        .block_on(async {
            let (session, acked) = meet(&store).await;
            assert!(
                heard.acknowledged <= acked && acked <= heard.acknowledges,
                "{acked}: {heard:?}"
            );
            let all = PageBounds {
                envelopes: 1_000_000,
                bytes: usize::MAX,
            };
            let before = read(&store, all, acked).await;
            assert!(
                before >= heard.stored && before <= heard.sent,
                "{before}: {heard:?}"
            );
            for number in acked + 1..=heard.sent {
                let answer = store.submit(numbered(number)).await;
                assert_eq!(answer, Ok(Answer::Sent(vec![AccountOutcome::Stored])));
            }
            assert_eq!(read(&store, all, acked).await, heard.sent.max(acked));
            let answer = store
                .submit(Op::Ack(ack(BOB, session, heard.sent.max(acked), at(heard.sent))))
                .await;
            assert_eq!(answer, Ok(Answer::Done));
        });
    let mut printed = Vec::new();
    store.close();
    inspect(directory, &mut printed).expect("the store is printed");
}

/// Reads Bob's mailbox: each number once, in order, with its own text. The last number.
async fn read(store: &EmbeddedStore, bounds: PageBounds, acked: u64) -> u64 {
    let mut expected = acked;
    for item in store.read(BOB.id(), 0, bounds).await.expect("a page") {
        expected += 1;
        match item {
            MailboxItem::Delivery(delivery) => {
                assert_eq!(delivery.seq, expected);
                assert_eq!(delivery.envelope.as_bytes(), envelope(&text(expected)));
            }
            MailboxItem::Gap { from, to } => panic!("a gap from {from} to {to}"),
        }
    }
    expected
}

/// A job for a child.
pub(crate) fn write_job(directory: &Path, first: u64, point: Option<Point>, count: u64) -> String {
    let point = point.map_or("none".to_owned(), |point| format!("{point:?}"));
    format!("write\n{}\n{first}\n{point}\n{count}", directory.display())
}

/// A job for a child that only tries to open.
pub(crate) fn open_job(directory: &Path) -> String {
    format!("open\n{}", directory.display())
}

/// A job for a child that looks at damaged stores.
pub(crate) fn damage_job(list: &Path) -> String {
    format!("damage\n{}", list.display())
}
