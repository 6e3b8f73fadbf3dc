//! Prekeys, device lists and rotations.

use serde_json::json;
use twotick_protocol::wire::{AccountRotation, DeviceList};
use twotick_protocol::{Account, account_id};

use super::party::{Party, not_learnt, present_id};
use crate::answer::Outcome;
use crate::arguments::Arguments;
use crate::operations::identity::published_answer;
use crate::random::Source;

/// `party.prekeys`.
pub(super) fn prekeys(party: &mut Party, arguments: &Arguments<'_>, random: &mut Source) -> Outcome {
    let (signed, count, now) = (
        arguments.flag("signed")?,
        arguments.number("count")?,
        arguments.time("now")?,
    );
    let staged = party
        .prekeys
        .generate(&party.device, signed, count, now, random)?;
    let made = party.stored.commit(staged);
    Ok(published_answer(&made))
}

/// `party.expire`.
pub(super) fn expire(party: &mut Party, arguments: &Arguments<'_>, _: &mut Source) -> Outcome {
    let now = arguments.time("now")?;
    party.stored.commit(party.prekeys.expire(now));
    for peer in party.peers.met.values_mut() {
        party.stored.commit(peer.expire(now));
    }
    Ok(json!({}))
}

/// `party.learn`.
pub(super) fn learn(party: &mut Party, arguments: &Arguments<'_>, _: &mut Source) -> Outcome {
    let list = DeviceList::decode(&arguments.bytes("list")?)?;
    let now = arguments.time("now")?;
    let id = account_id(&list.account_key);
    // A list of a key that was rotated away belongs to the successor, which refuses it.
    let known = present_id(&party.accounts, &id);
    if let Some(account) = party.accounts.get_mut(&known) {
        let update = party.stored.commit(account.adopt(list, now)?);
        let result = if update.changed { "adopted" } else { "unchanged" };
        return Ok(json!({ "result": result, "missed": update.missed_epochs }));
    }
    let account = Account::trust(id, list, now)?;
    party.stored.put(account.record_key(), &account);
    party.accounts.insert(id, account);
    Ok(json!({ "result": "trusted", "missed": 0 }))
}

/// `party.follow`.
pub(super) fn follow(party: &mut Party, arguments: &Arguments<'_>, _: &mut Source) -> Outcome {
    let given = arguments.account_id("account")?;
    let rotation = AccountRotation::decode(&arguments.bytes("rotation")?)?;
    let list = DeviceList::decode(&arguments.bytes("list")?)?;
    let now = arguments.time("now")?;
    let former = present_id(&party.accounts, &given);
    let account = party
        .accounts
        .get_mut(&former)
        .ok_or_else(|| not_learnt(&given))?;
    let followed = party.stored.commit(account.follow(rotation, list, now)?);
    let id = account.account_id();
    if let Some(account) = party.accounts.remove(&former) {
        party.accounts.insert(id, account);
    }
    Ok(json!({ "account_id": id.to_string(), "missed": followed.list.missed_epochs }))
}
