//! `linking`: a device linked, and every step that is refused (SPEC 6).

mod accounts;
mod completions;
mod proposals;
mod requests;
mod sealed;

use anyhow::Result;
use serde_json::{Value, json};
use twotick_wire::ErrorCode::{
    self, BadKey, DuplicateKey, LinkDigitsDiffer, LinkExpired, LinkRefused, Truncated, UnsupportedVersion,
};

use super::formula::{flip, named, text};
use super::{About, Draft, Script};
use crate::case::VectorFile;

const NOW: u64 = 1_800_000_000;

pub(super) fn make() -> Result<VectorFile> {
    let mut draft = Draft::new(
        "linking",
        "Linking a device: keys, digits, channel, and what ends an attempt.",
    );
    draft.world("account", account)?;
    draft.accept(about("A device is linked", &["R-LNK-4"]), |script| {
        let mut flow = Flow::new(script)?;
        flow.run(script, 11)?;
        flow.keys(script)
    })?;
    draft.accept(
        about("A device is linked at the last second", &["R-LNK-1"]),
        |script| {
            let mut flow = Flow::new(script)?;
            flow.now = NOW + 60;
            flow.run(script, 11)
        },
    )?;
    handshake(&mut draft)?;
    digits(&mut draft)?;
    channel(&mut draft)?;
    sealed::write(&mut draft)?;
    Ok(draft.finish())
}

fn about<'a>(title: &'a str, requirements: &'a [&'a str]) -> About<'a> {
    About {
        title,
        requirements,
        world: "account",
    }
}

/// The existing device's certificate, and the list of it alone.
fn account(script: &mut Script) -> Result<()> {
    let made = script.ok(json!({ "op": "device.generate", "account_seed": named("account", 32), "now": NOW, "random": draws() }))?;
    script.ok(listing(&made["certificate"])).map(drop)
}

fn draws() -> Vec<String> {
    vec![
        named("existing id", 16),
        named("existing signing", 32),
        named("existing identity", 32),
    ]
}

fn listing(certificate: &Value) -> Value {
    json!({ "op": "list.first", "account_seed": named("account", 32), "certificate": certificate, "now": NOW })
}

/// An attempt between the two, driven step by step; a message can be changed on its way.
#[derive(Clone)]
struct Flow {
    now: u64,
    list: Value,
    certificate: Value,
    messages: Vec<String>,
    digits: String,
}

/// The steps in their order: role, and which message it takes (`0` none, `n` the n-th message before it).
const STEPS: [&str; 11] = [
    "existing", "new", "existing", "new", "existing", "new", "existing", "new", "existing", "new", "existing",
];

impl Flow {
    fn new(script: &mut Script) -> Result<Self> {
        let generate = json!({ "op": "device.generate", "account_seed": named("account", 32), "now": NOW, "random": draws() });
        let certificate = script.aside(&generate)?["certificate"].clone();
        let list = script.aside(&listing(&certificate))?["list"].clone();
        Ok(Self {
            now: NOW,
            list,
            certificate,
            messages: Vec::new(),
            digits: String::new(),
        })
    }

    /// The operation of the next step: 1 offer, 2 hello, 3 commitment, 4 nonce, 5 reveal, 6 its check, 7 and 8 digits
    /// (existing, new, which sends the request), 9 proposal, 10 acceptance, 11 completion, 12 its check.
    fn next(&self) -> Value {
        let step = self.messages.len();
        let role = *STEPS.get(step).unwrap_or(&"new");
        let last = self.messages.last().map_or("", String::as_str);
        let input = match step {
            0 => {
                json!({ "account_seed": named("account", 32), "list": self.list, "certificates": [self.certificate] })
            }
            6 => json!(self.digits),
            7 => self.typed(&self.digits, "new"),
            _ => json!(last),
        };
        let mut operation =
            json!({ "op": "link.step", "link": "one", "role": role, "input": input, "now": self.now });
        let draws: Vec<_> = match step {
            0 => vec![named("secret", 32)],
            1 => vec![named("ephemeral of new", 32)],
            2 => vec![named("ephemeral of existing", 32), named("nonce of existing", 32)],
            3 => vec![named("nonce of new", 32)],
            _ => vec![],
        };
        if !draws.is_empty() {
            operation["random"] = json!(draws);
        }
        operation
    }

    fn typed(&self, digits: &str, name: &str) -> Value {
        json!({
            "digits": digits, "device_id": named(&format!("{name} id"), 16),
            "signing_seed": named(&format!("{name} signing"), 32),
            "identity_private_key": named(&format!("{name} identity"), 32),
        })
    }

    /// Runs the genuine steps up to this one.
    fn run(&mut self, script: &mut Script, last: usize) -> Result<()> {
        while self.messages.len() <= last {
            let made = script.ok(self.next())?;
            if let Some(digits) = made["digits"].as_str() {
                self.digits = digits.into();
            }
            let output = made["output"].as_str().map(Into::into);
            // The check of the reveal and the digits of E send nothing: what they take in is what comes next too.
            self.messages
                .push(output.unwrap_or_else(|| self.messages.last().cloned().unwrap_or_default()));
        }
        Ok(())
    }

    /// The values of the channel, computed from the messages alone.
    fn keys(&self, script: &mut Script) -> Result<()> {
        let agreed = script.ok(self.agreement())?;
        script.ok(self.channel(&agreed)).map(drop)
    }

    fn agreement(&self) -> Value {
        json!({
            "op": "agree", "private_key": named("ephemeral of new", 32), "public_key": &self.messages[4][4..68],
        })
    }

    fn channel(&self, agreed: &Value) -> Value {
        json!({
            "op": "link.keys", "offer": self.messages[0], "hello": self.messages[1], "commitment": self.messages[2],
            "nonce": self.messages[3], "reveal": self.messages[4], "shared": agreed["shared"],
        })
    }
}

/// A case: genuine steps up to `at`, whose input is changed.
struct Wrong<'a> {
    title: &'a str,
    defect: &'a str,
    kills: &'a str,
    at: usize,
    change: fn(&Flow, &mut Value) -> Result<()>,
    code: ErrorCode,
}

fn refuse(draft: &mut Draft, requirements: &[&str], wrong: &Wrong<'_>) -> Result<()> {
    draft.reject(
        about(wrong.title, requirements),
        wrong.defect,
        &[wrong.kills],
        |script| {
            let mut flow = Flow::new(script)?;
            if wrong.at > 0 {
                flow.run(script, wrong.at - 1)?;
            }
            let mut operation = flow.next();
            (wrong.change)(&flow, &mut operation)?;
            script.fails(operation, wrong.code)
        },
    )
}

/// Flips a bit of the input's byte.
fn flipped(operation: &mut Value, at: isize) -> Result<()> {
    operation["input"] = json!(flip(&text(operation, "input")?, at));
    Ok(())
}

#[rustfmt::skip]
fn handshake(draft: &mut Draft) -> Result<()> {
    let cases = [
        Wrong { title: "An offer that has ended is not taken in", defect: "61 s late", kills: "link-offer-expired", at: 1,
            change: |_, operation| { operation["now"] = json!(NOW + 61); Ok(()) }, code: LinkExpired },
        Wrong { title: "An offer that ends too far ahead is not taken in", defect: "ends in more than 60 s and a day", kills: "link-offer-bound", at: 1,
            change: |_, operation| { operation["now"] = json!(NOW - 86_401); Ok(()) }, code: LinkExpired },
        Wrong { title: "An offer cut short", defect: "one byte missing", kills: "codec-truncated", at: 1,
            change: |_, operation| { let input = text(operation, "input")?; operation["input"] = json!(input[..146]); Ok(()) }, code: Truncated },
        Wrong { title: "An offer of another version", defect: "version 0", kills: "codec-version", at: 1,
            change: |_, operation| flipped(operation, 1), code: UnsupportedVersion },
        Wrong { title: "A hello that comes too late", defect: "61 s late", kills: "link-offer-expired", at: 2,
            change: |_, operation| { operation["now"] = json!(NOW + 61); Ok(()) }, code: LinkExpired },
        Wrong { title: "A hello of someone without the secret", defect: "a bit of the MAC", kills: "link-mac", at: 2,
            change: |_, operation| flipped(operation, -1), code: LinkRefused },
        Wrong { title: "A hello with another ephemeral key", defect: "a bit of the key", kills: "link-mac", at: 2,
            change: |_, operation| flipped(operation, 2), code: LinkRefused },
        Wrong { title: "A hello with a key of small order", defect: "ephemeral key 0", kills: "key-small-order", at: 2,
            change: |_, operation| { let input = text(operation, "input")?; operation["input"] = json!(format!("3101{}{}", "00".repeat(32), &input[68..])); Ok(()) }, code: BadKey },
        Wrong { title: "A reveal of another ephemeral key", defect: "a bit of the key", kills: "link-commitment", at: 5,
            change: |_, operation| flipped(operation, 2), code: LinkRefused },
        Wrong { title: "A reveal of another nonce", defect: "a bit of the nonce", kills: "link-commitment", at: 5,
            change: |_, operation| flipped(operation, -1), code: LinkRefused },
        Wrong { title: "A reveal with a key of small order", defect: "ephemeral key 0", kills: "key-small-order", at: 5,
            change: |_, operation| { let input = text(operation, "input")?; operation["input"] = json!(format!("3401{}{}", "00".repeat(32), &input[68..])); Ok(()) }, code: BadKey },
    ];
    cases.iter().try_for_each(|wrong| refuse(draft, &["R-LNK-1", "R-LNK-2"], wrong))
}

/// Six other digits.
fn others(digits: &str) -> String {
    let first = digits
        .as_bytes()
        .first()
        .map_or(b'1', |&digit| if digit == b'9' { b'0' } else { digit + 1 });
    format!("{}{}", first as char, digits.get(1..).unwrap_or_default())
}

#[rustfmt::skip]
fn digits(draft: &mut Draft) -> Result<()> {
    let cases = [
        Wrong { title: "Other digits typed into the existing device", defect: "first digit", kills: "link-digits-existing", at: 6,
            change: |flow, operation| { operation["input"] = json!(others(&flow.digits)); Ok(()) }, code: LinkDigitsDiffer },
        Wrong { title: "Other digits typed into the new device", defect: "first digit", kills: "link-digits-new", at: 7,
            change: |flow, operation| { operation["input"]["digits"] = json!(others(&flow.digits)); Ok(()) }, code: LinkDigitsDiffer },
    ];
    cases.iter().try_for_each(|wrong| refuse(draft, &["R-LNK-3"], wrong))
}

#[rustfmt::skip]
fn channel(draft: &mut Draft) -> Result<()> {
    let tampered: [(&str, usize, isize); 8] = [
        ("A request changed on its way", 8, 10), ("A request with a changed tag", 8, -1),
        ("A proposal changed on its way", 9, 10), ("A proposal with a changed tag", 9, -1),
        ("An acceptance changed on its way", 10, 10), ("An acceptance with a changed tag", 10, -1),
        ("A completion changed on its way", 11, 10), ("A completion with a changed tag", 11, -1),
    ];
    for (title, at, index) in tampered {
        draft.reject(about(title, &["R-LNK-4"]), "one bit", &["aead-tag"], |script| {
            let mut flow = Flow::new(script)?;
            flow.run(script, at - 1)?;
            let mut operation = flow.next();
            flipped(&mut operation, index)?;
            script.fails(operation, LinkRefused)
        })?;
    }
    for (title, at, step) in [("A request that says it is step 3", 8, "03"), ("A proposal that says it is step 4", 9, "04"), ("A completion that says it is step 2", 11, "02")] {
        draft.reject(about(title, &["R-LNK-4"]), "the step", &["link-step"], |script| {
            let mut flow = Flow::new(script)?;
            flow.run(script, at - 1)?;
            let mut operation = flow.next();
            let input = text(&operation, "input")?;
            operation["input"] = json!(format!("{}{step}{}", &input[..4], &input[6..]));
            script.fails(operation, LinkRefused)
        })?;
    }
    let taken: [(&str, &str, &str); 3] = [
        ("A device id that is listed already", "device_id", "id"),
        ("A signing key that is listed already", "signing_seed", "signing"),
        ("An identity key that is listed already", "identity_private_key", "identity"),
    ];
    for (title, field, name) in taken {
        draft.reject(about(title, &["R-LNK-5"]), title, &["link-duplicate"], |script| {
            let mut flow = Flow::new(script)?;
            flow.run(script, 6)?;
            let mut operation = flow.next();
            operation["input"][field] = json!(named(&format!("existing {name}"), if name == "id" { 16 } else { 32 }));
            let request = script.ok(operation)?;
            flow.messages.push(text(&request, "output")?);
            script.fails(flow.next(), DuplicateKey)
        })?;
    }
    Ok(())
}
