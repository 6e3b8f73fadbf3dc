//! The harness notices what it is there to notice.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use serde_json::{Value, json};
use twotick_vectors::check::Peer;
use twotick_vectors::interop::tally::Row;
use twotick_vectors::interop::{Report, Schedule, run};
use twotick_vectors::operations::Program;
use twotick_vectors::process::ChildPeer;

/// The reference, with a defect.
struct Tampered<F> {
    program: Program,
    tamper: F,
}

impl<F: FnMut(&Value, Value) -> Value> Peer for Tampered<F> {
    fn answer(&mut self, operation: &Value) -> Value {
        let answer = self.program.answer(operation);
        (self.tamper)(operation, answer)
    }
}

const SCHEDULE: Schedule = Schedule {
    seed: 1,
    conversations: 8,
    mirrored: true,
};

fn with(tamper: impl FnMut(&Value, Value) -> Value) -> Report {
    scheduled(SCHEDULE, tamper)
}

/// Without the mirror: only what the harness knows by itself.
fn alone(tamper: impl FnMut(&Value, Value) -> Value) -> Report {
    let schedule = Schedule {
        mirrored: false,
        ..SCHEDULE
    };
    scheduled(schedule, tamper)
}

fn scheduled(schedule: Schedule, tamper: impl FnMut(&Value, Value) -> Value) -> Report {
    let mut peer = Tampered {
        program: Program::default(),
        tamper,
    };
    run(&mut peer, schedule)
}

/// Fails for an operation in each conversation, at its first use, and says what was asked.
fn require_noticed(report: &Report, operation: &str) {
    let failed = &report.failures;
    assert!(!report.passed() && !failed.is_empty(), "{operation}: not noticed");
    for failure in failed {
        assert_eq!(failure.operation["op"], operation, "{failure}");
    }
    let text = report.to_string();
    for part in [
        "FAILED",
        "operation",
        "expected",
        "found",
        "--first 1",
        " failed\n",
    ] {
        assert!(text.contains(part), "no '{part}' in {text}");
    }
}

fn flip(value: &mut Value, byte: usize) {
    let mut bytes = hex::decode(value.as_str().unwrap()).unwrap();
    bytes[byte] ^= 1;
    *value = json!(hex::encode(bytes));
}

#[test]
fn the_reference_passes_every_check() {
    let mut peer = Program::default();
    let report = run(
        &mut peer,
        Schedule {
            conversations: 40,
            ..SCHEDULE
        },
    );
    assert!(report.passed(), "{report}");
    let rows = [
        Row::Setup,
        Row::Initiator,
        Row::Responder,
        Row::Simultaneous,
        Row::Sent,
        Row::Opened,
        Row::Duplicate,
        Row::Corrupted,
        Row::Late,
        Row::Lost,
        Row::Restart,
        Row::Reset,
        Row::Receipts,
        Row::Resend,
        Row::Refused,
        Row::Unchanged,
        Row::Agreement,
        Row::Mirrored,
    ];
    for row in rows {
        assert!(report.tally.of(row).0 > 0, "{row:?} was never checked");
    }
}

#[test]
fn a_conversation_is_the_same_again() {
    let noted = || {
        let mut asked = Vec::new();
        let report = with(|operation, answer| {
            asked.push((operation.clone(), answer.clone()));
            answer
        });
        assert!(report.passed(), "{report}");
        asked
    };
    assert!(noted() == noted());
}

#[test]
fn a_byte_of_an_envelope_is_noticed() {
    for byte in [2, 20, 36, 54, 60, 100, 300] {
        let report = with(|operation, mut answer| {
            if operation["op"] == "message.send"
                && let Some(envelope) = answer.pointer_mut("/ok/envelopes/0/envelope")
            {
                flip(envelope, byte);
            }
            answer
        });
        require_noticed(&report, "message.send");
    }
}

#[test]
fn another_error_code_is_noticed() {
    let report = alone(|operation, mut answer| {
        let refused = operation["op"] == "message.receive" && answer.get("error").is_some();
        if refused {
            answer["error"]["code"] = json!(500 + 1000);
        }
        answer
    });
    require_noticed(&report, "message.receive");
}

#[test]
fn a_duplicate_that_opens_is_noticed() {
    let mut opened: Vec<(Value, Value)> = Vec::new();
    let report = alone(|operation, answer| {
        if operation["op"] == "reset" {
            opened.clear();
        }
        if operation["op"] != "message.receive" {
            return answer;
        }
        let before = opened
            .iter()
            .find(|(envelope, _)| *envelope == operation["envelope"]);
        if let Some((_, before)) = before {
            return before.clone();
        }
        if answer.get("ok").is_some() {
            opened.push((operation["envelope"].clone(), answer.clone()));
        }
        answer
    });
    require_noticed(&report, "message.receive");
}

#[test]
fn a_refusal_that_changes_state_is_noticed() {
    let mut refusals = 0;
    let report = with(|operation, mut answer| {
        refusals += u32::from(answer.get("error").is_some());
        if operation["op"] == "party.digest" {
            answer["ok"]["digest"] = json!(refusals);
        }
        answer
    });
    assert!(report.tally.of(Row::Unchanged).1 > 0, "{report}");
}

#[test]
fn a_restart_that_loses_state_is_noticed() {
    let report = with(|operation, mut answer| {
        if operation["op"] == "party.restore" {
            answer = json!({ "ok": { "lost": 1 } });
        }
        answer
    });
    require_noticed(&report, "party.restore");
}

#[test]
fn a_tick_that_does_not_move_is_noticed() {
    let report = alone(|operation, mut answer| {
        if operation["op"] == "receipt.apply" && answer.get("ok").is_some() {
            answer["ok"]["reached"] = json!(0);
        }
        answer
    });
    require_noticed(&report, "receipt.apply");
}

#[test]
fn every_field_of_an_opened_message_is_compared() {
    let names = [
        "message_id",
        "from",
        "account",
        "generation",
        "began",
        "kind",
        "content",
        "recipient_account",
        "message_ids",
        "conversation",
        "lamport",
        "sequence",
        "sent_at",
        "receipt_key",
        "link",
        "duplicate",
        "missing",
        "heads",
    ];
    for name in names {
        let report = alone(|operation, mut answer| {
            if operation["op"] == "message.receive" && answer.get("ok").is_some() {
                answer["ok"][name] = json!("other");
            }
            answer
        });
        require_noticed(&report, "message.receive");
    }
}

#[test]
fn a_program_that_is_gone_ends_the_run() {
    let words = ["sh", "-c", "read line; exit 3"].map(String::from);
    let report = run(&mut ChildPeer::start(&words).unwrap(), SCHEDULE);
    assert_eq!(report.conversations, 1);
    assert!(report.to_string().contains("exit status: 3"), "{report}");
    let words = ["sh", "-c", "echo '{}'; sleep 60"].map(String::from);
    let mut peer = ChildPeer::start(&words).unwrap();
    for _ in 0..2 {
        let answer = peer.answer(&json!({ "op": "reset" }));
        assert!(
            answer["fault"].as_str().unwrap().contains("not the id 1"),
            "{answer}"
        );
    }
}

#[test]
fn the_served_reference_passes() {
    let words = [env!("CARGO_BIN_EXE_twotick-vectors"), "serve"].map(String::from);
    let report = run(&mut ChildPeer::start(&words).unwrap(), SCHEDULE);
    assert!(report.passed(), "{report}");
}

#[test]
fn an_argument_of_the_name_id_arrives() {
    let words = [env!("CARGO_BIN_EXE_twotick-vectors"), "serve"].map(String::from);
    let record = json!({
        "op": "record.seal", "storage_key": "11".repeat(32), "kind": 0x85, "account_id": "22".repeat(32),
        "device_id": "33".repeat(16), "id": "4455", "revision": "7", "value": "66", "seed": "77".repeat(32),
    });
    let answer = ChildPeer::start(&words).unwrap().answer(&record);
    assert!(answer.get("ok").is_some(), "{answer}");
    assert_eq!(answer, Program::default().answer(&record));
}

#[test]
fn a_program_that_does_not_answer_is_given_up() {
    let mut peer = ChildPeer::from_line("sleep 60")
        .unwrap()
        .with_patience(std::time::Duration::from_millis(300));
    let answer = peer.answer(&json!({ "op": "reset" }));
    assert!(
        answer["fault"].as_str().unwrap().contains("no answer within"),
        "{answer}"
    );
    assert!(ChildPeer::from_line("sh 'unclosed").is_err());
}
