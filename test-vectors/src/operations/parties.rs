//! Not begun.

use crate::answer::Outcome;
use crate::arguments::Arguments;
use crate::random::Source;

#[derive(Default)]
pub(super) struct Parties;

impl Parties {
    pub(super) fn run(
        &mut self,
        _name: &str,
        _arguments: &Arguments<'_>,
        _random: &mut Source,
    ) -> Option<Outcome> {
        None
    }
}
