//! Parties: devices with everything SPEC has them keep, under names.
//!
//! ```text
//!  mod       names, save and restore
//!  ├ party     the live state, and how it is read back from what is stored
//!  ├ stored    records and sent copies: all that a restart leaves
//!  ├ lists     prekeys, lists, rotations, erasing by age
//!  ├ send      sessions started, messages sealed
//!  ├ receive   envelopes opened
//!  ├ answers   what a received message looks like
//!  ├ heal      receipts and recovery
//!  └ inspect   the variables of sessions
//! ```

mod answers;
mod heal;
mod inspect;
mod lists;
mod party;
mod receive;
mod send;
mod stored;

use std::collections::BTreeMap;

use serde_json::json;

use crate::answer::{Failure, Outcome};
use crate::arguments::Arguments;
use crate::random::Source;

use party::Party;
use stored::Stored;

/// All parties by name, and what was saved of them.
#[derive(Default)]
pub(super) struct Parties {
    parties: BTreeMap<String, Party>,
    saved: BTreeMap<String, Stored>,
}

/// An operation of one party.
type Operation = fn(&mut Party, &Arguments<'_>, &mut Source) -> Outcome;

impl Parties {
    /// `None` for a name that is not one of theirs.
    pub(super) fn run(
        &mut self,
        name: &str,
        arguments: &Arguments<'_>,
        random: &mut Source,
    ) -> Option<Outcome> {
        let operation: Operation = match name {
            "party.create" => return Some(self.create(arguments)),
            "party.save" => return Some(self.save(arguments)),
            "party.restore" => return Some(self.restore(arguments)),
            "party.digest" => |party, _, _| Ok(json!({ "digest": party.stored.digest() })),
            "party.prekeys" => lists::prekeys,
            "party.expire" => lists::expire,
            "party.learn" => lists::learn,
            "party.follow" => lists::follow,
            "session.initiate" => send::initiate,
            "message.send" => send::message,
            "message.resend" => send::again,
            "message.control" => send::control,
            "message.receive" => receive::envelope,
            "receipt.apply" => heal::apply,
            "session.recover" => heal::recover,
            "session.inspect" => inspect::session,
            _ => return None,
        };
        Some(
            self.party(arguments)
                .and_then(|party| operation(party, arguments, random)),
        )
    }

    fn party(&mut self, arguments: &Arguments<'_>) -> Result<&mut Party, Failure> {
        let name = arguments.text("party")?;
        self.parties
            .get_mut(name)
            .ok_or_else(|| Failure::fault(format!("no party '{name}'")))
    }

    fn create(&mut self, arguments: &Arguments<'_>) -> Outcome {
        let name = arguments.text("party")?;
        let (_, device) = super::device::device(&arguments.object("device")?)?;
        let answer = json!({
            "certificate": hex::encode(device.certificate().encode()),
            "device_id": device.device_id().to_string(),
            "account_id": device.account_id().to_string(),
        });
        self.parties.insert(name.into(), Party::new(device));
        Ok(answer)
    }

    fn save(&mut self, arguments: &Arguments<'_>) -> Outcome {
        let stored = self.party(arguments)?.stored.clone();
        self.saved.insert(arguments.text("as")?.into(), stored);
        Ok(json!({}))
    }

    fn restore(&mut self, arguments: &Arguments<'_>) -> Outcome {
        let (name, from) = (arguments.text("party")?, arguments.text("from")?);
        let stored = self.saved.get(from).cloned();
        let stored = stored.ok_or_else(|| Failure::fault(format!("nothing was saved as '{from}'")))?;
        self.parties.insert(name.into(), Party::load(stored)?);
        Ok(json!({}))
    }
}
