//! Accounts, devices, lists, rotations, prekeys (SPEC 5, 8).

mod lists;
mod prekeys;
mod rotations;

use serde_json::{Value, json};
use twotick_protocol::{Account, AccountKeyPair, DeviceKeys, VerifiedCertificate, account_id};
use twotick_wire::{DeviceCertificate, DeviceList};

use super::device::device;
use super::values::hex;
use crate::answer::{Failure, Outcome};
use crate::arguments::Arguments;
use crate::random::{Noted, Source};

pub(super) use prekeys::published_answer;

pub(super) fn run(name: &str, arguments: &Arguments<'_>, random: &mut Source) -> Option<Outcome> {
    Some(match name {
        "account.generate" => Ok(generate_account(random)),
        "device.generate" => generate_device(arguments, random),
        "certificate.verify" => verify_certificate(arguments),
        "list.first" => lists::first(arguments),
        "list.next" => lists::next(arguments),
        "list.verify" => lists::verify(arguments),
        "list.adopt" => lists::adopt(arguments),
        "list.admit" => lists::admit(arguments),
        "head.compare" => lists::compare(arguments),
        "rotation.make" => rotations::make(arguments),
        "rotation.follow" => rotations::follow(arguments),
        "prekeys.generate" => prekeys::generate(arguments, random),
        "bundle.verify" => prekeys::verify(arguments),
        _ => return None,
    })
}

fn generate_account(random: &mut Source) -> Value {
    let mut noted = Noted::of(random);
    let account = AccountKeyPair::generate(&mut noted);
    json!({
        "account_seed": hex(noted.draws().concat()),
        "account_key": hex(account.account_key().as_bytes()),
        "account_id": hex(account.account_id().as_bytes()),
    })
}

fn generate_device(arguments: &Arguments<'_>, random: &mut Source) -> Outcome {
    let created = arguments.time("now")?;
    let mut noted = Noted::of(random);
    DeviceKeys::generate(&mut noted);
    let [device_id, signing_seed, identity_private_key] = noted.draws() else {
        return Err(Failure::fault("device keys are three draws"));
    };
    let description = json!({
        "account_seed": arguments.text("account_seed")?,
        "device_id": hex(device_id),
        "signing_seed": hex(signing_seed),
        "identity_private_key": hex(identity_private_key),
        "created": created.seconds(),
    });
    let (_, device) = device(&Arguments(&description))?;
    Ok(json!({
        "device": description,
        "certificate": hex(device.certificate().encode()),
        "certificate_hash": hex(device.certificate_hash().as_bytes()),
    }))
}

fn verify_certificate(arguments: &Arguments<'_>) -> Outcome {
    let certificate = DeviceCertificate::decode(&arguments.bytes("certificate")?)?;
    let verified = VerifiedCertificate::verify(certificate, arguments.time("now")?)?;
    Ok(json!({
        "account_id": hex(verified.account_id().as_bytes()),
        "device_id": hex(verified.device_id().as_bytes()),
        "certificate_hash": hex(verified.hash().as_bytes()),
    }))
}

/// The list under this name.
fn list(arguments: &Arguments<'_>, name: &str) -> Result<DeviceList, Failure> {
    Ok(DeviceList::decode(&arguments.bytes(name)?)?)
}

/// The certificates under this name.
fn certificates(arguments: &Arguments<'_>, name: &str) -> Result<Vec<DeviceCertificate>, Failure> {
    let encoded = arguments.byte_list(name)?.into_iter();
    encoded
        .map(|bytes| Ok(DeviceCertificate::decode(&bytes)?))
        .collect()
}

/// The account of a list that is trusted as it is: verified as of its own `issued`.
pub(super) fn trusted(list: DeviceList) -> Result<Account, Failure> {
    let (id, issued) = (account_id(&list.account_key), list.issued);
    Ok(Account::trust(id, list, issued)?)
}
