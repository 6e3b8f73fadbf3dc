//! The agreement with everything it computes (SPEC 9.3, 9.4).

use serde_json::{Value, json};
use twotick_protocol::hazmat::{self, Agreement, PrekeySecret};
use twotick_wire::{InitialHeaderRef, PrekeyBundle, Reader};

use super::super::device::device;
use super::super::values::{hex, shown};
use crate::answer::{Failure, Outcome};
use crate::arguments::Arguments;
use crate::random::Source;

pub(super) fn initiate(arguments: &Arguments<'_>, random: &mut Source) -> Outcome {
    let (_, us) = device(&arguments.object("us")?)?;
    let bundle = PrekeyBundle::decode(&arguments.bytes("bundle")?)?;
    let generation = arguments.number("generation")?;
    let (header, agreement) = hazmat::initiate(&us, &bundle, generation, random)?;
    let mut values = computed(&agreement);
    values["initial_header"] = hex(header.encode());
    Ok(values)
}

pub(super) fn respond(arguments: &Arguments<'_>) -> Outcome {
    let (_, us) = device(&arguments.object("us")?)?;
    let signed = prekey(&arguments.object("signed_prekey")?)?;
    let one_time = match arguments.optional("one_time_prekey")? {
        Some(_) => Some(prekey(&arguments.object("one_time_prekey")?)?),
        None => None,
    };
    let bytes = arguments.bytes("initial_header")?;
    let mut reader = Reader::new(&bytes);
    let header = InitialHeaderRef::decode_from(&mut reader)?;
    reader.finish()?;
    let agreement = hazmat::respond(&us, signed, one_time, &header)?;
    Ok(computed(&agreement))
}

fn prekey(arguments: &Arguments<'_>) -> Result<PrekeySecret, Failure> {
    Ok(PrekeySecret {
        private_key: arguments.secret("private_key")?,
        kem_seed: arguments.secret("kem_seed")?,
    })
}

fn computed(agreement: &Agreement) -> Value {
    json!({
        "mode": agreement.mode,
        "dh1": shown(&agreement.dh1),
        "dh2": shown(&agreement.dh2),
        "dh3": shown(&agreement.dh3),
        "dh4": agreement.dh4.as_ref().map(shown),
        "kem_secret": shown(&agreement.kem_secret),
        "kem_key_hash": hex(agreement.kem_key_hash),
        "transcript_hash": hex(agreement.transcript_hash),
        "ikm": hex(agreement.ikm.as_slice()),
        "prk": shown(&agreement.prk),
        "root_key": shown(&agreement.root_key),
        "initiator_header_key": shown(&agreement.initiator_header_key),
        "responder_header_key": shown(&agreement.responder_header_key),
        "session_id": shown(&agreement.session_id),
    })
}
