//! Beginning sessions and sealing.

use serde_json::{Value, json};
use twotick_wire::ErrorCode;

use super::bench::Graded;
use super::conversation::{Conversation, Letter, Said};
use super::peers::Session;
use super::tally::Row;
use super::world::text;

/// As many sessions as two devices hold at once: none is ever pushed out.
const SESSIONS: usize = 5;

impl Conversation<'_> {
    /// Begins a session, unless there have been too many between the two.
    pub(super) fn initiate(&mut self, from: usize, to: usize) -> Graded<bool> {
        if self.record(from, to).ratchets.len() >= SESSIONS || self.begun(from, to) >= SESSIONS {
            return Ok(false);
        }
        let (bundle, strength) = self.devices[to].bundle();
        let fields = json!({ "account": self.account_of(to), "bundle": bundle });
        let operation = self.operation("session.initiate", from, fields);
        let generation = self.record(from, to).generation + 1;
        let values = json!({ "strength": strength, "generation": generation });
        let side = self.side(from);
        self.bench.answers(Row::Setup, side, operation, values)?;
        let inspected = self.inspect(from, to)?;
        let current = &inspected["sessions"][0];
        let expected = json!([generation, generation, false]);
        let found = json!([
            inspected["generation"],
            current["generation"],
            current["confirmed"]
        ]);
        self.bench.require(Row::Setup, &expected, &found)?;
        self.sessions.push(Session {
            generation,
            id: text(&current["session_id"]),
            strength,
            initiator: from,
        });
        let session = self.sessions.len() - 1;
        self.record(from, to).initiate(session);
        Ok(true)
    }

    /// How many sessions the two have begun, at either end.
    fn begun(&mut self, one: usize, other: usize) -> usize {
        let mut known: Vec<usize> = Vec::new();
        for (us, them) in [(one, other), (other, one)] {
            known.extend(self.record(us, them).ratchets.keys());
        }
        known.sort_unstable();
        known.dedup();
        known.len()
    }

    pub(super) fn inspect(&mut self, us: usize, them: usize) -> Graded<Value> {
        let operation = json!({
            "op": "session.inspect", "party": self.devices[us].party, "account": self.account_of(them),
            "device": self.devices[them].id,
        });
        let side = self.side(us);
        self.bench.succeed(Row::Agreement, side, operation)
    }

    /// Devices that this one has no session to send in with.
    pub(super) fn unready(&mut self, device: usize) -> Vec<usize> {
        let others = (0..self.devices.len()).filter(|&other| other != device);
        let others: Vec<usize> = others.collect();
        others
            .into_iter()
            .filter(|&other| self.record(device, other).current.is_none())
            .collect()
    }

    pub(super) fn send_any(&mut self) -> Graded {
        let device = self.any_device();
        let length = match self.dice.below(5) {
            0 => 0,
            1 | 2 => self.dice.below(120),
            3 => self.dice.below(700),
            _ => self.dice.below(6_001),
        };
        let content = self.dice.hex(usize::try_from(length).unwrap_or(0));
        if !self.unready(device).is_empty() && self.dice.percent(30) {
            return self.refuse_sending(device, &content);
        }
        self.send(device, content)
    }

    fn outgoing(&mut self, device: usize, content: &str) -> Value {
        let recipient = 1 - self.devices[device].account;
        let sent_at = self.now * 1000 + self.dice.below(1000);
        let receipts = self.dice.percent(70);
        let fields = json!({
            "account": self.accounts[recipient].id, "content": content, "receipts": receipts,
            "sent_at": sent_at.to_string(),
        });
        self.operation("message.send", device, fields)
    }

    fn refuse_sending(&mut self, device: usize, content: &str) -> Graded {
        let operation = self.outgoing(device, content);
        let side = self.side(device);
        self.bench
            .refuse(Row::Refused, side, operation, ErrorCode::NoSession)
    }

    /// Sends to the other account; a session that is not there is begun first.
    pub(super) fn send(&mut self, device: usize, content: String) -> Graded {
        for other in self.unready(device) {
            self.initiate(device, other)?;
        }
        let operation = self.outgoing(device, &content);
        let (lamport, sequence) = self.histories.entry(device).or_default().send();
        let receipts = operation["receipts"] == json!(true);
        let mut said = Said {
            author: device,
            kind: 1,
            message_id: Self::drawn_id(&operation),
            content: Some(content),
            lamport,
            sequence,
            sent_at: text(&operation["sent_at"]).parse().unwrap_or_default(),
            ..Said::default()
        };
        let side = self.side(device);
        let found = self.bench.ask(side, operation)?;
        let to = self.hearers(device);
        let listed = to.iter().enumerate().map(|(index, &to)| {
            let envelope = &found["ok"]["envelopes"][index]["envelope"];
            json!({ "to": self.devices[to].id, "envelope": envelope })
        });
        said.link = found["ok"]["link"].clone();
        said.receipt_key = found["ok"]["receipt_key"].clone();
        let expected = json!({ "ok": {
            "message_id": said.message_id, "envelopes": listed.collect::<Value>(), "withheld": [],
            "lamport": lamport.to_string(), "sequence": sequence, "link": said.link,
            "receipt_key": said.receipt_key,
        }});
        self.bench.require(Row::Sent, &expected, &found)?;
        let lengths = [text(&said.link).len(), text(&said.receipt_key).len()];
        let expected = json!([32, if receipts { 32 } else { 0 }]);
        self.bench.require(Row::Sent, &expected, &json!(lengths))?;
        let index = self.said.len();
        if receipts {
            self.ticks.insert((device, index), 0);
        }
        self.said.push(said);
        for (position, to) in to.into_iter().enumerate() {
            let envelope = text(&found["ok"]["envelopes"][position]["envelope"]);
            self.post((device, to), envelope, index, false)?;
        }
        Ok(())
    }

    /// SPEC 11.3: the recipient's devices, then one's own others, each ascending by id.
    fn hearers(&self, device: usize) -> Vec<usize> {
        let mut others: Vec<usize> = (0..self.devices.len()).filter(|&other| other != device).collect();
        let own = self.devices[device].account;
        others.sort_by_key(|&other| (self.devices[other].account == own, &self.devices[other].id));
        others
    }

    /// A control message, as `session.recover` and applications ask for.
    pub(super) fn control(&mut self, (from, to): (usize, usize), mut said: Said) -> Graded {
        let ids = (said.kind == 4).then_some(&said.message_ids);
        let fields = json!({
            "account": self.account_of(to), "device": self.devices[to].id, "kind": said.kind,
            "content": said.content, "message_ids": ids,
        });
        let operation = self.operation("message.control", from, fields);
        let side = self.side(from);
        if self.record(from, to).current.is_none() {
            return self
                .bench
                .refuse(Row::Refused, side, operation, ErrorCode::NoSession);
        }
        said.author = from;
        said.message_id = Self::drawn_id(&operation);
        let found = self.bench.ask(side, operation)?;
        let envelope = &found["ok"]["envelope"];
        let expected = json!({ "ok": { "message_id": said.message_id, "envelope": envelope } });
        self.bench.require(Row::Sent, &expected, &found)?;
        self.said.push(said);
        self.post((from, to), text(envelope), self.said.len() - 1, false)
    }

    /// Takes an envelope on its way, after a look at what a relay sees of it.
    pub(super) fn post(
        &mut self,
        (from, to): (usize, usize),
        envelope: String,
        said: usize,
        again: bool,
    ) -> Graded {
        let record = self.records.entry((from, to)).or_default();
        let Some(session) = record.current else {
            return Ok(());
        };
        let position = record.ratchets.entry(session).or_default().seal();
        let initial = !record.answered.contains(&session);
        let (from_id, to_id) = (&self.devices[from].id, &self.devices[to].id);
        let start = format!("1301{from_id}{to_id}{}", self.said[said].message_id);
        let object = if initial { "10" } else { "11" };
        let found = json!([envelope.get(..100), envelope.get(108..110)]);
        self.bench.require(Row::Sent, &json!([start, object]), &found)?;
        self.letters.push(Letter {
            from,
            to,
            envelope,
            said,
            session,
            position,
            initial,
            again,
        });
        Ok(())
    }
}
