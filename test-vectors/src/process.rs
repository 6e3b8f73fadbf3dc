//! Another program that answers operations: one JSON object a line, in and out.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::check::Peer;

/// How long an answer may take.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// A child program, asked one operation at a time. It ends when this is dropped.
#[derive(Debug)]
pub struct ChildPeer {
    child: Child,
    requests: Sender<String>,
    answers: Receiver<String>,
    asked: u64,
    patience: Duration,
    gone: Option<String>,
}

impl ChildPeer {
    /// Starts the program of a command line, split as a shell splits it; nothing in it is expanded.
    pub fn from_line(line: &str) -> Result<Self> {
        let words = shlex::split(line).with_context(|| format!("no closing quote in '{line}'"))?;
        Self::start(&words)
    }

    /// Starts a program with its arguments. What it writes to its standard error passes through.
    pub fn start(words: &[String]) -> Result<Self> {
        let (program, arguments) = words.split_first().context("the command is empty")?;
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("'{program}' does not start"))?;
        let stdin = child.stdin.take().context("the program has no input")?;
        let stdout = child.stdout.take().context("the program has no output")?;
        Ok(Self {
            child,
            requests: write_lines(stdin),
            answers: read_lines(stdout),
            asked: 0,
            patience: PATIENCE,
            gone: None,
        })
    }

    /// The same with another patience.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    fn exchange(&mut self, operation: &Value) -> Result<Value, String> {
        self.asked += 1;
        let mut request = operation.clone();
        let fields = request.as_object_mut().ok_or("the operation is not an object")?;
        // An operation with an argument of that name, `record.seal`, keeps its own.
        let id = fields.entry("id").or_insert(json!(self.asked)).clone();
        // A program that is gone is noticed by the lack of an answer.
        self.requests.send(request.to_string()).ok();
        let line = match self.answers.recv_timeout(self.patience) {
            Ok(line) => line,
            Err(RecvTimeoutError::Timeout) => {
                return Err(format!("no answer within {} s", self.patience.as_secs()));
            }
            Err(RecvTimeoutError::Disconnected) => return Err("the program closed its output".into()),
        };
        let mut answer: Value =
            serde_json::from_str(&line).map_err(|_| format!("not JSON: {}", shortened(&line)))?;
        let fields = answer
            .as_object_mut()
            .ok_or_else(|| format!("not an object: {}", shortened(&line)))?;
        match fields.shift_remove("id") {
            Some(same) if same == id => Ok(answer),
            _ => Err(format!("not the id {id}: {}", shortened(&line))),
        }
    }

    /// Ends the program and says how it ended.
    fn end(&mut self) -> String {
        let ended = match self.child.try_wait() {
            Ok(None) => {
                // One that has closed its output is about to end by itself.
                thread::sleep(Duration::from_millis(200));
                self.child.try_wait()
            }
            other => other,
        };
        let ended_itself = matches!(ended, Ok(Some(_)));
        self.child.kill().ok();
        match self.child.wait() {
            Ok(status) if ended_itself => format!("the program ended: {status}"),
            Ok(status) => format!("the program was stopped: {status}"),
            Err(error) => format!("the program cannot be waited for: {error}"),
        }
    }
}

impl Peer for ChildPeer {
    fn answer(&mut self, operation: &Value) -> Value {
        if let Some(gone) = &self.gone {
            return json!({ "fault": gone });
        }
        match self.exchange(operation) {
            Ok(answer) => answer,
            Err(why) => {
                let gone = format!("{why}; {}", self.end());
                self.gone = Some(gone.clone());
                json!({ "fault": gone })
            }
        }
    }
}

impl Drop for ChildPeer {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn write_lines(mut stdin: ChildStdin) -> Sender<String> {
    let (sender, receiver) = channel::<String>();
    thread::spawn(move || {
        for line in receiver {
            let written = stdin.write_all(format!("{line}\n").as_bytes());
            if written.and_then(|()| stdin.flush()).is_err() {
                return;
            }
        }
    });
    sender
}

fn read_lines(stdout: ChildStdout) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut reader = BufReader::new(stdout);
        let mut line = Vec::new();
        while matches!(reader.read_until(b'\n', &mut line), Ok(1..)) {
            let text = String::from_utf8_lossy(&line).into_owned();
            if sender.send(text).is_err() {
                return;
            }
            line.clear();
        }
    });
    receiver
}

fn shortened(line: &str) -> String {
    line.trim_end().chars().take(200).collect()
}

/// Answers operations, one a line, until the input ends. An operation does not mind an `id` it has no use for.
pub fn serve(peer: &mut dyn Peer, input: impl BufRead, mut output: impl Write) -> Result<()> {
    for line in input.lines() {
        let mut answer = json!({ "id": null });
        let answered = match serde_json::from_str::<Value>(&line?) {
            Ok(operation) => {
                answer["id"] = operation["id"].clone();
                peer.answer(&operation)
            }
            Err(error) => json!({ "fault": format!("not JSON: {error}") }),
        };
        if let (Some(fields), Value::Object(values)) = (answer.as_object_mut(), answered) {
            fields.extend(values);
        }
        writeln!(output, "{answer}")?;
        output.flush()?;
    }
    Ok(())
}
