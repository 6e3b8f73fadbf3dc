//! What happens to envelopes on their way, and what must come of each.

use serde_json::{Value, json};
use twotick_wire::ErrorCode;

use super::bench::Graded;
use super::conversation::{Conversation, Letter};
use super::ratchet::Verdict;
use super::tally::Row;

/// What must become of an envelope.
enum Fate {
    Opens {
        late: bool,
        skipping: bool,
        began: Option<&'static str>,
    },
    Refused(ErrorCode),
}

/// Handshakes that may fail before their budget (SPEC 4.3) is near its end.
const FAILURES: u32 = 6;

/// The message of an envelope begins at this byte.
const MESSAGE: usize = 54;

impl Conversation<'_> {
    pub(super) fn deliver_any(&mut self) -> Graded {
        let index = self.dice.index(self.letters.len());
        if self.letters.is_empty() {
            return Ok(());
        }
        let letter = self.letters.remove(index);
        self.deliver(letter)
    }

    /// Delivers everything, the first sent first or in any order.
    pub(super) fn deliver_all(&mut self, in_order: bool) -> Graded {
        while !self.letters.is_empty() {
            if in_order {
                let letter = self.letters.remove(0);
                self.deliver(letter)?;
            } else {
                self.deliver_any()?;
            }
        }
        Ok(())
    }

    pub(super) fn lose_any(&mut self) -> Graded {
        if !self.letters.is_empty() {
            let index = self.dice.index(self.letters.len());
            let letter = self.letters.remove(index);
            self.lost.push(letter);
        }
        Ok(())
    }

    /// Delivers something again.
    pub(super) fn duplicate_any(&mut self) -> Graded {
        let Some(letter) = self.dice.pick(&self.opened).cloned() else {
            return Ok(());
        };
        match self.fate(&letter) {
            Fate::Refused(code) => self.refuse(Row::Duplicate, &letter, &letter.envelope, code),
            Fate::Opens { .. } => Ok(()),
        }
    }

    /// Delivers a copy with one bit changed, and then the genuine one.
    pub(super) fn corrupt_any(&mut self) -> Graded {
        let index = self.dice.index(self.letters.len());
        if self.letters.is_empty() {
            return Ok(());
        }
        let letter = self.letters.remove(index);
        if let Fate::Opens { began, .. } = self.fate(&letter) {
            let (from, to) = (letter.from, letter.to);
            if began.is_none() || self.record(to, from).failures < FAILURES {
                let changed = self.changed(&letter.envelope);
                if began.is_some() {
                    self.record(to, from).failures += 1;
                }
                self.refuse(Row::Corrupted, &letter, &changed, ErrorCode::Undecryptable)?;
            }
        }
        self.deliver(letter)
    }

    /// One bit of the last 16 bytes of the message, which are a tag.
    fn changed(&mut self, envelope: &str) -> String {
        let mut bytes = hex::decode(envelope).unwrap_or_default();
        let length = bytes[MESSAGE - 4..MESSAGE]
            .iter()
            .fold(0, |length, byte| length << 8 | usize::from(*byte));
        let place = MESSAGE + length - 1 - self.dice.index(16);
        bytes[place] ^= 1 << self.dice.below(8);
        hex::encode(bytes)
    }

    fn refuse(&mut self, row: Row, letter: &Letter, envelope: &str, code: ErrorCode) -> Graded {
        let operation = self.operation("message.receive", letter.to, json!({ "envelope": envelope }));
        let side = self.side(letter.to);
        self.bench.refuse(row, side, operation, code)
    }

    fn fate(&self, letter: &Letter) -> Fate {
        let session = &self.sessions[letter.session];
        let record = self.records.get(&(letter.to, letter.from));
        let known = record.and_then(|record| record.ratchets.get(&letter.session));
        match known.map(|ratchet| ratchet.judge(letter.position)) {
            Some(Verdict::Opens { late, skipping }) => Fate::Opens {
                late,
                skipping,
                began: None,
            },
            Some(Verdict::Consumed) => Fate::Refused(ErrorCode::KeyConsumed),
            Some(Verdict::Unopenable) => Fate::Refused(ErrorCode::Undecryptable),
            None if !letter.initial => Fate::Refused(ErrorCode::Undecryptable),
            None if record.is_some_and(|record| session.generation < record.confirmed) => {
                Fate::Refused(ErrorCode::StaleGeneration)
            }
            None => Fate::Opens {
                late: false,
                skipping: false,
                began: Some(session.strength),
            },
        }
    }

    pub(super) fn deliver(&mut self, letter: Letter) -> Graded {
        let (from, to) = (letter.from, letter.to);
        match self.fate(&letter) {
            Fate::Refused(code) => {
                let stale = code == ErrorCode::StaleGeneration;
                if stale && self.record(to, from).failures >= FAILURES {
                    self.lost.push(letter);
                    return Ok(());
                }
                self.record(to, from).failures += u32::from(stale);
                self.refuse(Row::Refused, &letter, &letter.envelope, code)?;
                self.lost.push(letter);
                Ok(())
            }
            Fate::Opens {
                late,
                skipping,
                began,
            } => self.open(letter, (late, skipping), began),
        }
    }

    fn open(
        &mut self,
        letter: Letter,
        (late, skipping): (bool, bool),
        began: Option<&'static str>,
    ) -> Graded {
        let (from, to) = (letter.from, letter.to);
        let simultaneous = began.is_some() && self.began_too(&letter);
        let duplicate = self.hear(&letter, began.is_some());
        let operation = self.operation("message.receive", to, json!({ "envelope": letter.envelope }));
        let side = self.side(to);
        let found = self.bench.ask(side, operation)?;
        let parents = found.pointer("/ok/missing/unknown_parents");
        let missing = json!({
            "gaps": self.histories.entry(to).or_default().gaps(),
            "unknown_parents": parents.and_then(Value::as_u64),
        });
        let expected = self.expected(&letter, began, (duplicate, &missing));
        let handshake = match (simultaneous, side) {
            (true, _) => Row::Simultaneous,
            (false, super::bench::Side::Tested) => Row::Responder,
            (false, super::bench::Side::Reference) => Row::Initiator,
        };
        let reset = self.said[letter.said].kind == 5;
        let rows = [
            (began.is_some(), handshake),
            (reset, Row::Reset),
            (letter.again, Row::Resend),
            (late, Row::Late),
            (skipping, Row::Lost),
            (true, Row::Opened),
        ];
        let mut rows = rows
            .into_iter()
            .filter(|(applies, _)| *applies)
            .map(|(_, row)| row);
        let row = rows.next().unwrap_or(Row::Opened);
        self.bench.require(row, &json!({ "ok": expected }), &found)?;
        rows.for_each(|row| self.bench.passed(row));
        self.take_notice(&letter, duplicate);
        let said = letter.said;
        self.opened.push(letter);
        if self.said[said].kind == 4 {
            self.resend((to, from), said)?;
        }
        Ok(())
    }

    /// Whether the receiver began a session of the same generation itself.
    fn began_too(&self, letter: &Letter) -> bool {
        let generation = self.sessions[letter.session].generation;
        self.sessions.iter().enumerate().any(|(index, session)| {
            let record = self.records.get(&(letter.to, letter.from));
            session.initiator == letter.to
                && session.generation == generation
                && record.is_some_and(|record| record.ratchets.contains_key(&index))
        })
    }

    /// Moves what the harness knows; says whether the message was heard before.
    fn hear(&mut self, letter: &Letter, began: bool) -> bool {
        let Letter {
            from, to, session, ..
        } = *letter;
        let generation = self.sessions[session].generation;
        let record = self.records.entry((to, from)).or_default();
        if began {
            record.accept(&self.sessions, session);
        }
        record.ratchets.entry(session).or_default().open(letter.position);
        record.opened(session, generation);
        let said = &self.said[letter.said];
        if said.kind != 1 {
            return false;
        }
        let author = &self.devices[said.author].id;
        let history = self.histories.entry(to).or_default();
        history.receive(author, said.lamport, said.sequence)
    }

    /// Receipts can be made and applied from now on.
    fn take_notice(&mut self, letter: &Letter, duplicate: bool) {
        let said = &self.said[letter.said];
        if said.kind != 1 || said.receipt_key.is_null() || duplicate {
            return;
        }
        if self.devices[letter.to].account == self.devices[said.author].account {
            self.ticks.entry((letter.to, letter.said)).or_insert(0);
        } else {
            self.receivable.push((letter.to, letter.said));
        }
    }

    fn expected(
        &self,
        letter: &Letter,
        began: Option<&'static str>,
        (duplicate, missing): (bool, &Value),
    ) -> Value {
        let said = &self.said[letter.said];
        let message = said.kind == 1;
        let copy = message && self.devices[letter.to].account == self.devices[letter.from].account;
        let recipient = &self.accounts[1 - self.devices[letter.from].account].id;
        let only = |value: Value| if message { value } else { Value::Null };
        json!({
            "message_id": said.message_id,
            "from": self.devices[letter.from].id,
            "account": self.account_of(letter.from),
            "generation": self.sessions[letter.session].generation,
            "began": began,
            "kind": if copy { 2 } else { said.kind },
            "content": said.content,
            "recipient_account": copy.then_some(recipient),
            "message_ids": (said.kind == 4).then_some(&said.message_ids),
            "conversation": (said.kind <= 3).then(|| self.conversation_of(letter)),
            "lamport": only(json!(said.lamport.to_string())),
            "sequence": only(json!(said.sequence)),
            "sent_at": only(json!(said.sent_at.to_string())),
            "receipt_key": only(said.receipt_key.clone()),
            "link": only(said.link.clone()),
            "duplicate": only(json!(duplicate)),
            "missing": only(missing.clone()),
            "heads": { "sender": "same", "own": "same" },
        })
    }

    /// Ephemeral content to an own device is in the conversation with oneself.
    fn conversation_of(&self, letter: &Letter) -> &str {
        let own = self.devices[letter.to].account;
        let notes = self.said[letter.said].kind == 3 && own == self.devices[letter.from].account;
        if notes {
            &self.accounts[own].notes
        } else {
            &self.id
        }
    }
}
