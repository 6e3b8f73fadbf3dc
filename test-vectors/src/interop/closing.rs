//! Receipts, and what both ends must agree on at the end.

use serde_json::{Value, json};
use twotick_wire::ErrorCode;

use super::bench::Graded;
use super::conversation::Conversation;
use super::tally::Row;
use super::world::text;

/// The state after which the key is no longer kept (R-RCP-3).
const READ: u8 = 2;

impl Conversation<'_> {
    pub(super) fn receipt_any(&mut self) -> Graded {
        let Some(&(device, said)) = self.dice.pick(&self.receivable) else {
            return Ok(());
        };
        let state = if self.dice.percent(60) { 1 } else { 2 };
        self.receipt((device, said), state)
    }

    /// A receipt made where the message was opened, applied wherever its key is kept.
    fn receipt(&mut self, (device, said): (usize, usize), state: u8) -> Graded {
        let recipient = self.account_of(device).to_owned();
        let operation = json!({
            "op": "receipt.make", "receipt_key": self.said[said].receipt_key, "state": state,
            "message_id": self.said[said].message_id, "recipient_account": recipient,
        });
        let side = self.side(device);
        let made = self.bench.succeed(Row::Receipts, side, operation)?;
        let receipt = text(&made["receipt"]);
        let keepers = self.ticks.keys().filter(|(_, kept)| *kept == said);
        let keepers: Vec<usize> = keepers.map(|(keeper, _)| *keeper).collect();
        for keeper in keepers {
            let side = self.side(keeper);
            if self.dice.percent(30) {
                let fields = json!({ "account": recipient, "receipt": self.forged(&receipt) });
                let operation = self.operation("receipt.apply", keeper, fields);
                self.bench
                    .refuse(Row::Receipts, side, operation, ErrorCode::BadReceipt)?;
            }
            let fields = json!({ "account": recipient, "receipt": receipt });
            let operation = self.operation("receipt.apply", keeper, fields);
            let reached = self.ticks.entry((keeper, said)).or_default();
            if *reached == READ {
                self.bench
                    .refuse(Row::Receipts, side, operation, ErrorCode::BadReceipt)?;
                continue;
            }
            let changed = state > *reached;
            *reached = state.max(*reached);
            let values = json!({ "reached": *reached, "changed": changed });
            self.bench.answers(Row::Receipts, side, operation, values)?;
        }
        Ok(())
    }

    /// The receipt with one bit of its tag changed, or with the other state.
    fn forged(&mut self, receipt: &str) -> String {
        let mut bytes = hex::decode(receipt).unwrap_or_default();
        let place = bytes.len().saturating_sub(1 + self.dice.index(16));
        let other_state = self.dice.percent(30);
        if let Some(state) = bytes.get_mut(2).filter(|_| other_state) {
            *state = 3 - *state;
        } else if let Some(byte) = bytes.get_mut(place) {
            *byte ^= 1 << self.dice.below(8);
        }
        hex::encode(bytes)
    }

    /// Everything comes, everybody speaks twice, and both ends of each pair hold the same.
    pub(super) fn close(&mut self) -> Graded {
        self.now += 60;
        self.deliver_all(false)?;
        for _ in 0..2 {
            for device in 0..self.devices.len() {
                let content = self.dice.hex(20);
                self.send(device, content)?;
                self.deliver_all(true)?;
            }
        }
        for later in 1..self.devices.len() {
            for earlier in 0..later {
                self.agree(earlier, later)?;
            }
        }
        for _ in 0..2 {
            self.receipt_any()?;
        }
        Ok(())
    }

    fn agree(&mut self, one: usize, other: usize) -> Graded {
        let ends = [(one, other), (other, one)];
        let mut inspected = Vec::new();
        for (us, them) in ends {
            let found = self.inspect(us, them)?;
            let record = self.record(us, them);
            let (generation, confirmed) = (record.generation, record.confirmed);
            let current = record.current.and_then(|current| self.sessions.get(current));
            let expected = json!([
                generation,
                confirmed,
                current.map(|session| &session.id),
                current.map(|session| session.generation)
            ]);
            let session = &found["sessions"][0];
            let held = json!([
                found["generation"],
                found["confirmed"],
                session["session_id"],
                session["generation"]
            ]);
            self.bench.require(Row::Agreement, &expected, &held)?;
            inspected.push(session.clone());
        }
        let [first, second] = inspected.as_slice() else {
            return Ok(());
        };
        let both = |name: &str| [first[name].clone(), second[name].clone()];
        for name in ["session_id", "generation"] {
            let [left, right] = both(name);
            self.bench.require(Row::Agreement, &left, &right)?;
        }
        for (sender, receiver) in [(first, second), (second, first)] {
            let expected = json!("a header key the other end receives with");
            let found = if heard(sender, receiver) {
                expected.clone()
            } else {
                json!([sender, receiver])
            };
            self.bench.require(Row::Agreement, &expected, &found)?;
        }
        Ok(())
    }
}

/// Whether the next message of one end opens with a header key of the other.
fn heard(sender: &Value, receiver: &Value) -> bool {
    let next = &receiver["next_receiving_header_key"];
    match sender["sending"].get("header_key") {
        Some(key) => key == next || receiver["receiving"].get("header_key") == Some(key),
        None => sender["next_sending_header_key"] == *next,
    }
}
