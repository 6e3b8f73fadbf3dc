//! Not begun.

use crate::answer::{Failure, Outcome};
use crate::arguments::Arguments;
use crate::random::Source;

#[derive(Default)]
pub(super) struct Links;

impl Links {
    pub(super) fn step(&mut self, _arguments: &Arguments<'_>, _random: &mut Source) -> Outcome {
        Err(Failure::fault("not begun"))
    }
}
