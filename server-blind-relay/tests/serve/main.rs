//! The relay over sockets: the same conversation over every transport, hostile peers, operations, and the program itself.

mod client;
mod conformance;
mod person;
mod relay;
