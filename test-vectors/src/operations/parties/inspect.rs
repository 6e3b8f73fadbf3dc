//! The variables of sessions, as SPEC 10.1 and 12 name them.

use serde_json::{Value, json};
use twotick_protocol::{ChainVariables, SessionVariables, SkippedVariables};

use super::party::{Party, met};
use crate::answer::Outcome;
use crate::arguments::Arguments;
use crate::random::Source;

/// `session.inspect`.
pub(super) fn session(party: &mut Party, arguments: &Arguments<'_>, _: &mut Source) -> Outcome {
    let peer = met(&party.accounts, &mut party.peers, arguments)?.inspect();
    let current = peer.current.as_ref().map_or(Value::Null, variables);
    let archived = peer.archived.iter().map(variables);
    let sessions: Vec<_> = [current].into_iter().chain(archived).collect();
    Ok(json!({
        "generation": peer.generation,
        "confirmed": peer.confirmed,
        "sessions": sessions,
    }))
}

fn variables(session: &SessionVariables) -> Value {
    let skipped: Vec<_> = session.skipped.iter().map(skipped).collect();
    json!({
        "generation": session.generation,
        "confirmed": session.confirmed,
        "session_id": hex::encode(session.session_id),
        "root_key": hex::encode(session.root_key),
        "sending_ratchet_private": session.sending_ratchet_private.map(hex::encode),
        "receiving_ratchet_key": session.receiving_ratchet_key.map(hex::encode),
        "sending": session.sending.as_ref().map(chain),
        "receiving": session.receiving.as_ref().map(chain),
        "next_sending_header_key": hex::encode(session.next_sending_header_key),
        "next_receiving_header_key": hex::encode(session.next_receiving_header_key),
        "previous_length": session.previous_length,
        "skipped": skipped,
    })
}

fn chain(chain: &ChainVariables) -> Value {
    json!({
        "header_key": hex::encode(chain.header_key),
        "chain_key": hex::encode(chain.chain_key),
        "number": chain.number,
    })
}

fn skipped(chain: &SkippedVariables) -> Value {
    json!({ "header_key": hex::encode(chain.header_key), "numbers": chain.numbers })
}
