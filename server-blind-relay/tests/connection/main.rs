//! The connection, the hub and the limits, driven by hand over the store in memory: no socket, no clock, no task.

#![allow(unreachable_pub, reason = "modules of one test")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "test support"
)]

mod attaching;
mod delivery;
mod ephemeral;
mod frames;
mod hub;
mod keys;
mod lane;
mod limits;
mod linking;
mod liveness;
mod over_http;
mod peer;
mod person;
mod schedule;
mod sending;
mod verifying;
mod windows;
mod world;
