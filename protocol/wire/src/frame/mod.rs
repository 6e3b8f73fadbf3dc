//! Frames: all that a client and a relay say to each other, SPEC 21.

mod item;

pub use item::{Grant, LaneItem};
