//! `handshake`: both modes and both roles, with every value in between (SPEC 9).

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use twotick_wire::ErrorCode::{
    self, BadKey, InvalidValue, Truncated, UnsupportedSuite, UnsupportedVersion, WrongObject,
};

use super::formula::{flip, named, text, with};
use super::{About, Draft, Script};
use crate::case::VectorFile;

pub(super) fn make() -> Result<VectorFile> {
    let mut draft = Draft::new(
        "handshake",
        "The agreement in both modes and both roles: every Diffie-Hellman output, secret, hash and key.",
    );
    agreements(&mut draft)?;
    other_keys(&mut draft)?;
    refused(&mut draft)?;
    Ok(draft.finish())
}

fn about<'a>(title: &'a str, requirements: &'a [&'a str]) -> About<'a> {
    About {
        title,
        requirements,
        world: "",
    }
}

const NOW: u64 = 1_800_000_000;

/// What both sides bring, made without steps: a case names only what the handshake takes in.
struct Sides {
    initiator: Value,
    responder: Value,
    certificate: String,
    signed: Value,
    one_time: Value,
    bundle: String,
    short_bundle: String,
}

impl Sides {
    fn new(script: &mut Script) -> Result<Self> {
        let device = |name: &str| {
            json!({
                "account_seed": named(&format!("{name} account"), 32), "device_id": named(&format!("{name} id"), 16),
                "signing_seed": named(&format!("{name} signing"), 32),
                "identity_private_key": named(&format!("{name} identity"), 32), "created": NOW,
            })
        };
        let (initiator, responder) = (device("alice"), device("bob"));
        let private = |name: &str| json!({ "private_key": named(&format!("{name} private"), 32), "kem_seed": named(&format!("{name} kem"), 64) });
        let (signed, one_time) = (private("signed"), private("one-time"));
        script.aside(&json!({ "op": "reset" }))?;
        let party = json!({ "op": "party.create", "party": "bob", "device": responder });
        let certificate = text(&script.aside(&party)?, "certificate")?;
        let draws = [
            &signed["private_key"],
            &signed["kem_seed"],
            &one_time["private_key"],
            &one_time["kem_seed"],
        ];
        let made = script.aside(&json!({
            "op": "prekeys.generate", "us": responder, "signed": true, "count": 1, "now": NOW, "random": draws,
        }))?;
        let short = format!("0601{certificate}{}", text(&made, "signed_prekey")?);
        let one_time_prekey = made["one_time_prekeys"][0].as_str().unwrap_or_default();
        script.aside(&json!({ "op": "reset" }))?;
        Ok(Self {
            initiator,
            responder,
            certificate,
            signed,
            one_time,
            bundle: format!("{short}01{one_time_prekey}"),
            short_bundle: format!("{short}00"),
        })
    }

    fn initiating(&self, mode: u8, generation: u32) -> Value {
        let bundle = if mode == 1 {
            &self.bundle
        } else {
            &self.short_bundle
        };
        json!({ "op": "handshake.initiate", "us": self.initiator, "bundle": bundle, "generation": generation })
    }

    fn responding(&self, mode: u8, header: &str) -> Value {
        let one_time = if mode == 1 {
            self.one_time.clone()
        } else {
            Value::Null
        };
        json!({
            "op": "handshake.respond", "us": self.responder, "signed_prekey": self.signed, "one_time_prekey": one_time,
            "initial_header": header,
        })
    }
}

fn agreements(draft: &mut Draft) -> Result<()> {
    for (title, mode, generation) in [
        ("With a one-time prekey", 1, 1),
        ("Without a one-time prekey", 0, 1),
        ("With a one-time prekey, generation 7", 1, 7),
        ("Without a one-time prekey, the last generation", 0, u32::MAX),
    ] {
        draft.accept(about(title, &["R-HS-2"]), |script| {
            let sides = Sides::new(script)?;
            let ours = script.ok(sides.initiating(mode, generation))?;
            let theirs = script.ok(sides.responding(mode, &text(&ours, "initial_header")?))?;
            for name in ["transcript_hash", "root_key", "session_id"] {
                ensure!(ours[name] == theirs[name], "{name}");
            }
            Ok(())
        })?;
    }
    draft.accept(
        about("Other random bytes give other keys", &["R-HS-2"]),
        |script| {
            let sides = Sides::new(script)?;
            let first = script.ok(sides.initiating(1, 1))?;
            let second = script.ok(sides.initiating(1, 1))?;
            ensure!(first["root_key"] != second["root_key"]);
            Ok(())
        },
    )
}

/// Whatever changes in the header gives the responder other keys: nothing is negotiated.
fn other_keys(draft: &mut Draft) -> Result<()> {
    for (title, at) in [
        ("A generation changed on the way gives other keys", 270),
        ("A ciphertext changed on the way gives other keys", 400),
        (
            "A certificate's signature changed on the way gives other keys",
            266,
        ),
        (
            "A certificate's capabilities changed on the way give other keys",
            138,
        ),
    ] {
        draft.accept(about(title, &["R-HS-2", "R-PRM-6"]), |script| {
            let sides = Sides::new(script)?;
            let ours = script.ok(sides.initiating(1, 2))?;
            let header = flip(&text(&ours, "initial_header")?, at);
            let theirs = script.ok(sides.responding(1, &header))?;
            ensure!(ours["root_key"] != theirs["root_key"]);
            Ok(())
        })?;
    }
    draft.accept(
        about("Without the one-time prekey the keys are others", &["R-HS-2"]),
        |script| {
            let sides = Sides::new(script)?;
            let ours = script.ok(sides.initiating(1, 1))?;
            let theirs = script.ok(sides.responding(0, &text(&ours, "initial_header")?))?;
            ensure!(ours["transcript_hash"] != theirs["transcript_hash"]);
            Ok(())
        },
    )?;
    draft.accept(
        about("Another signed prekey gives other keys", &["R-HS-2"]),
        |script| {
            let sides = Sides::new(script)?;
            let ours = script.ok(sides.initiating(0, 1))?;
            let responding = sides.responding(0, &text(&ours, "initial_header")?);
            let theirs = script.ok(with(&responding, "signed_prekey", sides.one_time.clone()))?;
            ensure!(ours["root_key"] != theirs["root_key"]);
            Ok(())
        },
    )
}

/// An edit of the initial header: title, defect, where, which bytes, and what comes of it.
struct Edit(&'static str, &'static str, usize, String, ErrorCode, &'static str);

#[rustfmt::skip]
fn edits() -> [Edit; 15] {
    let small = |hex: &str| format!("{hex}{}", "00".repeat(32 - hex.len() / 2));
    let twelve = "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157";
    [
        Edit("The ephemeral key is on the twist", "u = 2", EPHEMERAL, small("02"), BadKey, "subgroup"),
        Edit("The ephemeral key is outside the subgroup", "u = 4", EPHEMERAL, small("04"), BadKey, "subgroup"),
        Edit("The ephemeral key is zero", "u = 0", EPHEMERAL, small("00"), BadKey, "key-small-order-everywhere"),
        Edit("The ephemeral key is one", "u = 1", EPHEMERAL, small("01"), BadKey, "key-small-order-everywhere"),
        Edit("The ephemeral key is of order eight", "u of order eight", EPHEMERAL, twelve.into(), BadKey, "key-small-order-everywhere"),
        Edit("The ephemeral key is not canonical", "u = p + 9", EPHEMERAL, format!("f6{}7f", "ff".repeat(30)), BadKey, "key-canonical"),
        Edit("The ephemeral key has its top bit set", "bit 255", EPHEMERAL, format!("09{}80", "00".repeat(30)), BadKey, "key-canonical"),
        Edit("Generation zero", "generation 0", 267, "00000000".into(), InvalidValue, "generation-zero"),
        Edit("Another object", "object 0x11", 0, "11".into(), WrongObject, "codec-object"),
        Edit("Another suite", "suite 2", 1, "0002".into(), UnsupportedSuite, "codec-suite"),
        Edit("Suite zero", "suite 0", 1, "0000".into(), UnsupportedSuite, "codec-suite"),
        Edit("The certificate is another object", "object 0x02", 3, "02".into(), WrongObject, "codec-object"),
        Edit("The certificate is of another version", "version 2", 4, "02".into(), UnsupportedVersion, "codec-version"),
        Edit("The certificate has no suite of ours", "suites 2", 5, "0002".into(), UnsupportedSuite, "certificate-suites"),
        Edit("The identity key in the certificate is zero", "identity key 0", 87, small("00"), BadKey, "key-small-order-everywhere"),
    ]
}

fn refused(draft: &mut Draft) -> Result<()> {
    for Edit(title, defect, at, bytes, code, kills) in edits() {
        let about = about(title, &["R-HS-4", "R-PRM-3", "R-PRM-4"]);
        draft.reject(about, defect, &[kills], |script| {
            let sides = Sides::new(script)?;
            let header = text(&script.ok(sides.initiating(1, 1))?, "initial_header")?;
            let changed = format!("{}{bytes}{}", &header[..2 * at], &header[2 * at + bytes.len()..]);
            script.fails(sides.responding(1, &changed), code)?;
            script.ok(sides.responding(1, &header)).map(drop)
        })?;
    }
    cut_short(draft)
}

fn cut_short(draft: &mut Draft) -> Result<()> {
    let header_cut = about("A byte is missing", &["R-ENC-2"]);
    draft.reject(header_cut, "one byte short", &["codec-truncated"], |script| {
        let sides = Sides::new(script)?;
        let header = text(&script.ok(sides.initiating(1, 1))?, "initial_header")?;
        script.fails(sides.responding(1, &header[..header.len() - 2]), Truncated)?;
        script.ok(sides.responding(1, &header)).map(drop)
    })?;
    let bundle_cut = about("A bundle cut short", &["R-ENC-2"]);
    draft.reject(bundle_cut, "one byte short", &["codec-truncated"], |script| {
        let sides = Sides::new(script)?;
        let good = sides.initiating(0, 1);
        ensure!(sides.short_bundle.contains(&sides.certificate));
        let cut = &sides.short_bundle[..sides.short_bundle.len() - 2];
        script.fails(with(&good, "bundle", cut), Truncated)?;
        script.ok(good).map(drop)
    })
}

/// Where the ephemeral key stands: after object, suite, certificate, generation and two ids.
const EPHEMERAL: usize = 1 + 2 + 264 + 4 + 16 + 16;
