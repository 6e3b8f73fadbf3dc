//! Two accounts with their devices, lists and prekeys.

use serde_json::{Value, json};

use super::bench::{Bench, Graded, Side};
use super::dice::Dice;
use super::tally::Row;

/// An account.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) id: String,
    pub(super) side: Side,
    pub(super) list: String,
    /// The conversation with oneself.
    pub(super) notes: String,
}

/// A device and what it has published.
#[derive(Debug)]
pub(super) struct Device {
    pub(super) party: String,
    pub(super) account: usize,
    pub(super) side: Side,
    pub(super) id: String,
    pub(super) certificate: String,
    pub(super) signed_prekey: String,
    pub(super) one_time_prekeys: Vec<String>,
}

impl Device {
    /// A bundle, with a one-time prekey if any is left.
    pub(super) fn bundle(&mut self) -> (String, &'static str) {
        let start = format!("0601{}{}", self.certificate, self.signed_prekey);
        match self.one_time_prekeys.pop() {
            Some(prekey) => (format!("{start}01{prekey}"), "one_time"),
            None => (format!("{start}00"), "signed_only"),
        }
    }

    /// Publishes a new signed prekey, and sometimes one-time prekeys.
    pub(super) fn renew(&mut self, bench: &mut Bench<'_>, dice: &mut Dice, now: u64) -> Graded {
        let count = if dice.percent(60) { 1 + dice.below(4) } else { 0 };
        let operation = json!({
            "op": "party.prekeys", "party": self.party, "signed": true, "count": count, "now": now,
            "seed": bench.next_seed(),
        });
        let made = bench.succeed(Row::Setup, self.side, operation)?;
        self.signed_prekey = text(&made["signed_prekey"]);
        let prekeys = made["one_time_prekeys"].as_array().into_iter().flatten();
        self.one_time_prekeys.extend(prekeys.map(text));
        let found = json!([
            self.signed_prekey.len(),
            self.one_time_prekeys.len() as u64 >= count
        ]);
        bench.require(Row::Setup, &json!([2 * 1684, true]), &found)
    }
}

/// The conversation of two accounts.
pub(super) fn conversation_id(bench: &mut Bench<'_>, accounts: [&str; 2]) -> Graded<String> {
    let operation = json!({ "op": "conversation.id", "a": accounts[0], "b": accounts[1] });
    let made = bench.succeed(Row::Setup, Side::Reference, operation)?;
    Ok(text(&made["conversation"]))
}

/// Text of a value, `""` if it is none.
pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Both accounts, each with one or two devices that know both lists.
pub(super) fn make(
    bench: &mut Bench<'_>,
    dice: &mut Dice,
    (tested_first, now): (bool, u64),
) -> Graded<(Vec<Account>, Vec<Device>)> {
    let mut accounts = Vec::new();
    let mut devices = Vec::new();
    for (index, name) in ["alice", "bob"].into_iter().enumerate() {
        let side = if (index == 0) == tested_first {
            Side::Tested
        } else {
            Side::Reference
        };
        let (account, its_devices) = make_account(bench, dice, (index, name, side), now)?;
        accounts.push(account);
        devices.extend(its_devices);
    }
    for device in &mut devices {
        for account in [device.account, 1 - device.account] {
            let list = accounts.get(account).map(|account| &account.list);
            let operation = json!({ "op": "party.learn", "party": device.party, "list": list, "now": now });
            let values = json!({ "result": "trusted", "missed": 0 });
            bench.answers(Row::Setup, device.side, operation, values)?;
        }
        device.renew(bench, dice, now)?;
    }
    Ok((accounts, devices))
}

fn make_account(
    bench: &mut Bench<'_>,
    dice: &mut Dice,
    (index, name, side): (usize, &str, Side),
    now: u64,
) -> Graded<(Account, Vec<Device>)> {
    let operation = json!({ "op": "account.generate", "seed": bench.next_seed() });
    let made = bench.succeed(Row::Setup, side, operation)?;
    let account_seed = text(&made["account_seed"]);
    let mut account = Account {
        id: text(&made["account_id"]),
        side,
        list: String::new(),
        notes: conversation_id(bench, [&text(&made["account_id"]); 2])?,
    };
    let mut devices = Vec::new();
    for number in 1..=1 + dice.below(2) {
        let party = format!("{name}-{number}");
        let device = make_device(bench, &account, (index, party, &account_seed), now)?;
        let certificate = &device.certificate;
        let operation = match account.list.as_str() {
            "" => json!({
                "op": "list.first", "account_seed": account_seed, "certificate": certificate, "now": now,
            }),
            list => json!({
                "op": "list.next", "account_seed": account_seed, "list": list, "add": [certificate],
                "remove": [], "now": now,
            }),
        };
        account.list = text(&bench.succeed(Row::Setup, side, operation)?["list"]);
        devices.push(device);
    }
    Ok((account, devices))
}

fn make_device(
    bench: &mut Bench<'_>,
    account: &Account,
    (index, party, account_seed): (usize, String, &str),
    now: u64,
) -> Graded<Device> {
    let seed = bench.next_seed();
    let operation =
        json!({ "op": "device.generate", "account_seed": account_seed, "now": now, "seed": seed });
    let made = bench.succeed(Row::Setup, account.side, operation)?;
    let (id, certificate) = (&made["device"]["device_id"], &made["certificate"]);
    let operation = json!({ "op": "party.create", "party": party, "device": made["device"] });
    let values = json!({ "certificate": certificate, "device_id": id, "account_id": account.id });
    bench.answers(Row::Setup, account.side, operation, values)?;
    Ok(Device {
        party,
        account: index,
        side: account.side,
        id: text(id),
        certificate: text(certificate),
        signed_prekey: String::new(),
        one_time_prekeys: Vec::new(),
    })
}
