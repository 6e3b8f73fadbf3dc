//! Two accounts with two devices each: `a1`, `a2`, `b1`, `b2`.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use twotick_protocol::wire::{
    DeviceCertificate, DeviceList, ErrorCode, OneTimePrekey, PrekeyBundle, SignedPrekey, UnixTime,
};
use twotick_protocol::{AccountKeyPair, Secret};
use twotick_vectors::answer::{error_json, to_json};
use twotick_vectors::operations::Program;

pub(crate) const NAMES: [&str; 4] = ["a1", "a2", "b1", "b2"];

/// The program, and what a relay would know.
pub(crate) struct World {
    pub(crate) program: Program,
    pub(crate) now: u64,
    pub(crate) certificates: BTreeMap<String, DeviceCertificate>,
    pub(crate) lists: BTreeMap<char, DeviceList>,
    prekeys: BTreeMap<String, (SignedPrekey, Vec<OneTimePrekey>)>,
    draws: u32,
}

/// The account key of `a` or `b`.
pub(crate) fn key(person: char) -> AccountKeyPair {
    AccountKeyPair::from_seed(Secret::from_bytes([person as u8; 32]))
}

/// The description `D` of a device.
pub(crate) fn device(name: &str, created: u64) -> Value {
    let byte = |offset: u8| {
        name.bytes()
            .fold(offset, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte))
    };
    let person = name.chars().next().unwrap();
    json!({
        "account_seed": hex::encode([person as u8; 32]),
        "device_id": hex::encode([byte(1); 16]),
        "signing_seed": hex::encode([byte(2); 32]),
        "identity_private_key": hex::encode([byte(3); 32]),
        "created": created,
    })
}

impl World {
    /// Everybody has learnt both lists and published a signed prekey and four one-time prekeys.
    pub(crate) fn new() -> Self {
        let mut world = Self {
            program: Program::default(),
            now: 1_800_000_000,
            certificates: BTreeMap::new(),
            lists: BTreeMap::new(),
            prekeys: BTreeMap::new(),
            draws: 0,
        };
        for name in NAMES {
            world.create(name);
        }
        for person in ['a', 'b'] {
            let [first, second] = ["1", "2"].map(|n| world.certificates[&format!("{person}{n}")].clone());
            let now = UnixTime::new(world.now);
            let list = key(person).sign_first_list(&first, now).unwrap();
            let list = key(person).sign_next_list(&list, &[&second], &[], now).unwrap();
            world.lists.insert(person, list);
        }
        for name in NAMES {
            for person in ['a', 'b'] {
                world.learn(name, person);
            }
        }
        world
    }

    fn create(&mut self, name: &str) {
        let device = device(name, self.now);
        let made = self.ok(json!({ "op": "party.create", "party": name, "device": device }));
        let certificate = DeviceCertificate::decode(&bytes(&made["certificate"])).unwrap();
        self.certificates.insert(name.into(), certificate);
        self.publish(name);
    }

    /// New prekeys of a device, for its bundles.
    pub(crate) fn publish(&mut self, name: &str) {
        let now = self.now;
        let made =
            self.ok(json!({ "op": "party.prekeys", "party": name, "signed": true, "count": 4, "now": now }));
        let signed = SignedPrekey::decode(&bytes(&made["signed_prekey"])).unwrap();
        let one_time = made["one_time_prekeys"].as_array().unwrap().iter();
        let one_time = one_time
            .map(|key| OneTimePrekey::decode(&bytes(key)).unwrap())
            .collect();
        self.prekeys.insert(name.into(), (signed, one_time));
    }

    pub(crate) fn learn(&mut self, name: &str, person: char) -> Value {
        let (list, now) = (hex::encode(self.lists[&person].encode()), self.now);
        self.ok(json!({ "op": "party.learn", "party": name, "list": list, "now": now }))
    }

    /// The answer, with draws of its own.
    pub(crate) fn answer(&mut self, mut operation: Value) -> Value {
        self.draws += 1;
        operation["seed"] = json!(hex::encode([&[0x5e; 28][..], &self.draws.to_be_bytes()].concat()));
        to_json(self.program.run(&operation))
    }

    /// The values of an operation that succeeds.
    pub(crate) fn ok(&mut self, operation: Value) -> Value {
        let answer = self.answer(operation.clone());
        let values = answer.get("ok").cloned();
        values.unwrap_or_else(|| panic!("{operation} gave {answer}"))
    }

    /// An operation that is refused, and leaves its party as it was.
    pub(crate) fn fails(&mut self, operation: Value, code: ErrorCode) {
        let party = operation["party"].as_str().unwrap().to_owned();
        let before = self.digest(&party);
        assert_eq!(self.answer(operation.clone()), error_json(code), "{operation}");
        assert_eq!(self.digest(&party), before, "{operation}");
    }

    /// An operation that is malformed.
    pub(crate) fn faults(&mut self, operation: Value) {
        let answer = self.answer(operation.clone());
        assert!(answer.get("fault").is_some(), "{operation} gave {answer}");
    }

    pub(crate) fn digest(&mut self, party: &str) -> Value {
        self.ok(json!({ "op": "party.digest", "party": party }))
    }

    pub(crate) fn save(&mut self, party: &str, name: &str) {
        self.ok(json!({ "op": "party.save", "party": party, "as": name }));
    }

    pub(crate) fn restore(&mut self, party: &str, name: &str) {
        self.ok(json!({ "op": "party.restore", "party": party, "from": name }));
    }

    /// A bundle as the relay hands it out: each one-time prekey once.
    pub(crate) fn bundle(&mut self, of: &str) -> String {
        let certificate = self.certificates[of].clone();
        let (signed, one_time) = self.prekeys.get_mut(of).unwrap();
        let bundle = PrekeyBundle {
            certificate,
            signed_prekey: signed.clone(),
            one_time_prekey: one_time.pop(),
        };
        hex::encode(bundle.encode())
    }

    pub(crate) fn initiate(&mut self, from: &str, to: &str) -> Value {
        let bundle = self.bundle(to);
        self.ok(json!({
            "op": "session.initiate", "party": from, "account": account(to), "bundle": bundle, "now": self.now,
        }))
    }

    /// Sessions from a device to all that its messages to this person go to.
    pub(crate) fn connect(&mut self, from: &str, to: char) {
        for name in NAMES {
            if name != from && (name.starts_with(to) || name[..1] == from[..1]) {
                self.initiate(from, name);
            }
        }
    }

    pub(crate) fn send_operation(&self, from: &str, to: char, text: &str) -> Value {
        json!({
            "op": "message.send", "party": from, "account": account(&to.to_string()),
            "content": hex::encode(text), "receipts": true, "sent_at": "1800000000000", "now": self.now,
        })
    }

    pub(crate) fn send(&mut self, from: &str, to: char, text: &str) -> Value {
        let operation = self.send_operation(from, to, text);
        self.ok(operation)
    }

    pub(crate) fn receive_operation(&self, at: &str, envelope: &Value) -> Value {
        json!({ "op": "message.receive", "party": at, "envelope": envelope, "now": self.now })
    }

    pub(crate) fn receive(&mut self, at: &str, envelope: &Value) -> Value {
        let operation = self.receive_operation(at, envelope);
        self.ok(operation)
    }

    pub(crate) fn refuses(&mut self, at: &str, envelope: &Value, code: ErrorCode) {
        let operation = self.receive_operation(at, envelope);
        self.fails(operation, code);
    }

    /// Sends, and delivers to this device alone.
    pub(crate) fn pass_on(&mut self, from: &str, to: &str, text: &str) -> Value {
        let person = to.chars().next().unwrap();
        let sent = self.send(from, person, text);
        let envelope = self.envelope(&sent, to);
        let got = self.receive(to, &envelope);
        assert_eq!(got["content"], json!(hex::encode(text)));
        got
    }

    /// The envelope of a sent message for this device.
    pub(crate) fn envelope(&self, sent: &Value, to: &str) -> Value {
        let id = self.id(to);
        let mut envelopes = sent["envelopes"].as_array().unwrap().iter();
        envelopes.find(|envelope| envelope["to"] == id).unwrap()["envelope"].clone()
    }

    pub(crate) fn id(&self, name: &str) -> Value {
        json!(self.certificates[name].device_id.to_string())
    }

    pub(crate) fn inspect(&mut self, party: &str, of: &str) -> Value {
        let device = self.id(of);
        self.ok(json!({ "op": "session.inspect", "party": party, "account": account(of), "device": device }))
    }
}

/// The account id of a device or a person.
pub(crate) fn account(name: &str) -> String {
    key(name.chars().next().unwrap()).account_id().to_string()
}

pub(crate) fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}
