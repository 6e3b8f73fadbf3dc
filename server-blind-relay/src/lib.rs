//! The blind relay of Twotick, SPEC part II.
//!
//! It routes opaque envelopes between devices, durable before acknowledged, and depends on nothing that could open one.
//!
//! | module | holds |
//! |---|---|
//! | [`store`] | mailboxes: the trait, its promises, the backends |
//! | [`verify`] | signatures and hashes: who attaches, what is published |
//! | [`limits`] | token buckets, SPEC 28 |
//! | [`connection`] | one connection as a pure state machine |
//! | [`hub`] | who is attached here: wake-ups and nothing else |
//! | `serve` | sockets, timers, HTTP: performs what `connection` decides |

#![forbid(unsafe_code)]

pub mod clock;
pub mod command;
pub mod config;
pub mod connection;
pub mod hub;
pub mod limits;
pub mod log;
pub mod mark;
pub mod metrics;
pub mod serve;
pub mod store;
pub mod verify;
