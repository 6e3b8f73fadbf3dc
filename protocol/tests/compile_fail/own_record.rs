//! Records and transitions are this crate's own.

use twotick_protocol::{Record, Transition};

struct Mine;

impl Record for Mine {}

impl Transition for Mine {
    fn apply(self) {}
}

fn main() {}
