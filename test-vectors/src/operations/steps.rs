//! Handshake and ratchet, one step at a time (SPEC 9, 10).

mod handshake;
mod ratchet;

use crate::answer::Outcome;
use crate::arguments::Arguments;
use crate::random::Source;

pub(super) fn run(name: &str, arguments: &Arguments<'_>, random: &mut Source) -> Option<Outcome> {
    Some(match name {
        "handshake.initiate" => handshake::initiate(arguments, random),
        "handshake.respond" => handshake::respond(arguments),
        "ratchet.root_step" => ratchet::root_step(arguments),
        "ratchet.chain_step" => ratchet::chain_step(arguments),
        "ratchet.seal" => ratchet::seal(arguments, random),
        "ratchet.open_header" => ratchet::open_header(arguments),
        "ratchet.open_body" => ratchet::open_body(arguments),
        _ => return None,
    })
}
