//! What every store of mailboxes keeps to, and what the embedded one withstands. SPEC 20 to 26 and 31.

#![allow(clippy::expect_used, clippy::panic, reason = "tests, and what they share")]

mod attach;
mod child;
mod damage;
mod disk;
mod keys;
mod killed;
mod lane;
mod loss;
mod mail;
mod model;
mod people;
mod retention;
mod steps;
mod talk;
mod world;
