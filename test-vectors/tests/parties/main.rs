//! Parties and linking, driven as a vector file drives them (OPERATIONS.md).
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod errors;
mod healing;
mod linking;
mod lists;
mod talk;
mod world;
