//! What a relay shows of what it carries (SPEC 29). Every test has a control: the same look at something that does show.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "the clients of the transport tests can do more")]
#[path = "../serve/client/mod.rs"]
mod client;
mod counted;
mod errors;
mod household;
mod layout;
mod letter;
mod markers;
mod metadata;
#[allow(dead_code, reason = "these people can do more")]
#[path = "../serve/person.rs"]
mod person;
mod program;
mod proxy;
mod refusals;
#[allow(dead_code, reason = "relays in this process can do more")]
#[path = "../serve/relay.rs"]
mod relay;
mod retention;
mod run;
mod scan;
mod types;
mod watched;
