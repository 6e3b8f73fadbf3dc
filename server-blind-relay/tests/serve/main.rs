//! The relay over sockets: the same conversation over every transport, hostile peers, operations, and the program itself.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod abuse;
mod client;
mod configuration;
mod conformance;
mod leaving;
mod operations;
mod over_http;
mod over_websocket;
mod person;
mod program;
mod relay;
mod slow_reader;
mod tls;
