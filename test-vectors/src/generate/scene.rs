//! Steps of parties, with what SPEC says must come of them.

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use twotick_wire::ErrorCode;

use super::hostile::{Hand, Letter};
use super::people::{Owner, Party, START};
use super::{About, Draft, Script};

/// The cases of one world in one file.
pub(super) struct Chapter<'a> {
    pub(super) draft: &'a mut Draft,
    pub(super) world: &'static str,
    /// When its cases begin.
    pub(super) now: u64,
}

impl Chapter<'_> {
    /// A case in which everything succeeds.
    pub(super) fn accept(
        &mut self,
        title: &str,
        requirements: &[&str],
        write: impl FnOnce(&mut Scene<'_>) -> Result<()>,
    ) -> Result<()> {
        let (now, about) = (self.now, self.about(title, requirements));
        self.draft
            .accept(about, |script| write(&mut Scene { script, now }))
    }

    /// A case with this defect, which kills this mutant.
    pub(super) fn reject(
        &mut self,
        title: &str,
        requirements: &[&str],
        (defect, kills): (&str, &str),
        write: impl FnOnce(&mut Scene<'_>) -> Result<()>,
    ) -> Result<()> {
        let (now, about) = (self.now, self.about(title, requirements));
        self.draft.reject(about, defect, &[kills], |script| {
            write(&mut Scene { script, now })
        })
    }

    fn about<'b>(&self, title: &'b str, requirements: &'b [&'b str]) -> About<'b> {
        About {
            title,
            requirements,
            world: self.world,
        }
    }
}

/// A case being written, and its clock.
pub(super) struct Scene<'a> {
    pub(super) script: &'a mut Script,
    pub(super) now: u64,
}

/// A message as `message.send` gives it.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    pub(super) text: String,
    pub(super) id: String,
    pub(super) answer: Value,
}

impl Sent {
    /// The envelope for this device.
    pub(super) fn to(&self, party: &Party) -> Result<String> {
        let envelopes = self.answer["envelopes"].as_array().context("no envelopes")?;
        let ours = envelopes
            .iter()
            .find(|envelope| envelope["to"] == party.id.as_str());
        let envelope = ours.and_then(|envelope| envelope["envelope"].as_str());
        envelope
            .map(str::to_owned)
            .with_context(|| format!("nothing was sent to {}", party.name))
    }
}

impl<'a> Scene<'a> {
    /// At the start of a world.
    pub(super) fn start(script: &'a mut Script) -> Self {
        Self { script, now: START }
    }
}

impl Scene<'_> {
    /// Time passes.
    pub(super) fn pass(&mut self, seconds: u64) {
        self.now += seconds;
    }

    /// An operation of a party, now.
    pub(super) fn run(&mut self, op: &str, party: &Party, arguments: Value) -> Result<Value> {
        let operation = self.operation(op, party, arguments);
        self.script.ok(operation)
    }

    /// An operation of a party, now, that is refused.
    pub(super) fn run_refused(
        &mut self,
        op: &str,
        party: &Party,
        arguments: Value,
        code: ErrorCode,
    ) -> Result<()> {
        let operation = self.operation(op, party, arguments);
        self.script.fails(operation, code)
    }

    fn operation(&self, op: &str, party: &Party, arguments: Value) -> Value {
        let mut operation = json!({ "op": op, "party": party.name });
        for (name, value) in arguments.as_object().into_iter().flatten() {
            operation[name] = value.clone();
        }
        if !matches!(op, "session.inspect" | "party.save" | "party.restore") {
            operation["now"] = json!(self.now);
        }
        operation
    }

    /// `from` starts a session with the device of this bundle, which gets this generation.
    pub(super) fn initiate(&mut self, from: &Party, to: &Party, bundle: &str, generation: u32) -> Result<()> {
        let arguments = json!({ "account": to.account, "bundle": bundle });
        let made = self.run("session.initiate", from, arguments)?;
        let strength = if bundle.len() == 2 * 1951 {
            "signed_only"
        } else {
            "one_time"
        };
        expect(&made, &json!({ "strength": strength, "generation": generation }))
    }

    /// `from` says something to the account of `to`, and wants receipts.
    pub(super) fn send(&mut self, from: &Party, to: &Party, text: &str) -> Result<Sent> {
        self.send_to(from, &to.account, (text, true))
    }

    /// `from` says something to an account.
    pub(super) fn send_to(
        &mut self,
        from: &Party,
        account: &str,
        (text, receipts): (&str, bool),
    ) -> Result<Sent> {
        let arguments = json!({
            "account": account, "content": hex::encode(text), "receipts": receipts,
            "sent_at": (1000 * self.now).to_string(),
        });
        let answer = self.run("message.send", from, arguments)?;
        let id = answer["message_id"].as_str().context("no id")?.to_owned();
        Ok(Sent {
            text: text.into(),
            id,
            answer,
        })
    }

    /// Sends and delivers to one device; both must agree on the text.
    pub(super) fn talk(&mut self, from: &Party, to: &Party, text: &str) -> Result<Value> {
        let sent = self.send(from, to, text)?;
        self.deliver(&sent, to)
    }

    /// Delivers a message to a device, which reads its text.
    pub(super) fn deliver(&mut self, sent: &Sent, to: &Party) -> Result<Value> {
        let envelope = sent.to(to)?;
        let received = self.receive(to, &envelope)?;
        let content = hex::encode(&sent.text);
        expect(
            &received,
            &json!({ "message_id": sent.id, "content": content, "duplicate": false }),
        )?;
        Ok(received)
    }

    /// Delivers an envelope that opens.
    pub(super) fn receive(&mut self, to: &Party, envelope: &str) -> Result<Value> {
        self.run("message.receive", to, json!({ "envelope": envelope }))
    }

    /// Delivers an envelope that does not open.
    pub(super) fn refuse(&mut self, to: &Party, envelope: &str, code: ErrorCode) -> Result<()> {
        self.run_refused("message.receive", to, json!({ "envelope": envelope }), code)
    }

    /// A party learns a list.
    pub(super) fn learn(&mut self, party: &Party, owner: &Owner) -> Result<()> {
        self.run("party.learn", party, json!({ "list": owner.hex() }))?;
        Ok(())
    }

    /// A party sends a retry request, a reset and so on to one device.
    pub(super) fn control(
        &mut self,
        from: &Party,
        to: &Party,
        kind: u8,
        (content, ids): (Value, Value),
    ) -> Result<(String, String)> {
        let arguments = json!({
            "account": to.account, "device": to.id, "kind": kind, "content": content, "message_ids": ids,
        });
        let made = self.run("message.control", from, arguments)?;
        let text = |field: &str| made[field].as_str().map(str::to_owned).context("no text");
        Ok((text("message_id")?, text("envelope")?))
    }

    /// `party` decides what to do about a message of `peer` that did not open.
    pub(super) fn recover(
        &mut self,
        (party, peer): (&Party, &Party),
        message_id: &str,
        cause: &str,
        recovery: &str,
    ) -> Result<()> {
        let arguments = json!({
            "account": peer.account, "device": peer.id, "message_id": message_id, "cause": cause,
        });
        let made = self.run("session.recover", party, arguments)?;
        expect(&made, &json!({ "recovery": recovery }))
    }

    /// A copy of all that a party has stored.
    pub(super) fn save(&mut self, party: &Party, name: &str) -> Result<()> {
        self.run("party.save", party, json!({ "as": name }))?;
        Ok(())
    }

    /// A party becomes what was saved.
    pub(super) fn restore(&mut self, party: &Party, name: &str) -> Result<()> {
        self.run("party.restore", party, json!({ "from": name }))?;
        Ok(())
    }

    /// The party's process ends and starts again.
    pub(super) fn restart(&mut self, party: &Party) -> Result<()> {
        let name = format!("{} stops", party.name);
        self.save(party, &name)?;
        self.restore(party, &name)
    }

    /// A step that shows the sessions of `party` with `peer`.
    pub(super) fn inspect(&mut self, party: &Party, peer: &Party) -> Result<Value> {
        let arguments = json!({ "account": peer.account, "device": peer.id });
        self.run("session.inspect", party, arguments)
    }

    /// The same without making a step of it.
    pub(super) fn peek(&mut self, party: &Party, peer: &Party) -> Result<Value> {
        let operation = json!({
            "op": "session.inspect", "party": party.name, "account": peer.account, "device": peer.id,
        });
        self.script.aside(&operation)
    }

    /// What `from` would seal its next message to `to` with; its sending chain is live.
    pub(super) fn hand(&mut self, from: &Party, to: &Party) -> Result<Hand> {
        Hand::of(&self.peek(from, to)?)
    }

    /// The same if its sending chain is due, with a private key of the hostile party's choice.
    pub(super) fn turning_hand(&mut self, from: &Party, to: &Party) -> Result<Hand> {
        Hand::turning(&self.peek(from, to)?, [0x55; 32])
    }
}

/// The routing of a ratchet message that a hostile `from` makes for `to`.
pub(super) fn route(from: &Party, to: &Party, message_id: u8) -> Letter {
    Letter {
        from: from.device_id(),
        to: to.device_id(),
        message_id: [message_id; 16],
        message: vec![0x11, 0, 1],
        body: Vec::new(),
    }
}

/// `found` has every field of `expected`, with the same value.
pub(super) fn expect(found: &Value, expected: &Value) -> Result<()> {
    for (name, value) in expected.as_object().into_iter().flatten() {
        if found[name] != *value {
            bail!("{name} should be {value}, is {}", found[name]);
        }
    }
    Ok(())
}

/// As [`expect`], for one value.
pub(super) fn expect_equal(what: &str, found: &Value, expected: &Value) -> Result<()> {
    ensure!(found == expected, "{what} should be {expected}, is {found}");
    Ok(())
}
