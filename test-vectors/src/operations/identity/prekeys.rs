//! Prekeys and bundles (SPEC 8).

use serde_json::{Value, json};
use twotick_protocol::{
    HandshakeStrength, Prekeys, PublishedPrekeys, VerifiedBundle, one_time_prekey_id, signed_prekey_id,
};
use twotick_wire::PrekeyBundle;

use super::super::device::device;
use super::super::values::{hex, install};
use super::{list, trusted};
use crate::answer::Outcome;
use crate::arguments::Arguments;
use crate::random::Source;

pub(super) fn generate(arguments: &Arguments<'_>, random: &mut Source) -> Outcome {
    let (_, us) = device(&arguments.object("us")?)?;
    let signed = arguments.flag("signed")?;
    let count = arguments.number("count")?;
    let now = arguments.time("now")?;
    let mut prekeys = Prekeys::new();
    let published = install(prekeys.generate(&us, signed, count, now, random)?);
    Ok(published_answer(&published))
}

/// What prekeys just made are published as.
pub(in super::super) fn published_answer(published: &PublishedPrekeys) -> Value {
    let signed = published.signed.as_ref();
    let one_time = published.one_time.iter();
    let ids = one_time
        .clone()
        .map(|prekey| hex(one_time_prekey_id(prekey).as_bytes()));
    json!({
        "signed_prekey": signed.map(|prekey| hex(prekey.encode())),
        "signed_prekey_id": signed.map(|prekey| hex(signed_prekey_id(prekey).as_bytes())),
        "one_time_prekeys": one_time.map(|prekey| hex(prekey.encode())).collect::<Vec<_>>(),
        "one_time_prekey_ids": ids.collect::<Vec<_>>(),
    })
}

pub(super) fn verify(arguments: &Arguments<'_>) -> Outcome {
    let bundle = PrekeyBundle::decode(&arguments.bytes("bundle")?)?;
    let wanted = arguments.device_id("wanted")?;
    let list = list(arguments, "list")?;
    let (_, us) = device(&arguments.object("us")?)?;
    let now = arguments.time("now")?;
    let account = trusted(list)?;
    let verified = VerifiedBundle::verify(bundle, wanted, &account, &us, now)?;
    let strength = match verified.strength() {
        HandshakeStrength::OneTime => "one_time",
        HandshakeStrength::SignedOnly => "signed_only",
    };
    Ok(json!({ "strength": strength }))
}
