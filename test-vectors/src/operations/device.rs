//! A device description `D`: its keys, made a device of its account.

use twotick_protocol::{AccountKeyPair, Device, DeviceKeys, Secret};

use crate::answer::Failure;
use crate::arguments::Arguments;
use crate::random::Source;

/// The account and the device of a `D`, certified at its `created`.
///
/// The keys are those SPEC 5.1 draws, so they come from draws: device id, signing seed, identity private key.
pub(super) fn device(arguments: &Arguments<'_>) -> Result<(AccountKeyPair, Device), Failure> {
    let account = account(arguments, "account_seed")?;
    let draws = [
        arguments.array::<16>("device_id")?.to_vec(),
        arguments.array::<32>("signing_seed")?.to_vec(),
        arguments.array::<32>("identity_private_key")?.to_vec(),
    ];
    let created = arguments.time("created")?;
    let keys = DeviceKeys::generate(&mut Source::script(draws.into()));
    let device = keys.certify(&account, created);
    Ok((account, device))
}

/// The account of a seed.
pub(super) fn account(arguments: &Arguments<'_>, name: &str) -> Result<AccountKeyPair, Failure> {
    let seed = arguments.array(name)?;
    Ok(AccountKeyPair::from_seed(Secret::from_bytes(seed)))
}
