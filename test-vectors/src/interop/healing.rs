//! Restarts, resets, retries, and what an application does besides.

use serde_json::json;
use twotick_wire::ErrorCode;

use super::bench::Graded;
use super::conversation::{Conversation, Said};
use super::peers::Recovery;
use super::tally::Row;

/// Under the 16 retry requests of SPEC 4.3.
const RECOVERIES: u32 = 12;

impl Conversation<'_> {
    /// A party goes on from what it has stored.
    pub(super) fn restart_any(&mut self) -> Graded {
        let device = self.any_device();
        let (side, party) = (self.side(device), json!(self.devices[device].party));
        let before = self.bench.digest(side, &party)?;
        let operation = json!({ "op": "party.save", "party": party, "as": "copy" });
        self.bench.answers(Row::Restart, side, operation, json!({}))?;
        let operation = json!({ "op": "party.restore", "party": party, "from": "copy" });
        self.bench.answers(Row::Restart, side, operation, json!({}))?;
        let after = self.bench.digest(side, &party)?;
        self.bench.require(Row::Restart, &before, &after)
    }

    /// A new session, and word of it.
    pub(super) fn reset_any(&mut self) -> Graded {
        let from = self.any_device();
        let to = self.any_other(from);
        self.reset(from, to)
    }

    fn reset(&mut self, from: usize, to: usize) -> Graded {
        if !self.initiate(from, to)? {
            return Ok(());
        }
        let said = Said {
            kind: 5,
            ..Said::default()
        };
        self.control((from, to), said)
    }

    pub(super) fn renew_any(&mut self) -> Graded {
        let index = self.any_device();
        self.devices[index].renew(&mut self.bench, &mut self.dice, self.now)
    }

    /// Ephemeral content, or content for another device of one's own.
    pub(super) fn control_any(&mut self) -> Graded {
        let from = self.any_device();
        let to = self.any_other(from);
        let own = self.devices[from].account == self.devices[to].account;
        let (kind, most) = if own && self.dice.percent(50) {
            (6, 3_000)
        } else {
            (3, 120)
        };
        let length = self.dice.index(most);
        let said = Said {
            kind,
            content: Some(self.dice.hex(length)),
            ..Said::default()
        };
        self.control((from, to), said)
    }

    /// A device asks for what it could not open, or for what was lost.
    pub(super) fn recover_any(&mut self) -> Graded {
        let Some(letter) = self.dice.pick(&self.lost).cloned() else {
            return Ok(());
        };
        let (us, them) = (letter.to, letter.from);
        let met = !self.record(us, them).ratchets.is_empty();
        if !met || self.recoveries == RECOVERIES {
            return Ok(());
        }
        self.recoveries += 1;
        let message_id = self.said[letter.said].message_id.clone();
        let now = self.now;
        let recovery = self.record(us, them).recover(&message_id, now);
        let fields = json!({
            "account": self.account_of(them), "device": self.devices[them].id, "message_id": message_id,
            "cause": "undecryptable",
        });
        let operation = self.operation("session.recover", us, fields);
        let (row, values) = match recovery {
            Recovery::Reset => (Row::Reset, json!({ "recovery": "reset" })),
            Recovery::Retry => (Row::Resend, json!({ "recovery": "retry" })),
            Recovery::Nothing => (Row::Resend, json!({ "recovery": "nothing" })),
        };
        let side = self.side(us);
        self.bench.answers(row, side, operation, values)?;
        match recovery {
            Recovery::Reset => self.reset(us, them),
            Recovery::Retry => {
                let said = Said {
                    kind: 4,
                    message_ids: vec![message_id],
                    ..Said::default()
                };
                self.control((us, them), said)
            }
            Recovery::Nothing => Ok(()),
        }
    }

    /// What a retry request asks for is sealed anew, once.
    pub(super) fn resend(&mut self, (us, them): (usize, usize), request: usize) -> Graded {
        for message_id in self.said[request].message_ids.clone() {
            self.resend_one((us, them), &message_id)?;
        }
        Ok(())
    }

    /// A device that lost nothing is sent something again; a second time is refused.
    pub(super) fn resend_any(&mut self) -> Graded {
        let from = self.any_device();
        let to = self.any_other(from);
        let said: Vec<&Said> = self.said.iter().filter(|said| said.author == from).collect();
        let Some(said) = self.dice.pick(&said) else {
            return Ok(());
        };
        let message_id = said.message_id.clone();
        if self.record(from, to).current.is_none() {
            return Ok(());
        }
        self.resend_one((from, to), &message_id)
    }

    fn resend_one(&mut self, (us, them): (usize, usize), message_id: &str) -> Graded {
        let fields = json!({
            "message_id": message_id, "account": self.account_of(them), "device": self.devices[them].id,
        });
        let operation = self.operation("message.resend", us, fields);
        let said = self
            .said
            .iter()
            .position(|said| said.message_id == message_id && said.author == us && said.kind == 1);
        let side = self.side(us);
        let fresh = !self.record(us, them).resent.contains(message_id);
        let Some(said) = said.filter(|_| fresh) else {
            return self
                .bench
                .refuse(Row::Resend, side, operation, ErrorCode::LimitReached);
        };
        self.record(us, them).resent.insert(message_id.to_owned());
        let values = self.bench.succeed(Row::Resend, side, operation)?;
        let envelope = super::world::text(&values["envelope"]);
        self.post((us, them), envelope, said, true)
    }

    /// Days pass while nothing is on its way.
    pub(super) fn jump(&mut self) -> Graded {
        if self.jumped || !self.letters.is_empty() {
            return Ok(());
        }
        self.jumped = true;
        self.now += (1 + self.dice.below(8)) * 86_400;
        self.opened.clear();
        for device in 0..self.devices.len() {
            let operation = self.operation("party.expire", device, json!({}));
            let side = self.side(device);
            self.bench.answers(Row::Setup, side, operation, json!({}))?;
        }
        Ok(())
    }
}
