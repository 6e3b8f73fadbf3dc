//! One conversation: its state as the harness knows it, and its course.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::bench::{Bench, Graded, Side};
use super::dice::Dice;
use super::history::History;
use super::peers::{PeerRecord, Session};
use super::ratchet::Position;
use super::tally::{Row, Tally};
use super::world::{self, Account, Device};
use crate::check::Peer;

/// Something said, once for all devices that hear it.
#[derive(Debug, Clone, Default)]
pub(super) struct Said {
    pub(super) author: usize,
    /// 1, or a control kind.
    pub(super) kind: u8,
    pub(super) message_id: String,
    pub(super) content: Option<String>,
    pub(super) message_ids: Vec<String>,
    pub(super) lamport: u64,
    pub(super) sequence: u32,
    pub(super) sent_at: u64,
    pub(super) link: Value,
    pub(super) receipt_key: Value,
}

/// An envelope on its way.
#[derive(Debug, Clone)]
pub(super) struct Letter {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) envelope: String,
    pub(super) said: usize,
    pub(super) session: usize,
    pub(super) position: Position,
    pub(super) initial: bool,
    pub(super) again: bool,
}

/// Both ends and everything between them.
pub(super) struct Conversation<'a> {
    pub(super) bench: Bench<'a>,
    pub(super) dice: Dice,
    pub(super) now: u64,
    pub(super) accounts: Vec<Account>,
    pub(super) devices: Vec<Device>,
    /// The conversation id of the two accounts.
    pub(super) id: String,
    pub(super) sessions: Vec<Session>,
    /// What the first device keeps about the second.
    pub(super) records: BTreeMap<(usize, usize), PeerRecord>,
    pub(super) histories: BTreeMap<usize, History>,
    pub(super) said: Vec<Said>,
    /// On their way.
    pub(super) letters: Vec<Letter>,
    /// Opened once.
    pub(super) opened: Vec<Letter>,
    /// Never to come.
    pub(super) lost: Vec<Letter>,
    /// What a device that keeps a message's receipt key has been told.
    pub(super) ticks: BTreeMap<(usize, usize), u8>,
    /// A receipt can be made: the device, and what it has opened.
    pub(super) receivable: Vec<(usize, usize)>,
    pub(super) recoveries: u32,
    pub(super) jumped: bool,
}

const BEGINNING: u64 = 1_750_000_000;

/// Runs the conversation of this seed. In an even one Alice is played by the program under test, in an odd one Bob.
pub(super) fn run(tested: &mut dyn Peer, tally: &mut Tally, (seed, mirrored): (u64, bool)) -> Graded {
    let mut dice = Dice::new(seed);
    let mut bench = Bench::new(tested, tally, (seed, mirrored));
    let operation = json!({ "op": "reset" });
    bench.answers(Row::Setup, Side::Tested, operation, json!({}))?;
    let now = BEGINNING + dice.below(1_000_000);
    let (accounts, devices) = world::make(&mut bench, &mut dice, (seed.is_multiple_of(2), now))?;
    let id = world::conversation_id(&mut bench, [&accounts[0].id, &accounts[1].id])?;
    let mut conversation = Conversation {
        bench,
        dice,
        now,
        accounts,
        devices,
        id,
        sessions: Vec::new(),
        records: BTreeMap::new(),
        histories: BTreeMap::new(),
        said: Vec::new(),
        letters: Vec::new(),
        opened: Vec::new(),
        lost: Vec::new(),
        ticks: BTreeMap::new(),
        receivable: Vec::new(),
        recoveries: 0,
        jumped: false,
    };
    conversation.begin()?;
    for _ in 0..20 + conversation.dice.below(41) {
        conversation.step()?;
    }
    conversation.close()
}

type Step = fn(&mut Conversation<'_>) -> Graded;

/// How often a step is one of these.
const STEPS: [(u64, Step); 13] = [
    (26, |it| it.send_any()),
    (32, |it| it.deliver_any()),
    (4, |it| it.lose_any()),
    (7, |it| it.duplicate_any()),
    (7, |it| it.corrupt_any()),
    (4, |it| it.restart_any()),
    (2, |it| it.reset_any()),
    (2, |it| it.renew_any()),
    (9, |it| it.receipt_any()),
    (3, |it| it.control_any()),
    (5, |it| it.recover_any()),
    (2, |it| it.resend_any()),
    (1, |it| it.jump()),
];

impl Conversation<'_> {
    fn step(&mut self) -> Graded {
        let hour = if self.dice.percent(5) { 3600 } else { 0 };
        self.now += 1 + self.dice.below(90) + hour;
        let mut left = self.dice.below(STEPS.iter().map(|(weight, _)| weight).sum());
        for (weight, step) in STEPS {
            if left < weight {
                return step(self);
            }
            left -= weight;
        }
        Ok(())
    }

    /// Each pair of devices is begun by one of them, or by both.
    fn begin(&mut self) -> Graded {
        for later in 1..self.devices.len() {
            for earlier in 0..later {
                let who = self.dice.below(3);
                if who != 1 {
                    self.initiate(earlier, later)?;
                }
                if who != 0 {
                    self.initiate(later, earlier)?;
                }
            }
        }
        Ok(())
    }

    /// The record one device keeps of another.
    pub(super) fn record(&mut self, us: usize, them: usize) -> &mut PeerRecord {
        self.records.entry((us, them)).or_default()
    }

    pub(super) fn side(&self, device: usize) -> Side {
        self.devices[device].side
    }

    pub(super) fn account_of(&self, device: usize) -> &str {
        &self.accounts[self.devices[device].account].id
    }

    /// An operation of a device: `fields` and its party, the time, and a seed if it draws.
    pub(super) fn operation(&self, name: &str, device: usize, fields: Value) -> Value {
        let mut operation = json!({ "op": name, "party": self.devices[device].party });
        if let (Some(all), Value::Object(fields)) = (operation.as_object_mut(), fields) {
            all.extend(fields);
            all.insert("now".into(), json!(self.now));
            let draws = matches!(
                name,
                "session.initiate" | "message.send" | "message.resend" | "message.control"
            );
            if draws {
                all.insert("seed".into(), json!(self.bench.next_seed()));
            }
        }
        operation
    }

    /// The message id that an operation with this seed draws first.
    pub(super) fn drawn_id(operation: &Value) -> String {
        let seed = hex::decode(world::text(&operation["seed"])).unwrap_or_default();
        let block = Sha256::new().chain_update(seed).chain_update([0; 4]).finalize();
        hex::encode(&block[..16])
    }

    pub(super) fn any_device(&mut self) -> usize {
        self.dice.index(self.devices.len())
    }

    /// Another device than this one.
    pub(super) fn any_other(&mut self, device: usize) -> usize {
        let others = self.devices.len() - 1;
        (device + 1 + self.dice.index(others)) % self.devices.len()
    }
}
